//! Trade bills: comma-separated values, each with a backtick before it, under the SHA-1 that a signed answer
//! told.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;

use super::CURRENCY;
use super::answer::read;
use super::call::Reply;
use crate::payment::bill::{Unusable, columns, row};
use crate::payment::common::unreadable;
use crate::ports::{BillKind, BillRow, GatewayError};

/// Where a bill is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Here.
    At {
        /// Its address.
        address: String,
        /// Its hash.
        sha1: Vec<u8>,
    },
    /// It is not made yet.
    NotYet,
    /// There will be none: no trade on that day.
    Nowhere,
}

/// What `GET /v3/bill/tradebill` came to.
pub(super) fn address(reply: Reply) -> Result<Where, GatewayError> {
    #[derive(Deserialize)]
    struct Address {
        hash_type: String,
        hash_value: String,
        download_url: String,
    }
    let body = match reply {
        Reply::Done(body) => body,
        Reply::No(no) => {
            return match no.code.as_str() {
                "STATEMENT_CREATING" => Ok(Where::NotYet),
                "NO_STATEMENT_EXIST" => Ok(Where::Nowhere),
                _ => Err(no.error()),
            };
        }
    };
    let told: Address = read(&body)?;
    let sha1 = hex::decode(&told.hash_value)
        .ok()
        .filter(|_| told.hash_type == "SHA1")
        .ok_or_else(|| unreadable("a bill without SHA-1"))?;
    Ok(Where::At {
        address: told.download_url,
        sha1,
    })
}

/// The columns that are read.
const COLUMNS: [&str; 9] = [
    "交易时间",
    "微信订单号",
    "商户订单号",
    "交易状态",
    "货币种类",
    "商户退款单号",
    "退款状态",
    "订单金额",
    "申请退款金额",
];

/// A column of the sums below the rows.
const SUMS: [&str; 1] = ["总交易单数"];

/// The rows of a bill.
pub(super) fn rows(text: &[u8], sha1: &[u8]) -> Result<Vec<BillRow>, Unusable> {
    if digest(&SHA1_FOR_LEGACY_USE_ONLY, text).as_ref() != sha1 {
        return Err(Unusable("its hash is another"));
    }
    let text = std::str::from_utf8(text).map_err(|_| Unusable("not in UTF-8"))?;
    let mut lines = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .filter(|line| !line.trim().is_empty());
    let header = parts(lines.next().unwrap_or_default(), true).ok_or(Unusable("no header"))?;
    let places = columns(&header, COLUMNS).ok_or(Unusable("other columns"))?;
    let mut rows = Vec::new();
    for line in lines {
        if !line.starts_with(['`', '"']) {
            let sums = parts(line, true).and_then(|names| columns(&names, SUMS));
            return match sums {
                Some(_) => Ok(rows),
                None => Err(Unusable("a row without backticks")),
            };
        }
        let fields = whole(line, header.len()).ok_or(Unusable("a row of another length"))?;
        rows.extend(entry(places.map(|place| fields[place].trim()))?);
    }
    Err(Unusable("it broke off"))
}

/// What stands between the commas of one line.
fn parts(line: &str, quoting: bool) -> Option<Vec<String>> {
    let record = csv::ReaderBuilder::new()
        .has_headers(false)
        .quoting(quoting)
        .from_reader(line.as_bytes())
        .into_records()
        .next()?;
    Some(record.ok()?.iter().map(str::to_owned).collect())
}

/// The `columns` values of a line, as they were before the commas in them were taken for ends: what has no
/// backtick goes on. A text may be quoted or not, and one that is not may have a quote after a comma: that
/// is read as nobody's quote once the line does not come out otherwise.
fn whole(line: &str, columns: usize) -> Option<Vec<String>> {
    let joined = |quoting| {
        let mut whole: Vec<String> = Vec::new();
        for part in parts(line, quoting)? {
            match (part.strip_prefix('`'), whole.last_mut()) {
                (None, Some(last)) => {
                    last.push(',');
                    last.push_str(&part);
                }
                (Some(value), _) => whole.push(value.to_owned()),
                (None, None) => whole.push(part),
            }
        }
        (whole.len() == columns).then_some(whole)
    };
    joined(true).or_else(|| joined(false))
}

/// One row; none for a refund that failed, for there no money moved.
fn entry(values: [&str; 9]) -> Result<Option<BillRow>, Unusable> {
    let [
        at,
        trade_no,
        number,
        state,
        currency,
        refund,
        refunded,
        total,
        back,
    ] = values;
    if currency != CURRENCY {
        return Err(Unusable("another currency"));
    }
    match (state, refunded) {
        ("SUCCESS", _) => row(BillKind::Paid, number, trade_no, total, at).map(Some),
        ("REFUND" | "REVOKED", "FAIL") => Ok(None),
        ("REFUND" | "REVOKED", _) => {
            let kind = BillKind::Refunded {
                out_refund_no: refund.to_owned(),
            };
            row(kind, number, trade_no, back, at).map(Some)
        }
        _ => Err(Unusable("an unknown kind of row")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reading_never_panics(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("`".to_owned()), Just(",".to_owned()), Just("\r\n".to_owned()), Just("\"".to_owned()),
                    Just("`SUCCESS".to_owned()), Just("`CNY".to_owned()), Just("`1.00".to_owned()),
                    Just(SUMS[0].to_owned()), "\\PC{0,3}",
                ],
                0..60,
            )
        ) {
            let text = format!("{}\r\n{}", COLUMNS.join(","), parts.concat());
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
            let _ = rows(text.as_bytes(), hash.as_ref());
        }

        /// Whatever stands in a text of a stranger's, the row is read as it is.
        #[test]
        fn a_text_moves_no_column(goods in prop_oneof!["[^`\r\n]{0,20}", "[\",a ]{0,8}"]) {
            let quoted = format!("\"`{}\"", goods.replace('"', "\"\""));
            for goods in [quoted, format!("`{goods}")] {
                let text = format!(
                    "商品名称,{}\r\n{goods},`2026-11-21 21:30:59,`1,`2,`SUCCESS,`CNY,`,`,`1.00,`0.00\r\n{}\r\n",
                    COLUMNS.join(","),
                    SUMS[0],
                );
                let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
                let rows = rows(text.as_bytes(), hash.as_ref());
                prop_assert!(matches!(rows.as_deref(), Ok([row]) if row.out_trade_no == "2"), "{rows:?}");
            }
        }
    }
}
