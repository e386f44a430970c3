//! What tests stand on: a clock that stands still, chance that repeats itself, and the whole outside world
//! in memory. A dev-dependency only.
//!
//! - [`ambient`]: time and chance.
//! - [`store`]: the table, with the conditions of the real one.
//! - [`states`]: Step Functions, walking the machines as their ASL does.
//! - [`objects`], [`outbox`]: a bucket; mail and text messages.
//! - [`power`]: counts every write of these and cuts the power at the one that is asked for.
//! - [`orders`]: companies, products, and orders at any point of their way.
//! - [`places`]: every such point, and every event that may come.
//! - [`contract_suite`]: what every store must hold, for the one in memory and for DynamoDB.
//!
//! With the feature `http`:
//!
//! - [`alipay`], [`wechatpay`], [`courier`], [`tax`]: partners at the far end of a wire, with real keys and real signatures. Between
//!   them and the code under test stands the real adapter.
//! - [`agent`]: an agent beside keys, as the cloud hears it; [`begun`]: a key that it has begun.
//! - [`keyed`]: keys of KMS.
//! - [`oracle`]: programs that are not ours, which look at what is issued.
//! - [`pki`]: a CA and certificate requests.
//! - [`seals`]: the maker of e-seals.
//! - [`world`], [`web`]: all of it wired together, and a caller of functions through their real routers.

pub mod ambient;
pub mod contract_suite;
pub mod objects;
pub mod orders;
pub mod outbox;
pub mod places;
pub mod power;
pub mod states;
pub mod store;

#[cfg(feature = "http")]
pub mod agent;
#[cfg(feature = "http")]
pub mod alipay;
#[cfg(feature = "http")]
pub mod begun;
#[cfg(feature = "http")]
mod bills;
#[cfg(feature = "http")]
pub mod courier;
#[cfg(feature = "http")]
pub mod keyed;
#[cfg(feature = "http")]
pub mod oracle;
#[cfg(feature = "http")]
pub mod pki;
#[cfg(feature = "http")]
pub mod seals;
#[cfg(feature = "http")]
pub mod tax;
#[cfg(feature = "http")]
pub mod web;
#[cfg(feature = "http")]
pub mod wechatpay;
#[cfg(feature = "http")]
mod wire;
#[cfg(feature = "http")]
pub mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to the one who held it before: a failed assertion tells its own story.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets every other task of this thread go first, once.
pub(crate) async fn pause() {
    let mut waited = false;
    std::future::poll_fn(move |context| {
        if waited {
            return std::task::Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
