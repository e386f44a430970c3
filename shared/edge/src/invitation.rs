//! Invitations: a link by mail, and behind it a secret for the second factor.
//!
//! An invitation belongs to one epoch of a member of staff, and its id follows from both. So there is at
//! most one at a time: whatever raises the epoch (a suspension, a new invitation) makes the one before void.

use adapters::ports::{PortError, Random};
use domain::code::Target;
use domain::ids::InviteId;
use domain::notice::AccountNotice;
use domain::staff::{INVITE_HOURS, Invite, Staff};
use domain::work::{Message, SecretLink, WorkItem};
use jiff::{SignedDuration, Timestamp};
use totp_rs::{Builder, Secret, Totp};

use crate::error::ApiError;
use crate::fields::Fields;

/// The field under which the secret is sealed, the same for an invitation and for the one who took it up.
pub const TOTP_FIELD: &str = "totp";
/// Who asks for the second factor, as its program shows.
const ISSUER: &str = "Sealkey";
/// Bytes of a secret: as many as the hash has.
const SECRET_BYTES: usize = 20;

/// The id of the one invitation that somebody can take up now.
pub fn id_of(staff: &Staff) -> InviteId {
    let known = format!("invite\0{}\0{}", staff.id, staff.epoch);
    let hash = crate::cookie::token_hash(&known);
    InviteId::from_ulid(hash.get(..26).unwrap_or(&hash))
}

/// The link of an invitation.
pub fn link(id: InviteId) -> SecretLink {
    SecretLink::Invite { id }
}

/// A new invitation for somebody as they will be after this transaction.
///
/// # Errors
/// The keys' troubles.
pub async fn draw(
    fields: &Fields,
    random: &dyn Random,
    staff: &Staff,
    now: Timestamp,
) -> Result<Invite, PortError> {
    let mut bytes = [0u8; SECRET_BYTES];
    random.fill(&mut bytes);
    let secret = Secret::new_stack(bytes).to_base32();
    Ok(Invite {
        id: id_of(staff),
        staff: staff.id.clone(),
        expires_at: now + SignedDuration::from_hours(INVITE_HOURS),
        used_at: None,
        totp: fields
            .seal(staff.id.as_str(), TOTP_FIELD, &secret, (0, 0))
            .await?,
        version: 1,
    })
}

/// The mail with the link.
pub fn notice(staff: &Staff, invite: &Invite) -> WorkItem {
    let message = Message {
        notice: AccountNotice::StaffInvited,
        target: Target::mail(&staff.mail),
        name: staff.name.clone(),
        note: String::new(),
        link: Some(link(invite.id.clone())),
    };
    WorkItem::tell(&format!("{}-{}", staff.id, staff.version), message)
}

fn totp(secret: &str, account: &str) -> Result<Totp, ApiError> {
    // The error of neither step is logged: it could repeat the secret.
    let secret = Secret::try_from_base32(secret)
        .map_err(|_| ApiError::internal("a stored secret that is no base32"))?;
    Builder::new()
        .with_secret(secret)
        .with_skew(1)
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .map_err(|_| ApiError::internal("a stored secret that cannot be one"))
}

/// What a QR code shows to the program of the second factor.
///
/// # Errors
/// Only when what is stored cannot be a secret.
pub fn otpauth(secret: &str, account: &str) -> Result<String, ApiError> {
    totp(secret, account)?
        .to_url()
        .map_err(|_| ApiError::internal("an account that cannot be written as otpauth"))
}

/// The time step whose code this is: the present one, the one before or the one after.
///
/// # Errors
/// Only when what is stored cannot be a secret.
pub fn step_of(secret: &str, code: &str, now: Timestamp) -> Result<Option<u64>, ApiError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    Ok(totp(secret, "")?.check(&code, seconds))
}
