//! From what a company asks for to the lines of an order, with prices and plans of this moment.

use std::collections::BTreeSet;

use adapters::registry;
use contract::error::{ErrorCode, FieldCode};
use contract::order::LineRequest;
use domain::catalog::{Amount, Medium, NoPrice, Product, ProductKind};
use domain::credit::{Credit, CreditUse, Inspection};
use domain::ids::{CompanyId, LineNo, OrderId};
use domain::key::CompanyKey;
use domain::money::Money;
use domain::order::Line;
use domain::plan::Plan;
use domain::policy::{DeliveryKind, StorefrontPolicy, Urgency};
use domain::stock::StockKey;
use edge::{ApiError, FieldErrors};
use jiff::Timestamp;

use crate::Ports;

/// What prices and services depend on, as it stands now.
pub(crate) struct Shelf {
    products: Vec<Product>,
    keys: Vec<CompanyKey>,
    /// What is known of the SO PINs of keys that are to be unlocked.
    stock: Vec<StockKey>,
    inspections: Vec<Inspection>,
}

impl Shelf {
    /// Reads what these lines need.
    ///
    /// # Errors
    /// [`ErrorCode::CreditTaken`] when another order has the credit of a key; the store's.
    pub(crate) async fn load(
        ports: &Ports,
        policy: &StorefrontPolicy,
        company: &CompanyId,
        order: Option<&OrderId>,
        lines: &[LineRequest],
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let mut shelf = Self {
            products: registry::on_sale(&*ports.registry, policy, now).await?,
            keys: Vec::new(),
            stock: Vec::new(),
            inspections: Vec::new(),
        };
        if lines.iter().any(|line| line.key_serial.is_some()) {
            let partition = registry::company_partition(company);
            shelf.keys = ports.registry.load_all(&partition, registry::KEYS).await?;
        }
        for line in lines {
            let kind = shelf.product(&line.sku).map(|product| product.kind);
            let (Some(serial), Some(kind)) = (line.key_serial.as_deref(), kind) else {
                continue;
            };
            if kind == ProductKind::Unlock {
                let known = ports.registry.load(&registry::stock_key(serial)).await?;
                shelf.stock.extend(known);
            }
            if kind != ProductKind::Upgrade {
                continue;
            }
            let key = registry::inspection(company, serial);
            let found: Option<Inspection> = ports.registry.load(&key).await?;
            let Some(inspection) = found else { continue };
            let key = registry::credit_use(&inspection.certificate_serial);
            let taken: Option<CreditUse> = ports.registry.load(&key).await?;
            // It is given once (R41). Sold at the full price without a word, nobody would know what happened.
            if taken.is_some_and(|taken| Some(&taken.order) != order) {
                return Err(ErrorCode::CreditTaken.into());
            }
            shelf.inspections.push(inspection);
        }
        Ok(shelf)
    }

    fn product(&self, sku: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.sku == sku)
    }

    /// One year more for a key, by which time left is reckoned.
    fn yearly(&self) -> Option<&Product> {
        self.products
            .iter()
            .find(|product| product.kind == ProductKind::Renewal && product.term_years == 1)
    }
}

/// What holds for all lines of an order.
pub(crate) struct Frame<'a> {
    pub(crate) policy: &'a StorefrontPolicy,
    pub(crate) urgency: Urgency,
    pub(crate) delivery: DeliveryKind,
    /// The lines that the draft has: what stays keeps its number.
    pub(crate) old: &'a [Line],
    /// Has the company to say that it accepts a loss? For a draft; a quote tells it what it would lose.
    pub(crate) ask_of_loss: bool,
    pub(crate) now: Timestamp,
}

