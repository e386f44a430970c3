//! The catalogue of a storefront, with the part of its policy that a buyer sees.

use domain::catalog::Product;
use domain::catalog::ProductKind;
use domain::ids::BranchId;
use domain::money::Money;
use domain::order::DisplayState;
use domain::payment::PaymentMethod;
use domain::policy::{
    CancelPaid, DeliveryKind, InvoiceKind, MaterialsWhen, OnRejection, RenewalWindow,
    StorefrontPolicy, Text, Urgency,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be bought, and how.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CatalogView {
    /// The storefront.
    pub storefront: String,
    /// Its name.
    pub name: Text,
    /// What is on sale, in order.
    pub products: Vec<Product>,
    /// Ways to pay.
    pub payment_methods: Vec<PaymentMethod>,
    /// Kinds of invoice.
    pub invoice_kinds: Vec<InvoiceKind>,
    /// Is an invoice ticked at first?
    pub invoice_by_default: bool,
    /// Ways to receive.
    pub delivery_kinds: Vec<DeliveryKind>,
    /// Speeds.
    pub urgency_levels: Vec<Urgency>,
    /// Keys in one line, at most.
    pub max_keys_per_line: u8,
    /// Lines in one order, at most.
    pub max_lines: u8,
    /// Files for one kind of paper, at most.
    pub max_pages_per_paper: u8,
    /// What may only be bought alone.
    pub alone: Vec<ProductKind>,
    /// From when to when a key may be renewed.
    pub renewal_window: RenewalWindow,
    /// When papers are asked for.
    pub materials: MaterialsWhen,
    /// What a rejection leads to.
    pub on_rejection: OnRejection,
    /// May a paid order be given up?
    pub cancel_paid: CancelPaid,
    /// The states that orders are shown in here, for a filter.
    pub states: Vec<DisplayState>,
    /// Where keys can be fetched, if they can.
    pub branches: Vec<PickupBranch>,
}

/// A branch where keys can be fetched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PickupBranch {
    /// Which.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its telephone.
    pub phone: String,
}

/// Everything that a storefront sells, sold and will sell, for those who edit it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleCatalog {
    /// The storefront.
    pub storefront: String,
    /// Its name.
    pub name: Text,
    /// What may be sold here.
    pub kinds: Vec<ProductKind>,
    /// Speeds that a surcharge may be set for.
    pub urgency_levels: Vec<Urgency>,
    /// Each product with its changes.
    pub products: Vec<ConsoleProduct>,
}

/// A product with its changes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleProduct {
    /// Its name in records.
    pub sku: String,
    /// As it is on sale now; none before its first day, and after it was withdrawn.
    pub current: Option<Product>,
    /// Each change, the newest first: those that are still to come, the one in effect, and the past.
    pub changes: Vec<Product>,
}

/// How a product is to be from a time on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductRequest {
    /// What it does. Never changes for a product that is there.
    pub kind: ProductKind,
    /// Its name for people.
    pub name: Text,
    /// Two or three sentences for people.
    pub description: Text,
    /// The token it is written on, or that it is for.
    pub medium: domain::catalog::Medium,
    /// Does each key carry an e-seal?
    pub seal: bool,
    /// Price of the e-seal on one key, where the buyer says how many keys carry one.
    pub seal_price: Option<Money>,
    /// How long the certificate lasts, in years; 0 where it ends as the old one would have.
    pub term_years: u8,
    /// Price of one key.
    pub price: Money,
    /// Surcharges for speed.
    pub surcharges: std::collections::BTreeMap<Urgency, Money>,
    /// Place in lists, lowest first.
    pub position: u32,
    /// From when it is so; now or later. Orders that were submitted before keep what they bought.
    pub effective_from: Timestamp,
    /// Is it no longer sold from then on?
    pub withdrawn: bool,
}

/// How every storefront sells, side by side.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PoliciesView {
    /// One of each storefront that sells.
    pub policies: Vec<StorefrontPolicy>,
}
