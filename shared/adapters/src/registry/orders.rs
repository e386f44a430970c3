//! What stands beside an order so that it is found and counted: by kind, by key, by credit; and what is on
//! sale.

use domain::catalog::{self, Product, ProductKind};
use domain::credit::{CreditUse, Inspection};
use domain::ids::{CompanyId, LineNo, OrderId};
use domain::order::{Change, CreditMove, DisplayState, Order};
use domain::policy::{StorefrontId, StorefrontPolicy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{company_partition, order_partition, place, time};
use crate::ports::{Index, Kept, Key, Place, PortError, Registry, Write};

/// What begins the sort keys of a storefront's products.
pub const PRODUCTS: &str = "PRODUCT#";

/// The partition of what a storefront sells, sold and will sell.
pub fn catalog_partition(storefront: &StorefrontId) -> String {
    format!("CATALOG#{storefront}")
}

impl Kept for Product {
    fn key(&self) -> Key {
        let from = time(self.effective_from);
        Key::new(
            catalog_partition(&self.storefront),
            format!("{PRODUCTS}{}#{from}", self.sku),
        )
    }
}

/// Everything that a storefront sells, sold or will sell; [`domain::catalog::on_sale`] tells what counts.
///
/// # Errors
/// The store's.
pub async fn products(
    registry: &dyn Registry,
    storefront: &StorefrontId,
) -> Result<Vec<Product>, PortError> {
    registry
        .load_all(&catalog_partition(storefront), PRODUCTS)
        .await
}

/// What a storefront sells at a moment.
///
/// # Errors
/// The store's.
pub async fn on_sale(
    registry: &dyn Registry,
    policy: &StorefrontPolicy,
    now: Timestamp,
) -> Result<Vec<Product>, PortError> {
    let all = products(registry, &policy.id).await?;
    Ok(catalog::on_sale(&all, now)
        .into_iter()
        .filter(|product| policy.kinds.contains(&product.kind))
        .collect())
}

/// That an order has lines of a kind: lists are filtered by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderKind {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub company: CompanyId,
    /// The kind.
    pub kind: ProductKind,
    /// What a person reads for the order.
    pub shown: DisplayState,
}

/// The index partition of a company's orders with lines of a kind, all or those shown in one state.
pub fn orders_of_kind(
    company: &CompanyId,
    kind: ProductKind,
    shown: Option<DisplayState>,
) -> String {
    let kind = kind.as_str();
    match shown {
        None => format!("COMPANY#{company}#KIND#{kind}"),
        Some(shown) => format!("COMPANY#{company}#KIND#{kind}#{}", shown.as_str()),
    }
}

impl Kept for OrderKind {
    fn key(&self) -> Key {
        Key::new(
            order_partition(&self.order),
            format!("KIND#{}", self.kind.as_str()),
        )
    }
    fn places(&self) -> Vec<Place> {
        let here = self.order.as_str().to_owned();
        vec![
            place(
                Index::ByOwner,
                orders_of_kind(&self.company, self.kind, None),
                here.clone(),
            ),
            place(
                Index::ByState,
                orders_of_kind(&self.company, self.kind, Some(self.shown)),
                here,
            ),
        ]
    }
}

/// That a line is about a key, or made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialUse {
    /// The token's own serial number.
    pub serial: String,
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
}

/// What begins the sort keys of a key's orders.
pub const SERIAL_USES: &str = "ORDER#";

/// The partition of a key's orders.
pub fn serial_partition(serial: &str) -> String {
    format!("SERIAL#{serial}")
}

impl Kept for SerialUse {
    fn key(&self) -> Key {
        Key::new(
            serial_partition(&self.serial),
            format!("{SERIAL_USES}{}#{:02}", self.order, self.line.0),
        )
    }
}

/// Who has the credit of a certificate.
pub fn credit_use(certificate_serial: &str) -> Key {
    Key::new(format!("TIMECREDIT#{certificate_serial}"), "TIMECREDIT")
}

impl Kept for CreditUse {
    fn key(&self) -> Key {
        credit_use(&self.certificate_serial)
    }
}

/// The newest inspection of a company's key.
pub fn inspection(company: &CompanyId, serial: &str) -> Key {
    Key::new(company_partition(company), format!("INSPECTION#{serial}"))
}

impl Kept for Inspection {
    fn key(&self) -> Key {
        inspection(&self.company, &self.serial)
    }
}

fn kind_mark(order: &Order, kind: ProductKind, shown: DisplayState) -> OrderKind {
    OrderKind {
        order: order.id.clone(),
        company: order.company.clone(),
        kind,
        shown,
    }
}

/// What an order is found by in lists of one kind.
///
/// # Errors
/// Only when something cannot be written as JSON.
pub fn kind_marks(order: &Order, shown: DisplayState) -> Result<Vec<Write>, PortError> {
    let has = |kind: &ProductKind| order.lines.iter().any(|line| line.product.kind == *kind);
    ProductKind::ALL
        .into_iter()
        .filter(has)
        .map(|kind| Write::mark(&kind_mark(order, kind, shown)))
        .collect()
}

/// What is written with a transition so that its order is found and its credits are given once.
///
/// # Errors
/// Only when something cannot be written as JSON.
pub fn order_marks(change: &Change) -> Result<Vec<Write>, PortError> {
    let order = &change.order;
    let mut writes = kind_marks(order, change.shown)?;
    for kind in &change.kinds_gone {
        writes.push(Write::remove(&kind_mark(order, *kind, change.shown)));
    }
    for (serial, line) in &change.serials {
        writes.push(Write::mark(&SerialUse {
            serial: serial.clone(),
            order: order.id.clone(),
            line: *line,
        })?);
    }
    for moved in &change.credits {
        writes.push(match moved {
            // Whoever comes second is refused: it is given once.
            CreditMove::Reserve(taken) => Write::new(taken)?,
            // It is this order's, and the version of the order says that it still is.
            CreditMove::Spend(taken) => Write::mark(taken)?,
            CreditMove::Free(taken) => Write::remove(taken),
        });
    }
    Ok(writes)
}

/// Where a company's orders begin in a list that is sorted by their numbers: those are the time they were
/// made, in China, and four digits.
pub fn from_time(at: Timestamp) -> String {
    OrderId::new(at, 0).as_str().to_owned()
}

/// Where they end.
pub fn to_time(at: Timestamp) -> String {
    OrderId::new(at, 9999).as_str().to_owned()
}
