//! What is asked for and answered.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use domain::money::Money;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{FakeAlipay, Refunds, SELLER, Signer, Trade, sign, trade_no};
use crate::bills::{self, Entry, china, is_on};
use crate::lock;
use crate::wire::{Answer, Request};

impl FakeAlipay {
    /// Answers a request; none is a line that goes dead.
    pub(super) fn answer(&self, request: &Request) -> Option<Answer> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let params: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        if path == "/bill.zip" {
            return Some(Answer {
                status: 200,
                headers: Vec::new(),
                body: self.bill(params.get("day")?),
            });
        }
        let form: BTreeMap<String, String> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let method = params.get("method")?.strip_prefix("alipay.")?.to_owned();
        let short = match method.as_str() {
            "data.dataservice.bill.downloadurl.query" => "bill",
            "trade.fastpay.refund.query" => "refund_query",
            method => method.strip_prefix("trade.")?,
        };
        let content: Value = serde_json::from_str(form.get("biz_content")?).ok()?;
        let number = ["out_request_no", "out_trade_no", "bill_date"]
            .iter()
            .find_map(|name| content[name].as_str())?;
        lock(&self.asked).push(format!("{short} {number}"));
        if self.down.load(Ordering::SeqCst) {
            return Some((503, String::new()).into());
        }
        // A power cut is heard as a line that goes dead.
        let write = match short {
            "precreate" => Some("alipay.create"),
            "close" => Some("alipay.close"),
            "refund" => Some("alipay.refund"),
            _ => None,
        };
        self.power.read().ok()?;
        let ticket = write.map(|what| self.power.before(what));
        let ticket = ticket.transpose().ok()?;
        let inner = match short {
            "bill" => self.bill_address(number),
            _ => self.business(short, content["out_trade_no"].as_str()?, &content),
        };
        if let Some(ticket) = ticket {
            self.power.after(&ticket).ok()?;
        }
        if short == "refund" && *lock(&self.refunds) == Refunds::Silent {
            return None;
        }
        let inner = inner.to_string();
        let sign = sign(Signer::Alipay, &inner);
        let root = method.replace('.', "_");
        let body = format!("{{\"alipay_{root}_response\":{inner},\"sign\":\"{sign}\"}}");
        Some((200, body).into())
    }

    /// Bills of a day are made on the next.
    fn bill_address(&self, day: &str) -> Value {
        let today = china(self.clock.now());
        if today.get(..10).is_none_or(|today| today <= day) || self.entries(day).is_empty() {
            return no("isp.bill_not_exist");
        }
        let url = format!("{}/bill.zip?day={day}", self.url);
        json!({"code": "10000", "msg": "Success", "bill_download_url": url})
    }

    fn bill(&self, day: &str) -> Vec<u8> {
        bills::alipay(SELLER, day, &self.entries(day))
    }

    fn entries(&self, day: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (number, trade) in lock(&self.trades).iter() {
            let paid = trade.paid_at.map(|at| (None, trade.amount, at));
            let refunds = trade.refunds.iter();
            let refunds =
                refunds.filter_map(|(no, (sum, at))| Some((Some(no.clone()), *sum, (*at)?)));
            for (refund, amount, at) in paid.into_iter().chain(refunds) {
                entries.push(Entry {
                    payment: number.clone(),
                    trade_no: trade_no(number),
                    amount,
                    at,
                    refund,
                });
            }
        }
        entries.retain(|entry| is_on(entry.at, day));
        entries
    }

    fn business(&self, method: &str, number: &str, content: &Value) -> Value {
        let mut trades = lock(&self.trades);
        if method == "precreate" {
            return precreate(&mut trades, number, content);
        }
        // What nobody has scanned does not exist.
        let Some(trade) = trades.get_mut(number).filter(|trade| trade.scanned) else {
            return no("ACQ.TRADE_NOT_EXIST");
        };
        match method {
            "close" => {
                if trade.paid_at.is_some() {
                    return no("ACQ.TRADE_HAS_SUCCESS");
                }
                trade.closed = true;
                json!({"code": "10000", "msg": "Success", "out_trade_no": number, "trade_no": trade_no(number)})
            }
            "refund" => self.refund(trade, number, content),
            "refund_query" => refund_query(trade, number, content),
            "query" => {
                let status = match (trade.paid_at, trade.closed) {
                    _ if trade.is_refunded_in_full() => "TRADE_CLOSED",
                    (Some(_), _) => "TRADE_SUCCESS",
                    (None, true) => "TRADE_CLOSED",
                    (None, false) => "WAIT_BUYER_PAY",
                };
                json!({
                    "code": "10000",
                    "msg": "Success",
                    "out_trade_no": number,
                    "trade_no": trade_no(number),
                    "trade_status": status,
                    "total_amount": trade.amount.to_string(),
                    "send_pay_date": trade.paid_at.map(china),
                })
            }
            _ => no("ACQ.INVALID_PARAMETER"),
        }
    }

    fn refund(&self, trade: &mut Trade, number: &str, content: &Value) -> Value {
        let amount: Option<Money> = money(&content["refund_amount"]);
        let (Some(amount), Some(refund)) = (amount, content["out_request_no"].as_str()) else {
            return no("ACQ.INVALID_PARAMETER");
        };
        let mode = *lock(&self.refunds);
        let mut moved = false;
        match trade.refunds.get(refund) {
            Some((known, _)) if *known != amount => return no("ACQ.DISCORDANT_REPEAT_REQUEST"),
            Some((_, Some(_))) => {}
            _ if trade.paid_at.is_none() => return no("ACQ.TRADE_STATUS_ERROR"),
            _ if mode == Refunds::Short => return no("ACQ.SELLER_BALANCE_NOT_ENOUGH"),
            _ if trade.refunded() + amount > trade.amount => {
                return no("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
            }
            _ => {
                moved = mode != Refunds::Pending;
                let at = moved.then(|| self.clock.now());
                trade.refunds.insert(refund.to_owned(), (amount, at));
            }
        }
        let at = trade.refunds.get(refund).and_then(|(_, at)| *at);
        json!({
            "code": "10000",
            "msg": "Success",
            "out_trade_no": number,
            "trade_no": trade_no(number),
            "fund_change": if moved { "Y" } else { "N" },
            "refund_fee": trade.refunded().to_string(),
            "gmt_refund_pay": at.map(china),
        })
    }
}

