//! Payment gateways behind [`crate::ports::PaymentGateway`].

#[cfg(feature = "alipay")]
pub mod alipay;
