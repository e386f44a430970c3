//! Companies: their names, codes and the people who act for them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::ids::{AddressId, CodeId, CompanyId, ContactChangeId, TitleId, UserId};
use crate::order::Address;
use crate::policy::StorefrontId;
use crate::qualification::Qualification;

/// A unified social credit code (统一社会信用代码): 18 characters, the last a check character
/// (GB 32100-2015).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// A text that is not a unified social credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCreditCode {
    /// Wrong length, or a character that the code does not use (I, O, S, V, Z).
    #[error("a credit code has 18 characters, digits and capitals without I, O, S, V, Z")]
    Form,
    /// The check character does not fit the other 17: a typing error.
    #[error("the check character does not fit")]
    Check,
}

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl CreditCode {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The check character for the first 17 characters. `None` when one of them is not of the alphabet.
    pub fn check_character(first: &str) -> Option<char> {
        if first.len() != 17 {
            return None;
        }
        let mut weight = 1usize;
        let mut sum = 0usize;
        for byte in first.bytes() {
            let value = CREDIT_ALPHABET.iter().position(|c| *c == byte)?;
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        let check = (31 - sum % 31) % 31;
        CREDIT_ALPHABET.get(check).map(|b| char::from(*b))
    }
}

impl FromStr for CreditCode {
    type Err = InvalidCreditCode;
    fn from_str(text: &str) -> Result<Self, InvalidCreditCode> {
        let text = text.trim().to_ascii_uppercase();
        if text.len() != 18 || !text.is_ascii() {
            return Err(InvalidCreditCode::Form);
        }
        let (first, last) = text.split_at(17);
        let expected = Self::check_character(first).ok_or(InvalidCreditCode::Form)?;
        if !last.bytes().all(|b| CREDIT_ALPHABET.contains(&b)) {
            return Err(InvalidCreditCode::Form);
        }
        if last.starts_with(expected) {
            Ok(Self(text))
        } else {
            Err(InvalidCreditCode::Check)
        }
    }
}

impl TryFrom<String> for CreditCode {
    type Error = InvalidCreditCode;
    fn try_from(text: String) -> Result<Self, InvalidCreditCode> {
        text.parse()
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for CreditCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CreditCode".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$", "description": "Unified social credit code (GB 32100-2015)."})
    }
}

/// Is it a mobile number of mainland China? They get text messages (R51).
pub fn is_mobile(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes[0] == b'1'
        && bytes[1] >= b'3'
}

/// Can mail be sent there? The address is proved by using it; this only catches typing errors.
pub fn is_mail(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[]\\@".contains(&b))
    };
    text.len() <= 254
        && local.len() <= 64
        && plain(local)
        && plain(host)
        && host.split('.').count() >= 2
        && host
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Saved addresses of one company, at most.
pub const MAX_ADDRESSES: usize = 20;
/// Invoice titles of one company, at most.
pub const MAX_TITLES: usize = 10;
/// People who may log in for one company, at most. All of them are written when sessions end everywhere.
pub const MAX_PEOPLE: usize = 10;
/// For how long an unbinding freezes contact and address of paid orders (R30).
pub const FREEZE_HOURS: i64 = 24;

