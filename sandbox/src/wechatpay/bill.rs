//! The trade bill of a day: a CSV in UTF-8, named by its SHA-1.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;

use super::calls::{Answer, Done, Request};
use super::terms::{Problem, Refusal};
use super::{Merchant, OPENID};
use crate::app::App;
use crate::bills::{Row, of_day};
use crate::clock::{china, china_date};
use crate::crypto::sha1_hex;
use crate::knobs::Turned;
use crate::money::Fen;
use crate::refunds::Standing;

/// How long the address of a bill is good.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

const COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,\
费率,订单金额,申请退款金额,费率备注";

const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// `GET /v3/bill/tradebill`. In life the bill of a day is there on the next; here that of the day itself can be
/// had too, as far as it has gone.
pub(super) fn url(
    app: &App,
    merchant: &Merchant,
    request: &Request<'_>,
    knobs: &Turned,
    now: Timestamp,
) -> Done {
    let (day, kind) = match read(request, now) {
        Ok(read) => read,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut rows = app
        .store
        .read(|world| of_day(world.wechatpay.rows(), day, &knobs.bill));
    rows.retain(|row| match kind {
        Which::All => true,
        Which::Success => row.refund.is_none(),
        Which::Refund => row.refund.is_some(),
    });
    if rows.is_empty() {
        return Ok(Err(Refusal::NO_BILL.into()));
    }
    let bill = bill(merchant, &rows).into_bytes();
    let hash = sha1_hex(&bill);
    let token = app.bills.put(bill, LIFE, now)?;
    // On the same host as the call, as in life: the download is authorized like any call.
    let url = format!(
        "http://{}/wechatpay/v3/billdownload/file?token={token}",
        request.host
    );
    Ok(Ok(Answer::json(
        200,
        &json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url }),
    )))
}

enum Which {
    All,
    Success,
    Refund,
}

fn read(request: &Request<'_>, now: Timestamp) -> Result<(Date, Which), Problem> {
    let wrong = || Problem::parameter("bill_date");
    let text = request.parameter("bill_date")?.ok_or_else(wrong)?;
    let day: Date = text.parse().map_err(|_| wrong())?;
    let today = china_date(now);
    let oldest = today.checked_sub(3.months()).unwrap_or(today);
    if day.to_string() != text || day > today || day < oldest {
        return Err(wrong());
    }
    if request.parameter("tar_type")?.is_some() {
        return Err(Problem::parameter("tar_type"));
    }
    let kind = match request.parameter("bill_type")?.as_deref() {
        None | Some("ALL") => Which::All,
        Some("SUCCESS") => Which::Success,
        Some("REFUND") => Which::Refund,
        Some(_) => return Err(Problem::parameter("bill_type")),
    };
    Ok((day, kind))
}

/// `GET /v3/billdownload/file?token=…`.
pub(super) fn download(
    app: &App,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let token = request.parameter("token")?.unwrap_or_default();
    let bytes = app.bills.get(&token, now).ok_or(Refusal::NO_FILE)?;
    Ok(Answer::file(bytes))
}

/// The file. Names may hold commas: what parts two values is a comma with a backtick behind it.
fn bill(merchant: &Merchant, rows: &[Row]) -> String {
    let mut text = format!("\u{feff}{COLUMNS}\r\n");
    for row in rows {
        text.push_str(&line(&values(merchant, row)));
    }
    let paid: Fen = rows
        .iter()
        .filter(|row| row.refund.is_none())
        .map(|row| row.paid)
        .sum();
    let refunds = rows.iter().filter_map(|row| row.refund.as_ref());
    let back: Fen = refunds.map(|part| part.amount).sum();
    let (count, paid, back) = (rows.len().to_string(), paid.to_string(), back.to_string());
    let sums = [&count, &paid, &back, "0.00", "0.00000", &paid, &back];
    format!("{text}{SUMMARY}\r\n{}", line(&sums))
}

fn line<T: AsRef<str>>(values: &[T]) -> String {
    let quoted: Vec<_> = values.iter().map(|v| format!("`{}", v.as_ref())).collect();
    format!("{}\r\n", quoted.join(","))
}

fn values(merchant: &Merchant, row: &Row) -> [String; 27] {
    let none = "0.00".to_owned();
    let paid = row.paid.to_string();
    let (state, own, back) = match &row.refund {
        None => ("SUCCESS", paid.clone(), None),
        Some(part) => ("REFUND", none.clone(), Some(part)),
    };
    let amount = back.map_or_else(|| none.clone(), |part| part.amount.to_string());
    let status = back.map_or("", |part| match part.standing {
        Standing::Success => "SUCCESS",
        Standing::Processing => "PROCESSING",
        Standing::Abnormal | Standing::Closed => "FAIL",
    });
    [
        china(row.at),
        merchant.config.appid.clone(),
        merchant.config.mchid.clone(),
        "0".to_owned(),
        String::new(),
        row.trade_no.clone(),
        row.out_trade_no.clone(),
        OPENID.to_owned(),
        "NATIVE".to_owned(),
        state.to_owned(),
        "OTHERS".to_owned(),
        "CNY".to_owned(),
        own.clone(),
        none.clone(),
        back.map_or("0", |part| &part.gateway_no).to_owned(),
        back.map_or("0", |part| &part.number).to_owned(),
        amount.clone(),
        none.clone(),
        back.map_or("", |_| "ORIGINAL").to_owned(),
        status.to_owned(),
        row.subject.clone(),
        String::new(),
        "0.00000".to_owned(),
        "0.00%".to_owned(),
        own,
        amount,
        String::new(),
    ]
}
