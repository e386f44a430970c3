//! From a quote to a submitted order.

use adapters::ports::{Commit, PortError};
use adapters::registry;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::error::{ErrorCode, FieldCode};
use contract::order::{DraftRequest, OrderView, PromiseView, QuoteRequest, QuoteView};
use domain::catalog::LinePrice;
use domain::certificate::Subject;
use domain::company::{Company, is_mobile};
use domain::ids::OrderId;
use domain::money::Money;
use domain::order::{
    Address, Change, Delivery, DraftContent, Event, EventKind, Line, Order, OrderState,
};
use domain::plan::Make;
use domain::policy::{CancelPaid, StorefrontId, StorefrontPolicy, Urgency};
use domain::qualification::QualificationState;
use domain::staff::Branch;
use edge::extract::{Json, Path, Person};
use edge::once::Once;
use edge::orders::{advance, policy_of};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::choice::{self, Frame, Shelf};
use crate::{Ports, invoices, load_own, own, view};

fn policy<'a>(ports: &'a Ports, storefront: &str) -> Result<&'a StorefrontPolicy, ApiError> {
    let found = ports.policies.get(&StorefrontId(storefront.to_owned()));
    found.ok_or_else(|| ApiError::field("storefront", FieldCode::NotOffered))
}

pub(crate) async fn quote(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<QuoteRequest>,
) -> Result<Json<QuoteView>, ApiError> {
    let now = ports.clock.now();
    let policy = policy(&ports, &request.storefront)?;
    let shelf = Shelf::load(&ports, policy, &person.company, None, &request.lines, now).await?;
    let frame = Frame {
        policy,
        urgency: request.urgency,
        delivery: policy.delivery_kinds[0],
        old: &[],
        ask_of_loss: false,
        now,
    };
    let mut errors = FieldErrors::new();
    let lines = choice::lines(&shelf, &frame, &request.lines, &mut errors);
    errors.finish()?;
    let made = lines.iter().any(|line| line.plan.make == Make::Desk);
    let promise = if made {
        promise(policy, request.urgency, now)
    } else {
        None
    };
    // What the system adds costs nothing, and is told with the line that it comes from.
    let lines: Vec<LinePrice> = lines
        .into_iter()
        .filter(|line| line.carried_from.is_none())
        .map(|line| line.price)
        .collect();
    let total = lines.iter().map(|line| line.amount).sum();
    Ok(Json(QuoteView {
        lines,
        total,
        promise,
    }))
}

/// What the desk promises for a speed, from now on.
fn promise(policy: &StorefrontPolicy, speed: Urgency, now: Timestamp) -> Option<PromiseView> {
    Some(PromiseView {
        reviewed_by: policy.calendar.reviewed_by(speed, now)?,
        handed_over_by: policy.calendar.handed_over_by(speed, now)?,
    })
}

async fn delivery(
    ports: &Ports,
    request: &Delivery,
    policy: &StorefrontPolicy,
    errors: &mut FieldErrors,
) -> Result<Delivery, ApiError> {
    errors.require(
        policy.delivery_kinds.contains(&request.kind),
        "delivery.kind",
        FieldCode::NotOffered,
    );
    if !request.kind.by_courier() {
        let branch: Option<Branch> = match &request.branch {
            Some(branch) => ports.registry.load(&registry::branch(branch)).await?,
            None => None,
        };
        let code = if request.branch.is_none() {
            FieldCode::Required
        } else {
            FieldCode::NotOffered
        };
        errors.require(branch.is_some(), "delivery.branch", code);
        return Ok(Delivery {
            kind: request.kind,
            address: None,
            branch: branch.map(|branch| branch.id),
        });
    }
    let Some(address) = &request.address else {
        errors.add("delivery.address", FieldCode::Required);
        return Ok(request.clone());
    };
    let mobile = address.mobile.trim().to_owned();
    errors.require(
        is_mobile(&mobile),
        "delivery.address.mobile",
        FieldCode::Invalid,
    );
    let address = Address {
        name: errors.text(&address.name, "delivery.address.name", 50),
        mobile,
        province: errors.text(&address.province, "delivery.address.province", 30),
        city: errors.text(&address.city, "delivery.address.city", 30),
        district: errors.text(&address.district, "delivery.address.district", 30),
        detail: errors.text(&address.detail, "delivery.address.detail", 200),
    };
    Ok(Delivery {
        kind: request.kind,
        address: Some(address),
        branch: None,
    })
}

