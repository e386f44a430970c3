//! Storefront policy: what one storefront does differently from another, as data.
//!
//! Code never asks which storefront it serves; it asks the policy. The files stand in
//! `shared/domain/policies/` and are read at start.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::catalog::ProductKind;
use crate::notice::{Channel, NoticeKind};
use crate::order::DisplayState;
use crate::payment::PaymentMethod;

/// The name of a storefront, for example `mall` (商城).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct StorefrontId(pub String);

impl std::fmt::Display for StorefrontId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text in both languages of the pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// Chinese, the first language.
    pub zh: String,
    /// English.
    pub en: String,
}

/// When the papers of a line are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaterialsWhen {
    /// Before it is submitted: they are part of the draft, and review follows payment (R65, R72).
    BeforeSubmit,
    /// After payment, from the order's detail (R16).
    AfterPayment,
}

/// What follows when a reviewer sends papers back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRejection {
    /// The refused papers are uploaded again, as often as needed (R21).
    UploadAgain,
    /// The order is 待提交 again and its money goes back; it is submitted and paid anew (R72).
    RefundToDraft,
}

/// Whether the company itself may give a paid order up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelPaid {
    /// No.
    Never,
    /// As long as no reviewer has approved any line; all of the money goes back.
    BeforeApproval,
}

/// How fast a key is made; the clock ends at hand-over to the courier.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Ordinary speed.
    None,
    /// 加急6小时: half a working day (R8).
    HalfDay,
    /// 加急12小时: the same working day (R9).
    SameDay,
}

/// How the keys of an order reach the company.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// By courier, freight paid by us.
    CourierPrepaid,
    /// 快递到付: by courier, freight paid by whoever receives it (R60).
    CourierCollect,
    /// 网点自取: fetched at a branch (R60).
    BranchPickup,
}

impl DeliveryKind {
    /// Does a courier bring it, so that it needs an address?
    pub fn by_courier(self) -> bool {
        match self {
            Self::CourierPrepaid | Self::CourierCollect => true,
            Self::BranchPickup => false,
        }
    }
}

/// The kinds of invoice (发票).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// 纸质普通发票.
    PaperOrdinary,
    /// 增值税专用发票.
    PaperSpecial,
    /// 电子普通发票 (R73).
    ElectronicOrdinary,
    /// 电子专用发票.
    ElectronicSpecial,
}

impl InvoiceKind {
    /// Is it a special one (专用发票), which says more of its buyer (R13)?
    pub fn is_special(self) -> bool {
        matches!(self, Self::PaperSpecial | Self::ElectronicSpecial)
    }

    /// Is it printed and posted?
    pub fn is_paper(self) -> bool {
        matches!(self, Self::PaperOrdinary | Self::PaperSpecial)
    }
}

/// A name that somebody may log in by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LoginWay {
    /// An account name that the person chose.
    AccountName,
    /// The company's full name (R50).
    CompanyName,
}

/// A storefront: who comes in, and, once it sells, how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storefront {
    /// Its name in URLs and records.
    pub id: StorefrontId,
    /// Its name for people.
    pub name: Text,
    /// Names one may log in by, the first one told first.
    pub login_ways: Vec<LoginWay>,
    /// May a company buy only when its papers were approved (R2, R3)?
    pub qualification_gate: bool,
    /// How it sells; none while it takes registrations only.
    pub orders: Option<StorefrontPolicy>,
}

/// A storefront's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StorefrontFile {
    id: StorefrontId,
    name: Text,
    login_ways: Vec<LoginWay>,
    qualification_gate: bool,
    #[serde(default)]
    orders: Option<serde_json::Map<String, serde_json::Value>>,
}

