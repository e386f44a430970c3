//! WeChat Pay as far as an order needs it: orders, a payer's phone, refunds, bills, signed answers, signed and
//! encrypted notices. It checks who asks. Its keys are made anew in every process, by aws-lc-rs; nothing here
//! shares code with the adapter under test.
//!
//! - `papers`: what it signs and encrypts. `desk`: what it answers.

mod desk;
mod papers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use adapters::ports::Clock;
use domain::money::Money;
use jiff::Timestamp;
use serde_json::json;

pub use self::papers::{Signer, envelope, notice, refund_id, seal, secret, trade_no};
use self::papers::{change, fen, rfc3339, transaction};
use crate::lock;
use crate::power::PowerCut;
use crate::wire;

/// Our app.
pub const APP: &str = "wxd678efh567hg6787";
/// Our account.
pub const MERCHANT: &str = "1900000109";
/// The serial of the certificate by which it knows us.
pub const OUR_SERIAL: &str = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C";
/// The name of its key in 微信支付公钥 mode.
pub const KEY_ID: &str = "PUB_KEY_ID_0119000001092024091800201400000001";
/// The key that notices are encrypted with.
pub const API_V3_KEY: &str = "0123456789abcdefghijABCDEFGHIJ==";

#[derive(Debug, Clone)]
struct Trade {
    amount: Money,
    scanned: bool,
    paid_at: Option<Timestamp>,
    closed: bool,
    refunds: BTreeMap<String, Refund>,
}

impl Trade {
    fn new(amount: Money, paid_at: Option<Timestamp>) -> Self {
        Self {
            amount,
            scanned: paid_at.is_some(),
            paid_at,
            closed: false,
            refunds: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Refund {
    amount: Money,
    state: RefundState,
    at: Timestamp,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RefundState {
    /// The money is with the payer.
    #[default]
    Success,
    /// It is on its way.
    Processing,
    /// The payer's account does not take it.
    Abnormal,
    /// It was given up.
    Closed,
}

impl RefundState {
    fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Processing => "PROCESSING",
            Self::Abnormal => "ABNORMAL",
            Self::Closed => "CLOSED",
        }
    }
}

/// What it does when it is asked for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunds {
    /// It takes it, and it stands like this.
    Taken(RefundState),
    /// Our balance is too small.
    Short,
    /// It takes it, the money goes back, and nobody is told: the line goes dead.
    Silent,
}

/// WeChat Pay's gateway and a payer with a phone.
pub struct FakeWechatPay {
    power: Arc<PowerCut>,
    clock: Arc<dyn Clock>,
    trades: Mutex<BTreeMap<String, Trade>>,
    asked: Mutex<Vec<String>>,
    down: AtomicBool,
    refunds: Mutex<Refunds>,
    /// Where it listens.
    url: String,
}

impl FakeWechatPay {
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
            refunds: Mutex::new(Refunds::Taken(RefundState::Success)),
            url,
        });
        *lock(&cell) = Some(house.clone());
        house
    }

    /// The secret `wechatpay` for this gateway.
    pub fn secret(&self) -> String {
        secret(&self.url)
    }

    /// It does not answer, or does again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// What it was asked so far: what for, and the number or day.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }

    /// A payer scans the QR code and does not pay yet. `false` when there is no such code.
    pub fn scan(&self, number: &str) -> bool {
        let mut trades = lock(&self.trades);
        let trade = trades.get_mut(number).filter(|trade| !trade.closed);
        trade.map(|trade| trade.scanned = true).is_some()
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

    /// The notice of a payment that has money: headers and body, signed now.
    ///
    /// # Panics
    /// When it has none.
    pub fn notice(&self, number: &str) -> (Vec<(String, String)>, Vec<u8>) {
        let trades = lock(&self.trades);
        let trade = trades.get(number).expect("a payment of this number");
        let mut content = transaction(number, &Trade::new(trade.amount, trade.paid_at));
        change(&mut content, &[("trade_state", json!("SUCCESS"))]);
        assert!(trade.paid_at.is_some(), "paid");
        envelope(
            "TRANSACTION.SUCCESS",
            &content,
            self.clock.now(),
            Signer::WechatPay,
        )
    }

    /// What it does with refunds from now on.
    pub fn set_refunds(&self, refunds: Refunds) {
        *lock(&self.refunds) = refunds;
    }

    /// A refund comes to something.
    ///
    /// # Panics
    /// When there is none of this number.
    pub fn settle_refund(&self, refund: &str, state: RefundState) {
        let now = self.clock.now();
        let mut trades = lock(&self.trades);
        let found = trades
            .values_mut()
            .find_map(|trade| trade.refunds.get_mut(refund))
            .expect("a refund of this number");
        found.state = state;
        found.at = now;
    }

    /// The refunds whose money went back, by number.
    pub fn refunded(&self) -> Vec<(String, Money)> {
        let trades = lock(&self.trades);
        let all = trades.values().flat_map(|trade| &trade.refunds);
        all.filter(|(_, refund)| refund.state == RefundState::Success)
            .map(|(number, refund)| (number.clone(), refund.amount))
            .collect()
    }

    /// The notice of what a refund came to: headers and body, signed now.
    ///
    /// # Panics
    /// When there is none of this number.
    pub fn refund_notice(&self, refund: &str) -> (Vec<(String, String)>, Vec<u8>) {
        let trades = lock(&self.trades);
        let (number, trade, known) = trades
            .iter()
            .find_map(|(number, trade)| Some((number, trade, trade.refunds.get(refund)?)))
            .expect("a refund of this number");
        let word = known.state.word();
        let (total, back) = (fen(trade.amount), fen(known.amount));
        let mut content = json!({
            "mchid": MERCHANT,
            "out_trade_no": number,
            "transaction_id": trade_no(number),
            "out_refund_no": refund,
            "refund_id": refund_id(refund),
            "refund_status": word,
            "user_received_account": "支付用户零钱",
            "amount": {"total": total, "refund": back, "payer_total": total, "payer_refund": back},
        });
        if known.state == RefundState::Success {
            content["success_time"] = json!(rfc3339(known.at));
        }
        let event = format!("REFUND.{word}");
        envelope(&event, &content, self.clock.now(), Signer::WechatPay)
    }
}