/// The lines as they would be ordered now. What does not go is noted at its field, and left out.
pub(crate) fn lines(
    shelf: &Shelf,
    frame: &Frame<'_>,
    asked: &[LineRequest],
    errors: &mut FieldErrors,
) -> Vec<Line> {
    let policy = frame.policy;
    errors.require(!asked.is_empty(), "lines", FieldCode::Required);
    errors.require(
        asked.len() <= usize::from(policy.max_lines),
        "lines",
        FieldCode::TooLong,
    );
    errors.require(
        policy.urgency_levels.contains(&frame.urgency),
        "urgency",
        FieldCode::NotOffered,
    );
    let mut numbers = Numbers::of(frame.old, asked);
    let mut named: BTreeSet<(ProductKind, &str)> = BTreeSet::new();
    let mut lines = Vec::new();
    for (index, wanted) in asked.iter().enumerate() {
        let field = |name: &str| format!("lines.{index}.{name}");
        let Some(product) = shelf.product(&wanted.sku) else {
            errors.add(field("sku"), FieldCode::NotOffered);
            continue;
        };
        if policy.alone.contains(&product.kind) && asked.len() > 1 {
            errors.add(field("sku"), FieldCode::SoldAlone);
        }
        let most = if product.kind.names_key() {
            1
        } else {
            u32::from(policy.max_keys_per_line)
        };
        if !(1..=most).contains(&wanted.quantity) {
            errors.add(field("quantity"), FieldCode::OutOfRange);
            continue;
        }
        let amount = Amount {
            quantity: wanted.quantity,
            seals: wanted.seals,
            urgency: frame.urgency,
        };
        let price = match product.price(amount) {
            Ok(price) => price,
            Err(NoPrice::Urgency) => {
                errors.add("urgency", FieldCode::NotOffered);
                continue;
            }
            Err(NoPrice::Seals) => {
                errors.add(field("seals"), FieldCode::MoreThanKeys);
                continue;
            }
        };
        let mut line = Line::new(
            numbers.next(wanted.line),
            product,
            Plan::for_line(product.kind, policy, frame.delivery),
            frame.now,
        );
        line.seals = u8::try_from(product.seals(wanted.quantity, wanted.seals)).unwrap_or(u8::MAX);
        line.product.seal = line.seals > 0;
        line.price = price;
        if !product.kind.names_key() {
            lines.push(line);
            continue;
        }
        let Some(key) = key_of(shelf, frame, product, wanted, index, errors) else {
            continue;
        };
        if !named.insert((product.kind, key.serial.as_str())) {
            errors.add(field("key_serial"), FieldCode::KeyTwice);
        }
        let reason = wanted
            .reason
            .filter(|_| product.kind == ProductKind::Replacement);
        line.key = Some(key.named(reason));
        if product.kind == ProductKind::Upgrade {
            let carried = upgrade(shelf, frame, &mut line, key, index, errors);
            // Time left that is worth more than the price is lost: nobody loses it without having said yes.
            let credit = line.price.credit.as_ref();
            let lost = credit.is_some_and(|credit| credit.lost > Money::ZERO);
            errors.require(
                !(lost && frame.ask_of_loss) || wanted.accept_loss,
                field("accept_loss"),
                FieldCode::LossNotAccepted,
            );
            lines.push(line);
            lines.extend(carried.map(|line| Line {
                no: numbers.carried(),
                ..line
            }));
        } else {
            lines.push(line);
        }
    }
    lines
}

/// The key that a line is about, if what is asked for is to be had for it.
fn key_of<'a>(
    shelf: &'a Shelf,
    frame: &Frame<'_>,
    product: &Product,
    wanted: &LineRequest,
    index: usize,
    errors: &mut FieldErrors,
) -> Option<&'a CompanyKey> {
    let field = |name: &str| format!("lines.{index}.{name}");
    let Some(serial) = &wanted.key_serial else {
        errors.add(field("key_serial"), FieldCode::Required);
        return None;
    };
    // Services follow the key: they are bought where it was.
    let key = shelf
        .keys
        .iter()
        .find(|key| key.serial == *serial && key.storefront == frame.policy.id);
    let Some(key) = key else {
        errors.add(field("key_serial"), FieldCode::NotOffered);
        return None;
    };
    let answer = match product.kind {
        ProductKind::NewKey => Ok(()),
        ProductKind::Renewal => key.renewable(frame.policy.renewal_window, frame.now),
        ProductKind::Unlock => {
            let mut stock = shelf.stock.iter();
            let stock = stock.find(|stock| stock.serial == key.serial);
            key.unlockable(stock, frame.now)
        }
        ProductKind::Replacement => {
            errors.require(
                wanted.reason.is_some(),
                field("reason"),
                FieldCode::Required,
            );
            key.replaceable(frame.now)
        }
        ProductKind::Upgrade => key.upgradable(product.medium),
    };
    match answer {
        Ok(()) => Some(key),
        Err(why) => {
            errors.add(field("key_serial"), why.into());
            None
        }
    }
}

