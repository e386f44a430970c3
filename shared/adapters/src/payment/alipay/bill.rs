//! Trade bills: a ZIP of comma-separated values in GBK, at an address that lives 30 seconds.

use std::io::{Cursor, Read};

use encoding_rs::GBK;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::answer::Reply;
use crate::payment::bill::{Unusable, columns, reader, row, values};
use crate::payment::common::{china, unreadable};
use crate::payment::http::MOST_BILL;
use crate::ports::{BillKind, BillRow, GatewayError};

/// How many files a bill may hold. Alipay sends two.
const FILES: usize = 16;

/// From this hour of the next day on a bill that is not there means that there was no trade. Alipay makes
/// them until 9, in special cases later, and says the same in both cases.
const MADE_BY: i8 = 12;

/// Where a bill is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Here.
    At(String),
    /// It is not made yet.
    NotYet,
    /// There will be none.
    Nowhere,
}

/// What `alipay.data.dataservice.bill.downloadurl.query` came to.
pub(super) fn address(reply: Reply, day: Date, now: Timestamp) -> Result<Where, GatewayError> {
    let none = ["isp.bill_not_exist", "BILL_NOT_EXIST"];
    match reply {
        Reply::Done(fields) => fields
            .bill_download_url
            .filter(|url| !url.is_empty())
            .map(Where::At)
            .ok_or_else(|| unreadable("no address of a bill")),
        Reply::No(fields) if none.contains(&fields.sub_code()) => {
            let made = day
                .checked_add(1.day())
                .ok()
                .map(|next| next.at(MADE_BY, 0, 0, 0));
            let here = now.to_zoned(china()).datetime();
            Ok(if made.is_some_and(|made| here >= made) {
                Where::Nowhere
            } else {
                Where::NotYet
            })
        }
        Reply::No(fields) => Err(fields.refused()),
    }
}

/// The columns that are read.
const COLUMNS: [&str; 7] = [
    "支付宝交易号",
    "商户订单号",
    "业务类型",
    "商品名称",
    "完成时间",
    "订单金额（元）",
    "退款批次号/请求号",
];

/// The rows of a packed bill. Names of files are not looked at, for they are written in one code page or
/// another; the list of single rows is the one that has their columns, the summary has others.
pub(super) fn rows(packed: &[u8]) -> Result<Vec<BillRow>, Unusable> {
    let mut found = None;
    for file in unpack(packed)? {
        let (text, _, broken) = GBK.decode(&file);
        if broken {
            return Err(Unusable("not in GBK"));
        }
        if let Some(rows) = details(&text)? {
            found.get_or_insert_with(Vec::new).extend(rows);
        }
    }
    found.ok_or(Unusable("no list of payments in it"))
}

/// The files of an archive. What they say of their size is not believed.
fn unpack(packed: &[u8]) -> Result<Vec<Vec<u8>>, Unusable> {
    let broken = |_| Unusable("not a ZIP archive");
    let mut archive = zip::ZipArchive::new(Cursor::new(packed)).map_err(broken)?;
    if archive.len() > FILES {
        return Err(Unusable("too many files"));
    }
    let mut left = MOST_BILL;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(broken)?;
        if file.is_dir() {
            continue;
        }
        let most = u64::try_from(left).unwrap_or(u64::MAX);
        let mut content = Vec::new();
        file.take(most.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|_| Unusable("a file that does not unpack"))?;
        left = left
            .checked_sub(content.len())
            .ok_or(Unusable("too long when unpacked"))?;
        files.push(content);
    }
    Ok(files)
}

/// The rows of the list of single payments and refunds; `None` for another list.
fn details(text: &str) -> Result<Option<Vec<BillRow>>, Unusable> {
    let mut header: Option<(usize, [usize; 7])> = None;
    let mut rows = Vec::new();
    for record in reader(text, Some(b'#')).records() {
        let record = record.map_err(|_| Unusable("not comma-separated values"))?;
        let fields = values(&record)?;
        let Some((width, places)) = header else {
            header = columns(&fields, COLUMNS).map(|places| (fields.len(), places));
            if header.is_none() {
                return Ok(None);
            }
            continue;
        };
        rows.push(detail(&fields, width, places)?);
    }
    Ok(header.map(|_| rows))
}

/// One row. Values carry blanks and tabs behind them. The goods' name is the only text that a stranger may
/// have written before the columns that count: when a row is too long, it had commas and no quotes.
fn detail(fields: &[&str], width: usize, places: [usize; 7]) -> Result<BillRow, Unusable> {
    let surplus = fields
        .len()
        .checked_sub(width)
        .ok_or(Unusable("a row that broke off"))?;
    let goods = places[3];
    let [trade_no, number, kind, _, at, amount, refund] = places.map(|place| {
        let place = if place > goods {
            place + surplus
        } else {
            place
        };
        fields.get(place).copied().unwrap_or_default().trim()
    });
    match (kind, amount.strip_prefix('-')) {
        ("交易", None) => row(BillKind::Paid, number, trade_no, amount, at),
        ("退款", Some(amount)) => {
            let kind = BillKind::Refunded {
                out_refund_no: refund.to_owned(),
            };
            row(kind, number, trade_no, amount, at)
        }
        ("交易" | "退款", _) => Err(Unusable("an amount of the wrong sign")),
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
                    Just("#".to_owned()), Just(",".to_owned()), Just("\r\n".to_owned()), Just("\"".to_owned()),
                    Just("\t".to_owned()), Just("交易".to_owned()), Just("退款".to_owned()),
                    Just("-1.00".to_owned()), "\\PC{0,3}",
                ],
                0..60,
            ),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = details(&format!("{}\r\n{}", COLUMNS.join(","), parts.concat()));
            let _ = rows(&bytes);
        }

        /// Whatever stands in the goods' name, quoted or with commas only, the row is read as it is.
        #[test]
        fn a_text_moves_no_column(goods in "[^\r\n\"]{0,20}") {
            for goods in [format!("\"{goods}\"\t"), format!("x{goods}")] {
                let text = format!(
                    "{}\r\n1\t,2\t,交易,{goods},2026-11-21 21:30:59,1.00,\t\r\n",
                    COLUMNS.join(","),
                );
                let rows = details(&text);
                prop_assert!(
                    matches!(rows.as_ref().map(Option::as_deref), Ok(Some([row])) if row.out_trade_no == "2"),
                    "{rows:?}"
                );
            }
        }
    }
}
