//! What can be bought, and for how much.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// One thing on sale.
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
    /// The token it is written on.
    pub medium: Medium,
    /// Does each key carry an e-seal?
    pub seal: bool,
    /// How long the certificate lasts, in years.
    pub term_years: u8,
    /// Price of one key.
    pub price: Money,
    /// Surcharge of one key for each speed faster than ordinary; a speed that is absent is not sold.
    pub surcharges: BTreeMap<Urgency, Money>,
    /// Place in lists, lowest first.
    pub position: u32,
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
    /// What the line costs: `(unit_price + unit_surcharge) × quantity`.
    pub amount: Money,
}

impl Product {
    /// The price of `quantity` keys at a speed. `None` when the product is not sold at that speed.
    pub fn price(&self, quantity: u32, urgency: Urgency) -> Option<LinePrice> {
        let unit_surcharge = match urgency {
            Urgency::None => Money::ZERO,
            faster => *self.surcharges.get(&faster)?,
        };
        let amount = (self.price + unit_surcharge).times(quantity);
        Some(LinePrice {
            unit_price: self.price,
            unit_surcharge,
            quantity,
            amount,
        })
    }
}
