//! The trade bill of a day: a ZIP of two CSV files in GBK, fetched within thirty seconds.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use encoding_rs::GBK;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::calls::{Done, Fields, Wrong, fields, text};
use super::terms::Refusal;
use super::{BUYER_LOGON_ID, Merchant};
use crate::app::{App, AppRef, Failure};
use crate::bills::{Row, of_day};
use crate::clock::{china, china_date};
use crate::money::Fen;
use crate::outbox::describe;
use crate::zip::zip;

/// How long the address of a bill is good.
const LIFE: SignedDuration = SignedDuration::from_secs(30);

const COLUMNS: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,\
对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,\
商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";

const SUMMARY: &str = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,\
商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）";

/// `alipay.data.dataservice.bill.downloadurl.query`. In life the bill of a day is there on the next; here that
/// of the day itself can be had too, as far as it has gone.
pub(super) fn url(app: &App, host: &str, content: &Fields, now: Timestamp) -> Done {
    let read = || -> Result<Date, Wrong> {
        if text(content, "bill_type")? != Some("trade") {
            return Err(Wrong::parameter("bill_type"));
        }
        let date = text(content, "bill_date")?.and_then(|date| {
            let day: Date = date.parse().ok()?;
            (day.to_string() == date).then_some(day)
        });
        date.ok_or(Wrong::parameter("bill_date"))
    };
    let day = match read() {
        Ok(day) => day,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let knob = app.knobs.get().alipay().bill;
    let rows = app
        .store
        .read(|world| of_day(world.alipay.rows(), day, &knob));
    if rows.is_empty() || day > china_date(now) {
        return Ok(Err(Refusal::NO_BILL.into()));
    }
    let bill = bill(&app.alipay, day, &rows, now).map_err(|error| {
        Failure::Invalid("bill", format!("the ZIP is not made: {}", describe(&error)))
    })?;
    let token = app.bills.put(bill, LIFE, now)?;
    let url = format!("http://{host}/alipay/bill/{token}");
    Ok(Ok(fields(json!({ "bill_download_url": url }))))
}

/// `GET /alipay/bill/{token}`: the ZIP. No signature, the address is the secret.
pub async fn download(
    State(app): State<AppRef>,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    if let Some(code) = app.knobs.next_error("alipay.bill") {
        return Err(Failure::Conflict("SANDBOX.KNOB", code));
    }
    Ok(match app.bills.get(&token, app.clock.now()) {
        Some(bytes) => ([(CONTENT_TYPE, "application/zip")], bytes).into_response(),
        None => (StatusCode::FORBIDDEN, "链接已失效").into_response(),
    })
}

fn bill(merchant: &Merchant, day: Date, rows: &[Row], now: Timestamp) -> std::io::Result<Vec<u8>> {
    let name = format!("{}_{}", merchant.config.seller_id, day.strftime("%Y%m%d"));
    let details = details(merchant, day, rows, now);
    let summary = summary(merchant, day, rows, now);
    zip(&[
        (gbk(&format!("{name}_业务明细.csv")), gbk(&details)),
        (gbk(&format!("{name}_业务明细(汇总).csv")), gbk(&summary)),
    ])
}

fn gbk(text: &str) -> Vec<u8> {
    GBK.encode(text).0.into_owned()
}

fn head(merchant: &Merchant, day: Date, title: &str, list: &str) -> String {
    let day_text = day.strftime("%Y年%m月%d日").to_string();
    let next = day.tomorrow().unwrap_or(day).strftime("%Y年%m月%d日");
    format!(
        "#{title}\r\n#账号：[{}0156]\r\n\
         #起始日期：[{day_text} 00:00:00]   终止日期：[{next} 00:00:00]\r\n\
         #-----------------------------------------{list}列表----------------------------------------\r\n",
        merchant.config.seller_id,
    )
}

fn details(merchant: &Merchant, day: Date, rows: &[Row], now: Timestamp) -> String {
    let mut text = head(merchant, day, "支付宝业务明细查询", "业务明细");
    text.push_str(COLUMNS);
    text.push_str("\r\n");
    for row in rows {
        text.push_str(&line(row));
    }
    let (paid, back) = sums(rows);
    let count = |refunds: bool| {
        let rows = rows.iter();
        rows.filter(|row| row.refund.is_some() == refunds).count()
    };
    let foot = format!(
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n\
         #交易合计：{}笔，商家实收共{paid}元，商家优惠共0.00元\r\n\
         #退款合计：{}笔，商家实收退款共-{back}元，商家优惠退款共0.00元\r\n\
         #导出时间：[{}]\r\n",
        count(false),
        count(true),
        china(now)
            .replacen('-', "年", 1)
            .replacen('-', "月", 1)
            .replacen(' ', "日 ", 1),
    );
    text + &foot
}

/// One line. Every value but the last has a tab behind it, so that a spreadsheet keeps it as text.
fn line(row: &Row) -> String {
    let (kind, amount, number) = match &row.refund {
        None => ("交易", row.paid.to_string(), String::new()),
        Some(part) => ("退款", format!("-{}", part.amount), part.number.clone()),
    };
    let subject = row.subject.replace(',', "，");
    let (created, done) = (china(row.created_at), china(row.at));
    let none = "0.00";
    let values = [
        &row.trade_no,
        &row.out_trade_no,
        kind,
        &subject,
        &created,
        &done,
        "",
        "",
        "",
        "",
        BUYER_LOGON_ID,
        &amount,
        &amount,
        none,
        none,
        none,
        none,
        none,
        "",
        none,
        none,
        &number,
        none,
        none,
        "",
    ];
    format!("{}\r\n", values.join("\t,"))
}

fn sums(rows: &[Row]) -> (Fen, Fen) {
    let paid = rows.iter().filter(|row| row.refund.is_none());
    let back = rows.iter().filter_map(|row| row.refund.as_ref());
    (
        paid.map(|row| row.paid).sum(),
        back.map(|part| part.amount).sum(),
    )
}

fn summary(merchant: &Merchant, day: Date, rows: &[Row], now: Timestamp) -> String {
    let text = head(merchant, day, "支付宝业务汇总查询", "业务汇总");
    let (paid, back) = sums(rows);
    let refunds = rows.iter().filter(|row| row.refund.is_some()).count();
    let sign = if back > paid { "-" } else { "" };
    let net = Fen(paid.0.abs_diff(back.0));
    let rest = format!(
        "{SUMMARY}\r\n合计\t,\t,{}\t,{refunds}\t,{sign}{net}\t,{sign}{net}\t,0.00\t,0.00\t,0.00\t,0.00\t,0.00\t,\
         {sign}{net}\r\n\
         #-----------------------------------------业务汇总列表结束------------------------------------\r\n\
         #导出时间：[{}]\r\n",
        rows.len() - refunds,
        china(now),
    );
    text + &rest
}
