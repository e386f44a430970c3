//! RSA keys in the forms that gateways hand out, and the one kind of signature that both use:
//! RSASSA-PKCS1-v1_5 with SHA-256, written as base64. Alipay calls it RSA2, WeChat Pay
//! `WECHATPAY2-SHA256-RSA2048`.
//!
//! Alipay and its tools hand keys out as bare base64 without PEM armour, as PKCS#1 or as PKCS#8, and WeChat
//! Pay as PEM, so all of these are read.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// DER bytes of a key given as PEM with one of `labels`, or as base64 without armour.
fn der(text: &str, labels: &[&str]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let text = text.trim();
    let base64 = match text.strip_prefix("-----BEGIN ") {
        None => text,
        Some(rest) => {
            let (label, rest) = rest.split_once("-----").ok_or("broken PEM armour")?;
            if !labels.contains(&label) {
                return Err("PEM armour of another kind of key");
            }
            rest.strip_suffix("-----")
                .and_then(|rest| rest.strip_suffix(label))
                .and_then(|rest| rest.strip_suffix("-----END "))
                .ok_or("broken PEM armour")?
        }
    };
    let bare: Zeroizing<Vec<u8>> = Zeroizing::new(
        base64
            .bytes()
            .filter(|b| !b.is_ascii_whitespace())
            .collect(),
    );
    let der = STANDARD
        .decode(bare.as_slice())
        .map_err(|_| "neither PEM nor base64")?;
    Ok(Zeroizing::new(der))
}

/// Our private key: signs requests. The library wipes it when it is dropped.
pub(super) struct Signer(KeyPair);

impl Signer {
    /// Reads PKCS#8 or PKCS#1, PEM or bare base64; at least 2048 bits.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let der = der(text, &["PRIVATE KEY", "RSA PRIVATE KEY"])?;
        KeyPair::from_pkcs8(&der)
            .or_else(|_| KeyPair::from_der(&der))
            .map(Self)
            .map_err(|_| "no RSA private key of at least 2048 bits")
    }

    /// Signs `text`.
    pub(super) fn sign(&self, text: &str) -> Option<String> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        // This padding draws nothing; the generator is only named for the library's interface.
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .ok()?;
        Some(STANDARD.encode(signature))
    }

    /// Is `key` the public half of this key?
    pub(super) fn is_pair_of(&self, key: &Verifier) -> bool {
        let probe = "sealkey";
        self.sign(probe)
            .is_some_and(|signature| key.verify(probe.as_bytes(), &signature))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(redacted)")
    }
}

/// A gateway's public key: checks answers and notices.
pub(super) struct Verifier(ParsedPublicKey);

impl Verifier {
    /// Reads SPKI or PKCS#1, PEM or bare base64.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let der = der(text, &["PUBLIC KEY", "RSA PUBLIC KEY"])?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_slice())
            .map(Self)
            .map_err(|_| "no RSA public key")
    }

    /// Reads a certificate (PEM or bare base64): its key, and its serial number in upper case hex.
    ///
    /// Nothing else of it is looked at. Whoever fills in the secret vouches for it, as for a bare key; the
    /// chain above it says nothing that the secret does not say.
    #[cfg(feature = "wechatpay")]
    pub(super) fn of_certificate(text: &str) -> Result<(Self, String), &'static str> {
        use x509_cert::der::{Decode, Encode};

        let der = der(text, &["CERTIFICATE"])?;
        let certificate = x509_cert::Certificate::from_der(&der).map_err(|_| "no certificate")?;
        let content = certificate.tbs_certificate();
        let spki = content
            .subject_public_key_info()
            .to_der()
            .map_err(|_| "no certificate")?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki)
            .map_err(|_| "no certificate of an RSA key")?;
        let serial = hex::encode_upper(content.serial_number().as_bytes());
        Ok((Self(key), serial))
    }

    /// Is `signature` (base64) one of this key over `text`? The hash is always SHA-256, whatever a
    /// message calls its own signature (Alipay OpenAPI, notices: "pin RSA2").
    pub(super) fn verify(&self, text: &[u8], signature: &str) -> bool {
        STANDARD
            .decode(signature)
            .is_ok_and(|signature| self.0.verify_sig(text, &signature).is_ok())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}