/// All that a storefront decides about orders. Durations are in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorefrontPolicy {
    /// Its name in URLs and records.
    pub id: StorefrontId,
    /// Its name for people.
    pub name: Text,
    /// What may be bought here.
    pub kinds: Vec<ProductKind>,
    /// What may only be bought alone (R37).
    pub alone: Vec<ProductKind>,
    /// From when to when a key may be renewed, as days before and after its end (R25).
    pub renewal_window: RenewalWindow,
    /// Days before its end at which a company is reminded to renew a key, the first one first. None is before the
    /// renewal is open.
    pub renewal_reminders: Vec<u16>,
    /// Ways to pay, the first one preselected.
    pub payment_methods: Vec<PaymentMethod>,
    /// Does the payer confirm what they are about to pay before a code is shown (R68)?
    pub confirm_payment: bool,
    /// May a submitted order be taken back to change it, as long as it is not paid?
    pub withdraw_unpaid: bool,
    /// May a paid order be given up?
    pub cancel_paid: CancelPaid,
    /// When papers are asked for.
    pub materials: MaterialsWhen,
    /// What a rejection leads to.
    pub on_rejection: OnRejection,
    /// Kinds of invoice on offer.
    pub invoice_kinds: Vec<InvoiceKind>,
    /// Is an invoice ticked at first (R10)?
    pub invoice_by_default: bool,
    /// Ways to receive the keys.
    pub delivery_kinds: Vec<DeliveryKind>,
    /// Speeds on offer.
    pub urgency_levels: Vec<Urgency>,
    /// When its desk works: what is promised follows from it (R8, R9). Public holidays are written down for each year,
    /// once they are announced.
    pub calendar: Calendar,
    /// Days after which what was handed over counts as received if the company says nothing (R64); none where the
    /// hand-over itself is the end.
    pub receipt_days: Option<u16>,
    /// How long a submitted order may stay unpaid.
    pub payment_window_minutes: u32,
    /// How long one QR code lives; never longer than what is left of the payment window.
    pub qr_minutes: u32,
    /// Lines in one order, at most.
    pub max_lines: u8,
    /// Keys in one line, at most.
    pub max_keys_per_line: u8,
    /// Files for one kind of paper, at most.
    pub max_pages_per_paper: u8,
    /// What this storefront calls a state that others call differently (R77).
    pub shown_as: BTreeMap<DisplayState, DisplayState>,
    /// Which notice goes out on which channels; one that is absent goes nowhere.
    pub notices: BTreeMap<NoticeKind, Vec<Channel>>,
    /// The channels by which a company is told of orders that are fetched at a branch (R63). Codes that somebody asks
    /// for are no notices.
    pub pickup_channels: Vec<Channel>,
}

/// From when to when a key may be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalWindow {
    /// Days before its certificate ends.
    pub days_before: u16,
    /// Days after that.
    pub days_after: u16,
}

impl StorefrontPolicy {
    /// How a notice goes out about an order that is received in this way.
    pub fn channels(&self, notice: NoticeKind, delivery: DeliveryKind) -> Vec<Channel> {
        let told =
            |channel: &&Channel| delivery.by_courier() || self.pickup_channels.contains(channel);
        let all = self.notices.get(&notice).into_iter().flatten();
        all.filter(told).copied().collect()
    }

    /// What a person reads for a state here.
    pub fn shown(&self, state: DisplayState) -> DisplayState {
        self.shown_as.get(&state).copied().unwrap_or(state)
    }
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("policy {id}: {problem}")]
pub struct InvalidPolicy {
    /// Which one.
    pub id: String,
    /// What is wrong with it.
    pub problem: String,
}

impl StorefrontPolicy {
    fn reminds_in_order(&self) -> bool {
        let days = &self.renewal_reminders;
        let first = days.first().copied().unwrap_or_default();
        first <= self.renewal_window.days_before && days.windows(2).all(|pair| pair[0] > pair[1])
    }

    fn validate(self) -> Result<Self, InvalidPolicy> {
        if let Err(why) = self.calendar.check() {
            return Err(InvalidPolicy {
                id: self.id.0,
                problem: format!("calendar: {why}"),
            });
        }
        let problem = if self.payment_methods.is_empty() {
            Some("no payment method")
        } else if self.delivery_kinds.is_empty() {
            Some("no way to receive the keys")
        } else if self.kinds.is_empty() || self.alone.iter().any(|kind| !self.kinds.contains(kind))
        {
            Some("nothing on sale, or something sold alone that is not sold")
        } else if !self.reminds_in_order() {
            Some(
                "reminders come ever closer to the end of a key, the first one no earlier than the renewal opens",
            )
        } else if !self.urgency_levels.contains(&Urgency::None) {
            Some("no ordinary speed")
        } else if self.receipt_days == Some(0) {
            Some("a company needs at least a day to say that it has its keys")
        } else if self.qr_minutes == 0 || self.qr_minutes > self.payment_window_minutes {
            Some("a QR code must live a while, and not longer than the order waits for payment")
        } else if !(1..=20).contains(&self.max_lines) || !(1..=50).contains(&self.max_keys_per_line)
        {
            Some("at most 20 lines and 50 keys a line fit one transaction")
        } else if self.on_rejection == OnRejection::RefundToDraft && self.max_lines > 1 {
            Some(
                "an order that goes back as a whole has one line: of two, one could be made already",
            )
        } else if (self.on_rejection == OnRejection::RefundToDraft)
            != (self.materials == MaterialsWhen::BeforeSubmit)
        {
            Some("papers are part of the draft exactly when a rejection leads back to it")
        } else {
            None
        };
        match problem {
            Some(problem) => Err(InvalidPolicy {
                id: self.id.0,
                problem: problem.to_owned(),
            }),
            None => Ok(self),
        }
    }
}

