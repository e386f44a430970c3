//! Editing the catalogue, and looking at the policies.

use std::collections::BTreeMap;

use adapters::ports::{CommitError, Transaction, Write};
use adapters::registry;
use axum::extract::State;
use contract::catalog::{ConsoleCatalog, ConsoleProduct, PoliciesView, ProductRequest};
use contract::error::{ErrorCode, FieldCode};
use domain::audit::Deed;
use domain::catalog::{Product, ProductKind, on_sale};
use domain::money::Money;
use domain::policy::{StorefrontId, StorefrontPolicy, Text, Urgency};
use edge::extract::{Json, Path, StaffMember};
use edge::{ApiError, FieldErrors};
use jiff::{SignedDuration, Timestamp};

use crate::Ports;

/// What a form says is "now" was now when it was opened.
const FORM_OPEN: SignedDuration = SignedDuration::from_mins(10);

pub(crate) async fn policies(State(ports): State<Ports>) -> Json<PoliciesView> {
    Json(PoliciesView {
        policies: ports.policies.iter().cloned().collect(),
    })
}

async fn view(
    ports: &Ports,
    policy: &StorefrontPolicy,
    now: Timestamp,
) -> Result<ConsoleCatalog, ApiError> {
    let all = registry::products(&*ports.registry, &policy.id).await?;
    let current = on_sale(&all, now);
    let mut changes: BTreeMap<String, Vec<Product>> = BTreeMap::new();
    for product in all {
        changes
            .entry(product.sku.clone())
            .or_default()
            .push(product);
    }
    let mut products: Vec<ConsoleProduct> = changes
        .into_iter()
        .map(|(sku, mut changes)| {
            changes.sort_by_key(|change| std::cmp::Reverse(change.effective_from));
            let current = current.iter().find(|product| product.sku == sku).cloned();
            ConsoleProduct {
                sku,
                current,
                changes,
            }
        })
        .collect();
    products.sort_by_key(|product| {
        let newest = product.changes.first();
        newest.map(|product| (product.position, product.sku.clone()))
    });
    Ok(ConsoleCatalog {
        storefront: policy.id.0.clone(),
        name: policy.name.clone(),
        kinds: policy.kinds.clone(),
        urgency_levels: policy.urgency_levels.clone(),
        products,
    })
}

fn policy<'a>(
    ports: &'a Ports,
    storefront: &StorefrontId,
) -> Result<&'a StorefrontPolicy, ApiError> {
    Ok(ports.policies.get(storefront).ok_or(ErrorCode::NotFound)?)
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    Path(storefront): Path<String>,
) -> Result<Json<ConsoleCatalog>, ApiError> {
    let policy = policy(&ports, &StorefrontId(storefront))?;
    Ok(Json(view(&ports, policy, ports.clock.now()).await?))
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn is_sku(text: &str) -> bool {
    (2..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What is typed, with wrong fields noted. `known` is the product as it was before this change.
fn read(
    policy: &StorefrontPolicy,
    sku: String,
    request: &ProductRequest,
    known: Option<&Product>,
    now: Timestamp,
    errors: &mut FieldErrors,
) -> Product {
    errors.require(is_sku(&sku), "sku", FieldCode::Invalid);
    errors.require(
        policy.kinds.contains(&request.kind),
        "kind",
        FieldCode::NotOffered,
    );
    // Orders, queues and plans look at the kind: another kind is another product.
    errors.require(
        known.is_none_or(|known| known.kind == request.kind),
        "kind",
        FieldCode::Invalid,
    );
    let mut text = |text: &Text, field: &str, max| Text {
        zh: errors.text(&text.zh, &format!("{field}.zh"), max),
        en: errors.text(&text.en, &format!("{field}.en"), max),
    };
    let name = text(&request.name, "name", 60);
    let description = text(&request.description, "description", 300);
    errors.require(request.price > Money::ZERO, "price", FieldCode::OutOfRange);
    let years = match request.kind {
        // They end when the key they are for would have.
        ProductKind::Unlock | ProductKind::Replacement => request.term_years == 0,
        ProductKind::NewKey | ProductKind::Renewal | ProductKind::Upgrade => {
            (1..=5).contains(&request.term_years)
        }
    };
    errors.require(years, "term_years", FieldCode::OutOfRange);
    errors.require(
        request.seal || request.seal_price.is_none(),
        "seal_price",
        FieldCode::Invalid,
    );
    errors.require(
        request.kind.makes_key() || !request.seal,
        "seal",
        FieldCode::Invalid,
    );
    for urgency in request.surcharges.keys() {
        let offered = request.kind.makes_key()
            && *urgency != Urgency::None
            && policy.urgency_levels.contains(urgency);
        errors.require(offered, "surcharges", FieldCode::NotOffered);
    }
    errors.require(
        request.effective_from >= now - FORM_OPEN,
        "effective_from",
        FieldCode::OutOfRange,
    );
    Product {
        sku,
        storefront: policy.id.clone(),
        kind: request.kind,
        name,
        description,
        medium: request.medium,
        seal: request.seal,
        seal_price: request.seal_price,
        term_years: request.term_years,
        price: request.price,
        surcharges: request.surcharges.clone(),
        position: request.position,
        // Whole seconds, as in its key: no change of this second stands in the place of one in effect.
        effective_from: whole_second(request.effective_from.max(now)),
        withdrawn: request.withdrawn,
    }
}

/// Says how a product is from a time on. A change that is still to come is replaced by another one for the
/// same time; what is or was in effect stays as it was. What an order bought is in the order.
pub(crate) async fn change(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((storefront, sku)): Path<(String, String)>,
    Json(request): Json<ProductRequest>,
) -> Result<Json<ConsoleCatalog>, ApiError> {
    let now = ports.clock.now();
    let policy = policy(&ports, &StorefrontId(storefront))?;
    let all = registry::products(&*ports.registry, &policy.id).await?;
    let known = all.iter().filter(|product| product.sku == sku);
    let newest = known.clone().max_by_key(|product| product.effective_from);
    let mut errors = FieldErrors::new();
    let product = read(policy, sku.clone(), &request, newest, now, &mut errors);
    errors.finish()?;
    let same = |there: &&Product| {
        Product {
            effective_from: product.effective_from,
            ..(*there).clone()
        } == product
    };
    // The same again, after an answer that was lost: it is so already.
    let current = known
        .clone()
        .filter(|there| there.effective_from <= product.effective_from)
        .max_by_key(|there| there.effective_from);
    if current.is_some_and(|there| same(&there)) {
        return Ok(Json(view(&ports, policy, now).await?));
    }
    let write = if product.effective_from > now {
        Write::mark(&product)?
    } else {
        Write::new(&product)?
    };
    let mut transaction = Transaction::new(now).audited(Deed {
        staff: staff.0.id.clone(),
        at: now,
        action: "product_changed".to_owned(),
        subject: format!("product {} {}", product.storefront, product.sku),
        detail: format!(
            "{} from {}{}",
            product.price,
            product.effective_from,
            if product.withdrawn { ", withdrawn" } else { "" }
        ),
    });
    transaction.writes.push(write);
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(Json(view(&ports, policy, now).await?)),
        // Somebody else changed it in this very second.
        Err(CommitError::Refused(_)) => Err(ErrorCode::ChangedMeanwhile.into()),
        Err(CommitError::Port(error)) => Err(error.into()),
    }
}