/// A draft checked and priced.
async fn content(
    ports: &Ports,
    policy: &StorefrontPolicy,
    person: &Person,
    request: &DraftRequest,
    draft: Option<&Order>,
    now: Timestamp,
) -> Result<DraftContent, ApiError> {
    let order = draft.map(|draft| &draft.id);
    let shelf = Shelf::load(ports, policy, &person.company, order, &request.lines, now).await?;
    let mut errors = FieldErrors::new();
    let delivery = delivery(ports, &request.delivery, policy, &mut errors).await?;
    let frame = Frame {
        policy,
        urgency: request.urgency,
        delivery: delivery.kind,
        old: draft.map_or(&[][..], |draft| &draft.lines),
        ask_of_loss: true,
        now,
    };
    let lines = choice::lines(&shelf, &frame, &request.lines, &mut errors);
    let invoice = match &request.invoice {
        None => None,
        Some(asked) => {
            let company = buyer(ports, person).await?;
            Some(invoices::choice(asked, &company, policy, &mut errors))
        }
    };
    errors.finish()?;
    Ok(DraftContent {
        lines,
        urgency: request.urgency,
        delivery,
        invoice,
    })
}

/// Whoever says that a key is lost or stolen while ordering another one has reported it: certificate and
/// seal are suspended now, whatever becomes of the order.
async fn report_losses(
    ports: &Ports,
    person: &Person,
    lines: &[Line],
    now: Timestamp,
) -> Result<(), ApiError> {
    for key in lines.iter().filter_map(|line| line.key.as_ref()) {
        if let Some(reason) = key.reason.filter(|reason| reason.suspends()) {
            edge::keys::suspend(&*ports.registry, person, &key.serial, reason, now).await?;
        }
    }
    Ok(())
}

/// The company that buys.
pub(crate) async fn buyer(ports: &Ports, person: &Person) -> Result<Company, ApiError> {
    let found: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    found.ok_or_else(|| ErrorCode::LoginRequired.into())
}

/// The answer to a request whose answer was lost: its order is there.
async fn made_before(
    ports: &Ports,
    person: &Person,
    once: &Once,
    request: &DraftRequest,
) -> Result<Option<Response>, ApiError> {
    let Some(made) = once.made(&*ports.registry, request).await? else {
        return Ok(None);
    };
    let id = made.parse().map_err(|_| ErrorCode::NotFound)?;
    let order = load_own(ports, &id, person).await?;
    let view = view(ports, &order).await?;
    Ok(Some((StatusCode::CREATED, Json(view)).into_response()))
}

