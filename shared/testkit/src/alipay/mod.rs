//! Alipay as far as an order needs it: trades, a payer's phone, refunds, bills, signed answers, signed notices.
//! Its keys are made anew in every process, by aws-lc-rs; nothing here shares code with the adapter under
//! test.

mod desk;

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
use serde_json::json;
use url::form_urlencoded;

use crate::bills::china;
use crate::lock;
use crate::power::PowerCut;
use crate::wire;

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

/// The key by which gateways know us; one is enough for both.
pub(crate) fn our_key() -> &'static RsaKeyPair {
    &KEYS.app
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
    /// By number: how much, and when it was done.
    refunds: BTreeMap<String, (Money, Option<Timestamp>)>,
}

impl Trade {
    /// What went back so far.
    fn refunded(&self) -> Money {
        let done = self.refunds.values().filter(|(_, at)| at.is_some());
        done.map(|(amount, _)| *amount).sum()
    }

    fn is_refunded_in_full(&self) -> bool {
        self.paid_at.is_some() && self.refunded() == self.amount
    }
}

/// What Alipay does with a refund that it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Refunds {
    /// The money goes back at once.
    #[default]
    Done,
    /// It takes the order and moves nothing, until [`FakeAlipay::settle_refunds`].
    Pending,
    /// Our balance is too small.
    Short,
    /// The money goes back, and nobody is told: the line goes dead.
    Silent,
}

/// Alipay's gateway and a payer with a phone.
pub struct FakeAlipay {
    power: Arc<PowerCut>,
    clock: Arc<dyn Clock>,
    trades: Mutex<BTreeMap<String, Trade>>,
    asked: Mutex<Vec<String>>,
    down: AtomicBool,
    refunds: Mutex<Refunds>,
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
            refunds: Mutex::default(),
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

    /// What it does with refunds from now on.
    pub fn set_refunds(&self, refunds: Refunds) {
        *lock(&self.refunds) = refunds;
    }

    /// Gives back what it was asked for and did not give yet.
    pub fn settle_refunds(&self) {
        let now = self.clock.now();
        for trade in lock(&self.trades).values_mut() {
            for (_, at) in trade.refunds.values_mut() {
                at.get_or_insert(now);
            }
        }
    }

    /// The refunds whose money went back, by number.
    pub fn refunded(&self) -> Vec<(String, Money)> {
        let trades = lock(&self.trades);
        let all = trades.values().flat_map(|trade| &trade.refunds);
        all.filter(|(_, (_, at))| at.is_some())
            .map(|(number, (amount, _))| (number.clone(), *amount))
            .collect()
    }

    /// The notice that a refund which was done sends: from the payment's side, to the payment's address.
    ///
    /// # Panics
    /// When no such refund was done.
    pub fn refund_notice(&self, refund: &str) -> Vec<u8> {
        let trades = lock(&self.trades);
        let (number, trade, at) = trades
            .iter()
            .find_map(|(number, trade)| Some((number, trade, trade.refunds.get(refund)?.1?)))
            .expect("a refund of this number");
        let status = if trade.is_refunded_in_full() {
            "TRADE_CLOSED"
        } else {
            "TRADE_SUCCESS"
        };
        let paid_at = trade.paid_at.expect("paid");
        let changes = [
            ("trade_status", status),
            ("refund_fee", &trade.refunded().to_string()),
            ("gmt_refund", &format!("{}.123", china(at))),
            ("out_biz_no", refund),
        ];
        notice(number, trade.amount, paid_at, &changes, Signer::Alipay)
    }
}
