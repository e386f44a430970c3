//! The maker of e-seals.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use adapters::ports::{PortError, SealMaker, Secrets};
use adapters::seal_maker::SecretSealMaker;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eseal::SealWish;
use serde_json::json;

use crate::power::PowerCut;

/// A transparent picture of one pixel, filled up to the size of a small stamp.
pub static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut png = STANDARD
        .decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
        .expect("base64");
    png.resize(4_000, 0);
    png
});

/// The secret of the maker: made by the commands that the handbook of operations names.
static SECRET: LazyLock<String> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("sealkey-seal-maker-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let made = secret(&folder);
    std::fs::remove_dir_all(&folder).expect("a folder of ours");
    made
});

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("OpenSSL");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {line}: {said}");
}

fn secret(folder: &Path) -> String {
    openssl(
        folder,
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem",
    );
    openssl(
        folder,
        "pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der",
    );
    openssl(
        folder,
        "req -x509 -key key.pem -sm3 -sigopt distid:1234567812345678 -subj /C=CN/O=Sealkey/CN=Maker -days 3650 -outform DER -out maker.der",
    );
    let text = |name: &str| {
        let path: PathBuf = folder.join(name);
        STANDARD.encode(std::fs::read(path).expect("made by OpenSSL"))
    };
    json!({ "id": "SEALKEY", "private_key": text("key.der"), "certificate": text("maker.der") })
        .to_string()
}

/// The one secret, behind the power.
struct One(Arc<PowerCut>);

#[async_trait]
impl Secrets for One {
    async fn read(&self, name: &str) -> Result<String, PortError> {
        self.0.read()?;
        assert_eq!(name, adapters::seal_maker::SECRET);
        Ok(SECRET.clone())
    }
}

/// The maker of e-seals, as functions have it.
pub fn maker(power: Arc<PowerCut>) -> Arc<dyn SealMaker> {
    Arc::new(SecretSealMaker::new(Arc::new(One(power))))
}

/// A seal for a certificate, PEM, as the cloud makes it; base64 of DER.
///
/// # Panics
/// When it cannot be made.
pub async fn seal_for(certificate: &str, no: u8) -> String {
    let maker = maker(PowerCut::never());
    let (id, of) = maker.maker().await.expect("a maker");
    let (_, certificate) = der::pem::decode_vec(certificate.as_bytes()).expect("PEM");
    let wish = SealWish {
        id: hex::encode([no; 16]),
        maker: id,
        name: "某某有限公司".to_owned(),
        certificates: vec![certificate],
        created: 1_795_000_000,
        from: 1_795_000_000,
        until: 1_826_536_000,
        png: PICTURE.clone(),
        width: 420,
        height: 420,
    };
    let unsigned = eseal::prepare(&wish, &of).expect("a good wish");
    let signature = maker.sign(unsigned.message()).await.expect("signed");
    STANDARD.encode(unsigned.signed(&signature).expect("a seal"))
}
