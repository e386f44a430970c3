//! Signatures of the protocols spoken here, written without a look at the adapters that they test.

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Why a key in the configuration cannot be used, or a signature not be made.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// Neither PEM nor bare base64.
    #[error("the key is neither PEM nor base64")]
    Encoding,
    /// Not an RSA key in a form that gateways hand out.
    #[error("the key is no RSA key in PKCS#1, PKCS#8 or SPKI form, or shorter than 2048 bits")]
    Key,
    /// An `APIv3` key of another length.
    #[error("the APIv3 key is not 32 bytes long")]
    Length,
    /// The library refused to sign.
    #[error("signing failed")]
    Sign,
    /// The library refused to encrypt.
    #[error("encryption failed")]
    Seal,
    /// The operating system has no random bytes.
    #[error("no random bytes")]
    Random,
}

/// DER bytes of a key given as PEM or as base64 without armour.
fn der(text: &str) -> Result<Vec<u8>, CryptoError> {
    let bare: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    let der = STANDARD.decode(bare).map_err(|_| CryptoError::Encoding)?;
    if der.is_empty() {
        return Err(CryptoError::Encoding);
    }
    Ok(der)
}

/// A private key that makes `RSA2` signatures: base64 of RSASSA-PKCS1-v1_5 with SHA-256.
pub struct Rsa2Signer(KeyPair);

impl Rsa2Signer {
    /// Reads PKCS#8 or PKCS#1, with or without PEM armour.
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        let der = der(text)?;
        KeyPair::from_pkcs8(&der)
            .or_else(|_| KeyPair::from_der(&der))
            .map(Self)
            .map_err(|_| CryptoError::Key)
    }

    /// A key that nobody knows, made at its first use: signs what is meant to be refused.
    pub fn stranger() -> Result<&'static Self, CryptoError> {
        static KEY: OnceLock<Option<Rsa2Signer>> = OnceLock::new();
        let made = KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).ok().map(Self));
        made.as_ref().ok_or(CryptoError::Sign)
    }

    /// Signs `message`.
    pub fn sign(&self, message: &str) -> Result<String, CryptoError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|_| CryptoError::Sign)?;
        Ok(STANDARD.encode(signature))
    }
}

/// A public key that checks `RSA2` signatures.
pub struct Rsa2Verifier(Vec<u8>);

impl Rsa2Verifier {
    /// Reads SPKI or PKCS#1, with or without PEM armour.
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        let der = der(text)?;
        PublicKey::from_der(&der).map_err(|_| CryptoError::Key)?;
        Ok(Self(der))
    }

    /// Whether `signature` (base64) is one of this key over `message`.
    pub fn verify(&self, message: &str, signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|bytes| {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
                .verify(message.as_bytes(), &bytes)
                .is_ok()
        })
    }
}

/// The text that a request of the merchant is signed over: everything but `sign`, without empty values, sorted.
pub fn request_text(params: &[(String, String)]) -> String {
    signed_text(params, |key, value| key != "sign" && !value.is_empty())
}

/// The text that a notify is signed over: everything but `sign` and `sign_type`, sorted.
pub fn notify_text(params: &[(String, String)]) -> String {
    signed_text(params, |key, _| key != "sign" && key != "sign_type")
}

fn signed_text(params: &[(String, String)], keep: impl Fn(&str, &str) -> bool) -> String {
    let mut kept: Vec<_> = params.iter().filter(|(k, v)| keep(k, v)).collect();
    kept.sort();
    let pairs: Vec<_> = kept.iter().map(|(k, v)| format!("{k}={v}")).collect();
    pairs.join("&")
}

/// HMAC-SHA256 in lower-case hex.
pub fn hmac_hex(key: &str, message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hex::encode(hmac::sign(&key, message))
}

/// Whether `signature` is the HMAC-SHA256 of `message`, compared in constant time.
pub fn hmac_verify(key: &str, message: &[u8], signature: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hex::decode(signature).is_ok_and(|tag| hmac::verify(&key, message, &tag).is_ok())
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// SHA-1 in lower-case hex; WeChat Pay names its bills by it.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

/// AES-256-GCM with a key of 32 bytes.
pub struct Aes(LessSafeKey);

impl Aes {
    /// Takes `key` as it is.
    pub fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CryptoError::Length)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Base64 of ciphertext and tag.
    pub fn seal(&self, nonce: [u8; 12], aad: &str, text: &str) -> Result<String, CryptoError> {
        let mut bytes = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| CryptoError::Seal)?;
        Ok(STANDARD.encode(bytes))
    }

    /// What was sealed, if it was with this key.
    pub fn open(&self, nonce: &str, aad: &str, sealed: &str) -> Option<String> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut bytes = STANDARD.decode(sealed).ok()?;
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(aad.as_bytes()), &mut bytes);
        String::from_utf8(opened.ok()?.to_vec()).ok()
    }
}

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CryptoError::Random)?;
    Ok(bytes)
}

