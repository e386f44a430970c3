//! `POST /knobs/wechatpay/notify`: a notify that nothing has caused.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ledger::{Asked, Order, Payment};
use super::notify::{body, open, payment_text, refund_text};
use super::{Merchant, merchant, refund_id, transaction_id};
use crate::app::{App, AppRef, Failure};
use crate::crypto::{Aes, random};
use crate::knobs::{About, Kind};
use crate::money::{Fen, Yuan};
use crate::outbox::{self, Channel, Parcel};
use crate::refunds::{Refund, Standing};

/// What is to be sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The order that it claims to be about; need not exist.
    pub out_trade_no: String,
    /// What is special about it.
    #[serde(default)]
    pub kind: Kind,
    /// Whether it tells of a payment or of a refund.
    #[serde(default)]
    pub about: About,
    /// The refund's number, for one about a refund. Default: the order's last refund.
    #[serde(default)]
    pub out_refund_no: Option<String>,
    /// `total`, or `refund` for one about a refund, in yuan. Default: the order's or the refund's.
    #[serde(default)]
    pub amount: Option<Yuan>,
    /// Default: the merchant's.
    #[serde(default)]
    pub appid: Option<String>,
    /// Default: the merchant's.
    #[serde(default)]
    pub mchid: Option<String>,
    /// Default: the payment's, or a fresh one.
    #[serde(default)]
    pub transaction_id: Option<String>,
    /// Default: `SUCCESS`.
    #[serde(default)]
    pub trade_state: Option<String>,
    /// `SUCCESS`, `ABNORMAL` or `CLOSED`. Default: `SUCCESS`.
    #[serde(default)]
    pub refund_status: Option<Standing>,
    /// Default: `CNY`.
    #[serde(default)]
    pub currency: Option<String>,
    /// The serial of the key that signs. Default: the first one configured.
    #[serde(default)]
    pub serial: Option<String>,
    /// Default: the order's or the refund's, or that of any.
    #[serde(default)]
    pub notify_url: Option<String>,
    /// How many are sent, all at the same moment and with the same `id`. Default: 1.
    #[serde(default = "once")]
    pub times: u8,
}

fn once() -> u8 {
    1
}

fn invalid(text: &str) -> Failure {
    Failure::Invalid("invalid_notify", text.to_owned())
}

/// Sends it at once and answers what the merchant said to each.
pub async fn send(app: &AppRef, ask: Extra) -> Result<Vec<Value>, Failure> {
    let merchant = merchant(app)?;
    let times = ask.times;
    let repeated = (ask.kind == Kind::Repeat).then(|| last(app, merchant, &ask));
    let mut parcel = match repeated.flatten() {
        Some(parcel) => parcel,
        None => make(app, merchant, &ask)?,
    };
    parcel.signature = ask.kind.signature();
    if ask.serial.is_some() {
        parcel.serial = ask.serial;
    }
    Ok(outbox::send_now(app, &parcel, times).await?)
}

/// The last notify about the same.
fn last(app: &App, merchant: &Merchant, ask: &Extra) -> Option<Parcel> {
    let same = |parcel: &Parcel| {
        let body: Value = serde_json::from_str(&parcel.body).unwrap_or_default();
        let plain = open(merchant, &body).unwrap_or_default();
        let number = plain["out_refund_no"].as_str();
        parcel.subject == ask.out_trade_no
            && number.is_some() == (ask.about == About::Refund)
            && (ask.out_refund_no.is_none() || number == ask.out_refund_no.as_deref())
    };
    app.store.read(|world| {
        let mut all: Vec<_> = world.outbox.of(Channel::WechatPay).collect();
        all.reverse();
        let found = all.into_iter().find(|delivery| same(&delivery.parcel));
        found.map(|delivery| delivery.parcel.clone())
    })
}

