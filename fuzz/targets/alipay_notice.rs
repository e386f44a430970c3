//! Fuzzes [`sealkey_fuzz::alipay_notice`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sealkey_fuzz::alipay_notice(data);
});
