//! What the site asks: a ticket, how its operation stands, and to take it back.

use adapters::ports::{Transaction, new_ulid};
use adapters::registry;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::agent::{OperationView, TICKET, Ticket, TicketRequest, TicketView};
use contract::error::{ErrorCode, FieldCode};
use domain::company::Company;
use domain::ids::OperationId;
use domain::key::CompanyKey;
use domain::operation::{Asked, Operation, OperationState};
use edge::ApiError;
use edge::extract::{Json, Path, Person};
use http::StatusCode;

use crate::{Ports, advance, find};

/// Gives a ticket. A company may try and read only its own keys, and none whose certificate does not count any
/// more; that the key in the reader is the right one is found out when it proves itself.
pub(crate) async fn offer(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<TicketRequest>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let now = ports.clock.now();
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    let company = company.ok_or(ErrorCode::LoginRequired)?;
    if let Some(serial) = &request.key_serial {
        let key: Option<CompanyKey> = ports
            .registry
            .load(&registry::company_key(&person.company, serial))
            .await?;
        key.ok_or(FieldCode::NotOffered)
            .and_then(|key| key.in_hand().map_err(FieldCode::from))
            .map_err(|code| ApiError::field("key_serial", code))?;
    }
    let mut nonce = [0u8; 32];
    ports.random.fill(&mut nonce);
    let operation = Operation::offered(
        OperationId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        Asked {
            verb: request.verb,
            company: person.company,
            user: person.user,
            key_serial: request.key_serial,
        },
        URL_SAFE_NO_PAD.encode(nonce),
        now,
    );
    let ticket = Ticket {
        operation: operation.id.clone(),
        verb: operation.verb,
        company: company.name,
        key_serial: operation.key_serial.clone(),
        nonce: operation.nonce.clone(),
        site: ports.site.clone(),
        issued_at: now.as_second(),
        expires_at: operation.expires_at.as_second(),
    };
    let unsigned = jws::Unsigned::new(TICKET, &ports.ticket_key.id(), &ticket)
        .map_err(|_| ApiError::internal("a ticket that is no JSON"))?;
    let signature = ports.signer.sign_sha256(&unsigned.digest()).await?;
    let ticket = unsigned
        .with_der(&signature)
        .map_err(|_| ApiError::internal("a signature that is none"))?;
    // Signed first: a ticket whose operation is not there opens nothing, one that is lost leaves an offer that
    // nobody takes.
    let transaction = Transaction::new(now).create(&operation)?;
    ports
        .registry
        .record(&transaction)
        .await
        .map_err(adapters::ports::PortError::from)?;
    let address = format!("http://127.0.0.1:{}/#{ticket}", ports.agent_port);
    let operation = OperationView::of(&operation, now);
    Ok((StatusCode::CREATED, Json(TicketView { operation, address })))
}

/// An operation of the person's own company; another's is not there.
async fn own(ports: &Ports, person: &Person, id: &OperationId) -> Result<Operation, ApiError> {
    find(ports, id)
        .await?
        .filter(|operation| operation.company == person.company)
        .ok_or_else(|| ErrorCode::NotFound.into())
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationView>, ApiError> {
    let operation = own(&ports, &person, &id).await?;
    Ok(Json(OperationView::of(&operation, ports.clock.now())))
}

/// Only what no agent has: one that has it ends it itself, for it alone knows what it did.
pub(crate) async fn withdraw(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationView>, ApiError> {
    let now = ports.clock.now();
    let operation = own(&ports, &person, &id).await?;
    let operation = advance(&ports, operation, |operation| {
        match operation.state {
            OperationState::RolledBack => return Ok(None),
            OperationState::Offered => {}
            OperationState::Claimed | OperationState::Done => {
                return Err(ErrorCode::NotInThisState.into());
            }
        }
        let next = operation
            .rolled_back(now)
            .map_err(|_| ErrorCode::NotInThisState)?;
        Ok(next.map(|next| (next, Transaction::new(now))))
    })
    .await?;
    Ok(Json(OperationView::of(&operation, now)))
}
