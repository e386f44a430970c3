//! Bills of a day that wait to be fetched, and what both gateways' bills are made of.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::clock::china_date;
use crate::crypto::{CryptoError, random};
use crate::knobs::BillKnob;
use crate::money::Fen;
use crate::refunds::Standing;

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The merchant's number of the payment.
    pub out_trade_no: String,
    /// The gateway's number of the payment.
    pub trade_no: String,
    /// What was bought.
    pub subject: String,
    /// What was paid in all.
    pub paid: Fen,
    /// When the trade was begun.
    pub created_at: Timestamp,
    /// When the money moved, or a refund was asked for.
    pub at: Timestamp,
    /// There if the line is about money that goes back.
    pub refund: Option<RefundPart>,
}

/// What a line about a refund says more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPart {
    /// The merchant's number of the refund.
    pub number: String,
    /// The gateway's number of the refund.
    pub gateway_no: String,
    /// How much.
    pub amount: Fen,
    /// Where it stands.
    pub standing: Standing,
}

/// The lines of `day` by time, changed as the knob wants.
pub fn of_day(rows: impl Iterator<Item = Row>, day: Date, knob: &BillKnob) -> Vec<Row> {
    let hidden = |row: &Row| {
        let number = row.refund.as_ref().map_or(&row.out_trade_no, |r| &r.number);
        knob.hide.contains(number)
    };
    let mut rows: Vec<Row> = rows
        .filter(|row| china_date(row.at) == day && !hidden(row))
        .collect();
    rows.sort_by_key(|row| row.at);
    let at = rows.last().map_or_else(|| noon(day), |row| row.at);
    rows.extend(knob.add.iter().map(|extra| Row {
        out_trade_no: extra.out_trade_no.clone(),
        trade_no: format!("sandbox{}", extra.out_trade_no),
        subject: "沙箱".to_owned(),
        paid: extra.amount.0,
        created_at: at,
        at,
        refund: extra.refund_no.as_ref().map(|number| RefundPart {
            number: number.clone(),
            gateway_no: format!("sandbox{number}"),
            amount: extra.amount.0,
            standing: Standing::Success,
        }),
    }));
    rows
}

fn noon(day: Date) -> Timestamp {
    let utc = day.at(4, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    utc.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// Files to be fetched by whoever knows their token. In memory: a restart drops them, as their time would.
#[derive(Default)]
pub struct Shelf(Mutex<BTreeMap<String, (Timestamp, Vec<u8>)>>);

impl Shelf {
    /// Lays down a file for `life` and answers its token.
    pub fn put(
        &self,
        bytes: Vec<u8>,
        life: SignedDuration,
        now: Timestamp,
    ) -> Result<String, CryptoError> {
        let token = hex::encode(random::<16>()?);
        let until = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|_, (until, _)| now < *until);
        files.insert(token.clone(), (until, bytes));
        Ok(token)
    }

    /// The file of a token whose time has not run out.
    pub fn get(&self, token: &str, now: Timestamp) -> Option<Vec<u8>> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, bytes) = files.get(token)?;
        (now < *until).then(|| bytes.clone())
    }
}
