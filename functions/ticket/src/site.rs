//! What the site asks: a ticket, how its operation stands, and to take it back.

use adapters::ports::{Transaction, new_ulid};
use adapters::registry;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::agent::{Making, OperationView, Serving, TICKET, Ticket, TicketRequest, TicketView};
use contract::error::{ErrorCode, FieldCode};
use domain::company::Company;
use domain::ids::OperationId;
use domain::key::CompanyKey;
use domain::operation::{Asked, Operation, OperationState, Verb};
use edge::ApiError;
use edge::agents::{advance, find};
use edge::codes::wrong_code;
use edge::extract::{Json, Path, Person};
use http::StatusCode;

use crate::{Ports, activation};

/// What a ticket shows beside what is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// The company that it is for; empty when it is for none.
    pub(crate) company: String,
    /// The keys that are to be made.
    pub(crate) making: Option<Making>,
    /// What was bought for the key.
    pub(crate) serving: Option<Serving>,
    /// The name of the desk that is to be.
    pub(crate) desk: Option<String>,
}

/// Signs a ticket and keeps its operation.
pub(crate) async fn give(
    ports: &Ports,
    asked: Asked,
    shown: Shown,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    give_with(ports, asked, shown, Transaction::new(ports.clock.now())).await
}

/// The same, with what else becomes true then.
async fn give_with(
    ports: &Ports,
    asked: Asked,
    shown: Shown,
    beside: Transaction,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let now = beside.at;
    let mut nonce = [0u8; 32];
    ports.random.fill(&mut nonce);
    let id = OperationId::from_ulid(&new_ulid(&*ports.clock, &*ports.random));
    let operation = Operation::offered(id, asked, URL_SAFE_NO_PAD.encode(nonce), now);
    let ticket = Ticket {
        operation: operation.id.clone(),
        verb: operation.verb,
        company: shown.company,
        key_serial: operation.key_serial.clone(),
        making: shown.making,
        serving: shown.serving,
        desk: shown.desk,
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
    match ports.registry.record(&beside.create(&operation)?).await {
        Ok(()) => {}
        // Only a code can come before the operation: somebody used it at the same moment.
        Err(error) if error.refuses(0) => return Err(wrong_code("code")),
        Err(error) => return Err(adapters::ports::PortError::from(error).into()),
    }
    let address = format!("http://127.0.0.1:{}/#{ticket}", ports.agent_port);
    let operation = OperationView::of(&operation, now);
    Ok((StatusCode::CREATED, Json(TicketView { operation, address })))
}

/// Gives a ticket. A company may try and read only its own keys, and none whose certificate does not count any
/// more; it activates only what waits for it, with a code that came for its password; that the key in the reader is
/// the right one is found out when it proves itself.
pub(crate) async fn offer(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<TicketRequest>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let now = ports.clock.now();
    if !request.verb.is_of_companies() {
        return Err(ApiError::field("verb", FieldCode::NotOffered));
    }
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    let company = company.ok_or(ErrorCode::LoginRequired)?;
    let mut beside = Transaction::new(now);
    match (&request.key_serial, request.verb) {
        (Some(serial), Verb::Activate) => {
            activation::waiting(&ports, &person.company, serial)
                .await?
                .ok_or_else(|| ApiError::field("key_serial", FieldCode::NotOffered))?;
            let used = activation::confirmed(&ports, &person, request.code.as_ref()).await?;
            beside = beside.change(&used)?;
        }
        (None, Verb::Activate | Verb::ChangePin) => {
            return Err(ApiError::field("key_serial", FieldCode::Required));
        }
        (Some(serial), _) => {
            let key: Option<CompanyKey> = ports
                .registry
                .load(&registry::company_key(&person.company, serial))
                .await?;
            key.ok_or(FieldCode::NotOffered)
                .and_then(|key| key.in_hand().map_err(FieldCode::from))
                .map_err(|code| ApiError::field("key_serial", code))?;
        }
        (None, _) => {}
    }
    let asked = Asked::of_company(
        request.verb,
        person.company,
        person.user,
        request.key_serial,
    );
    let shown = Shown {
        company: company.name,
        ..Shown::default()
    };
    give_with(&ports, asked, shown, beside).await
}

/// An operation of the person's own company; another's is not there.
pub(crate) async fn own(
    ports: &Ports,
    person: &Person,
    id: &OperationId,
) -> Result<Operation, ApiError> {
    find(&*ports.registry, id)
        .await?
        .filter(|operation| operation.company() == Some(&person.company))
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

pub(crate) async fn withdraw(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationView>, ApiError> {
    let operation = own(&ports, &person, &id).await?;
    withdrawn(&ports, operation).await
}

/// Takes a ticket back. Only what no agent has: one that has it ends it itself, for it alone knows what it did.
pub(crate) async fn withdrawn(
    ports: &Ports,
    operation: Operation,
) -> Result<Json<OperationView>, ApiError> {
    let now = ports.clock.now();
    let operation = advance(&*ports.registry, operation, |operation| {
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
