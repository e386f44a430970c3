//! The ledger, by order and by day.

use adapters::ports::{Index, Span};
use adapters::registry::{POSTINGS, ledger_day, order_partition};
use axum::extract::State;
use contract::error::ErrorCode;
use contract::finance::{AttemptRow, DayBooks, DayQuery, GatewayDay, OrderBooks, RefundRow};
use domain::ids::OrderId;
use domain::ledger::{Account, Books, Cause, Posting};
use domain::money::Money;
use domain::payment::PaymentMethod;
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use jiff::civil::Date;

use crate::Ports;

const PAGE: u32 = 100;
/// How many entries are added up at a time.
const BATCH: u32 = 500;

pub(crate) async fn order(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderBooks>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    let postings: Vec<Posting> = ports
        .registry
        .load_all(&order_partition(&id), POSTINGS)
        .await?;
    let attempts = ports.attempts.attempts(&id).await?;
    Ok(Json(OrderBooks {
        company_name: order.subject.company_name.clone(),
        display: order.display(),
        total: order.total,
        books: Books::of(&postings).into(),
        attempts: attempts.into_iter().map(AttemptRow::from).collect(),
        refunds: order
            .refunds
            .iter()
            .map(|refund| RefundRow::of(&order, refund, &staff.id))
            .collect(),
        postings,
        order: id,
    }))
}

/// Every posting of a day.
pub(crate) async fn postings_of(ports: &Ports, day: Date) -> Result<Vec<Posting>, ApiError> {
    let span = Span::all(Index::ByState, ledger_day(day));
    let mut postings = Vec::new();
    let mut cursor = None;
    loop {
        let page = ports
            .registry
            .load_page::<Posting>(&span, cursor.as_ref(), BATCH)
            .await?;
        postings.extend(page.rows);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(postings);
        }
    }
}

/// What came to a gateway and went back from it.
pub(crate) fn gateway_day(method: PaymentMethod, postings: &[Posting]) -> GatewayDay {
    let account = Account::of(method);
    let sum = |side: fn(&Posting) -> Account| -> Money {
        postings
            .iter()
            .filter(|posting| side(posting) == account)
            .map(|posting| posting.amount)
            .sum()
    };
    GatewayDay {
        method,
        paid: sum(|posting| posting.debit),
        refunded: sum(|posting| posting.credit),
    }
}

pub(crate) async fn day(
    State(ports): State<Ports>,
    Path(day): Path<Date>,
    Query(query): Query<DayQuery>,
) -> Result<Json<DayBooks>, ApiError> {
    let all = postings_of(&ports, day).await?;
    let sum = |wanted: fn(&Cause) -> bool| -> Money {
        all.iter()
            .filter(|posting| wanted(&posting.cause))
            .map(|posting| posting.amount)
            .sum()
    };
    let span = Span::all(Index::ByState, ledger_day(day));
    let page = ports
        .registry
        .load_page::<Posting>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    Ok(Json(DayBooks {
        day,
        gateways: PaymentMethod::ALL
            .into_iter()
            .map(|method| gateway_day(method, &all))
            .collect(),
        earned: sum(|cause| matches!(cause, Cause::Earned { .. })),
        settled: sum(|cause| matches!(cause, Cause::Settled { .. })),
        count: u32::try_from(all.len()).unwrap_or(u32::MAX),
        postings: page.rows,
        cursor: page.cursor,
    }))
}
