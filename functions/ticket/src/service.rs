//! What was bought for a key and is done beside it: its renewal (R25, R26), its unlocking (R31, R32).
//!
//! | step | in the cloud | on the key | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the ticket is given | operation offered | | a new ticket |
//! | renewal: certificates (function `ca`) | line begun, issuance on record | new pairs beside the old ones | the same request gets the same certificates |
//! | unlock: the code is typed on the site | operation confirmed | | typed again, it is known |
//! | unlock: the SO PINs are released | line begun, stock `releasing` | | released again: both, for nobody knows which one the key has |
//! | the evidence is taken | line completed, a renewed key known by its new certificate, in one transaction | new certificate, or new SO PIN and user PIN | said again: the operation ends |
//! | the operation ends | operation `done`, an unlocked key's SO PIN known | | said again, it is known |
//!
//! Another agent may begin anew as long as the line waits: what the one before it had issued is revoked.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{
    ConfirmationRequest, OperationView, SealedText, ServiceTicketRequest, Serving, SoPins,
    TakeSoPins, TicketView, confirmation_code, confirmed,
};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Actor;
use domain::catalog::ProductKind;
use domain::company::Company;
use domain::ids::{LineNo, OperationId, OrderId};
use domain::key::CompanyKey;
use domain::operation::{Asked, LineOf, Operation, OperationState, Verb};
use domain::order::{Event, EventKind, Line, LineStage, LineState, Order};
use domain::stock::StockKey;
use domain::throttle::Rule;
use edge::ApiError;
use edge::agents::{advance, ended, heard};
use edge::extract::{Json, Path, Person};
use edge::fields::LEGAL_REPRESENTATIVE_ID;
use edge::keys::begin_service;
use http::StatusCode;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Ports;
use crate::secrets::{sealed_to, so_pin};
use crate::site::{Shown, give, own};

/// ID-card numbers typed for a company (R31): five a day.
const ID_NUMBERS: Rule = Rule {
    name: "unlock-id-number",
    tries: 5,
    within_minutes: 24 * 60,
    wait_minutes: 24 * 60,
};

/// What is done for a line of this kind.
fn verb_of(line: &Line) -> Option<Verb> {
    match line.product.kind {
        ProductKind::Renewal if line.carried_from.is_none() => Some(Verb::Renew),
        ProductKind::Unlock => Some(Verb::Unlock),
        _ => None,
    }
}

async fn stock_of(ports: &Ports, serial: &str) -> Result<Option<StockKey>, ApiError> {
    Ok(ports.registry.load(&registry::stock_key(serial)).await?)
}

/// Is this the ID-card number that the company has on file? One wording for every failure; none is on file is one.
async fn identified(
    ports: &Ports,
    company: &Company,
    request: &ServiceTicketRequest,
) -> Result<(), ApiError> {
    let given = request
        .id_number
        .as_ref()
        .map(|number| number.expose().trim().to_uppercase())
        .filter(|number| !number.is_empty())
        .ok_or_else(|| ApiError::field("id_number", FieldCode::Required))?;
    let owner = company.id.as_str();
    ports.throttles.admit(&[(ID_NUMBERS, owner)]).await?;
    let tag = ports
        .fields
        .tag(owner, LEGAL_REPRESENTATIVE_ID, &given)
        .await?;
    let known = company
        .legal_representative
        .as_ref()
        .and_then(|person| person.id_number.as_ref());
    if known.is_some_and(|known| bool::from(known.tag.as_bytes().ct_eq(tag.as_bytes()))) {
        return Ok(());
    }
    ports.throttles.count(&[(ID_NUMBERS, owner)]).await?;
    Err(ApiError {
        fields: vec![("id_number".to_owned(), FieldCode::Invalid)],
        ..ApiError::new(ErrorCode::WrongIdNumber)
    })
}