/// `count` random decimal digits.
pub fn random_digits(count: usize) -> Result<String, CryptoError> {
    let mut digits = u128::from_be_bytes(random()?).to_string();
    while digits.len() < count {
        digits.push_str(&u128::from_be_bytes(random()?).to_string());
    }
    Ok(digits.split_off(digits.len() - count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#"app_id=2021&biz_content={"subject":"企业密钥"}&method=alipay.trade.query&sign_type=RSA2"#;
    const APP_PRIVATE: &str = include_str!("../tests/fixtures/app_private_pkcs8.b64");
    const APP_PUBLIC: &str = include_str!("../tests/fixtures/app_public_spki.b64");
    const APP_PUBLIC_PKCS1: &str = include_str!("../tests/fixtures/app_public_pkcs1.b64");
    const APP_SIGNATURE: &str = include_str!("../tests/fixtures/app_signature.b64");
    const GATEWAY_PRIVATE: &str = include_str!("../tests/fixtures/gateway_private_pkcs1.b64");
    const GATEWAY_PUBLIC: &str = include_str!("../tests/fixtures/gateway_public_spki.b64");
    const GATEWAY_SIGNATURE: &str = include_str!("../tests/fixtures/gateway_signature.b64");

    #[test]
    fn rsa2_agrees_with_openssl_in_every_form_of_key() {
        let app = Rsa2Signer::parse(APP_PRIVATE).unwrap();
        let gateway = Rsa2Signer::parse(GATEWAY_PRIVATE).unwrap();
        assert_eq!(app.sign(MESSAGE).unwrap(), APP_SIGNATURE);
        assert_eq!(gateway.sign(MESSAGE).unwrap(), GATEWAY_SIGNATURE);
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\r\n{}\r\n{}\r\n-----END PUBLIC KEY-----\r\n",
            &APP_PUBLIC[..64],
            &APP_PUBLIC[64..]
        );
        for key in [APP_PUBLIC, APP_PUBLIC_PKCS1, &pem] {
            let key = Rsa2Verifier::parse(key).unwrap();
            assert!(key.verify(MESSAGE, APP_SIGNATURE));
            assert!(!key.verify(MESSAGE, GATEWAY_SIGNATURE));
            assert!(!key.verify(&MESSAGE[1..], APP_SIGNATURE));
            assert!(!key.verify(MESSAGE, "not base64"));
        }
        let other = Rsa2Verifier::parse(GATEWAY_PUBLIC).unwrap();
        assert!(other.verify(MESSAGE, GATEWAY_SIGNATURE));
        assert!(Rsa2Verifier::parse("").is_err());
        assert!(Rsa2Verifier::parse(APP_PRIVATE).is_err());
        assert!(Rsa2Signer::parse(APP_PUBLIC).is_err());
    }

    #[test]
    fn hmac_agrees_with_openssl() {
        let message = b"1795000000\nPOST\n/courier/v1/shipments\n{\"reference\":\"R1\"}";
        let expected = "7d1e08e1fa507e0506c7dd080bc88c0fa27856186016228f089f2e0da8006231";
        assert_eq!(hmac_hex("courier-api-key", message), expected);
        assert!(hmac_verify("courier-api-key", message, expected));
        assert!(!hmac_verify("courier-api-kez", message, expected));
        assert!(!hmac_verify("courier-api-key", &message[1..], expected));
        assert!(!hmac_verify("courier-api-key", message, &expected[2..]));
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn sealing_agrees_with_the_vector_of_the_standard() {
        // GCM specification, test case 14: zero key, zero nonce, sixteen zero bytes.
        let key = Aes::new(&[0; 32]).unwrap();
        let sealed = key.seal([0; 12], "", &"\0".repeat(16)).unwrap();
        let bytes = STANDARD.decode(&sealed).unwrap();
        assert_eq!(
            hex::encode(bytes),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        );
        let nonce = "\0".repeat(12);
        assert_eq!(key.open(&nonce, "", &sealed), Some("\0".repeat(16)));
        assert_eq!(key.open(&nonce, "x", &sealed), None);
        assert_eq!(key.open("short", "", &sealed), None);
        let other = Aes::new(&[1; 32]).unwrap();
        assert_eq!(other.open(&nonce, "", &sealed), None);
        assert!(Aes::new(&[0; 31]).is_err());
        assert_eq!(sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn the_signed_texts_differ_in_sign_type_and_empty_values() {
        let params: Vec<_> = [
            ("sign_type", "RSA2"),
            ("b", "2 +&"),
            ("sign", "x"),
            ("a", ""),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        assert_eq!(request_text(&params), "b=2 +&&sign_type=RSA2");
        assert_eq!(notify_text(&params), "a=&b=2 +&");
    }

    #[test]
    fn random_digits_are_as_many_as_asked() {
        for count in [1, 16, 50] {
            let digits = random_digits(count).unwrap();
            assert_eq!(digits.len(), count);
            assert!(digits.bytes().all(|b| b.is_ascii_digit()));
        }
        assert_ne!(random_digits(16).unwrap(), random_digits(16).unwrap());
    }
}