/// A company's record. What belongs to it and changes rarely stands in it; people, history and papers are
/// items of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Full name, as on the licence. Claimed until the papers are approved.
    pub name: String,
    /// Its code. Claimed likewise.
    pub credit_code: CreditCode,
    /// 法定代表人, once told.
    #[serde(default)]
    pub legal_representative: Option<LegalRepresentative>,
    /// 注册地址; may be empty.
    #[serde(default)]
    pub registered_address: String,
    /// Telephone of the office; may be empty.
    #[serde(default)]
    pub phone: String,
    /// Who is told about orders.
    pub contact: Contact,
    /// Titles for invoices (发票信息).
    #[serde(default)]
    pub invoice_titles: Vec<InvoiceTitle>,
    /// Address book.
    #[serde(default)]
    pub addresses: Vec<SavedAddress>,
    /// Whether its papers were approved (R2, R3).
    #[serde(default)]
    pub qualification: Qualification,
    /// Whom a login by the company's name means.
    pub main_user: UserId,
    /// Where it registered.
    pub storefront: StorefrontId,
    /// When it was unbound last (R28): keys activated before that bind no more.
    #[serde(default)]
    pub unbound_at: Option<Timestamp>,
    /// Until then contact and address of paid orders stay as they are (R30).
    #[serde(default)]
    pub frozen_until: Option<Timestamp>,
    /// The record that took name and code over, when the papers of a second claimant were approved.
    #[serde(default)]
    pub superseded_by: Option<CompanyId>,
    /// When it registered.
    pub created_at: Timestamp,
    /// Entries of its history.
    #[serde(default)]
    pub events: u32,
    /// Raised by every change.
    pub version: u64,
}

impl Company {
    /// A company on the day it registers.
    pub fn new(
        id: CompanyId,
        name: String,
        credit_code: CreditCode,
        contact: Contact,
        main_user: UserId,
        storefront: StorefrontId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            name,
            credit_code,
            legal_representative: None,
            registered_address: String::new(),
            phone: String::new(),
            contact,
            invoice_titles: Vec::new(),
            addresses: Vec::new(),
            qualification: Qualification::default(),
            main_user,
            storefront,
            unbound_at: None,
            frozen_until: None,
            superseded_by: None,
            created_at: now,
            events: 0,
            version: 1,
        }
    }

    /// May contact and address of paid orders be changed at `now`?
    pub fn is_frozen(&self, now: Timestamp) -> bool {
        self.frozen_until.is_some_and(|until| now < until)
    }

    /// The next version, with one more entry of its history: what every change of a record begins with.
    pub fn changed(
        &self,
        actor: Actor,
        event: CompanyEventKind,
        changes: Vec<FieldChange>,
        note: impl Into<String>,
        now: Timestamp,
    ) -> (Self, CompanyEvent) {
        let next = Self {
            version: self.version + 1,
            events: self.events + 1,
            ..self.clone()
        };
        let record = CompanyEvent {
            company: self.id.clone(),
            seq: next.events,
            at: now,
            actor,
            event,
            changes,
            note: note.into(),
        };
        (next, record)
    }
}

/// 法定代表人.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalRepresentative {
    /// Name, as on the licence.
    pub name: String,
    /// ID number, once told.
    #[serde(default)]
    pub id_number: Option<SealedText>,
}

/// A text that is stored encrypted, with what may be shown of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedText {
    /// Ciphertext, base64. Company and field are bound to it as context.
    pub sealed: String,
    /// Keyed hash of the normalised text, hex: tells whether two are the same.
    pub tag: String,
    /// What anybody of the company may see, for example `3201**********1234`.
    pub masked: String,
}

impl fmt::Debug for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked)
    }
}

/// The text with all but the first and last few characters replaced: `3201**********1234`.
pub fn masked(text: &str, first: usize, last: usize) -> String {
    let length = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(place, c)| {
            if length > first + last && (place < first || place >= length - last) {
                c
            } else {
                '*'
            }
        })
        .collect()
}

/// Is it a number of a resident identity card (GB 11643-1999): 17 digits and the check character?
pub fn is_id_number(text: &str) -> bool {
    const CHECK: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let mut weight = 1u32;
    let mut sum = 0u32;
    // From the right: the weight of the check character is 1, each place doubles it, modulo 11.
    for byte in bytes[..17].iter().rev() {
        weight = weight * 2 % 11;
        sum += u32::from(byte - b'0') * weight;
    }
    CHECK
        .get(usize::try_from(sum % 11).unwrap_or_default())
        .is_some_and(|check| *check == bytes[17].to_ascii_uppercase())
}