/// Gives a ticket for a line that waits for an agent.
pub(crate) async fn offer(
    State(ports): State<Ports>,
    person: Person,
    Path((id, no)): Path<(OrderId, LineNo)>,
    Json(request): Json<ServiceTicketRequest>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let order = ports.orders.load(&id).await?;
    let order = order
        .filter(|order| order.company == person.company)
        .ok_or(ErrorCode::NotFound)?;
    let line = order.line(no).ok_or(ErrorCode::NotFound)?;
    let verb = verb_of(line).ok_or(ErrorCode::NotInThisState)?;
    if order.line_stage(line) != LineStage::AwaitAgent {
        return Err(ErrorCode::NotInThisState.into());
    }
    let named = line.key.as_ref();
    let named = named.ok_or_else(|| ApiError::internal("a service for no key"))?;
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    let company = company.ok_or(ErrorCode::LoginRequired)?;
    let place = registry::company_key(&person.company, &named.serial);
    let key: Option<CompanyKey> = ports.registry.load(&place).await?;
    key.ok_or(ErrorCode::NotYourKey)?
        .in_hand()
        .map_err(|_| ErrorCode::CertificateRevoked)?;
    if verb == Verb::Unlock {
        let stock = stock_of(&ports, &named.serial).await?;
        if !stock.is_some_and(|stock| stock.is_unlockable()) {
            return Err(ErrorCode::NoUnlock.into());
        }
        identified(&ports, &company, &request).await?;
    }
    let shown = Shown {
        company: company.name,
        serving: Some(Serving {
            order: id.clone(),
            line: no,
            product: line.product.name.zh.clone(),
        }),
        ..Shown::default()
    };
    let of = LineOf {
        order: id,
        line: no,
    };
    let serial = named.serial.clone();
    let asked = Asked::serving(verb, person.company, person.user, serial, of);
    give(&ports, asked, shown).await
}

/// The company types what its agent shows: it is the agent on its own screen that gets the SO PIN.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OperationId>,
    Json(request): Json<ConfirmationRequest>,
) -> Result<Json<OperationView>, ApiError> {
    let now = ports.clock.now();
    let operation = own(&ports, &person, &id).await?;
    if operation.verb != Verb::Unlock {
        return Err(ErrorCode::NotInThisState.into());
    }
    let holder = operation.holder.clone().ok_or(ErrorCode::NotInThisState)?;
    let digest = Sha256::digest(confirmed(&operation.id, &operation.nonce, &holder));
    let code = confirmation_code(&digest.into());
    let given = request.code.expose().trim();
    let right = bool::from(code.as_bytes().ct_eq(given.as_bytes()));
    let operation = advance(&*ports.registry, operation, |operation| {
        let next = operation.confirm(right, now).map_err(ended)?;
        Ok(next.map(|next| (next, Transaction::new(now))))
    })
    .await?;
    if operation.confirmed_at.is_none() {
        return Err(ApiError {
            fields: vec![("code".to_owned(), FieldCode::Invalid)],
            ..ApiError::new(ErrorCode::WrongConfirmation)
        });
    }
    Ok(Json(OperationView::of(&operation, now)))
}

