//! Companies: their names, codes and the people who act for them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, UserId};
use crate::policy::StorefrontId;

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

/// A company's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Full name, as on the licence.
    pub name: String,
    /// Its code.
    pub credit_code: CreditCode,
    /// Who is told about orders.
    pub contact: Contact,
    /// Where it registered.
    pub storefront: StorefrontId,
    /// When it registered.
    pub created_at: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

/// A person who may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Mobile number.
    pub mobile: String,
    /// E-mail address.
    pub mail: String,
}

/// A login of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose.
    pub company: CompanyId,
    /// The name typed at login, as the person wrote it.
    pub account: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The form in which login names are compared: no blanks around, one case.
pub fn login_key(name: &str) -> String {
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
