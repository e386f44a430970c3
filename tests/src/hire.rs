//! Staff without an invitation: written straight into the table of a laptop, with password and second
//! factor. Each test hires people of its own, for a code of the second factor works only once.

use std::sync::Arc;

use adapters::dynamodb::Table;
use adapters::kms::{KmsFieldCipher, KmsMac};
use adapters::ports::{Clock as _, Random as _, Registry, Transaction, new_ulid};
use adapters::registry::{self, StaffMail};
use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use domain::actor::Role;
use domain::catalog::Medium;
use domain::company::PasswordHash;
use domain::desk::Desk;
use domain::ids::{BranchId, DeskId, StaffId};
use domain::staff::{Branch, Staff, StaffState};
use domain::stock::StockKey;
use edge::fields::Fields;
use edge::password::Passwords;
use edge::real::{OsRandom, SystemClock};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use testkit::agent::{Agent, DeskKey};

use crate::job::random_hex;
use crate::stack::Stack;

/// What somebody logs in with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffLogin {
    /// Mail address.
    pub mail: String,
    /// Password.
    pub password: String,
    /// Secret of the second factor, base32.
    pub totp: String,
}

impl StaffLogin {
    /// The six digits that the second factor shows now, and the ones before and after: a code that was used
    /// is not taken again, the next one is.
    ///
    /// # Errors
    /// When the secret is none.
    pub fn codes(&self) -> Result<Vec<String>> {
        let secret = BASE32_NOPAD
            .decode(self.totp.as_bytes())
            .context("the secret is not base32")?;
        let step = u64::try_from(SystemClock.now().as_second())? / 30;
        Ok([step - 1, step, step + 1]
            .map(|step| code(&secret, step))
            .to_vec())
    }
}

/// RFC 6238 with SHA-1, six digits: the other end of what `account` checks.
fn code(secret: &[u8], step: u64) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let hash = aws_lc_rs::hmac::sign(&key, &step.to_be_bytes());
    let hash = hash.as_ref();
    let start = usize::from(hash[hash.len() - 1] & 0x0F);
    let number = hash[start..start + 4]
        .iter()
        .fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7FFF_FFFF) % 1_000_000)
}

/// The keys of fields of a stack.
pub fn fields(stack: &Stack) -> Fields {
    let cloud = stack.cloud();
    Fields {
        cipher: Arc::new(KmsFieldCipher::connect(&cloud, &stack.field_key)),
        mac: Arc::new(KmsMac::connect(&cloud, &stack.mac_key)),
    }
}

/// A password as it is stored.
///
/// # Errors
/// Only a defect of the library.
pub fn password_hash(password: &str) -> Result<PasswordHash> {
    Passwords::default()
        .hash(password, &OsRandom)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Takes somebody on with one role.
///
/// # Errors
/// When the table or the keys do not answer.
pub async fn hire(
    registry: &dyn Registry,
    fields: &Fields,
    person: &str,
    role: Role,
) -> Result<StaffLogin> {
    let id = StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom));
    let mut secret = [0u8; 20];
    OsRandom.fill(&mut secret);
    let login = StaffLogin {
        mail: format!("{person}@sealkey.example"),
        password: format!("Demo-{}", random_hex(6)?),
        totp: BASE32_NOPAD.encode(&secret),
    };
    let (new_branch, branch) = match role {
        Role::Branch => branch(registry).await?,
        _ => (None, None),
    };
    let staff = Staff {
        name: format!("演示{person}"),
        mail: login.mail.clone(),
        roles: vec![role],
        branch,
        state: StaffState::Active,
        password: Some(password_hash(&login.password)?),
        totp: Some(
            fields
                .seal(id.as_str(), "totp", &login.totp, (0, 0))
                .await?,
        ),
        totp_step: 0,
        epoch: 0,
        created_at: SystemClock.now(),
        version: 1,
        id,
    };
    let pointer = StaffMail {
        mail: login.mail.clone(),
        staff: staff.id.clone(),
    };
    let mut all = Transaction::new(SystemClock.now())
        .change(&staff)?
        .create(&pointer)?;
    if let Some(new) = new_branch {
        all = all.change(&new)?;
    }
    registry.record(&all).await?;
    Ok(login)
}

/// Takes somebody on for one test.
///
/// # Errors
/// As [`hire`].
pub async fn hire_for_test(stack: &Stack, role: &str) -> Result<StaffLogin> {
    let table = Table::connect(&stack.cloud(), &stack.table);
    let person = format!("{role}-{}", random_hex(6)?);
    let role: Role = serde_json::from_value(serde_json::Value::String(role.to_owned()))?;
    hire(&table, &fields(stack), &person, role).await
}

/// A desk that no administrator enrolled, written straight into the table, with the key of its computer.
///
/// # Errors
/// When the table does not answer.
pub async fn desk(stack: &Stack) -> Result<DeskKey> {
    let table = Table::connect(&stack.cloud(), &stack.table);
    let mut secret = [0u8; 32];
    OsRandom.fill(&mut secret);
    let key = SigningKey::from_slice(&secret)?;
    let public: jws::PublicKey = (&key).into();
    let now = SystemClock.now();
    let desk = Desk {
        id: DeskId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        name: format!("工位{}", random_hex(3)?),
        key: public.to_string(),
        agent: Agent::new(1).about,
        enrolled_by: StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        enrolled_at: now,
        dismissed_at: None,
        version: 1,
    };
    table.record(&Transaction::new(now).create(&desk)?).await?;
    Ok(DeskKey::new(desk.id, key))
}

/// A blank key in stock, written likewise. Answers with its serial number.
///
/// # Errors
/// When the table does not answer.
pub async fn blank_key(stack: &Stack, medium: Medium) -> Result<String> {
    let table = Table::connect(&stack.cloud(), &stack.table);
    let serial = format!("{}-{}", medium.as_str().to_uppercase(), random_hex(5)?);
    let now = SystemClock.now();
    let by = StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom));
    let key = StockKey::blank(serial.clone(), medium, by, now);
    table.record(&Transaction::new(now).create(&key)?).await?;
    Ok(serial)
}

/// The branch that there is, or a new one to be written.
async fn branch(registry: &dyn Registry) -> Result<(Option<Branch>, Option<BranchId>)> {
    let known: Vec<Branch> = registry.load_all(registry::BRANCHES, "BRANCH#").await?;
    if let Some(known) = known.first() {
        return Ok((None, Some(known.id.clone())));
    }
    let branch = Branch {
        id: BranchId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        name: "南京演示网点".to_owned(),
        address: "江苏省南京市玄武区中山路1号".to_owned(),
        phone: "025-80000000".to_owned(),
        version: 1,
    };
    let id = branch.id.clone();
    Ok((Some(branch), Some(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        let secret = b"12345678901234567890";
        assert_eq!(code(secret, 59 / 30), "287082");
        assert_eq!(code(secret, 1_111_111_109 / 30), "081804");
        assert_eq!(code(secret, 2_000_000_000 / 30), "279037");
    }
}
