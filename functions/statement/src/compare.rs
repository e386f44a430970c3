//! What a bill and the ledger have in common, and what not.

use std::collections::BTreeMap;

use adapters::ports::{
    BillKind, BillRow, Index, PaymentGateway, RefundRequest, RefundStatus, Span, TradeStatus,
};
use adapters::registry::{ledger_day, statement};
use domain::ledger::{Account, Cause, Posting, day_of};
use domain::money::Money;
use domain::order::Order;
use domain::payment::{OutTradeNo, PaymentMethod, RefundNo};
use domain::refund::{Refund, RefundState};
use domain::statement::{Difference, DifferenceKind, Statement};
use edge::ApiError;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::Ports;

/// How many postings are read at a time.
const BATCH: u32 = 500;
/// How many days a refund may take from its order to the payer before its bill is not looked for any more.
const REFUND_DAYS: i64 = 31;

/// What comparing came to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) payments: u32,
    pub(crate) paid: Money,
    pub(crate) refunds: u32,
    pub(crate) refunded: Money,
    pub(crate) refund_numbers: Vec<String>,
    pub(crate) differences: Vec<Difference>,
}

/// Compares the bill of a day with the ledger of that day.
pub(crate) async fn compare(
    ports: &Ports,
    day: Date,
    method: PaymentMethod,
    rows: &[BillRow],
    now: Timestamp,
) -> Result<Found, ApiError> {
    let gateway = ports.payments.gateways.gateway(method).await;
    let gateway = gateway.map_err(|error| ApiError::internal(error.to_string()))?;
    let mut found = Found::default();
    // A bill may tell of one number in several rows: their sum is what it says.
    let mut payments: BTreeMap<&str, Money> = BTreeMap::new();
    let mut refunds: BTreeMap<&str, Money> = BTreeMap::new();
    for row in rows {
        let sum = match &row.kind {
            BillKind::Paid => {
                found.payments += 1;
                found.paid = found.paid + row.amount;
                payments.entry(&row.out_trade_no).or_default()
            }
            BillKind::Refunded { out_refund_no } => {
                found.refunds += 1;
                found.refunded = found.refunded + row.amount;
                refunds.entry(out_refund_no).or_default()
            }
        };
        *sum = *sum + row.amount;
    }
    for (number, theirs) in &payments {
        found
            .differences
            .extend(payment(ports, &*gateway, number, *theirs, now).await?);
    }
    for (number, theirs) in &refunds {
        found
            .differences
            .extend(refund(ports, &*gateway, number, *theirs, now).await?);
    }
    found.refund_numbers = refunds.keys().map(|number| (*number).to_owned()).collect();
    found
        .differences
        .extend(not_on_bill(ports, day, method, &payments, &refunds).await?);
    Ok(found)
}

fn difference(
    kind: DifferenceKind,
    number: &str,
    theirs: Option<Money>,
    ours: Option<Money>,
) -> Difference {
    let order = number
        .split_once('_')
        .and_then(|(order, _)| order.parse().ok());
    Difference {
        kind,
        number: number.to_owned(),
        order,
        theirs,
        ours,
        handled: None,
    }
}

/// A payment on the bill.
async fn payment(
    ports: &Ports,
    gateway: &dyn PaymentGateway,
    number: &str,
    theirs: Money,
    now: Timestamp,
) -> Result<Option<Difference>, ApiError> {
    let not_ours = difference(DifferenceKind::PaymentNotOurs, number, Some(theirs), None);
    let Ok(parsed) = number.parse::<OutTradeNo>() else {
        return Ok(Some(not_ours));
    };
    let attempts = ports.attempts.attempts(&parsed.order).await?;
    let Some(attempt) = attempts.into_iter().find(|known| known.number == parsed) else {
        return Ok(Some(not_ours));
    };
    if let Some(receipt) = attempt.receipt {
        let ours = receipt.amount;
        let differs = || difference(DifferenceKind::PaymentSum, number, Some(theirs), Some(ours));
        return Ok((ours != theirs).then(differs));
    }
    // A bill is no proof by itself; the gateway's signed answer is.
    let kind = match gateway.query(&parsed, now).await {
        Ok(TradeStatus::Paid(receipt)) => {
            ports.payments.record(&parsed, &receipt, now).await?;
            DifferenceKind::PaymentRecordedLate
        }
        Ok(_) => DifferenceKind::PaymentUnconfirmed,
        Err(error) => {
            tracing::warn!(number, why = %error, "gateway could not be asked");
            DifferenceKind::PaymentUnconfirmed
        }
    };
    Ok(Some(difference(kind, number, Some(theirs), None)))
}