/// A person who may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Mobile number.
    pub mobile: String,
    /// E-mail address; may be empty where the storefront does not ask for one.
    pub mail: String,
}

/// What kind of invoices a title is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TitleKind {
    /// 普通发票: title and tax number.
    Ordinary,
    /// 专用发票: bank, account, address and telephone too.
    Special,
}

/// A title for invoices (发票信息).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceTitle {
    /// Its id.
    pub id: TitleId,
    /// For which kind.
    pub kind: TitleKind,
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// 开户银行; special only.
    pub bank: String,
    /// 银行账号; special only.
    pub bank_account: Option<SealedText>,
    /// 注册地址; special only.
    pub address: String,
    /// 注册电话; special only.
    pub phone: String,
    /// Where the electronic invoice is mailed; may be empty.
    pub mail: String,
    /// The one chosen at first.
    pub is_default: bool,
}

impl InvoiceTitle {
    /// The field of a company under which the bank account of this title is sealed: the account of another title
    /// does not open there.
    pub fn account_field(id: &TitleId) -> String {
        format!("invoice_titles.{id}.bank_account")
    }
}

/// An address in the address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedAddress {
    /// Its id.
    pub id: AddressId,
    /// The address.
    pub address: Address,
    /// The one chosen at first.
    pub is_default: bool,
}

/// A password as stored: argon2id, PHC string. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A person who logs in for a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose.
    pub company: CompanyId,
    /// The account name, as the person wrote it; none where the company's name is the login name (R50).
    #[serde(default)]
    pub account: Option<String>,
    /// Name.
    pub name: String,
    /// Mobile number: codes go there.
    pub mobile: String,
    /// None until the person sets one.
    #[serde(default)]
    pub password: Option<PasswordHash>,
    /// Counts "log out everywhere": a session of another number has ended.
    #[serde(default)]
    pub epoch: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