pub(crate) async fn create(
    State(ports): State<Ports>,
    person: Person,
    once: Once,
    Json(request): Json<DraftRequest>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let company = buyer(&ports, &person).await?;
    if let Some(answer) = made_before(&ports, &person, &once, &request).await? {
        return Ok(answer);
    }
    let policy = policy(&ports, &request.storefront)?;
    let content = content(&ports, policy, &person, &request, None, now).await?;
    report_losses(&ports, &person, &content.lines, now).await?;
    // Two orders of one second may draw the same four digits: the store refuses the second.
    for _ in 0..8 {
        let mut salt = [0u8; 2];
        ports.random.fill(&mut salt);
        let draft = Order {
            id: OrderId::new(now, u16::from_be_bytes(salt)),
            storefront: policy.id.clone(),
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
            calendar: None,
            pay_by: None,
            payment: None,
            refunds: Vec::new(),
            invoices: Vec::new(),
            ended_at: None,
            check_at: None,
        };
        let mut commit = Commit::of(Change::create(draft, person.actor(), now, policy));
        commit.beside = once.mark(commit.change.order.id.as_str(), &request, now)?;
        match ports.orders.commit(&commit).await {
            Ok(()) => {
                let view = view(&ports, &commit.change.order).await?;
                return Ok((StatusCode::CREATED, Json(view)).into_response());
            }
            // Or the same request came twice at once, and the other one was first.
            Err(PortError::Conflict) => {
                if let Some(answer) = made_before(&ports, &person, &once, &request).await? {
                    return Ok(answer);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::Unavailable.into())
}

/// Is what one may change the same? The refund of a refused order goes its own way beside the draft, and
/// blocks nobody (R72).
fn same_draft(one: &Order, other: &Order) -> bool {
    (one.state, one.urgency, one.total) == (other.state, other.urgency, other.total)
        && one.lines == other.lines
        && one.delivery == other.delivery
        && one.invoice == other.invoice
}

/// Did nothing but its refunds move since somebody saw this version?
async fn unchanged_since(ports: &Ports, draft: &Order, seen: u64) -> Result<bool, ApiError> {
    if seen >= draft.version {
        return Ok(seen == draft.version);
    }
    let history = ports.orders.history(&draft.id).await?;
    // Each event is one version.
    let newer = usize::try_from(draft.version - seen).unwrap_or(usize::MAX);
    Ok(newer <= history.len()
        && history
            .iter()
            .rev()
            .take(newer)
            .all(|record| EventKind::OF_MONEY_BACK.contains(&record.event.as_str())))
}

pub(crate) async fn change(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
    Json(request): Json<DraftRequest>,
) -> Result<Json<OrderView>, ApiError> {
    let now = ports.clock.now();
    let draft = load_own(&ports, &id, &person).await?;
    let policy = policy(&ports, &request.storefront)?;
    let content = content(&ports, policy, &person, &request, Some(&draft), now).await?;
    report_losses(&ports, &person, &content.lines, now).await?;
    let seen = match request.version {
        Some(version) => unchanged_since(&ports, &draft, version).await?,
        None => true,
    };
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        if order.storefront != policy.id {
            return Err(ApiError::field("storefront", FieldCode::Invalid));
        }
        // Two people on one draft: the second is told and decides what to do.
        if !seen || !same_draft(order, &draft) {
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
    let asked = choice::asked(&draft.lines);
    let shelf = Shelf::load(&ports, policy, &person.company, Some(&id), &asked, now).await?;
    let mut repriced = false;
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        match order.state {
            OrderState::Draft => {}
            OrderState::AwaitingPayment | OrderState::Paid | OrderState::Completed => {
                return Ok(None);
            }
            OrderState::Cancelled => return Err(ErrorCode::NotInThisState.into()),
        }
        // Somebody changed it since its keys and prices were looked up.
        if !same_draft(order, &draft) {
            return Err(ErrorCode::ChangedMeanwhile.into());
        }
        let frame = Frame {
            policy,
            urgency: order.urgency,
            delivery: order.delivery.kind,
            old: &order.lines,
            ask_of_loss: false,
            now,
        };
        let mut errors = FieldErrors::new();
        let lines = choice::lines(&shelf, &frame, &asked, &mut errors);
        // A key that can no longer be had is told at its line; what is no longer sold, as such.
        if errors.only(FieldCode::NotOffered) {
            return Err(ErrorCode::NotOnSale.into());
        }
        errors.finish()?;
        let total: Money = lines.iter().map(|line| line.price.amount).sum();
        let same = |old: &Line, new: &Line| {
            (old.no, &old.price, &old.product, old.plan)
                == (new.no, &new.price, &new.product, new.plan)
        };
        // The days left on an old key are fewer tomorrow: what is shown is what is bought.
        repriced = total != order.total
            || lines.len() != order.lines.len()
            || !order
                .lines
                .iter()
                .zip(&lines)
                .all(|(old, new)| same(old, new));
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
                calendar: policy.calendar.since(now),
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

/// Takes a submitted order back to change it, where the storefront's policy allows that and nobody paid.
/// Money that still comes on a code that somebody has on their screen is recorded and goes back.
pub(crate) async fn withdraw(
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
            if order.state == OrderState::Draft {
                return Ok(None);
            }
            if !policy_of(&ports.policies, order)?.withdraw_unpaid {
                return Err(ErrorCode::NotInThisState.into());
            }
            Ok(Some(Event {
                actor: person.actor(),
                kind: EventKind::Withdrawn,
            }))
        },
    )
    .await?;
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
