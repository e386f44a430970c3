//! Compact JWS (RFC 7515) with ES256 (RFC 7518), and nothing else of the family: no other algorithm, no key in
//! the header, no list of headers to choose from. What signs is the caller's: a key in KMS that gives DER, a key in
//! memory that gives raw.
//!
//! A token has a `typ` of its own, checked before anything else of it is read, so that what was signed for one
//! use is never good for another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// No token of ours is longer; a longer one is not read.
const LONGEST: usize = 64 * 1024;
/// A point of P-256, not compressed.
const POINT: usize = 65;

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not three parts of base64url, or not JSON in them, or too long.
    #[error("not a token")]
    Form,
    /// Made for another use.
    #[error("a token of another use")]
    Use,
    /// Signed by none of the keys that count.
    #[error("signed by an unknown key")]
    Key,
    /// The signature does not fit.
    #[error("wrong signature")]
    Signature,
}

/// What stands before the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// A public key: a point of P-256. On the wire base64url of its 65 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The name by which headers call it: base64url of the SHA-256 of its point.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.point()))
    }

    /// From DER of `SubjectPublicKeyInfo`, as KMS gives it.
    ///
    /// # Errors
    /// When it is no key of P-256.
    pub fn from_der(der: &[u8]) -> Result<Self, BadToken> {
        use p256::pkcs8::DecodePublicKey as _;
        VerifyingKey::from_public_key_der(der)
            .map(Self)
            .map_err(|_| BadToken::Key)
    }

    fn point(&self) -> Vec<u8> {
        self.0.to_sec1_point(false).as_bytes().to_vec()
    }
}

impl From<&SigningKey> for PublicKey {
    fn from(key: &SigningKey) -> Self {
        Self(*key.verifying_key())
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.point()))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let point = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadToken::Form)?;
        if point.len() != POINT {
            return Err(BadToken::Form);
        }
        VerifyingKey::from_sec1_bytes(&point)
            .map(Self)
            .map_err(|_| BadToken::Key)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A token that waits for its signature.
#[derive(Debug, Clone)]
pub struct Unsigned(String);

impl Unsigned {
    /// A payload for a use, to be signed by the key of this name.
    ///
    /// # Errors
    /// Only when the payload cannot be written as JSON.
    pub fn new(typ: &str, kid: &str, payload: &impl Serialize) -> Result<Self, serde_json::Error> {
        let header = Header {
            alg: "ES256".to_owned(),
            typ: typ.to_owned(),
            kid: kid.to_owned(),
        };
        Ok(Self(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?),
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(payload)?)
        )))
    }

    /// What a signer of digests signs.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The token, with a signature as DER, as KMS gives it.
    ///
    /// # Errors
    /// When that is none.
    pub fn with_der(self, signature: &[u8]) -> Result<String, BadToken> {
        let signature = Signature::from_der(signature).map_err(|_| BadToken::Signature)?;
        Ok(self.with(&signature))
    }

    /// The token, signed by a key in memory.
    pub fn sign(self, key: &SigningKey) -> String {
        let signature: Signature = key.sign(self.0.as_bytes());
        self.with(&signature)
    }

    fn with(self, signature: &Signature) -> String {
        format!(
            "{}.{}",
            self.0,
            URL_SAFE_NO_PAD.encode(signature.to_bytes())
        )
    }
}

/// A token taken apart, not believed yet.
#[derive(Debug)]
pub struct Parts<'a> {
    signed: &'a str,
    payload: Vec<u8>,
    signature: Signature,
    kid: String,
}

