//! Fuzzes [`sealkey_fuzz::alipay_answer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sealkey_fuzz::alipay_answer(data);
});
