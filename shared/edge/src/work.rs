//! Doing what a commit left to be done: `dispatch` at once, `reconcile` when `dispatch` did not.
//!
//! Everything here may run twice, at once or after one another: an execution has one name, a token wakes
//! once, a notice is sent at least once.

use std::sync::Arc;

use adapters::notice_text::{self, NoticeValues};
use adapters::ports::{
    Clock, Executions, Mail, Mailer, Orders, Outstanding, PortError, Sms, SmsSender, Wake,
};
use domain::ids::{LineNo, OrderId};
use domain::money::Money;
use domain::notice::{Channel, NoticeKind};
use domain::work::Task;
use jiff::SignedDuration;

/// What doing work needs.
#[derive(Clone)]
pub struct Worker {
    /// The work.
    pub outstanding: Arc<dyn Outstanding>,
    /// Orders, for the notices about them.
    pub orders: Arc<dyn Orders>,
    /// State machines.
    pub executions: Arc<dyn Executions>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages.
    pub sms: Arc<dyn SmsSender>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The site's address, for links in notices.
    pub site_url: String,
}

impl Worker {
    /// Does a work item unless it is done. When it fails it stays due, later each time.
    ///
    /// # Errors
    /// What hindered it.
    pub async fn perform(&self, id: &str) -> Result<(), PortError> {
        let Some(due) = self.outstanding.work(id).await? else {
            return Ok(());
        };
        let done = match &due.item.task {
            Task::Start(input) => self.executions.start(input).await,
            Task::Notice {
                notice,
                channel,
                order,
                line,
                amount,
            } => self.tell(*notice, *channel, order, *line, *amount).await,
        };
        match done {
            Ok(()) => self.outstanding.work_done(id, self.clock.now()).await,
            Err(error) => {
                let minutes = i64::from(1u32 << due.tries.min(6));
                let again = self.clock.now() + SignedDuration::from_mins(minutes);
                self.outstanding.work_failed(id, again).await?;
                Err(error)
            }
        }
    }

    /// Wakes whoever waits on a fact that is on record. Without both token and fact there is nothing to
    /// do: the one that comes second calls again.
    ///
    /// # Errors
    /// What hindered it; the wait stays due.
    pub async fn wake(&self, key: &str) -> Result<(), PortError> {
        let Some(wait) = self.outstanding.wait(key).await? else {
            return Ok(());
        };
        let Some(outcome) = wait.outcome else {
            return Ok(());
        };
        if let Some(token) = wait.token {
            match self.executions.wake(&token, &outcome).await? {
                Wake::Woken => {}
                Wake::Gone => tracing::info!(key, "nobody waits any more"),
            }
        }
        // With the fact on record before any token, the state machine finds it and never waits.
        self.outstanding.wait_over(key, self.clock.now()).await
    }

    async fn tell(
        &self,
        notice: NoticeKind,
        channel: Channel,
        order: &OrderId,
        line: Option<LineNo>,
        amount: Option<Money>,
    ) -> Result<(), PortError> {
        let Some(order) = self.orders.load(order).await? else {
            return Err(PortError::defect(
                "notice",
                "about an order that is not there",
            ));
        };
        let about = line.and_then(|no| order.line(no));
        let values = NoticeValues {
            company: order.subject.company_name.clone(),
            order: order.id.clone(),
            line,
            amount: Some(amount.unwrap_or(order.total)),
            site_url: self.site_url.clone(),
            waybill: about.and_then(|line| line.waybill.clone()),
            refused: about.map(|line| line.refusals.clone()).unwrap_or_default(),
        };
        match channel {
            Channel::Mail => {
                let (subject, text) = notice_text::mail(notice, &values);
                self.mailer
                    .send(&Mail {
                        to: order.contact.mail.clone(),
                        subject,
                        text,
                    })
                    .await
            }
            Channel::Sms => {
                let (template, values) = notice_text::sms(notice, &values);
                self.sms
                    .send(&Sms {
                        mobile: order.contact.mobile.clone(),
                        template,
                        values,
                    })
                    .await
            }
        }
    }
}
