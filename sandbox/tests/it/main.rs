//! The sandbox over real HTTP, each test with its own on free ports.

mod alipay;
mod cdn;
mod courier;
mod knobs;
mod process;
mod support;
