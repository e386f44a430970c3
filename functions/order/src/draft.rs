//! From a quote to a submitted order.

use adapters::ports::{Commit, PortError};
use adapters::registry;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::error::{ErrorCode, FieldCode};
use contract::order::{DraftRequest, LineRequest, OrderView, QuoteRequest, QuoteView};
use domain::catalog::{LinePrice, Product};
use domain::certificate::Subject;
use domain::company::{Company, is_mobile};
use domain::ids::{LineNo, OrderId};
use domain::money::Money;
use domain::order::{
    Address, BoughtProduct, Change, Delivery, DraftContent, Event, EventKind, Line, LineState,
    Order, OrderState,
};
use domain::plan::Plan;
use domain::policy::{CancelPaid, DeliveryKind, StorefrontId, StorefrontPolicy, Urgency};
use domain::qualification::QualificationState;
use edge::extract::{Json, Path, Person};
use edge::orders::{advance, policy_of};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::{Ports, load_own, own, view};

/// What was asked for, priced by the catalogue of this moment.
fn price(
    products: &[Product],
    policy: &StorefrontPolicy,
    lines: &[LineRequest],
    urgency: Urgency,
    errors: &mut FieldErrors,
) -> Vec<(Product, LinePrice)> {
    errors.require(!lines.is_empty(), "lines", FieldCode::Required);
    errors.require(
        lines.len() <= usize::from(policy.max_lines),
        "lines",
        FieldCode::TooLong,
    );
    errors.require(
        policy.urgency_levels.contains(&urgency),
        "urgency",
        FieldCode::NotOffered,
    );
    let mut priced = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if !(1..=u32::from(policy.max_keys_per_line)).contains(&line.quantity) {
            errors.add(format!("lines.{index}.quantity"), FieldCode::OutOfRange);
            continue;
        }
        let Some(product) = products.iter().find(|product| product.sku == line.sku) else {
            errors.add(format!("lines.{index}.sku"), FieldCode::NotOffered);
            continue;
        };
        match product.price(line.quantity, urgency) {
            Some(price) => priced.push((product.clone(), price)),
            None => errors.add("urgency", FieldCode::NotOffered),
        }
    }
    priced
}

fn lines(priced: Vec<(Product, LinePrice)>, delivery: DeliveryKind, now: Timestamp) -> Vec<Line> {
    (1..)
        .zip(priced)
        .map(|(no, (product, price))| Line {
            no: LineNo(no),
            plan: Plan::for_line(product.kind, delivery),
            product: BoughtProduct {
                sku: product.sku,
                kind: product.kind,
                name: product.name,
                medium: product.medium,
                seal: product.seal,
                term_years: product.term_years,
            },
            price,
            state: LineState::AwaitingMaterials,
            since: now,
            round: 1,
            papers_checked: false,
            basic: None,
            papers: Vec::new(),
            refusals: Vec::new(),
            materials_at: None,
            claim: None,
            reviewer: None,
            approved_at: None,
            waybill: None,
            handed_over_by: None,
            units: std::collections::BTreeMap::new(),
        })
        .collect()
}

pub(crate) async fn quote(
    State(ports): State<Ports>,
    _: Person,
    Json(request): Json<QuoteRequest>,
) -> Result<Json<QuoteView>, ApiError> {
    let storefront = StorefrontId(request.storefront);
    let policy = ports
        .policies
        .get(&storefront)
        .ok_or_else(|| ApiError::field("storefront", FieldCode::NotOffered))?;
    let products = ports.products.products(&storefront).await?;
    let mut errors = FieldErrors::new();
    let priced = price(
        &products,
        policy,
        &request.lines,
        request.urgency,
        &mut errors,
    );
    errors.finish()?;
    let lines: Vec<LinePrice> = priced.into_iter().map(|(_, price)| price).collect();
    let total = lines.iter().map(|line| line.amount).sum();
    Ok(Json(QuoteView { lines, total }))
}

fn delivery(request: &Delivery, policy: &StorefrontPolicy, errors: &mut FieldErrors) -> Delivery {
    let address = &request.address;
    errors.require(
        policy.delivery_kinds.contains(&request.kind),
        "delivery.kind",
        FieldCode::NotOffered,
    );
    let mobile = address.mobile.trim().to_owned();
    errors.require(
        is_mobile(&mobile),
        "delivery.address.mobile",
        FieldCode::Invalid,
    );
    Delivery {
        kind: request.kind,
        address: Address {
            name: errors.text(&address.name, "delivery.address.name", 50),
            mobile,
            province: errors.text(&address.province, "delivery.address.province", 30),
            city: errors.text(&address.city, "delivery.address.city", 30),
            district: errors.text(&address.district, "delivery.address.district", 30),
            detail: errors.text(&address.detail, "delivery.address.detail", 200),
        },
    }
}

/// A draft checked and priced.
async fn content(
    ports: &Ports,
    request: &DraftRequest,
    now: Timestamp,
) -> Result<(StorefrontId, DraftContent), ApiError> {
    let storefront = StorefrontId(request.storefront.clone());
    let policy = ports
        .policies
        .get(&storefront)
        .ok_or_else(|| ApiError::field("storefront", FieldCode::NotOffered))?;
    let products = ports.products.products(&storefront).await?;
    let mut errors = FieldErrors::new();
    let priced = price(
        &products,
        policy,
        &request.lines,
        request.urgency,
        &mut errors,
    );
    let delivery = delivery(&request.delivery, policy, &mut errors);
    if let Some(invoice) = &request.invoice {
        errors.require(
            policy.invoice_kinds.contains(&invoice.kind),
            "invoice.kind",
            FieldCode::NotOffered,
        );
    }
    errors.finish()?;
    let lines = lines(priced, delivery.kind, now);
    let content = DraftContent {
        lines,
        urgency: request.urgency,
        delivery,
        invoice: request.invoice.clone(),
    };
    Ok((storefront, content))
}