impl User {
    /// The same person with all sessions ended.
    #[must_use]
    pub fn logged_out(&self) -> Self {
        Self {
            epoch: self.epoch + 1,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

/// A new contact that waits for the codes sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChange {
    /// Its id.
    pub id: ContactChangeId,
    /// Whose.
    pub company: CompanyId,
    /// Who asked.
    pub user: UserId,
    /// The new contact.
    pub contact: Contact,
    /// The code that confirms the mobile number, when that changes.
    #[serde(default)]
    pub mobile_code: Option<CodeId>,
    /// The code that confirms the mailbox, when that changes.
    #[serde(default)]
    pub mail_code: Option<CodeId>,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// When it was.
    #[serde(default)]
    pub done_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// What happened to a company's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompanyEventKind {
    /// It registered.
    Registered,
    /// Name, code, legal representative, address or telephone.
    BasicsChanged,
    /// The contact.
    ContactChanged,
    /// A title for invoices was added.
    TitleAdded,
    /// One was changed.
    TitleChanged,
    /// One was taken away.
    TitleRemoved,
    /// An address was added.
    AddressAdded,
    /// One was changed.
    AddressChanged,
    /// One was taken away.
    AddressRemoved,
    /// A person may log in.
    PersonAdded,
    /// One was changed.
    PersonChanged,
    /// One may no more.
    PersonRemoved,
    /// A password was set anew by a code.
    PasswordReset,
    /// A password was changed.
    PasswordChanged,
    /// Papers were handed in.
    QualificationSubmitted,
    /// They were approved.
    QualificationApproved,
    /// They were sent back.
    QualificationSentBack,
    /// Name or code changed, so the papers have to be looked at again.
    QualificationReopened,
    /// 证书解绑.
    Unbound,
    /// Somebody said that it was not them.
    UnbindingDisputed,
    /// The contact was set after mailbox or mobile number had been lost.
    Recovered,
    /// Another record took name and code over.
    Superseded,
    /// It took name and code over from another record.
    TookOver,
    /// A reviewer looked at the full ID number.
    IdNumberShown,
    /// A key was reported lost or stolen.
    KeyReported,
    /// It was found again.
    KeyFound,
}

/// One field before and after. What is secret is masked on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Its path, as in the body that changes it.
    pub field: String,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

impl FieldChange {
    /// The change of a field, if it is one.
    pub fn of(field: &str, from: &str, to: &str) -> Option<Self> {
        (from != to).then(|| Self {
            field: field.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }
}

/// One entry of a company's own history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyEvent {
    /// Whose.
    pub company: CompanyId,
    /// Its place, from 1.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: CompanyEventKind,
    /// Which fields.
    pub changes: Vec<FieldChange>,
    /// A reason, a name.
    pub note: String,
}

/// The form in which names are compared: no blanks around, one case, and full-width letters, digits and
/// brackets as their ordinary ones, for half of all company names are written with （） and half with ().
pub fn login_key(name: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    let name: String = name.chars().map(narrow).collect();
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_credit_codes_pass_and_every_single_typing_error_fails() {
        // Public codes of well-known companies.
        for code in [
            "91440300708461136T",
            "91330100799655058B",
            "91110000802100433B",
        ] {
            assert_eq!(code.parse::<CreditCode>().unwrap().as_str(), code);
            for place in 0..18 {
                for wrong in CREDIT_ALPHABET.iter().map(|b| char::from(*b)) {
                    let mut typed: Vec<char> = code.chars().collect();
                    if typed[place] == wrong {
                        continue;
                    }
                    typed[place] = wrong;
                    let typed: String = typed.into_iter().collect();
                    assert_eq!(
                        typed.parse::<CreditCode>(),
                        Err(InvalidCreditCode::Check),
                        "{typed}"
                    );
                }
            }
        }
    }

    #[test]
    fn letters_outside_the_alphabet_are_a_form_error() {
        for bad in [
            "",
            "9144030070846113",
            "91440300708461136I",
            "9144030O708461136T",
            "９１440300708461136T",
        ] {
            assert_eq!(
                bad.parse::<CreditCode>(),
                Err(InvalidCreditCode::Form),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_identity_number_has_a_check_character_and_is_shown_masked() {
        // The standard's own example, and one that ends in X.
        for good in [
            "11010519491231002X",
            "440524188001010014",
            "11010519491231002x",
        ] {
            assert!(is_id_number(good), "{good}");
        }
        for bad in [
            "110105194912310021",
            "11010519491231002",
            "",
            "1101051949123100２X",
        ] {
            assert!(!is_id_number(bad), "{bad}");
        }
        assert_eq!(masked("11010519491231002X", 4, 4), "1101**********002X");
        assert_eq!(masked("12345", 4, 4), "*****");
    }

    #[test]
    fn names_are_compared_whatever_their_width_and_case() {
        assert_eq!(
            login_key("　南京（江宁）ＡＢＣ有限公司 "),
            "南京(江宁)abc有限公司"
        );
        assert_eq!(login_key("南京(江宁)abc有限公司"), "南京(江宁)abc有限公司");
        assert_ne!(login_key("南京江宁"), login_key("南京 江宁"));
    }

    #[test]
    fn mobile_numbers_and_mail_addresses() {
        assert!(is_mobile("13800138000"));
        for bad in [
            "12800138000",
            "1380013800",
            "138001380000",
            "+8613800138000",
            "1380013800a",
            "",
        ] {
            assert!(!is_mobile(bad), "{bad}");
        }
        assert!(is_mail("li.lei@example.com.cn"));
        for bad in [
            "", "a", "a@b", "@b.cn", "a@.cn", "a b@c.cn", "a@b.cn>", "a@-b.cn", "a@b..cn",
            "李@b.cn",
        ] {
            assert!(!is_mail(bad), "{bad}");
        }
    }
}
