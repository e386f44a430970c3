//! A company's keys, and what can be bought for them.

use domain::catalog::{Medium, ProductKind};
use domain::credit::Inspection;
use domain::ids::{LineNo, OrderId, UnitNo};
use domain::key::{CompanyKey, HandedKey, NoService, ReplacementReason, Suspension};
use domain::policy::StorefrontPolicy;
use domain::stock::StockKey;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The keys of a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KeyList {
    /// The one whose certificate ends last first.
    pub keys: Vec<KeyView>,
    /// Those that were handed over and wait to be activated, the newest first.
    pub to_activate: Vec<KeyToActivate>,
}

/// A key that waits to be activated.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KeyToActivate {
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// The order that it came with.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The key of the line.
    pub unit: UnitNo,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// When it was handed over.
    pub handed_at: Timestamp,
    /// The serial number of the key in whose place it comes: that one ends with the activation.
    pub replaces: Option<String>,
}

impl From<HandedKey> for KeyToActivate {
    fn from(key: HandedKey) -> Self {
        Self {
            serial: key.serial,
            medium: key.medium,
            order: key.order,
            line: key.line,
            unit: key.unit,
            not_after: key.not_after,
            handed_at: key.handed_at,
            replaces: key.replaces,
        }
    }
}

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Its certificate holds.
    Active,
    /// Its certificate has ended.
    Expired,
    /// Reported lost or stolen: certificate and seal hold no more, until it is replaced.
    Suspended,
    /// Its certificate was revoked.
    Revoked,
}

/// One key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KeyView {
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// Where its services are bought.
    pub storefront: String,
    /// The serial number of its certificate, hex.
    pub certificate_serial: String,
    /// Does it carry an e-seal?
    pub seal: bool,
    /// When it was activated.
    pub activated_at: Timestamp,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// Days of China until the one on which that is: 0 on that day; none once it has ended.
    pub days_left: Option<u16>,
    /// The reminder to renew it that is due, days before its end as the storefront's policy has them; none before the
    /// first one, and where there is nothing to renew.
    pub reminder: Option<u16>,
    /// Who issued its certificate, where that was not we: what only that one can do is refused.
    pub issued_by: Option<String>,
    /// How it stands.
    pub state: KeyState,
    /// Lost or stolen, as reported.
    pub suspended: Option<Suspension>,
    /// What can be bought for it, and why not.
    pub services: Vec<KeyService>,
    /// What an agent read from it last.
    pub inspection: Option<InspectionView>,
}

/// A service for a key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KeyService {
    /// Which.
    pub kind: ProductKind,
    /// Why it is not to be had now; none when it is.
    pub refused: Option<NoService>,
    /// From when it is to be had, when that is still to come.
    pub opens_at: Option<Timestamp>,
    /// Until when, when that has an end.
    pub closes_at: Option<Timestamp>,
}

/// What an agent read from a key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InspectionView {
    /// When.
    pub at: Timestamp,
    /// When the certificate on it ends.
    pub not_after: Timestamp,
    /// Is it new enough to give credit?
    pub fresh: bool,
    /// Was the credit of this certificate given already, or is it reserved by an unpaid order?
    pub used: bool,
    /// Was it read from a locked key, which proved nothing? Then a reviewer confirms it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_pin: bool,
}

/// Reports a key as lost or stolen.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossRequest {
    /// Lost or stolen.
    pub reason: ReplacementReason,
}

fn days(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

impl KeyView {
    /// A key as its company sees it. `policy` is that of the storefront where it was bought, if that still
    /// sells; `stock` what we know of its SO PIN.
    pub fn of(
        key: &CompanyKey,
        policy: Option<&StorefrontPolicy>,
        stock: Option<&StockKey>,
        inspection: Option<(&Inspection, bool)>,
        now: Timestamp,
    ) -> Self {
        let state = if key.revoked_at.is_some() {
            KeyState::Revoked
        } else if key.suspended.is_some() {
            KeyState::Suspended
        } else if now >= key.not_after {
            KeyState::Expired
        } else {
            KeyState::Active
        };
        let services = policy
            .map(|policy| services(key, policy, stock, now))
            .unwrap_or_default();
        Self {
            serial: key.serial.clone(),
            medium: key.medium,
            storefront: key.storefront.0.clone(),
            certificate_serial: key.certificate_serial.clone(),
            seal: key.seal,
            activated_at: key.activated_at,
            not_after: key.not_after,
            days_left: key.days_left(now),
            reminder: policy.and_then(|policy| {
                key.reminder(&policy.renewal_reminders, policy.renewal_window, now)
            }),
            issued_by: key.issued_by.clone(),
            state,
            suspended: key.suspended.clone(),
            services,
            inspection: inspection.map(|(inspection, used)| InspectionView {
                at: inspection.at,
                not_after: inspection.not_after,
                fresh: inspection.is_fresh(now),
                used,
                without_pin: inspection.without_pin,
            }),
        }
    }
}

fn services(
    key: &CompanyKey,
    policy: &StorefrontPolicy,
    stock: Option<&StockKey>,
    now: Timestamp,
) -> Vec<KeyService> {
    let window = policy.renewal_window;
    policy
        .kinds
        .iter()
        .filter(|kind| kind.names_key())
        .map(|kind| {
            let (answer, opens_at, closes_at) = match kind {
                ProductKind::NewKey => (Ok(()), None, None),
                ProductKind::Renewal => (
                    key.renewable(window, now),
                    Some(key.not_after - days(window.days_before)),
                    Some(key.not_after + days(window.days_after)),
                ),
                ProductKind::Unlock => (key.unlockable(stock, now), None, Some(key.not_after)),
                ProductKind::Replacement => (key.replaceable(now), None, Some(key.not_after)),
                ProductKind::Upgrade => (key.upgradable(Medium::Bjca), None, None),
            };
            KeyService {
                kind: *kind,
                refused: answer.err(),
                opens_at: opens_at.filter(|at| *at > now),
                closes_at,
            }
        })
        .collect()
}