fn make(app: &App, merchant: &Merchant, ask: &Extra) -> Result<Parcel, Failure> {
    let now = app.clock.now();
    let order = app
        .store
        .read(|world| world.wechatpay.order(&ask.out_trade_no).cloned());
    let order = match order {
        Some(order) => order,
        None => nobody(ask, now)?,
    };
    let (url, event, mut plain) = match ask.about {
        About::Pay => about_payment(app, merchant, ask, &order, now)?,
        About::Refund => about_refund(app, merchant, ask, &order, now)?,
    };
    if ask.kind == Kind::OtherMerchant {
        plain["mchid"] = json!("1900000000");
        if ask.about == About::Pay {
            plain["appid"] = json!("wx0000000000000000");
        }
    }
    let given = [
        ("mchid", &ask.mchid),
        ("appid", &ask.appid),
        ("transaction_id", &ask.transaction_id),
        ("trade_state", &ask.trade_state),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            plain[name] = json!(value);
        }
    }
    if let Some(currency) = &ask.currency {
        plain["amount"]["currency"] = json!(currency);
    }
    let body = if ask.kind == Kind::WrongApiKey {
        body(&Aes::new(&random::<32>()?)?, ask.about, &event, &plain, now)?
    } else {
        body(&merchant.aes, ask.about, &event, &plain, now)?
    };
    let subject = ask.out_trade_no.clone();
    Ok(Parcel::new(Channel::WechatPay, subject, url, body))
}

/// An order that is not there, for a notify about it.
fn nobody(ask: &Extra, now: Timestamp) -> Result<Order, Failure> {
    let amount = ask
        .amount
        .ok_or_else(|| invalid("no such order, so amount is needed"))?
        .0;
    Ok(Order {
        out_trade_no: ask.out_trade_no.clone(),
        asked: Asked {
            amount,
            description: "沙箱".to_owned(),
            attach: None,
            notify_url: String::new(),
            time_expire: None,
        },
        created_at: now,
        code: String::new(),
        code_expires_at: now,
        payment: None,
        closed_at: None,
        refunds: Vec::new(),
    })
}

/// Where to, the event, and what it says.
type Told = Result<(String, String, Value), Failure>;

fn payment_of(order: &Order, now: Timestamp) -> Result<Payment, Failure> {
    Ok(match &order.payment {
        Some(payment) => payment.clone(),
        None => Payment {
            transaction_id: transaction_id(now)?,
            amount: order.asked.amount,
            at: now,
        },
    })
}

fn about_payment(
    app: &App,
    merchant: &Merchant,
    ask: &Extra,
    order: &Order,
    now: Timestamp,
) -> Told {
    let mut payment = payment_of(order, now)?;
    if ask.kind == Kind::WrongSum {
        payment.amount = Fen(payment.amount.0 + 1);
    }
    if let Some(Yuan(amount)) = ask.amount {
        payment.amount = amount;
    }
    let any = || {
        app.store.read(|world| {
            let mut urls = world.wechatpay.orders().map(|o| &o.asked.notify_url);
            urls.next().cloned()
        })
    };
    let own = Some(order.asked.notify_url.clone()).filter(|url| !url.is_empty());
    let url = ask.notify_url.clone().or(own).or_else(any);
    let url = url.ok_or_else(|| invalid("no order has a notify_url, so it is needed"))?;
    let plain = payment_text(merchant, order, &payment);
    Ok((url, "TRANSACTION.SUCCESS".to_owned(), plain))
}

fn about_refund(
    app: &App,
    merchant: &Merchant,
    ask: &Extra,
    order: &Order,
    now: Timestamp,
) -> Told {
    let known = match &ask.out_refund_no {
        Some(number) => order.refund(number),
        None => order.refunds.last(),
    };
    let mut refund = match (known, &ask.out_refund_no) {
        (Some(refund), _) => refund.clone(),
        (None, None) => {
            return Err(invalid(
                "the order has no refund, so out_refund_no is needed",
            ));
        }
        (None, Some(number)) => Refund {
            gateway_no: refund_id(now)?,
            ..Refund::new(number.clone(), order.asked.amount, None, now)
        },
    };
    refund.finish(ask.refund_status.unwrap_or(Standing::Success), now);
    if ask.kind == Kind::WrongSum {
        refund.amount = Fen(refund.amount.0 + 1);
    }
    if let Some(Yuan(amount)) = ask.amount {
        refund.amount = amount;
    }
    let any = || {
        app.store.read(|world| {
            let mut refunds = world.wechatpay.orders().flat_map(|order| &order.refunds);
            refunds.find_map(|refund| refund.notify_url.clone())
        })
    };
    let url = ask
        .notify_url
        .clone()
        .or_else(|| refund.notify_url.clone())
        .or_else(any);
    let url = url.ok_or_else(|| invalid("no refund has a notify_url, so it is needed"))?;
    let mut order = order.clone();
    order.payment = Some(payment_of(&order, now)?);
    let event = format!("REFUND.{}", refund.standing.as_str());
    Ok((url, event, refund_text(merchant, &order, &refund)))
}
