//! The corpus of the fuzz targets (`fuzz/corpus`, a folder each), run through the same checks as there; so what
//! fuzzing found once stays found, on every run of the tests.
//!
//! The seeds were written by hand, or are texts of the tests beside this one, and hold no signatures: the checks
//! sign. `ok-packed.zip` is the bill of `outside/alipay_bills.rs`, packed by Python's `zipfile`; ciphertexts in
//! `wechatpay_notice` are those of the seeds in `wechatpay_resource`, under the key of the checks, by Python's
//! `cryptography`. A seed named `ok…` must be taken, one named `no…` must not; any other name only must do no
//! harm, as what a fuzzer found and somebody made small.

#[path = "../../../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::path::Path;

#[test]
fn what_gateways_may_send_is_taken_or_refused_and_does_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut folders: Vec<_> = fs::read_dir(&corpus)
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut known: Vec<&str> = checks::CHECKS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(folders, known, "a folder for each target");
    for (target, check) in checks::CHECKS {
        let (mut taken, mut refused) = (0, 0);
        for file in fs::read_dir(corpus.join(target)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            println!("{target}/{name}");
            let told = check(&fs::read(file.path()).unwrap());
            match name.get(..2) {
                Some("ok") => assert!(told, "{target}/{name} must be taken"),
                Some("no") => assert!(!told, "{target}/{name} must not be taken"),
                _ => {}
            }
            *(if told { &mut taken } else { &mut refused }) += 1;
        }
        assert!(taken > 1 && refused > 1, "{target}: seeds of both kinds");
    }
}
