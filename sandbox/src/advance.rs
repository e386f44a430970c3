//! What happens by itself: refunds come to their end, and the merchant is told.

use std::time::Duration;

use jiff::Timestamp;

use crate::alipay;
use crate::app::{App, AppRef, Failure};
use crate::outbox::Channel;
use crate::wechatpay;

/// How often, and how many times, an answer looks whether its notifies have been tried.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOOKS: u32 = 1000;

/// Does all refunds that are due, and tells when the next will be.
pub fn advance(app: &App, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let next = app.store.read(|world| {
        let both = [world.alipay.next_refund(), world.wechatpay.next_refund()];
        both.into_iter().flatten().min()
    });
    if next.is_none_or(|at| at > now) {
        return Ok(next);
    }
    let knobs = app.knobs.get();
    let next = app.store.update(|world| -> Result<_, Failure> {
        let outbox = &mut world.outbox;
        for (order, number) in world.alipay.settle_refunds(now) {
            if let Some(order) = world.alipay.order(&order) {
                let refund = order.refund(&number);
                let knobs = knobs.alipay();
                alipay::notify::enqueue(&app.alipay, outbox, order, refund, &knobs, now)?;
            }
        }
        for (order, number) in world.wechatpay.settle_refunds(now) {
            if let (Some(merchant), Some(order)) = (&app.wechatpay, world.wechatpay.order(&order))
                && let Some(refund) = order.refund(&number)
            {
                let knobs = knobs.wechatpay();
                wechatpay::notify::refunded(merchant, outbox, order, refund, &knobs, now)?;
            }
        }
        let both = [world.alipay.next_refund(), world.wechatpay.next_refund()];
        Ok(both.into_iter().flatten().min())
    })??;
    app.wake.notify_one();
    Ok(next)
}

/// Waits until all notifies of `channel` that are due have been tried, but not for ever.
pub async fn quiet(app: &AppRef, channel: Channel) -> Result<(), Failure> {
    for _ in 0..LOOKS {
        let now = app.clock.now();
        advance(app, now)?;
        app.wake.notify_one();
        let untried = app
            .store
            .read(|world| world.outbox.has_untried(channel, now));
        if !untried {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Takes as long as a knob says.
pub async fn dawdle(slow_ms: u64) {
    if slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
    }
}
