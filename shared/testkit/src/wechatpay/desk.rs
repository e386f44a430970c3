//! What is asked for and answered.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::papers::{fen, rfc3339, transaction};
use super::{
    APP, FakeWechatPay, KEY_ID, MERCHANT, OUR_SERIAL, Refund, RefundState, Refunds, Signer, Trade,
    refund_id, seal, trade_no,
};
use crate::alipay::our_key;
use crate::bills::{self, Entry, china, is_on};
use crate::lock;
use crate::wire::{Answer, Request};

impl FakeWechatPay {
    /// Is it we who ask? Method, target as sent, time, nonce and body are signed.
    fn knows(&self, request: &Request) -> Option<()> {
        let header = request.headers.get("authorization")?;
        let values: BTreeMap<&str, &str> = header
            .strip_prefix("WECHATPAY2-SHA256-RSA2048 ")?
            .split(',')
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        // A signature ends with signs of equality of its own.
        let signature = header.split_once("signature=\"")?.1.split('"').next()?;
        let (timestamp, nonce) = (*values.get("timestamp")?, *values.get("nonce_str")?);
        let at: i64 = timestamp.parse().ok()?;
        let fresh = self.clock.now().as_second().abs_diff(at) < 300;
        let ours = values.get("mchid") == Some(&MERCHANT)
            && values.get("serial_no") == Some(&OUR_SERIAL)
            && request
                .headers
                .get("wechatpay-serial")
                .is_none_or(|key| key == KEY_ID);
        let head = format!(
            "{}\n{}\n{timestamp}\n{nonce}\n",
            request.method, request.target
        );
        let text = [head.as_bytes(), &request.body, b"\n"].concat();
        let key: PublicKeyX509Der<'_> = our_key().public_key().as_der().ok()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref())
            .verify(&text, &STANDARD.decode(signature).ok()?)
            .ok()?;
        (fresh && ours).then_some(())
    }

