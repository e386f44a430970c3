//! Payment gateways behind [`crate::ports::PaymentGateway`], and both of them behind
//! [`crate::ports::Gateways`].
//!
//! - `rsa`: keys and signatures. `http`: clients, downloads. `bill`: tables. `common`: time, money, texts.
//! - [`alipay`], [`wechatpay`]: one gateway each, a cargo feature each.
//! - [`FromSecrets`]: the gateways as the secrets of a stage describe them.

#[cfg(any(feature = "alipay", feature = "wechatpay"))]
mod bill;
#[cfg(any(feature = "alipay", feature = "wechatpay"))]
mod common;
#[cfg(all(feature = "alipay", feature = "wechatpay"))]
mod from_secrets;
#[cfg(any(feature = "alipay", feature = "wechatpay"))]
mod http;
#[cfg(any(feature = "alipay", feature = "wechatpay"))]
mod rsa;

#[cfg(feature = "alipay")]
pub mod alipay;
#[cfg(feature = "wechatpay")]
pub mod wechatpay;

#[cfg(all(feature = "alipay", feature = "wechatpay"))]
pub use self::from_secrets::FromSecrets;
