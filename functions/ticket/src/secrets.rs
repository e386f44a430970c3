//! The PINs that a token is made with: worked out anew whenever they are needed, stored nowhere, seen by nobody.
//!
//! Each is a KMS HMAC of what it is for (DESIGN §7), written in letters that every model takes, and leaves only
//! sealed to the key of one call (HPKE).

use contract::agent::{KeySecrets, SO_PIN_LENGTH, SealedText, TRANSPORT_PIN_LENGTH, sealed_for};
use contract::error::{ErrorCode, FieldCode};
use contract::secret::Secret;
use domain::ids::OperationId;
use domain::stock::{StockKey, UnitPlace};
use edge::ApiError;
use edge::fields::SO_PIN;
use serde::Serialize;

use crate::Ports;

/// The letters of RFC 4648's base32: none is mistaken for another one, and every model takes them in a PIN.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The first letters of a MAC, five bits each.
fn letters(mac: &[u8; 32], length: usize) -> Secret {
    let bits = |at: usize| {
        let (byte, shift) = (at / 8, at % 8);
        let pair = u16::from_be_bytes([mac[byte], mac.get(byte + 1).copied().unwrap_or(0)]);
        usize::from((pair >> (11 - shift)) & 31)
    };
    let text: Vec<u8> = (0..length).map(|no| LETTERS[bits(5 * no)]).collect();
    Secret::new(String::from_utf8_lossy(&text).into_owned())
}

/// The SO PIN of a token since its rotation of this number.
///
/// # Errors
/// The keys' troubles.
pub(crate) async fn so_pin(ports: &Ports, key: &StockKey, epoch: u32) -> Result<Secret, ApiError> {
    let serial = &key.serial;
    // Made elsewhere: the first one is not ours.
    if let Some(escrow) = key.escrow.as_ref().filter(|_| epoch == 0) {
        let text = ports.fields.cipher.open(serial, SO_PIN, escrow).await?;
        return Ok(Secret::new(text));
    }
    let message = format!("sealkey so pin, version 1\n{serial}\n{epoch}");
    let mac = ports.key_secrets.mac(message.as_bytes()).await?;
    Ok(letters(&mac, SO_PIN_LENGTH))
}

/// The user PIN with which a token travels, of the unit that it was made for.
async fn transport_pin(ports: &Ports, serial: &str, unit: &UnitPlace) -> Result<Secret, ApiError> {
    let UnitPlace {
        order,
        line,
        unit,
        attempt,
    } = unit;
    let message =
        format!("sealkey transport pin, version 1\n{serial}\n{order}\n{line}\n{unit}\n{attempt}");
    let mac = ports.key_secrets.mac(message.as_bytes()).await?;
    Ok(letters(&mac, TRANSPORT_PIN_LENGTH))
}

/// What an agent gets for a token, sealed to the key that it made for this call. With the number of its SO PIN for
/// one that is to be initialised.
pub(crate) async fn sealed_secrets(
    ports: &Ports,
    operation: &OperationId,
    serial: &str,
    unit: &UnitPlace,
    blank: Option<&StockKey>,
    seal_to: &str,
) -> Result<SealedText, ApiError> {
    let so_pin = match blank {
        Some(key) => Some(so_pin(ports, key, key.so_epoch).await?),
        None => None,
    };
    let secrets = KeySecrets {
        so_pin,
        transport_pin: transport_pin(ports, serial, unit).await?,
    };
    sealed_to(operation, serial, &secrets, seal_to)
}

/// Secrets for a token, sealed to the key that an agent made for this call.
///
/// # Errors
/// When that key is none.
pub(crate) fn sealed_to<T: Serialize>(
    operation: &OperationId,
    serial: &str,
    secrets: &T,
    seal_to: &str,
) -> Result<SealedText, ApiError> {
    let text =
        serde_json::to_vec(secrets).map_err(|_| ApiError::internal("secrets that are no JSON"))?;
    let sealed =
        sealed::seal(seal_to, &sealed_for(operation, serial), &text).map_err(|_| ApiError {
            fields: vec![("seal_to".to_owned(), FieldCode::Invalid)],
            ..ApiError::new(ErrorCode::MalformedRequest)
        })?;
    Ok(SealedText {
        enc: sealed.enc,
        text: sealed.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_base32_of_its_mac() {
        let mut mac = [0u8; 32];
        mac[..10].copy_from_slice(b"foobarfoob");
        // RFC 4648 §10: BASE32("foobar") begins with MZXW6YTBOI.
        assert_eq!(letters(&mac, 10).expose(), "MZXW6YTBOJ");
        assert_eq!(letters(&[0xFF; 32], SO_PIN_LENGTH).expose(), "7".repeat(16));
    }
}
