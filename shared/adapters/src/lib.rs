//! Everything outside: ports, and what stands behind them.
//!
//! [`ports`] holds the traits, one small one for each capability, named by what the business wants. Each
//! other module is one adapter and one cargo feature; a function enables only those that its IAM role
//! allows. Only this crate names an AWS SDK or a vendor.
//!
//! To add a port: write the trait with its errors in `ports`, a fake and a contract suite in `testkit`,
//! then the adapter, and run the suite over both.

pub mod account_text;
pub mod heads;
pub mod ports;
pub mod registry;

#[cfg(feature = "ca")]
pub mod ca;
#[cfg(feature = "courier")]
pub mod courier;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "kms")]
pub mod kms;
pub mod notice_text;
#[cfg(any(
    feature = "alipay",
    feature = "courier",
    feature = "remote-lists",
    feature = "tax",
    feature = "wechatpay"
))]
pub mod outbound;
pub mod payment;
#[cfg(feature = "remote-lists")]
pub mod remote_lists;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(any(
    feature = "dynamodb",
    feature = "kms",
    feature = "s3",
    feature = "secrets",
    feature = "ses",
    feature = "sfn",
    feature = "sns"
))]
pub(crate) mod sdk;
#[cfg(feature = "seal-maker")]
pub mod seal_maker;
#[cfg(feature = "secrets")]
pub mod secrets;
#[cfg(any(feature = "ses", feature = "sns"))]
pub(crate) mod send_error;
#[cfg(feature = "ses")]
pub mod ses;
#[cfg(feature = "sfn")]
pub mod sfn;
#[cfg(feature = "sns")]
pub mod sns;
#[cfg(feature = "tax")]
pub mod tax;