fn no(code: &str) -> Value {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": code})
}

fn money(value: &Value) -> Option<Money> {
    value.as_str()?.parse().ok()
}

fn precreate(trades: &mut BTreeMap<String, Trade>, number: &str, content: &Value) -> Value {
    let Some(amount) = money(&content["total_amount"]) else {
        return no("ACQ.INVALID_PARAMETER");
    };
    let trade = trades.entry(number.to_owned()).or_insert(Trade {
        amount,
        scanned: false,
        paid_at: None,
        closed: false,
        refunds: BTreeMap::new(),
    });
    if trade.amount != amount {
        return no("ACQ.CONTEXT_INCONSISTENT");
    }
    if trade.paid_at.is_some() {
        return no("ACQ.TRADE_HAS_SUCCESS");
    }
    let qr = format!("https://qr.alipay.com/bax{number}");
    json!({"code": "10000", "msg": "Success", "out_trade_no": number, "qr_code": qr})
}

fn refund_query(trade: &Trade, number: &str, content: &Value) -> Value {
    let refund = content["out_request_no"].as_str().unwrap_or_default();
    let Some((amount, Some(at))) = trade.refunds.get(refund) else {
        return json!({"code": "10000", "msg": "Success"});
    };
    json!({
        "code": "10000",
        "msg": "Success",
        "out_trade_no": number,
        "trade_no": trade_no(number),
        "out_request_no": refund,
        "refund_amount": amount.to_string(),
        "total_amount": trade.amount.to_string(),
        "refund_status": "REFUND_SUCCESS",
        "gmt_refund_pay": china(*at),
    })
}
