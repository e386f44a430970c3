//! The catalogue of a storefront, with the part of its policy that a buyer sees.

use domain::catalog::Product;
use domain::payment::PaymentMethod;
use domain::policy::{DeliveryKind, InvoiceKind, Text, Urgency};
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
}