/// Takes the time left on the old key off the price of an upgrade, and gives the line of the year that is
/// carried over, if there is one (R38–R41).
fn upgrade(
    shelf: &Shelf,
    frame: &Frame<'_>,
    line: &mut Line,
    key: &CompanyKey,
    index: usize,
    errors: &mut FieldErrors,
) -> Option<Line> {
    let inspection = shelf
        .inspections
        .iter()
        .find(|inspection| inspection.serial == key.serial && inspection.is_fresh(frame.now))
        .filter(|inspection| inspection.medium == Medium::Cpp);
    let Some(inspection) = inspection else {
        // An expired key is upgraded at the full price: there is nothing to read.
        if frame.now < key.not_after {
            errors.add(format!("lines.{index}.key_serial"), FieldCode::NotInspected);
        }
        return None;
    };
    let Some(yearly) = shelf.yearly() else {
        errors.add(format!("lines.{index}.sku"), FieldCode::NotOffered);
        return None;
    };
    let credit = Credit::reckon(inspection, frame.now, yearly.price, line.price.amount)?;
    let carries = credit.carries();
    line.price = line.price.clone().less(credit);
    if !carries {
        return None;
    }
    let mut carried = Line::new(line.no, yearly, Plan::for_carried(frame.policy), frame.now);
    carried.carried_from = Some(line.no);
    carried.key.clone_from(&line.key);
    Some(carried)
}

/// Numbers of lines: one that stays keeps its own, for its papers are filed under it.
struct Numbers {
    old: BTreeSet<u8>,
    used: BTreeSet<u8>,
    carried: Option<u8>,
}

impl Numbers {
    fn of(old: &[Line], asked: &[LineRequest]) -> Self {
        let old_numbers: BTreeSet<u8> = old.iter().map(|line| line.no.0).collect();
        let kept = asked.iter().filter_map(|line| Some(line.line?.0));
        Self {
            used: kept.filter(|no| old_numbers.contains(no)).collect(),
            carried: old
                .iter()
                .find(|line| line.carried_from.is_some())
                .map(|line| line.no.0),
            old: old_numbers,
        }
    }

    fn next(&mut self, wanted: Option<LineNo>) -> LineNo {
        // Told twice, the number is the first one's.
        match wanted.filter(|no| self.old.remove(&no.0)) {
            Some(no) => no,
            None => self.unused(),
        }
    }

    fn carried(&mut self) -> LineNo {
        match self.carried.take().filter(|no| !self.used.contains(no)) {
            Some(no) => {
                self.used.insert(no);
                LineNo(no)
            }
            None => self.unused(),
        }
    }

    fn unused(&mut self) -> LineNo {
        // A number that a line had before is not given to another one: papers may be filed under it.
        let no = (1..=u8::MAX)
            .find(|no| !self.used.contains(no) && !self.old.contains(no))
            .unwrap_or(u8::MAX);
        self.used.insert(no);
        LineNo(no)
    }
}

/// What a draft asks for, as a company would ask for it again.
pub(crate) fn asked(lines: &[Line]) -> Vec<LineRequest> {
    lines
        .iter()
        .filter(|line| line.carried_from.is_none())
        .map(|line| LineRequest {
            line: Some(line.no),
            sku: line.product.sku.clone(),
            quantity: line.price.quantity,
            seals: u32::from(line.seals),
            key_serial: line.key.as_ref().map(|key| key.serial.clone()),
            reason: line.key.as_ref().and_then(|key| key.reason),
            // It was asked when the draft was made.
            accept_loss: true,
        })
        .collect()
}
