//! Alipay as far as an order needs it: trades, a payer's phone, signed answers, signed notices. Its keys are
//! made anew in every process, by aws-lc-rs; nothing here shares code with the adapter under test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use adapters::ports::Clock;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::lock;
use crate::power::PowerCut;
use crate::wire::{self, Reply, Request};

/// Our app at Alipay.
pub const APP: &str = "2021000000000001";
/// Our account there.
pub const SELLER: &str = "2088000000000001";

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// Alipay.
    Alipay,
    /// We, with the key by which Alipay knows us.
    App,
}

struct Keys {
    alipay: RsaKeyPair,
    app: RsaKeyPair,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = || RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    Keys {
        alipay: key(),
        app: key(),
    }
});

fn sign(who: Signer, text: &str) -> String {
    let key = if who == Signer::Alipay {
        &KEYS.alipay
    } else {
        &KEYS.app
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    STANDARD.encode(signature)
}

fn china(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(8)))
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// The secret `alipay` for a gateway at `base`.
pub fn secret(base: &str) -> String {
    let private: Pkcs8V1Der<'_> = KEYS.app.as_der().expect("DER");
    let public: PublicKeyX509Der<'_> = KEYS.alipay.public_key().as_der().expect("DER");
    json!({
        "gateway_url": format!("{base}/gateway.do"),
        "app_id": APP,
        "seller_id": SELLER,
        "app_private_key": STANDARD.encode(private.as_ref()),
        "alipay_public_key": STANDARD.encode(public.as_ref()),
        "notify_url": "https://keys.example.cn/api/webhooks/alipay",
    })
    .to_string()
}

