//! Typed identifiers. Each has one text form, the same in Rust, JSON, DynamoDB and URLs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    /// What was expected, for example `order number`.
    pub kind: &'static str,
}

/// The number of an order: 18 digits, made of the time in Asia/Shanghai to the second and four random
/// digits (R14). People read it aloud; it is no secret, and knowing it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

impl OrderId {
    /// The number for an order made at `now`, with `salt` choosing the last four digits. Uniqueness is
    /// the store's: it writes the number under a condition and the caller tries another salt.
    pub fn new(now: Timestamp, salt: u16) -> Self {
        let zone = TimeZone::get(crate::CIVIL_ZONE).unwrap_or(TimeZone::fixed(jiff::tz::offset(8)));
        let civil = now.to_zoned(zone);
        Self(format!(
            "{}{:04}",
            civil.strftime("%Y%m%d%H%M%S"),
            salt % 10_000
        ))
    }

    /// The 18 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrderId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        if text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(InvalidId {
                kind: "order number",
            })
        }
    }
}

impl FromStr for OrderId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::try_from(text.to_owned())
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for OrderId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OrderId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]{18}$", "description": "Order number, 18 digits."})
    }
}

/// A position in an order, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct LineNo(pub u8);

/// One key of a line, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct UnitNo(pub u8);

impl fmt::Display for LineNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnitNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! ulid_ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes the identifier from 26 characters of a ULID, which the caller draws.
            pub fn from_ulid(ulid: &str) -> Self {
                Self(format!(concat!($prefix, "{}"), ulid.to_ascii_lowercase()))
            }

            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                match text.strip_prefix($prefix) {
                    Some(rest) if rest.len() == 26
                        && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) => Ok(Self(text)),
                    _ => Err(InvalidId { kind: $kind }),
                }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": concat!("^", $prefix, "[0-9a-z]{26}$")})
            }
        }
    )+};
}

ulid_ids! {
    /// A company (企业/供应商).
    CompanyId, "co_", "company id";
    /// A person who logs in for a company.
    UserId, "us_", "user id";
    /// A member of staff.
    StaffId, "st_", "staff id";
    /// One uploaded paper.
    PaperId, "pa_", "paper id";
    /// A registration that waits for its code.
    RegistrationId, "rg_", "registration id";
    /// A one-time code.
    CodeId, "cd_", "code id";
    /// A session, as shown in a list; its token is another thing.
    SessionId, "se_", "session id";
    /// A title for invoices.
    TitleId, "ti_", "invoice title id";
    /// An address in an address book.
    AddressId, "ad_", "address id";
    /// An asked-for change of contact.
    ContactChangeId, "cc_", "contact change id";
    /// An application by somebody who lost mailbox or mobile number.
    RecoveryId, "rc_", "recovery id";
    /// A link that stops an unbinding or a recovery.
    ObjectionId, "ob_", "objection id";
    /// A change of staff that waits for a second person.
    StaffRequestId, "sr_", "staff request id";
    /// An invitation of a member of staff.
    InviteId, "in_", "invitation id";
    /// A branch.
    BranchId, "br_", "branch id";
    /// An operation of an agent.
    OperationId, "op_", "operation id";
    /// A computer at which keys are made.
    DeskId, "dk_", "desk id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_number_is_shanghai_time_and_four_digits() {
        let now: Timestamp = "2019-10-23T01:35:19Z".parse().unwrap();
        assert_eq!(OrderId::new(now, 42).as_str(), "201910230935190042");
        assert_eq!(OrderId::new(now, 12_345).as_str(), "201910230935192345");
    }

    #[test]
    fn only_eighteen_digits_are_an_order_number() {
        for bad in [
            "",
            "20191023093519004",
            "2019102309351900422",
            "20191023093519004x",
            "２０１９１０２３０９３５１９００４２",
        ] {
            assert!(bad.parse::<OrderId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_ulid_id_round_trips_and_refuses_another_kind() {
        let id = CompanyId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
        assert_eq!(id.as_str().parse::<CompanyId>().unwrap(), id);
        assert!(id.as_str().parse::<StaffId>().is_err());
    }
}