/// A refund on the bill.
async fn refund(
    ports: &Ports,
    gateway: &dyn PaymentGateway,
    number: &str,
    theirs: Money,
    now: Timestamp,
) -> Result<Option<Difference>, ApiError> {
    let not_ours = difference(DifferenceKind::RefundNotOurs, number, Some(theirs), None);
    let Ok(parsed) = number.parse::<RefundNo>() else {
        return Ok(Some(not_ours));
    };
    let Some(order) = ports.orders.load(&parsed.order).await? else {
        return Ok(Some(not_ours));
    };
    let Some(refund) = order.refund(parsed.refund) else {
        return Ok(Some(not_ours));
    };
    let ours = Some(refund.amount);
    if refund.amount != theirs {
        let kind = DifferenceKind::RefundSum;
        return Ok(Some(difference(kind, number, Some(theirs), ours)));
    }
    match refund.state {
        RefundState::Done => Ok(None),
        // Two of us say that it was paid out by hand, and the gateway paid it out as well.
        RefundState::Settled => Ok(Some(Difference { ours, ..not_ours })),
        RefundState::Asking | RefundState::Waiting | RefundState::Abnormal => {
            late_refund(ports, gateway, &order, refund, now).await
        }
    }
}

/// A refund that the bill has and we do not know as done. The bill lists it from the day it was asked for,
/// so it may well be on its way still.
async fn late_refund(
    ports: &Ports,
    gateway: &dyn PaymentGateway,
    order: &Order,
    refund: &Refund,
    now: Timestamp,
) -> Result<Option<Difference>, ApiError> {
    let number = refund.number(&order.id);
    let payment = OutTradeNo {
        order: order.id.clone(),
        attempt: refund.attempt,
    };
    let request = RefundRequest {
        number: number.clone(),
        payment: payment.clone(),
        amount: refund.amount,
        total: refund.total,
        reason: String::new(),
    };
    match gateway.refund_status(&request, now).await {
        Ok(status @ RefundStatus::Done { .. }) => {
            ports
                .payments
                .record_refund(&number, &payment.to_string(), refund.amount, &status, now)
                .await?;
            Ok(Some(difference(
                DifferenceKind::RefundRecordedLate,
                &number.to_string(),
                Some(refund.amount),
                Some(refund.amount),
            )))
        }
        Ok(_) => Ok(None),
        Err(error) => {
            tracing::warn!(%number, why = %error, "gateway could not be asked");
            Ok(None)
        }
    }
}

/// What our ledger has of that day and the bill has not.
async fn not_on_bill(
    ports: &Ports,
    day: Date,
    method: PaymentMethod,
    payments: &BTreeMap<&str, Money>,
    refunds: &BTreeMap<&str, Money>,
) -> Result<Vec<Difference>, ApiError> {
    let account = Account::of(method);
    let span = Span::all(Index::ByState, ledger_day(day));
    let mut differences = Vec::new();
    let mut cursor = None;
    loop {
        let page = ports
            .registry
            .load_page::<Posting>(&span, cursor.as_ref(), BATCH)
            .await?;
        for posting in &page.rows {
            let ours = Some(posting.amount);
            match &posting.cause {
                Cause::Paid { number }
                    if posting.debit == account && !payments.contains_key(number.as_str()) =>
                {
                    let kind = DifferenceKind::PaymentNotOnBill;
                    differences.push(difference(kind, number, None, ours));
                }
                Cause::Refunded { number }
                    if posting.credit == account
                        && !refunds.contains_key(number.as_str())
                        && !on_earlier_bill(ports, number, day, method).await? =>
                {
                    let kind = DifferenceKind::RefundNotOnBill;
                    differences.push(difference(kind, number, None, ours));
                }
                _ => {}
            }
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(differences);
        }
    }
}

/// Was the refund on the bill of a day between its order and this one?
async fn on_earlier_bill(
    ports: &Ports,
    number: &str,
    day: Date,
    method: PaymentMethod,
) -> Result<bool, ApiError> {
    let Ok(parsed) = number.parse::<RefundNo>() else {
        return Ok(false);
    };
    let order = ports.orders.load(&parsed.order).await?;
    let Some(ordered) = order
        .as_ref()
        .and_then(|order| order.refund(parsed.refund))
        .map(|refund| day_of(refund.ordered_at))
    else {
        return Ok(false);
    };
    for back in 1..=REFUND_DAYS {
        let Ok(earlier) = day.checked_sub(back.days()) else {
            break;
        };
        if earlier < ordered {
            break;
        }
        let found: Option<Statement> = ports.registry.load(&statement(earlier, method)).await?;
        if found.is_some_and(|found| found.refund_numbers.iter().any(|known| known == number)) {
            return Ok(true);
        }
    }
    Ok(false)
}
