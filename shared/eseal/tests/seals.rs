//! Seals are made by us and looked at by OpenSSL.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use eseal::{DEFAULT_ID, SealError, SealWish, prepare, verify};

/// A folder of its own that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sealkey-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs OpenSSL in a folder; what it prints.
fn openssl(folder: &Path, arguments: &str) -> Result<String, String> {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        Err(said + &printed)
    }
}

/// A seal maker, made by OpenSSL: its certificate.
fn maker(folder: &Path) -> Vec<u8> {
    for line in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem",
        "pkey -in key.pem -pubout -out public.pem",
        &format!(
            "req -x509 -key key.pem -sm3 -sigopt distid:{DEFAULT_ID} -subj /CN=Maker -days 30 -outform DER -out maker.der"
        ),
    ] {
        openssl(folder, line).unwrap();
    }
    fs::read(folder.join("maker.der")).unwrap()
}

/// A seal that OpenSSL signed.
fn make(folder: &Path, wish: &SealWish, certificate: &[u8]) -> Result<Vec<u8>, SealError> {
    let unsigned = prepare(wish, certificate)?;
    fs::write(folder.join("message"), unsigned.message()).unwrap();
    let sign = format!(
        "pkeyutl -sign -inkey key.pem -in message -out signature -rawin -digest sm3 -pkeyopt distid:{DEFAULT_ID}"
    );
    openssl(folder, &sign).unwrap();
    unsigned.signed(&fs::read(folder.join("signature")).unwrap())
}

fn wish() -> SealWish {
    SealWish {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        maker: "SEALKEY".to_owned(),
        name: "南京示例科技有限公司".to_owned(),
        certificates: vec![vec![0x30, 3, 2, 1, 5]],
        created: 1_795_000_000,
        from: 1_795_000_000,
        until: 1_826_536_000,
        png: b"\x89PNG\r\n\x1a\nand so on".to_vec(),
        width: 421,
        height: 415,
    }
}

/// The content and the end of the first element of DER, and where its header ends.
fn element(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] {
        short @ 0..=127 => (2, 2 + usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            let length = bytes[2..2 + count]
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (2 + count, 2 + count + length)
        }
    }
}

#[test]
fn openssl_reads_the_seal_and_verifies_its_signature() {
    let folder = Folder::new("seseal");
    let maker = maker(&folder.0);
    let seal = make(&folder.0, &wish(), &maker).unwrap();
    fs::write(folder.0.join("seal.der"), &seal).unwrap();
    let tree = openssl(&folder.0, "asn1parse -inform DER -in seal.der").unwrap();
    for (kind, value) in [
        ("IA5STRING", ":ES"),
        ("INTEGER", ":04"),
        ("IA5STRING", ":SEALKEY"),
        ("IA5STRING", ":0123456789abcdef0123456789abcdef"),
        ("UTF8STRING", ":南京示例科技有限公司"),
        ("GENERALIZEDTIME", ":20261118110640Z"),
        ("IA5STRING", ":PNG"),
        ("INTEGER", ":2A"),
        ("OBJECT", "SM2-with-SM3"),
    ] {
        let there = tree
            .lines()
            .any(|line| line.contains(kind) && line.contains(value));
        assert!(there, "no {kind} {value} in\n{tree}");
    }
    // What was signed is the first element within the whole, the signature the last: found without our parser.
    let (begin, _) = element(&seal);
    let (_, length) = element(&seal[begin..]);
    let info = &seal[begin..begin + length];
    let mut rest = &seal[begin + length..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (head, end) = element(rest);
        parts.push((rest[0], &rest[head..end]));
        rest = &rest[end..];
    }
    assert_eq!(
        parts.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(),
        [4, 6, 3]
    );
    fs::write(folder.0.join("info.der"), info).unwrap();
    fs::write(folder.0.join("signature.der"), &parts[2].1[1..]).unwrap();
    let look = format!(
        "pkeyutl -verify -pubin -inkey public.pem -in info.der -sigfile signature.der -rawin -digest sm3 -pkeyopt distid:{DEFAULT_ID}"
    );
    assert!(
        openssl(&folder.0, &look)
            .unwrap()
            .contains("Verified Successfully")
    );
    // One bit less, and OpenSSL says no: it really looked.
    let mut other = info.to_vec();
    other[40] ^= 1;
    fs::write(folder.0.join("info.der"), other).unwrap();
    assert!(openssl(&folder.0, &look).is_err());

    let seen = verify(&seal).unwrap();
    assert_eq!((seen.width, seen.height), (42, 42));
    assert_eq!(
        (seen.name, seen.png, seen.certificates),
        (wish().name, wish().png, wish().certificates)
    );
    assert_eq!(seen.maker, maker);
}

#[test]
fn a_seal_that_was_changed_or_made_by_another_is_refused() {
    let (one, two) = (Folder::new("seseal-one"), Folder::new("seseal-two"));
    let (maker_one, maker_two) = (maker(&one.0), maker(&two.0));
    // The key of one, the certificate of the other.
    assert_eq!(make(&one.0, &wish(), &maker_two), Err(SealError::Signature));
    let seal = make(&one.0, &wish(), &maker_one).unwrap();
    for place in 0..seal.len() {
        let mut changed = seal.clone();
        changed[place] ^= 1;
        // The maker's certificate is not signed; who trusts it looks at it.
        match verify(&changed) {
            Ok(seen) => assert_ne!(seen.maker, maker_one, "byte {place}"),
            Err(error) => assert!(
                !matches!(error, SealError::Wish(_)),
                "byte {place}: {error}"
            ),
        }
    }
    assert_eq!(verify(&seal[..seal.len() - 1]), Err(SealError::Unreadable));
    assert_eq!(verify(b""), Err(SealError::Unreadable));
    assert_eq!(verify(&vec![0x30; 70_000]), Err(SealError::Unreadable));
}

#[test]
fn what_does_not_fit_the_format_is_named() {
    let refused =
        |wish: SealWish, part| assert_eq!(prepare(&wish, b"").err(), Some(SealError::Wish(part)));
    let with = |change: fn(&mut SealWish)| {
        let mut wish = wish();
        change(&mut wish);
        wish
    };
    refused(with(|it| it.id = "12".to_owned()), "id");
    refused(with(|it| it.name = String::new()), "name");
    refused(with(|it| it.certificates.clear()), "certificates");
    refused(with(|it| it.until = 5), "time");
    refused(with(|it| it.png = b"GIF89a".to_vec()), "picture");
    refused(with(|it| it.width = 3), "size");
    refused(with(|it| it.maker = "制章".to_owned()), "maker");

    let folder = Folder::new("seseal-wish");
    let certificate = maker(&folder.0);
    let late = with(|it| it.created = 4_000_000_000);
    assert_eq!(
        prepare(&late, &certificate).err(),
        Some(SealError::MakerEnded)
    );
    let large = with(|it| it.png.resize(45_000, 0));
    let large = make(&folder.0, &large, &certificate);
    assert_eq!(large, Err(SealError::Wish("picture")));
    // A certificate of another curve makes no seals.
    openssl(
        &folder.0,
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem",
    )
    .unwrap();
    openssl(
        &folder.0,
        "req -x509 -key other.pem -subj /CN=Other -days 30 -outform DER -out other.der",
    )
    .unwrap();
    let other = fs::read(folder.0.join("other.der")).unwrap();
    assert_eq!(make(&folder.0, &wish(), &other), Err(SealError::Maker));
}