impl<'a> Parts<'a> {
    /// Takes a token of a use apart.
    ///
    /// # Errors
    /// [`BadToken::Form`], [`BadToken::Use`].
    pub fn of(token: &'a str, typ: &str) -> Result<Self, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(BadToken::Form)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Form);
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| BadToken::Form)?;
        if header.alg != "ES256" || header.typ != typ {
            return Err(BadToken::Use);
        }
        Ok(Self {
            signed,
            payload: bytes(payload)?,
            signature: Signature::from_slice(&bytes(signature)?).map_err(|_| BadToken::Form)?,
            kid: header.kid,
        })
    }

    /// The name of the key that is said to have signed.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The payload, when one of these keys signed it.
    ///
    /// # Errors
    /// [`BadToken::Key`], [`BadToken::Signature`], [`BadToken::Form`].
    pub fn verified<T: DeserializeOwned>(&self, keys: &[PublicKey]) -> Result<T, BadToken> {
        let key = keys.iter().find(|key| key.id() == self.kid);
        let key = key.ok_or(BadToken::Key)?;
        key.0
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| BadToken::Signature)?;
        serde_json::from_slice(&self.payload).map_err(|_| BadToken::Form)
    }

    /// The payload, unbelieved: only to find the key by which it is verified next.
    ///
    /// # Errors
    /// [`BadToken::Form`].
    pub fn unverified<T: DeserializeOwned>(&self) -> Result<T, BadToken> {
        serde_json::from_slice(&self.payload).map_err(|_| BadToken::Form)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    fn token(typ: &str, seed: u8) -> String {
        let key = key(seed);
        let kid = PublicKey::from(&key).id();
        Unsigned::new(typ, &kid, &serde_json::json!({"a": 1}))
            .unwrap()
            .sign(&key)
    }

    fn read(token: &str, seeds: &[u8]) -> Result<serde_json::Value, BadToken> {
        let keys: Vec<PublicKey> = seeds.iter().map(|seed| (&key(*seed)).into()).collect();
        Parts::of(token, "ticket")?.verified(&keys)
    }

    #[test]
    fn only_a_known_key_and_the_right_use_count() {
        let good = token("ticket", 1);
        assert_eq!(read(&good, &[2, 1]), Ok(serde_json::json!({"a": 1})));
        assert_eq!(read(&good, &[2]), Err(BadToken::Key));
        assert_eq!(read(&good, &[]), Err(BadToken::Key));
        assert_eq!(read(&token("call", 1), &[1]), Err(BadToken::Use));
    }

    #[test]
    fn a_header_that_chooses_another_way_is_refused() {
        let good = token("ticket", 1);
        let rest = good.split_once('.').unwrap().1;
        let kid = PublicKey::from(&key(1)).id();
        for header in [
            serde_json::json!({"alg": "none", "typ": "ticket", "kid": kid}),
            serde_json::json!({"alg": "HS256", "typ": "ticket", "kid": kid}),
            serde_json::json!({"alg": "ES256", "typ": "ticket", "kid": kid, "jwk": {}}),
            serde_json::json!({"alg": "ES256", "kid": kid}),
        ] {
            let header = URL_SAFE_NO_PAD.encode(header.to_string());
            let forged = format!("{header}.{rest}");
            assert!(read(&forged, &[1]).is_err(), "{header}");
        }
    }

    #[test]
    fn every_changed_character_breaks_it() {
        let good = token("ticket", 1);
        for at in 0..good.len() {
            let mut bad = good.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).unwrap();
            assert!(bad == good || read(&bad, &[1]).is_err(), "character {at}");
        }
    }

    #[test]
    fn a_signature_as_der_gives_the_same_kind_of_token() {
        let key = key(3);
        let kid = PublicKey::from(&key).id();
        let unsigned = Unsigned::new("ticket", &kid, &serde_json::json!({"a": 1})).unwrap();
        let signature: Signature =
            p256::ecdsa::signature::hazmat::PrehashSigner::sign_prehash(&key, &unsigned.digest())
                .unwrap();
        let token = unsigned.with_der(signature.to_der().as_bytes()).unwrap();
        assert!(read(&token, &[3]).is_ok());
    }

    #[test]
    fn a_public_key_travels_as_text() {
        let key = PublicKey::from(&key(4));
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        assert!("AAAA".parse::<PublicKey>().is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[A-Za-z0-9_.-]{0,80}") {
            let _ = read(&text, &[1]);
        }
    }
}
