//! The gateways' bills beside the ledger. Function `statement` reads them; here they are looked at, wanted
//! again, and what does not fit is ticked off.

use adapters::ports::{CommitError, Index, Span, Transaction};
use adapters::registry::{statement, statements_of};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::finance::{
    HandledRequest, StatementList, StatementQuery, StatementRow, StatementView,
};
use domain::audit::Deed;
use domain::ledger::day_of;
use domain::payment::PaymentMethod;
use domain::statement::{Handled, Statement};
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use jiff::civil::Date;

use crate::Ports;
use crate::ledger::{gateway_day, postings_of};

/// More than the days of a month at every gateway.
const PAGE: u32 = 100;
/// The longest note, in characters.
const NOTE: usize = 500;
/// Two people at one statement: one of them tries again.
const TRIES: u32 = 4;

pub(crate) async fn list(
    State(ports): State<Ports>,
    Query(query): Query<StatementQuery>,
) -> Result<Json<StatementList>, ApiError> {
    let first = match &query.month {
        None => day_of(ports.clock.now()).first_of_month(),
        Some(month) => format!("{month}-01")
            .parse()
            .map_err(|_| ApiError::field("month", FieldCode::Invalid))?,
    };
    let partition = statements_of(first.year(), first.month());
    let span = Span::all(Index::ByState, partition).newest_first();
    let page = ports
        .registry
        .load_page::<Statement>(&span, None, PAGE)
        .await?;
    Ok(Json(StatementList {
        month: first.strftime("%Y-%m").to_string(),
        statements: page.rows.iter().map(StatementRow::of).collect(),
    }))
}

async fn load(ports: &Ports, day: Date, method: PaymentMethod) -> Result<Statement, ApiError> {
    let found: Option<Statement> = ports.registry.load(&statement(day, method)).await?;
    found.ok_or_else(|| ErrorCode::NotFound.into())
}

async fn view(ports: &Ports, statement: &Statement) -> Result<Json<StatementView>, ApiError> {
    let postings = postings_of(ports, statement.day).await?;
    Ok(Json(StatementView {
        row: StatementRow::of(statement),
        ours: gateway_day(statement.method, &postings),
        differences: statement.differences.clone(),
    }))
}

pub(crate) async fn get(
    State(ports): State<Ports>,
    Path((day, method)): Path<(Date, PaymentMethod)>,
) -> Result<Json<StatementView>, ApiError> {
    let found = load(&ports, day, method).await?;
    view(&ports, &found).await
}

/// Changes a statement; again when somebody else was faster.
async fn change(
    ports: &Ports,
    staff: &StaffMember,
    (day, method): (Date, PaymentMethod),
    action: &str,
    detail: &str,
    mut deed: impl FnMut(&mut Statement) -> Result<bool, ApiError> + Send,
) -> Result<Json<StatementView>, ApiError> {
    for _ in 0..TRIES {
        let now = ports.clock.now();
        let mut found = load(ports, day, method).await?;
        if !deed(&mut found)? {
            return view(ports, &found).await;
        }
        found.version += 1;
        let transaction = Transaction::new(now).change(&found)?.audited(Deed {
            staff: staff.0.id.clone(),
            at: now,
            action: action.to_owned(),
            subject: format!("statement {day} {}", method.as_str()),
            detail: detail.to_owned(),
        });
        match ports.registry.record(&transaction).await {
            Ok(()) => return view(ports, &found).await,
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Port(error)) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

pub(crate) async fn read_again(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(which): Path<(Date, PaymentMethod)>,
) -> Result<Json<StatementView>, ApiError> {
    change(&ports, &staff, which, "statement_wanted", "", |found| {
        Ok(!std::mem::replace(&mut found.wanted, true))
    })
    .await
}

pub(crate) async fn handled(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(which): Path<(Date, PaymentMethod)>,
    Json(request): Json<HandledRequest>,
) -> Result<Json<StatementView>, ApiError> {
    let note = request.note.trim().to_owned();
    if note.is_empty() {
        return Err(ApiError::field("note", FieldCode::Required));
    }
    if note.chars().count() > NOTE {
        return Err(ApiError::field("note", FieldCode::TooLong));
    }
    let at = ports.clock.now();
    let detail = format!("{} {note}", request.number);
    change(
        &ports,
        &staff,
        which,
        "difference_handled",
        &detail,
        |found| {
            let difference = found
                .differences
                .iter_mut()
                .find(|known| (known.kind, &known.number) == (request.kind, &request.number))
                .ok_or(ErrorCode::NotFound)?;
            difference.handled = Some(Handled {
                by: staff.0.id.clone(),
                at,
                note: note.clone(),
            });
            Ok(true)
        },
    )
    .await
}