    /// Answers a request; none is a line that goes dead.
    pub(super) fn answer(&self, request: &Request) -> Option<Answer> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let content: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path: Vec<&str> = path.strip_prefix("/wechatpay/v3/")?.split('/').collect();
        let named = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        let (what, number) = match (request.method.as_str(), path.as_slice()) {
            ("POST", ["pay", "transactions", "native"]) => ("create", named("out_trade_no")),
            ("GET", ["pay", "transactions", "out-trade-no", number]) => {
                ("query", (*number).to_owned())
            }
            ("POST", ["pay", "transactions", "out-trade-no", number, "close"]) => {
                ("close", (*number).to_owned())
            }
            ("POST", ["refund", "domestic", "refunds"]) => ("refund", named("out_refund_no")),
            ("GET", ["refund", "domestic", "refunds", number]) => {
                ("refund_query", (*number).to_owned())
            }
            ("GET", ["bill", "tradebill"]) => ("bill", query.get("bill_date")?.clone()),
            ("GET", ["billdownload", "file"]) => ("file", query.get("token")?.clone()),
            _ => return None,
        };
        lock(&self.asked).push(format!("{what} {number}"));
        if self.down.load(Ordering::SeqCst) {
            return Some((503, String::new()).into());
        }
        if self.knows(request).is_none() {
            return Some(self.sealed(401, &no("SIGN_ERROR")));
        }
        if what == "file" {
            return Some(Answer {
                status: 200,
                headers: Vec::new(),
                body: bills::wechatpay(APP, MERCHANT, &self.entries(&number)),
            });
        }
        // A power cut is heard as a line that goes dead.
        let write = match what {
            "create" => Some("wechatpay.create"),
            "close" => Some("wechatpay.close"),
            "refund" => Some("wechatpay.refund"),
            _ => None,
        };
        self.power.read().ok()?;
        let ticket = write.map(|what| self.power.before(what));
        let ticket = ticket.transpose().ok()?;
        let (status, answer) = self.business(what, &number, &content, query.get("mchid"));
        if let Some(ticket) = ticket {
            self.power.after(&ticket).ok()?;
        }
        if what == "refund" && *lock(&self.refunds) == Refunds::Silent {
            return None;
        }
        Some(self.sealed(status, &answer))
    }

    fn sealed(&self, status: u16, answer: &Value) -> Answer {
        let body = match answer {
            Value::Null => Vec::new(),
            answer => answer.to_string().into_bytes(),
        };
        Answer {
            status,
            headers: seal(&body, self.clock.now(), Signer::WechatPay),
            body,
        }
    }

    fn business(
        &self,
        what: &str,
        number: &str,
        content: &Value,
        mchid: Option<&String>,
    ) -> (u16, Value) {
        let mut trades = lock(&self.trades);
        match what {
            "create" => create(&mut trades, number, content, self.clock.now()),
            "query" if mchid.is_none_or(|mchid| mchid != MERCHANT) => (400, no("PARAM_ERROR")),
            "query" => match trades.get(number) {
                None => (404, no("ORDER_NOT_EXIST")),
                Some(trade) => (200, transaction(number, trade)),
            },
            "close" => match trades.get_mut(number) {
                None => (404, no("ORDER_NOT_EXIST")),
                Some(trade) if trade.paid_at.is_some() => (400, no("ORDERPAID")),
                Some(trade) => {
                    trade.closed = true;
                    (204, Value::Null)
                }
            },
            "refund" => self.refund(&mut trades, number, content),
            "refund_query" => trades
                .iter()
                .find_map(|(payment, trade)| {
                    let refund = trade.refunds.get(number)?;
                    Some((200, told(payment, trade, number, refund)))
                })
                .unwrap_or_else(|| (404, no("RESOURCE_NOT_EXISTS"))),
            "bill" => {
                drop(trades);
                self.bill(number)
            }
            _ => (400, no("PARAM_ERROR")),
        }
    }

    fn refund(
        &self,
        trades: &mut BTreeMap<String, Trade>,
        number: &str,
        content: &Value,
    ) -> (u16, Value) {
        let mode = *lock(&self.refunds);
        let payment = content["out_trade_no"].as_str().unwrap_or_default();
        let Some(trade) = trades
            .get_mut(payment)
            .filter(|trade| trade.paid_at.is_some())
        else {
            return (404, no("RESOURCE_NOT_EXISTS"));
        };
        let asked = &content["amount"];
        let amount = Money::from_fen(asked["refund"].as_i64().unwrap_or_default());
        if asked["total"].as_i64() != trade.amount.fen() || asked["currency"] != "CNY" {
            return (400, no("INVALID_REQUEST"));
        }
        let gone: Money = trade.refunds.values().map(|refund| refund.amount).sum();
        let state = match mode {
            Refunds::Taken(state) => state,
            Refunds::Short | Refunds::Silent => RefundState::Success,
        };
        match trade.refunds.get(number) {
            Some(known) if known.amount != amount => return (400, no("INVALID_REQUEST")),
            Some(_) => {}
            None if mode == Refunds::Short => return (403, no("NOT_ENOUGH")),
            None if gone + amount > trade.amount => return (400, no("INVALID_REQUEST")),
            None => {
                let refund = Refund {
                    amount,
                    state,
                    at: self.clock.now(),
                };
                trade.refunds.insert(number.to_owned(), refund);
            }
        }
        match trade.refunds.get(number) {
            Some(refund) => (200, told(payment, trade, number, refund)),
            None => (500, no("SYSTEM_ERROR")),
        }
    }

    /// Bills of a day are made on the next.
    fn bill(&self, day: &str) -> (u16, Value) {
        let today = china(self.clock.now());
        if today.get(..10).is_none_or(|today| today <= day) {
            return (400, no("STATEMENT_CREATING"));
        }
        let entries = self.entries(day);
        if entries.is_empty() {
            return (400, no("NO_STATEMENT_EXIST"));
        }
        let bill = bills::wechatpay(APP, MERCHANT, &entries);
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bill));
        let url = format!("{}/wechatpay/v3/billdownload/file?token={day}", self.url);
        (
            200,
            json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url}),
        )
    }

    fn entries(&self, day: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (number, trade) in lock(&self.trades).iter() {
            let paid = trade.paid_at.map(|at| (None, trade.amount, at));
            let refunds = trade.refunds.iter();
            let refunds = refunds.map(|(no, refund)| (Some(no.clone()), refund.amount, refund.at));
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
}

fn no(code: &str) -> Value {
    json!({"code": code, "message": code})
}

fn create(
    trades: &mut BTreeMap<String, Trade>,
    number: &str,
    content: &Value,
    now: Timestamp,
) -> (u16, Value) {
    let asked = &content["amount"];
    let total = asked["total"].as_i64().filter(|total| *total > 0);
    let ends: Option<Timestamp> = content["time_expire"]
        .as_str()
        .and_then(|at| at.parse().ok());
    let ahead = ends.is_some_and(|ends| ends.duration_since(now).as_secs() >= 60);
    let ours =
        content["appid"] == APP && content["mchid"] == MERCHANT && asked["currency"] == "CNY";
    let Some(total) = total.filter(|_| ours && ahead) else {
        return (400, no("PARAM_ERROR"));
    };
    let amount = Money::from_fen(total);
    let trade = trades
        .entry(number.to_owned())
        .or_insert_with(|| Trade::new(amount, None));
    if trade.amount != amount {
        return (400, no("INVALID_REQUEST"));
    }
    if trade.paid_at.is_some() {
        return (400, no("ORDERPAID"));
    }
    if trade.closed {
        return (400, no("ORDER_CLOSED"));
    }
    (
        200,
        json!({"code_url": format!("weixin://wxpay/bizpayurl?pr={number}")}),
    )
}

/// A refund as answers tell of it.
fn told(payment: &str, trade: &Trade, number: &str, refund: &Refund) -> Value {
    let mut told = json!({
        "refund_id": refund_id(number),
        "out_refund_no": number,
        "transaction_id": trade_no(payment),
        "out_trade_no": payment,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund.at),
        "status": refund.state.word(),
        "amount": {
            "total": fen(trade.amount),
            "refund": fen(refund.amount),
            "payer_total": fen(trade.amount),
            "payer_refund": fen(refund.amount),
            "currency": "CNY",
        },
    });
    if refund.state == RefundState::Success {
        told["success_time"] = json!(rfc3339(refund.at));
    }
    told
}