/// The policies of all storefronts.
#[derive(Debug, Clone)]
pub struct Policies(BTreeMap<StorefrontId, Storefront>);

impl Policies {
    /// Reads policy files, given as name and JSON text.
    ///
    /// # Errors
    /// [`InvalidPolicy`] for a text that does not parse, an unknown field or a senseless value.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, InvalidPolicy> {
        let mut policies = BTreeMap::new();
        for (name, text) in files {
            let invalid = |problem: String| InvalidPolicy {
                id: (*name).to_owned(),
                problem,
            };
            let file: StorefrontFile =
                serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
            if file.login_ways.is_empty() {
                return Err(invalid("no way to log in".to_owned()));
            }
            let orders = match file.orders {
                None => None,
                Some(mut orders) => {
                    orders.insert("id".to_owned(), file.id.0.clone().into());
                    let name = serde_json::to_value(&file.name);
                    orders.insert("name".to_owned(), name.unwrap_or_default());
                    let policy: StorefrontPolicy = serde_json::from_value(orders.into())
                        .map_err(|error| invalid(error.to_string()))?;
                    Some(policy.validate()?)
                }
            };
            let storefront = Storefront {
                id: file.id,
                name: file.name,
                login_ways: file.login_ways,
                qualification_gate: file.qualification_gate,
                orders,
            };
            policies.insert(storefront.id.clone(), storefront);
        }
        Ok(Self(policies))
    }

    /// The policies that ship with this version.
    ///
    /// # Errors
    /// Only if a shipped file is broken, which a test refuses to let through.
    pub fn shipped() -> Result<Self, InvalidPolicy> {
        Self::read(&[
            ("mall", include_str!("../policies/mall.json")),
            ("counter", include_str!("../policies/counter.json")),
        ])
    }

    /// How a storefront sells, if it does.
    pub fn get(&self, id: &StorefrontId) -> Option<&StorefrontPolicy> {
        self.0.get(id)?.orders.as_ref()
    }

    /// A storefront.
    pub fn storefront(&self, id: &StorefrontId) -> Option<&Storefront> {
        self.0.get(id)
    }

    /// Every storefront, by name.
    pub fn storefronts(&self) -> impl Iterator<Item = &Storefront> {
        self.0.values()
    }

    /// The policy of every storefront that sells, by name.
    pub fn iter(&self) -> impl Iterator<Item = &StorefrontPolicy> {
        self.0
            .values()
            .filter_map(|storefront| storefront.orders.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policies_are_valid() {
        let policies = Policies::shipped().unwrap();
        assert_eq!(
            policies.iter().map(|p| p.id.0.as_str()).collect::<Vec<_>>(),
            ["counter", "mall"]
        );
        let gates: Vec<(&str, bool)> = policies
            .storefronts()
            .map(|s| (s.id.0.as_str(), s.qualification_gate))
            .collect();
        assert_eq!(gates, [("counter", false), ("mall", true)]);
    }

    #[test]
    fn a_senseless_policy_is_refused_with_its_name() {
        let good = include_str!("../policies/mall.json");
        for (from, to) in [
            ("\"qr_minutes\": 30", "\"qr_minutes\": 3000"),
            ("\"max_lines\": 20", "\"max_lines\": 21"),
            ("[\"alipay\", \"wechatpay\"]", "[]"),
            ("[90, 60, 30, 7, 1]", "[91, 60]"),
            ("[90, 60, 30, 7, 1]", "[30, 60]"),
            ("\"materials\"", "\"material\""),
            ("\"upload_again\"", "\"refund_to_draft\""),
            ("[\"none\", ", "["),
            ("\"alone\": [\"upgrade\"]", "\"alone\": [\"upgrad\"]"),
            ("[\"account_name\", \"company_name\"]", "[]"),
        ] {
            let error = Policies::read(&[("mall", &good.replace(from, to))]).unwrap_err();
            assert_eq!(error.id, "mall", "{to}");
        }
    }
}