/// The company that buys.
async fn buyer(ports: &Ports, person: &Person) -> Result<Company, ApiError> {
    let found: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    found.ok_or_else(|| ErrorCode::LoginRequired.into())
}

pub(crate) async fn create(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<DraftRequest>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let company = buyer(&ports, &person).await?;
    let (storefront, content) = content(&ports, &request, now).await?;
    // Two orders of one second may draw the same four digits: the store refuses the second.
    for _ in 0..8 {
        let mut salt = [0u8; 2];
        ports.random.fill(&mut salt);
        let draft = Order {
            id: OrderId::new(now, u16::from_be_bytes(salt)),
            storefront: storefront.clone(),
            company: company.id.clone(),
            subject: Subject {
                company_name: company.name.clone(),
                credit_code: company.credit_code.as_str().to_owned(),
            },
            contact: company.contact.clone(),
            state: OrderState::Draft,
            version: 0,
            run: 0,
            events: 0,
            urgency: content.urgency,
            delivery: content.delivery.clone(),
            invoice: content.invoice.clone(),
            total: content
                .lines
                .iter()
                .map(|line| line.price.amount)
                .sum::<Money>(),
            lines: content.lines.clone(),
            created_at: now,
            submitted_at: None,
            pay_by: None,
            payment: None,
            refunds: Vec::new(),
            ended_at: None,
            check_at: None,
        };
        let commit = Commit::of(Change::create(draft, person.actor(), now));
        match ports.orders.commit(&commit).await {
            Ok(()) => {
                let view = view(&ports, &commit.change.order).await?;
                return Ok((StatusCode::CREATED, Json(view)).into_response());
            }
            Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::Unavailable.into())
}

pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
    Json(request): Json<DraftRequest>,
) -> Result<Json<OrderView>, ApiError> {
    let now = ports.clock.now();
    load_own(&ports, &id, &person).await?;
    let (storefront, content) = content(&ports, &request, now).await?;
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        if order.storefront != storefront {
            return Err(ApiError::field("storefront", FieldCode::Invalid));
        }
        // Two people on one draft: the second is told and decides what to do.
        if request.version.is_some_and(|seen| seen != order.version) {
            return Err(ErrorCode::ChangedMeanwhile.into());
        }
        let kind = EventKind::DraftChanged {
            content: Box::new(content.clone()),
        };
        Ok(Some(Event {
            actor: person.actor(),
            kind,
        }))
    })
    .await?;
    Ok(Json(view(&ports, &order).await?))
}

/// Submits a draft. The prices are those of the catalogue now; if they differ from what the draft shows,
/// the draft is changed to the new ones and the company is told, for nobody buys at an unseen price.
pub(crate) async fn submit(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    let now = ports.clock.now();
    let draft = load_own(&ports, &id, &person).await?;
    let policy = policy_of(&ports.policies, &draft)?;
    let company = buyer(&ports, &person).await?;
    let storefront = ports.policies.storefront(&draft.storefront);
    let gate = storefront.is_none_or(|storefront| storefront.qualification_gate);
    let approved = company.qualification.state == QualificationState::Approved;
    // The draft stays: it can be submitted once the papers are approved (R2, R3).
    if company.superseded_by.is_some() || (gate && !approved) {
        return Err(ErrorCode::QualificationRequired.into());
    }
    let products = ports.products.products(&draft.storefront).await?;
    let mut repriced = false;
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        if matches!(
            order.state,
            OrderState::AwaitingPayment | OrderState::Paid | OrderState::Completed
        ) {
            return Ok(None);
        }
        let asked: Vec<LineRequest> = order
            .lines
            .iter()
            .map(|line| LineRequest {
                sku: line.product.sku.clone(),
                quantity: line.price.quantity,
            })
            .collect();
        let mut errors = FieldErrors::new();
        let priced = price(&products, policy, &asked, order.urgency, &mut errors);
        if errors.finish().is_err() {
            return Err(ErrorCode::NotOnSale.into());
        }
        let lines = lines(priced, order.delivery.kind, now);
        let total: Money = lines.iter().map(|line| line.price.amount).sum();
        repriced = total != order.total;
        let kind = if repriced {
            let content = DraftContent {
                lines,
                urgency: order.urgency,
                delivery: order.delivery.clone(),
                invoice: order.invoice.clone(),
            };
            EventKind::DraftChanged {
                content: Box::new(content),
            }
        } else {
            let window = SignedDuration::from_mins(i64::from(policy.payment_window_minutes));
            EventKind::Submitted {
                lines,
                pay_by: now + window,
            }
        };
        Ok(Some(Event {
            actor: person.actor(),
            kind,
        }))
    })
    .await?;
    if repriced {
        return Err(ErrorCode::ChangedMeanwhile.into());
    }
    Ok(Json(view(&ports, &order).await?))
}

/// Gives an order up. What was paid goes back, where the storefront's policy allows that and nothing was
/// approved yet; money that still comes is recorded and goes back too.
pub(crate) async fn cancel(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    let order = advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            own(order, &person)?;
            if order.state == OrderState::Cancelled {
                return Ok(None);
            }
            let policy = policy_of(&ports.policies, order)?;
            if order.state == OrderState::Paid && policy.cancel_paid == CancelPaid::Never {
                return Err(ErrorCode::NotInThisState.into());
            }
            Ok(Some(Event {
                actor: person.actor(),
                kind: EventKind::Cancelled,
            }))
        },
    )
    .await?;
    Ok(Json(view(&ports, &order).await?))
}
