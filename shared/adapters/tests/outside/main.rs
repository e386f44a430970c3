//! Adapters of partners, gateways and the CA, against what stands outside: small servers on loopback and
//! the `openssl` command.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod alipay;
mod alipay_bills;
mod alipay_refunds;
mod ca;
mod courier;
mod gateways;
mod sending;
mod support;
mod wechatpay;