/// Releases a key's SO PIN, and the one that it gets. From then on the next one is never another key's next again.
pub(crate) async fn so_pins(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<SealedText>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<TakeSoPins>(&*ports.registry, &body, now).await?;
    if operation.verb != Verb::Unlock {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it unlocks nothing"));
    }
    if operation.state != OperationState::Claimed {
        return Err(ErrorCode::OperationEnded.into());
    }
    let serial = &call.says.serial;
    if operation.key_serial.as_ref() != Some(serial) {
        return Err(ErrorCode::WrongKey.into());
    }
    if operation.confirmed_at.is_none() {
        return Err(ErrorCode::NotConfirmed.into());
    }
    let unlockable = |stock: Option<StockKey>| {
        stock
            .filter(StockKey::is_unlockable)
            .ok_or(ErrorCode::NoUnlock)
    };
    unlockable(stock_of(&ports, serial).await?)?;
    begin_service(
        (&*ports.registry, &*ports.orders),
        &ports.policies,
        &operation,
        now,
    )
    .await?;
    // Written before anything leaves: whatever becomes of the answer, it is known that this one may be on the key.
    let stock = unlockable(stock_of(&ports, serial).await?)?;
    let (known, next) = stock.so_epochs();
    if let Some(releasing) = stock.releasing() {
        let all = Transaction::new(now).change(&releasing)?;
        ports.registry.record(&all).await?;
    }
    let mut pins = SoPins {
        known: Vec::new(),
        next: so_pin(&ports, &stock, next).await?,
    };
    for epoch in known {
        pins.known.push(so_pin(&ports, &stock, epoch).await?);
    }
    let sealed = sealed_to(&operation.id, serial, &pins, &call.says.seal_to)?;
    Ok(Json(sealed))
}

/// The line that an operation serves is done. Said again, it is known.
///
/// # Errors
/// [`ErrorCode::NotInThisState`] when the line ended otherwise, [`ErrorCode::UnitGone`] when another agent began anew.
pub(crate) async fn finish_line(
    ports: &Ports,
    operation: &Operation,
    now: Timestamp,
) -> Result<(), ApiError> {
    let of = operation.line.as_ref();
    let of = of.ok_or_else(|| ApiError::internal("a service without a line"))?;
    edge::orders::advance(&*ports.orders, &ports.policies, &of.order, now, |order| {
        let line = served(order, of.line, operation)?;
        Ok((line.state != LineState::Completed).then_some(Event {
            actor: Actor::System,
            kind: EventKind::AgentFinished { line: of.line },
        }))
    })
    .await?;
    Ok(())
}

/// The line that this operation began.
fn served<'a>(order: &'a Order, no: LineNo, operation: &Operation) -> Result<&'a Line, ErrorCode> {
    let line = order.line(no).ok_or(ErrorCode::NotFound)?;
    let own = line
        .units
        .values()
        .any(|unit| unit.operation.as_ref() == Some(&operation.id));
    if own {
        Ok(line)
    } else {
        Err(ErrorCode::UnitGone)
    }
}

/// The certificate that a renewal brought, by its serial number.
pub(crate) async fn renewed_certificate(
    ports: &Ports,
    operation: &Operation,
) -> Result<String, ApiError> {
    let of = operation.line.as_ref();
    let of = of.ok_or_else(|| ApiError::internal("a renewal without a line"))?;
    let order = ports.orders.load(&of.order).await?;
    let order = order.ok_or(ErrorCode::NotFound)?;
    let line = served(&order, of.line, operation)?;
    let certificate = line
        .units
        .values()
        .find_map(|unit| unit.certificate.clone());
    Ok(certificate.ok_or(ErrorCode::NotYourKey)?.serial)
}

/// What becomes true with the end of an unlock: the SO PIN that was released is the key's.
pub(crate) async fn rotated(
    ports: &Ports,
    serial: &str,
    now: Timestamp,
) -> Result<Transaction, ApiError> {
    let stock = stock_of(ports, serial).await?;
    let all = Transaction::new(now);
    Ok(match stock.and_then(|stock| stock.rotated()) {
        Some(next) => all.change(&next)?,
        None => all,
    })
}

/// An agent found that nobody can unlock the key any more: from now on that is said before anything is paid for it.
pub(crate) async fn so_lost(
    ports: &Ports,
    operation: &Operation,
    now: Timestamp,
) -> Result<Transaction, ApiError> {
    let all = Transaction::new(now);
    let Some(serial) = &operation.key_serial else {
        return Ok(all);
    };
    let stock = stock_of(ports, serial).await?;
    Ok(match stock.and_then(|stock| stock.so_lost(now)) {
        Some(next) => all.change(&next)?,
        None => all,
    })
}
