//! What can be bought, and for how much.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::credit::Credit;
use crate::money::Money;
use crate::policy::{StorefrontId, Text, Urgency};

/// What a product does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
    /// 密钥新办: a new key.
    NewKey,
    /// 密钥续期: more years for a key (R23–R26).
    Renewal,
    /// 密钥解锁: a new PIN for a locked key (R27, R31, R32).
    Unlock,
    /// 密钥补办: another key for one that is lost, damaged or stolen (R33, R34).
    Replacement,
    /// 升级密钥: a key of the new medium for one of the old (R35–R42).
    Upgrade,
}

impl ProductKind {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::NewKey,
        Self::Renewal,
        Self::Unlock,
        Self::Replacement,
        Self::Upgrade,
    ];

    /// Its name in index keys and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewKey => "new_key",
            Self::Renewal => "renewal",
            Self::Unlock => "unlock",
            Self::Replacement => "replacement",
            Self::Upgrade => "upgrade",
        }
    }

    /// Is it about a key that the company has or had? Then a line is about one key and names it.
    pub fn names_key(self) -> bool {
        self != Self::NewKey
    }

    /// Is a new token made for it?
    pub fn makes_key(self) -> bool {
        matches!(self, Self::NewKey | Self::Replacement | Self::Upgrade)
    }
}

/// The kind of USB token (介质).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// 蓝色CPP.
    Cpp,
    /// BJCA.
    Bjca,
}

impl Medium {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Cpp, Self::Bjca];

    /// Its name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpp => "cpp",
            Self::Bjca => "bjca",
        }
    }
}

/// One thing on sale, as it is from a day on: each change of it is one more of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// Its name in records and URLs, unique in its storefront.
    pub sku: String,
    /// Where it is sold.
    pub storefront: StorefrontId,
    /// What it does.
    pub kind: ProductKind,
    /// Its name for people.
    pub name: Text,
    /// Two or three sentences for people.
    pub description: Text,
    /// The token it is written on, or that it is for.
    pub medium: Medium,
    /// Does each key carry an e-seal? With a price for seals, it may.
    pub seal: bool,
    /// Price of the e-seal on one key, where the buyer says how many keys carry one (R58); none where all do
    /// or none does.
    #[serde(default)]
    pub seal_price: Option<Money>,
    /// How long the certificate lasts, in years; 0 where it ends as the old one would have.
    pub term_years: u8,
    /// Price of one key.
    pub price: Money,
    /// Surcharge of one key for each speed faster than ordinary; a speed that is absent is not sold.
    pub surcharges: BTreeMap<Urgency, Money>,
    /// Place in lists, lowest first.
    pub position: u32,
    /// From when it is so.
    #[serde(default)]
    pub effective_from: Timestamp,
    /// Is it no longer sold from then on?
    #[serde(default)]
    pub withdrawn: bool,
}

/// A price that explains itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinePrice {
    /// Price of one key.
    pub unit_price: Money,
    /// Surcharge of one key for speed.
    pub unit_surcharge: Money,
    /// Keys.
    pub quantity: u32,
    /// Price of the e-seal on one key, where it has a price of its own.
    #[serde(default)]
    pub seal_price: Money,
    /// Keys with e-seal that it is paid for.
    #[serde(default)]
    pub seals: u32,
    /// What is taken off for the time left on an old key.
    #[serde(default)]
    pub credit: Option<Credit>,
    /// What the line costs: `(unit_price + unit_surcharge) × quantity + seal_price × seals − credit`.
    pub amount: Money,
}

impl LinePrice {
    fn of(mut self) -> Self {
        let keys = (self.unit_price + self.unit_surcharge).times(self.quantity);
        let whole = keys + self.seal_price.times(self.seals);
        let credit = self
            .credit
            .as_ref()
            .map_or(Money::ZERO, |credit| credit.amount);
        self.amount = whole - credit;
        self
    }

    /// What of it is paid for speed.
    pub fn surcharge(&self) -> Money {
        self.unit_surcharge.times(self.quantity)
    }

    /// The same, less what the time left on an old key is worth. A credit is never above the price of the
    /// key, so the amount is never below zero.
    #[must_use]
    pub fn less(mut self, credit: Credit) -> Self {
        self.credit = Some(credit);
        self.of()
    }

    /// What costs nothing: one key of a line that the system made.
    pub fn nothing() -> Self {
        Self {
            unit_price: Money::ZERO,
            unit_surcharge: Money::ZERO,
            quantity: 1,
            seal_price: Money::ZERO,
            seals: 0,
            credit: None,
            amount: Money::ZERO,
        }
    }
}

/// How many of something, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Keys.
    pub quantity: u32,
    /// Keys with e-seal; looked at only where the buyer may choose.
    pub seals: u32,
    /// How fast.
    pub urgency: Urgency,
}

/// Why something has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPrice {
    /// It is not made that fast.
    Urgency,
    /// More seals than keys (R58).
    Seals,
}

impl Product {
    /// How many keys of so many carry an e-seal.
    pub fn seals(&self, quantity: u32, wanted: u32) -> u32 {
        match (self.seal, self.seal_price) {
            (false, _) => 0,
            (true, None) => quantity,
            (true, Some(_)) => wanted,
        }
    }

    /// The price of some keys at a speed. The only place where a price is worked out: for the page's preview,
    /// for quotes, drafts and submission alike.
    ///
    /// # Errors
    /// [`NoPrice`] when it is not sold so.
    pub fn price(&self, wanted: Amount) -> Result<LinePrice, NoPrice> {
        let seals = self.seals(wanted.quantity, wanted.seals);
        if seals > wanted.quantity {
            return Err(NoPrice::Seals);
        }
        // What is done at the company's own desk is as fast as the company.
        let unit_surcharge = match wanted.urgency {
            Urgency::None => Money::ZERO,
            _ if !self.kind.makes_key() => Money::ZERO,
            faster => *self.surcharges.get(&faster).ok_or(NoPrice::Urgency)?,
        };
        let price = LinePrice {
            unit_price: self.price,
            unit_surcharge,
            quantity: wanted.quantity,
            seal_price: self.seal_price.unwrap_or_default(),
            seals: self.seal_price.map_or(0, |_| seals),
            credit: None,
            amount: Money::ZERO,
        };
        Ok(price.of())
    }
}

/// What is on sale at `now`, of all that ever was or will be: of each product the newest that is in effect.
/// By position.
pub fn on_sale(all: &[Product], now: Timestamp) -> Vec<Product> {
    let mut current: BTreeMap<&str, &Product> = BTreeMap::new();
    for product in all.iter().filter(|product| product.effective_from <= now) {
        let known = current.entry(&product.sku).or_insert(product);
        if known.effective_from <= product.effective_from {
            *known = product;
        }
    }
    let mut products: Vec<Product> = current
        .into_values()
        .filter(|product| !product.withdrawn)
        .cloned()
        .collect();
    products.sort_by(|a, b| (a.position, &a.sku).cmp(&(b.position, &b.sku)));
    products
}
