//! Bills as tables: comma-separated values whose columns are found by name.
//!
//! A bill that is read must be read to its last row, or not at all: whoever compares it with the books
//! would take a missing row for missing money. So whatever is not understood makes it unusable, with a why.

use domain::money::Money;

use super::common::{is_gateway_number, read_time};
use crate::ports::{BillKind, BillRow, GatewayError};

/// Why a bill cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unusable(pub(super) &'static str);

impl From<Unusable> for GatewayError {
    fn from(why: Unusable) -> Self {
        Self::Unavailable(format!("a bill that cannot be read: {}", why.0))
    }
}

/// Rows of a text, without its byte order mark; lines that begin with `comment` are passed over. Rows may
/// have any number of values.
pub(super) fn reader(text: &str, comment: Option<u8>) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(comment)
        .from_reader(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes())
}

/// The values of a row. None holds a line break: one that does swallowed other rows, behind a quote that
/// was none.
pub(super) fn values(row: &csv::StringRecord) -> Result<Vec<&str>, Unusable> {
    let values: Vec<&str> = row.iter().collect();
    if values.iter().any(|value| value.contains(['\n', '\r'])) {
        return Err(Unusable("a value over more than one line"));
    }
    Ok(values)
}

/// Where the columns with these names are, when all of them are there exactly once. Brackets may be wide or
/// narrow.
pub(super) fn columns<const N: usize>(
    header: &[impl AsRef<str>],
    names: [&str; N],
) -> Option<[usize; N]> {
    let narrow = |text: &str| text.trim().replace('（', "(").replace('）', ")");
    let header: Vec<String> = header.iter().map(|name| narrow(name.as_ref())).collect();
    let mut found = [0; N];
    for (place, name) in found.iter_mut().zip(names) {
        let name = narrow(name);
        let mut at = (0..header.len()).filter(|index| header[*index] == name);
        *place = at.next()?;
        if at.next().is_some() {
            return None;
        }
    }
    Some(found)
}

/// A row, from the texts that tell it.
pub(super) fn row(
    kind: BillKind,
    out_trade_no: &str,
    trade_no: &str,
    amount: &str,
    at: &str,
) -> Result<BillRow, Unusable> {
    let amount: Money = amount.parse().map_err(|_| Unusable("not an amount"))?;
    if amount == Money::ZERO {
        return Err(Unusable("a row about no money"));
    }
    if !is_gateway_number(trade_no) {
        return Err(Unusable("not a number of a payment"));
    }
    Ok(BillRow {
        kind,
        out_trade_no: out_trade_no.to_owned(),
        trade_no: trade_no.to_owned(),
        amount,
        at: read_time(at).ok_or(Unusable("not a time"))?,
    })
}
