//! The sandbox over real HTTP, each test with its own on free ports.

mod alipay;
mod alipay_refunds;
mod bills;
mod books;
mod cdn;
mod courier;
mod knobs;
mod process;
mod support;
mod tax;
mod wechatpay;
mod wechatpay_notifies;
mod wechatpay_refunds;
mod wechatpay_strict;
mod wx;
