//! One-time codes and secret links: what was sent follows from an id and a key in KMS, and is stored
//! nowhere.

use std::sync::Arc;

use adapters::ports::{Clock, Mac, PortError, Random, Registry, Transaction, new_ulid};
use adapters::registry;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::account::CodeSent;
use contract::error::{ErrorCode, FieldCode};
use domain::code::{CodePurpose, Holder, OneTimeCode, Target, digits};
use domain::ids::CodeId;
use domain::work::{SecretLink, WorkItem};

use crate::error::ApiError;

/// The digits of a code.
///
/// # Errors
/// The key's troubles.
pub async fn digits_of(mac: &dyn Mac, code: &OneTimeCode) -> Result<String, PortError> {
    let message = format!("code\0{}\0{}", code.purpose.as_str(), code.id);
    Ok(digits(&mac.mac(message.as_bytes()).await?))
}

/// What stands behind the `#` of a link: its id, and what only its reader knows.
///
/// # Errors
/// The key's troubles.
pub async fn link_token(mac: &dyn Mac, link: &SecretLink) -> Result<String, PortError> {
    let message = format!("link\0{}\0{}", link.page(), link.id());
    let secret = URL_SAFE_NO_PAD.encode(mac.mac(message.as_bytes()).await?);
    Ok(format!("{}.{secret}", link.id()))
}

/// The id in a link's token, if the token is the one we sent. `link` makes the link of an id.
///
/// # Errors
/// [`ErrorCode::LinkExpired`] for any other token.
pub async fn read_link<I, L>(mac: &dyn Mac, token: &str, link: L) -> Result<I, ApiError>
where
    I: std::str::FromStr + Clone,
    L: FnOnce(I) -> SecretLink,
{
    let id: Option<I> = token.split_once('.').and_then(|(id, _)| id.parse().ok());
    let id = id.ok_or(ErrorCode::LinkExpired)?;
    let known = link_token(mac, &link(id.clone())).await?;
    if verify_slices_are_equal(known.as_bytes(), token.as_bytes()).is_ok() {
        Ok(id)
    } else {
        Err(ErrorCode::LinkExpired.into())
    }
}

/// What the caller reads when a code is not taken, whatever the reason.
pub fn wrong_code(field: &str) -> ApiError {
    ApiError {
        fields: vec![(field.to_owned(), FieldCode::Invalid)],
        ..ApiError::new(ErrorCode::CodeWrong)
    }
}

/// Makes and takes codes.
#[derive(Clone)]
pub struct Codes {
    /// Where they stand.
    pub registry: Arc<dyn Registry>,
    /// Their key.
    pub mac: Arc<dyn Mac>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl Codes {
    /// A new code and the work of sending it, both to be written by the caller: whether there is somebody
    /// to send it to or not, so that nothing tells.
    pub fn make(
        &self,
        purpose: CodePurpose,
        target: Option<Target>,
        holder: Option<Holder>,
    ) -> (OneTimeCode, WorkItem) {
        let id = CodeId::from_ulid(&new_ulid(&*self.clock, &*self.random));
        let code = OneTimeCode::new(id.clone(), purpose, target, holder, self.clock.now());
        (code, WorkItem::code(id))
    }

    /// What the one who asked reads. `typed` is where they said it should go, never where it goes.
    pub fn sent(code: &OneTimeCode, typed: &Target) -> CodeSent {
        CodeSent {
            code: code.id.clone(),
            channel: typed.channel,
            to: typed.masked(),
            expires_at: code.expires_at(),
        }
    }

    /// Tries a code. When the digits are right the code comes back as used, and the caller writes it
    /// ([`Transaction::change`]) together with what it opens: so it works once, and a crash in between leaves
    /// it unused. When they are wrong the try is written here.
    ///
    /// # Errors
    /// [`ErrorCode::CodeWrong`] with `field`, for every reason the same.
    pub async fn take(
        &self,
        id: &CodeId,
        purpose: CodePurpose,
        typed: &str,
        field: &str,
    ) -> Result<OneTimeCode, ApiError> {
        let now = self.clock.now();
        let found: Option<OneTimeCode> = self.registry.load(&registry::code(id)).await?;
        let found = found.filter(|code| code.purpose == purpose);
        let code = found.ok_or_else(|| wrong_code(field))?;
        let known = digits_of(&*self.mac, &code).await?;
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let right = verify_slices_are_equal(known.as_bytes(), typed.as_bytes()).is_ok();
        match code.tried(right, now) {
            (used, Ok(())) => Ok(used),
            (tried, Err(_)) if tried.version != code.version => {
                // Somebody who tried at the same time counts as a try too: theirs was written.
                let counted = Transaction::new(now).change(&tried)?;
                match self.registry.record(&counted).await {
                    Ok(()) | Err(adapters::ports::CommitError::Refused(_)) => {}
                    Err(error) => return Err(PortError::from(error).into()),
                }
                Err(wrong_code(field))
            }
            (_, Err(_)) => Err(wrong_code(field)),
        }
    }
}
