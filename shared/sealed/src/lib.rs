//! Texts that only one key opens: HPKE (RFC 9180) in base mode, X25519, HKDF-SHA-256, ChaCha20-Poly1305. By it the
//! cloud hands secrets of a token to the agent beside it; nothing else of the standard is read or written here.
//!
//! The key is made for one call and lives in memory only. What a text is sealed *for* goes into the key derivation
//! (`info`), so that what is meant for one operation and one token opens for no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// A text that does not open, or a key that is none. It never says which part was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed for this")]
pub struct NotSealed;

/// A sealed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The encapsulated key, base64url.
    pub enc: String,
    /// The ciphertext with its tag, base64url.
    pub text: String,
}

fn decoded(text: &str) -> Result<Vec<u8>, NotSealed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotSealed)
}

/// Seals a text for whoever has the private half of `to` (base64url of 32 bytes), and for what `info` says.
///
/// # Errors
/// [`NotSealed`] when `to` is no public key, or one that agrees with everybody.
pub fn seal(to: &str, info: &[u8], text: &[u8]) -> Result<Sealed, NotSealed> {
    let to = PublicKey::from_bytes(&decoded(to)?).map_err(|_| NotSealed)?;
    let (enc, text) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &to,
        info,
        text,
        &[],
    )
    .map_err(|_| NotSealed)?;
    Ok(Sealed {
        enc: URL_SAFE_NO_PAD.encode(enc.to_bytes()),
        text: URL_SAFE_NO_PAD.encode(text),
    })
}

/// A key that opens what was sealed for it. It is wiped when dropped.
pub struct Opener {
    private: PrivateKey,
    public: PublicKey,
}

impl Opener {
    /// A new one, by the system's chance.
    pub fn generate() -> Self {
        let (private, public) = X25519HkdfSha256::gen_keypair();
        Self { private, public }
    }

    /// Its public half, base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public.to_bytes())
    }

    /// Opens a text that was sealed for this key and for what `info` says.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn open(&self, info: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, NotSealed> {
        let enc = EncappedKey::from_bytes(&decoded(&sealed.enc)?).map_err(|_| NotSealed)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &enc,
            info,
            &decoded(&sealed.text)?,
            &[],
        )
        .map(Zeroizing::new)
        .map_err(|_| NotSealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_key_opens_it_and_only_for_what_it_is() {
        let opener = Opener::generate();
        let sealed = seal(&opener.public(), b"token 1", b"PIN").unwrap();
        assert_eq!(*opener.open(b"token 1", &sealed).unwrap(), b"PIN");
        assert_eq!(opener.open(b"token 2", &sealed), Err(NotSealed));
        assert_eq!(Opener::generate().open(b"token 1", &sealed), Err(NotSealed));
        let again = seal(&opener.public(), b"token 1", b"PIN").unwrap();
        assert_ne!(again, sealed, "sealed twice alike");
        for broken in [
            Sealed {
                text: again.text,
                ..sealed.clone()
            },
            Sealed {
                enc: "AA".to_owned(),
                ..sealed.clone()
            },
            Sealed {
                text: "not base64!".to_owned(),
                ..sealed
            },
        ] {
            assert_eq!(opener.open(b"token 1", &broken), Err(NotSealed));
        }
    }

    #[test]
    fn what_is_no_key_is_sealed_for_nobody() {
        let zero = URL_SAFE_NO_PAD.encode([0u8; 32]);
        for bad in ["", "AA", "not base64!", &zero] {
            assert_eq!(seal(bad, b"", b"PIN"), Err(NotSealed), "{bad}");
        }
    }

    // RFC 9180, appendix A.2.1 (X25519, HKDF-SHA-256, ChaCha20-Poly1305, base mode), first encryption, whose
    // associated data is not empty: so this asks the library, by the same names that are used above.
    #[test]
    fn it_is_the_suite_of_the_standard() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
                .collect()
        };
        let private = PrivateKey::from_bytes(&hex(
            "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        ))
        .unwrap();
        let enc = EncappedKey::from_bytes(&hex(
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        ))
        .unwrap();
        let text = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &enc,
            &hex("4f6465206f6e2061204772656369616e2055726e"),
            &hex(
                "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
            ),
            &hex("436f756e742d30"),
        )
        .unwrap();
        assert_eq!(
            text,
            hex("4265617574792069732074727574682c20747275746820626561757479")
        );
    }
}
