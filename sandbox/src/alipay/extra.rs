//! `POST /knobs/alipay/notify`: a notify that no trade has caused.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use super::ledger::{Order, Status};
use super::notify::{Told, params, signed_body};
use super::trade_no;
use crate::app::{App, AppRef, Failure};
use crate::knobs::{About, Kind, Signature};
use crate::money::Fen;
use crate::outbox::{self, Channel, Parcel};
use crate::refunds::{Refund, Standing};

/// How old the `notify_time` of a stale notify is.
const STALE: SignedDuration = SignedDuration::from_hours(24);

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
    pub out_request_no: Option<String>,
    /// `refund_fee`, for one about a refund. Default: what was refunded in all.
    #[serde(default)]
    pub refund_fee: Option<String>,
    /// Default: the order's.
    #[serde(default, alias = "amount")]
    pub total_amount: Option<String>,
    /// Default: the merchant's.
    #[serde(default)]
    pub seller_id: Option<String>,
    /// Default: the merchant's.
    #[serde(default)]
    pub app_id: Option<String>,
    /// Default: the trade's, or a fresh one.
    #[serde(default)]
    pub trade_no: Option<String>,
    /// Default: `TRADE_SUCCESS`.
    #[serde(default)]
    pub trade_status: Option<String>,
    /// Default: the order's, or that of any order.
    #[serde(default)]
    pub notify_url: Option<String>,
    /// The same as kind `forged`.
    #[serde(default)]
    pub forged: bool,
    /// How many are sent, all at the same moment and with the same `notify_id`. Default: 1.
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
    if matches!(
        ask.kind,
        Kind::Probe | Kind::UnknownSerial | Kind::WrongApiKey
    ) {
        return Err(invalid("Alipay has no such thing"));
    }
    let times = ask.times;
    let repeated = (ask.kind == Kind::Repeat).then(|| last(app, &ask));
    let parcel = match repeated.flatten() {
        Some(parcel) => parcel,
        None => make(app, ask)?,
    };
    Ok(outbox::send_now(app, &parcel, times).await?)
}

/// The last notify about the same.
fn last(app: &App, ask: &Extra) -> Option<Parcel> {
    let same = |parcel: &Parcel| {
        let number = form_urlencoded::parse(parcel.body.as_bytes())
            .find_map(|(key, value)| (key == "out_biz_no").then(|| value.into_owned()));
        parcel.subject == ask.out_trade_no
            && number.is_some() == (ask.about == About::Refund)
            && (ask.out_request_no.is_none() || number == ask.out_request_no)
    };
    app.store.read(|world| {
        let mut all: Vec<_> = world.outbox.of(Channel::Alipay).collect();
        all.reverse();
        let found = all.into_iter().find(|delivery| same(&delivery.parcel));
        found.map(|delivery| delivery.parcel.clone())
    })
}

fn make(app: &App, ask: Extra) -> Result<Parcel, Failure> {
    let now = app.clock.now();
    let (known, any_url) = app.store.read(|world| {
        let ledger = &world.alipay;
        let any = ledger.orders().find_map(|order| order.notify_url.clone());
        (ledger.order(&ask.out_trade_no).cloned(), any)
    });
    let more = u64::from(ask.kind == Kind::WrongSum);
    let known_amount = known.as_ref().map(|order| Fen(order.paid().0 + more));
    let total_amount = ask
        .total_amount
        .or_else(|| known_amount.map(|amount| amount.to_string()))
        .ok_or_else(|| invalid("no such order, so total_amount is needed"))?;
    let url = ask
        .notify_url
        .or_else(|| known.as_ref().and_then(|order| order.notify_url.clone()))
        .or(any_url)
        .ok_or_else(|| invalid("no order has a notify_url, so it is needed"))?;
    let order = known.unwrap_or_else(|| Order {
        out_trade_no: ask.out_trade_no.clone(),
        amount: Fen(0),
        subject: "沙箱".to_owned(),
        body: None,
        passback_params: None,
        notify_url: None,
        code: String::new(),
        expires_at: now,
        timeout: None,
        trade: None,
    });
    let known_trade_no = order.trade.as_ref().map(|trade| trade.trade_no.clone());
    let trade_no = match ask.trade_no.or(known_trade_no) {
        Some(given) => given,
        None => trade_no(now)?,
    };
    let merchant = &app.alipay;
    let (app_id, seller_id) = match ask.kind {
        Kind::OtherMerchant => ("2021000000000000", "2088000000000000"),
        _ => (
            merchant.config.app_id.as_str(),
            merchant.config.seller_id.as_str(),
        ),
    };
    let told = Told {
        app_id: ask.app_id.as_deref().unwrap_or(app_id),
        seller_id: ask.seller_id.as_deref().unwrap_or(seller_id),
        trade_no: &trade_no,
        status: ask
            .trade_status
            .as_deref()
            .unwrap_or(Status::TradeSuccess.as_str()),
        total_amount: &total_amount,
    };
    let refund =
        match ask.about {
            About::Pay => None,
            About::Refund => Some(match ask.out_request_no {
                Some(number) => order.refund(&number).cloned().unwrap_or_else(|| {
                    let mut refund = Refund::new(number, Fen(0), None, now);
                    refund.finish(Standing::Success, now);
                    refund
                }),
                None => order.refunds().last().cloned().ok_or_else(|| {
                    invalid("the order has no refund, so out_request_no is needed")
                })?,
            }),
        };
    let at = match ask.kind {
        Kind::Stale => now.checked_sub(STALE).unwrap_or(now),
        _ => now,
    };
    let mut params = params(merchant, &order, refund.as_ref(), &told, at)?;
    if let Some(fee) = ask.refund_fee
        && let Some((_, told)) = params.iter_mut().find(|(key, _)| key == "refund_fee")
    {
        *told = fee;
    }
    let signature = if ask.forged {
        Signature::Forged
    } else {
        ask.kind.signature()
    };
    let body = signed_body(merchant, params, signature)?;
    Ok(Parcel::new(Channel::Alipay, ask.out_trade_no, url, body))
}