/// A notice about a payment, as Alipay posts it, with some parameters changed (an empty value takes one
/// away), signed by `who`.
pub fn notice(
    number: &str,
    amount: Money,
    at: Timestamp,
    changes: &[(&str, &str)],
    who: Signer,
) -> Vec<u8> {
    let mut params: BTreeMap<String, String> = [
        ("notify_time", china(at)),
        ("notify_type", "trade_status_sync".to_owned()),
        ("notify_id", "2026112100222213100014001234567890".to_owned()),
        ("app_id", APP.to_owned()),
        ("auth_app_id", APP.to_owned()),
        ("charset", "utf-8".to_owned()),
        ("version", "1.0".to_owned()),
        ("sign_type", "RSA2".to_owned()),
        ("trade_no", trade_no(number)),
        ("out_trade_no", number.to_owned()),
        ("buyer_logon_id", "159****5620".to_owned()),
        ("seller_id", SELLER.to_owned()),
        ("trade_status", "TRADE_SUCCESS".to_owned()),
        ("total_amount", amount.to_string()),
        ("subject", "电子密钥订单 100% + 2 & a=b".to_owned()),
        ("gmt_payment", china(at)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for (name, value) in changes {
        if value.is_empty() {
            params.remove(*name);
        } else {
            params.insert((*name).to_owned(), (*value).to_owned());
        }
    }
    let signed: Vec<String> = params
        .iter()
        .filter(|(name, _)| *name != "sign_type")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let sign = sign(who, &signed.join("&"));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&params)
        .append_pair("sign", &sign)
        .finish()
        .into_bytes()
}

/// Alipay's own number for a payment of ours.
pub fn trade_no(number: &str) -> String {
    format!("2026112322{}", number.replace('_', "0"))
}

#[derive(Debug, Clone)]
struct Trade {
    amount: Money,
    scanned: bool,
    paid_at: Option<Timestamp>,
    closed: bool,
}

/// Alipay's gateway and a payer with a phone.
pub struct FakeAlipay {
    power: Arc<PowerCut>,
    clock: Arc<dyn Clock>,
    trades: Mutex<BTreeMap<String, Trade>>,
    asked: Mutex<Vec<String>>,
    down: AtomicBool,
    /// Where it listens.
    url: String,
}

impl FakeAlipay {
    /// A gateway on loopback, as long as the test's runtime lives.
    pub async fn start(power: Arc<PowerCut>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let cell: Arc<Mutex<Option<Arc<Self>>>> = Arc::default();
        let behind = cell.clone();
        let url = wire::serve(move |request| {
            let house = lock(&behind).clone()?;
            house.answer(request)
        })
        .await;
        let house = Arc::new(Self {
            power,
            clock,
            trades: Mutex::default(),
            asked: Mutex::default(),
            down: AtomicBool::new(false),
            url,
        });
        *lock(&cell) = Some(house.clone());
        house
    }

    /// The secret `alipay` for this gateway.
    pub fn secret(&self) -> String {
        secret(&self.url)
    }

    /// It does not answer, or does again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// What it was asked so far: method and number.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }

    /// A payer scans the QR code and does not pay yet. `false` when there is no such code.
    pub fn scan(&self, number: &str) -> bool {
        let mut trades = lock(&self.trades);
        trades
            .get_mut(number)
            .filter(|trade| !trade.closed)
            .map(|trade| trade.scanned = true)
            .is_some()
    }

    /// A payer scans and pays. `false` when there is nothing to pay.
    pub fn pay(&self, number: &str) -> bool {
        let now = self.clock.now();
        let mut trades = lock(&self.trades);
        let trade = trades
            .get_mut(number)
            .filter(|trade| !trade.closed && trade.paid_at.is_none());
        trade
            .map(|trade| {
                trade.scanned = true;
                trade.paid_at = Some(now);
            })
            .is_some()
    }

    /// The payments that have money.
    pub fn paid(&self) -> Vec<String> {
        lock(&self.trades)
            .iter()
            .filter(|(_, trade)| trade.paid_at.is_some())
            .map(|(no, _)| no.clone())
            .collect()
    }

    /// The notice of a payment that has money.
    ///
    /// # Panics
    /// When it has none.
    pub fn notice(&self, number: &str) -> Vec<u8> {
        let trade = lock(&self.trades)
            .get(number)
            .cloned()
            .expect("a payment of this number");
        notice(
            number,
            trade.amount,
            trade.paid_at.expect("paid"),
            &[],
            Signer::Alipay,
        )
    }

    fn answer(&self, request: &Request) -> Reply {
        let query = request
            .target
            .split_once('?')
            .map_or("", |(_, query)| query);
        let params: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let form: BTreeMap<String, String> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let method = params
            .get("method")?
            .strip_prefix("alipay.trade.")?
            .to_owned();
        let content: Value = serde_json::from_str(form.get("biz_content")?).ok()?;
        let number = content["out_trade_no"].as_str()?.to_owned();
        lock(&self.asked).push(format!("{method} {number}"));
        if self.down.load(Ordering::SeqCst) {
            return Some((503, String::new()));
        }
        // A power cut is heard as a line that goes dead.
        let ticket = match method.as_str() {
            "precreate" => Some(self.power.before("alipay.create").ok()?),
            "close" => Some(self.power.before("alipay.close").ok()?),
            _ => {
                self.power.read().ok()?;
                None
            }
        };
        let inner = self.business(&method, &number, &content);
        if let Some(ticket) = ticket {
            self.power.after(&ticket).ok()?;
        }
        let inner = inner.to_string();
        let sign = sign(Signer::Alipay, &inner);
        Some((
            200,
            format!("{{\"alipay_trade_{method}_response\":{inner},\"sign\":\"{sign}\"}}"),
        ))
    }

    fn business(&self, method: &str, number: &str, content: &Value) -> Value {
        let no = |code: &str| json!({"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": code});
        let mut trades = lock(&self.trades);
        if method == "precreate" {
            let amount: Option<Money> = content["total_amount"]
                .as_str()
                .and_then(|text| text.parse().ok());
            let Some(amount) = amount else {
                return no("ACQ.INVALID_PARAMETER");
            };
            let trade = trades.entry(number.to_owned()).or_insert(Trade {
                amount,
                scanned: false,
                paid_at: None,
                closed: false,
            });
            if trade.amount != amount {
                return no("ACQ.CONTEXT_INCONSISTENT");
            }
            if trade.paid_at.is_some() {
                return no("ACQ.TRADE_HAS_SUCCESS");
            }
            let qr = format!("https://qr.alipay.com/bax{number}");
            return json!({"code": "10000", "msg": "Success", "out_trade_no": number, "qr_code": qr});
        }
        // What nobody has scanned does not exist.
        let Some(trade) = trades.get_mut(number).filter(|trade| trade.scanned) else {
            return no("ACQ.TRADE_NOT_EXIST");
        };
        if method == "close" {
            if trade.paid_at.is_some() {
                return no("ACQ.TRADE_HAS_SUCCESS");
            }
            trade.closed = true;
            return json!({"code": "10000", "msg": "Success", "out_trade_no": number, "trade_no": trade_no(number)});
        }
        let status = match trade {
            Trade {
                paid_at: Some(_), ..
            } => "TRADE_SUCCESS",
            Trade { closed: true, .. } => "TRADE_CLOSED",
            _ => "WAIT_BUYER_PAY",
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
}
