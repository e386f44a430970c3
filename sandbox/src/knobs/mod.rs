//! Knobs: how the outside world misbehaves, for tests and demonstrations.

mod board;
mod routes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::money::{Fen, Yuan};
use crate::tax::TaxKnobs;

pub use board::Board;
pub use routes::routes;

/// All knobs. A field that is left out of `PUT /knobs` goes back to its quiet setting.
///
/// Those from `slow_ms` to `answer_last` are for both gateways; `alipay` and `wechatpay` turn them for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Whether Alipay's gateway is down, and how. The phone and the machine API go on.
    pub alipay_down: Outage,
    /// Whether WeChat Pay's gateway is down, and how. The phone and the machine API go on.
    pub wechatpay_down: Outage,
    /// Whether the courier's API is down, and how.
    pub courier_down: Outage,
    /// How the tax platform misbehaves.
    pub tax: TaxKnobs,
    /// Resends of notifies and courier events wait this many thousandths of their real time: 1000 is
    /// true to life, 1 makes four minutes 0.24 s, 0 sends again at once.
    pub retry_scale: u32,
    /// For the next so many calls of a method, such as `alipay.trade.refund` or `wechatpay.refund`: the work
    /// is done, the answer lost.
    pub lose_response: BTreeMap<String, u32>,
    /// For the next so many calls of a query or close: just before it is served, the payer scans and pays that
    /// order, if that can be.
    pub pay_before: BTreeMap<String, u32>,
    /// The next calls of a method do nothing and answer with these errors, one after another, such as
    /// `SYSTEM_ERROR` for `wechatpay.refund` or `ACQ.SYSTEM_ERROR` for `alipay.trade.refund`.
    pub errors: BTreeMap<String, VecDeque<String>>,
    /// The serial of the key that signs WeChat Pay's notifies. Default: the first one configured.
    pub wechatpay_notify_serial: Option<String>,
    /// Milliseconds that a gateway takes for each call before it does anything.
    pub slow_ms: u64,
    /// How often each notify is sent. Those of the time of `off` are never made.
    pub notify: Sendings,
    /// Milliseconds between a payment or refund and its notify.
    pub notify_delay_ms: u64,
    /// Keeps back new notifies until `POST /knobs/notifies/flush`, also over a restart.
    pub hold_notifies: bool,
    /// How new notifies are signed. With `probe` only their first sending is signed badly.
    pub notify_signature: Signature,
    /// How answers of a gateway are signed.
    pub answer_signature: Signature,
    /// By how many seconds a gateway's clock is ahead when it signs answers and notifies.
    pub clock_skew_s: i32,
    /// What becomes of new refunds.
    pub refund: RefundOutcome,
    /// Milliseconds between the request of a refund and its end.
    pub refund_delay_ms: u64,
    /// Milliseconds that must lie between two refunds of one Alipay trade. In life 3000.
    pub refund_gap_ms: u64,
    /// What the payer pays instead of what was asked.
    pub payer_pays: Option<Yuan>,
    /// Answers of a gateway wait until all its notifies that are due have been tried.
    pub answer_last: bool,
    /// For Alipay only.
    pub alipay: Overrides,
    /// For WeChat Pay only.
    pub wechatpay: Overrides,
}

/// What [`Knobs`] turns for one gateway. A field that is left out is as for both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<Sendings>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_delay_ms: Option<u64>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_notifies: Option<bool>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_signature: Option<Signature>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_signature: Option<Signature>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_s: Option<i32>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundOutcome>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_delay_ms: Option<u64>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer_pays: Option<Yuan>,
    /// As in [`Knobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_last: Option<bool>,
    /// How the bill differs from what happened.
    pub bill: BillKnob,
}

/// How a gateway's bill differs from what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillKnob {
    /// Numbers of payments (`<order>_<attempt>`) and refunds (`<order>_R<n>`) that are left out.
    pub hide: BTreeSet<String>,
    /// Lines about what never happened.
    pub add: Vec<BillLine>,
}

/// A line about what never happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillLine {
    /// The merchant's number of the payment.
    pub out_trade_no: String,
    /// How much, in yuan.
    pub amount: Yuan,
    /// The merchant's number of the refund, if it is one.
    #[serde(default)]
    pub refund_no: Option<String>,
}

/// The knobs as one gateway has to obey them.
#[derive(Debug, Clone)]
pub struct Turned {
    /// As in [`Knobs`].
    pub slow_ms: u64,
    /// As in [`Knobs`].
    pub notify: Sendings,
    /// As in [`Knobs`].
    pub notify_delay_ms: u64,
    /// As in [`Knobs`].
    pub hold_notifies: bool,
    /// As in [`Knobs`].
    pub notify_signature: Signature,
    /// As in [`Knobs`].
    pub answer_signature: Signature,
    /// As in [`Knobs`].
    pub clock_skew_s: i32,
    /// As in [`Knobs`].
    pub refund: RefundOutcome,
    /// As in [`Knobs`].
    pub refund_delay_ms: u64,
    /// As in [`Knobs`].
    pub refund_gap_ms: u64,
    /// As in [`Knobs`].
    pub payer_pays: Option<Fen>,
    /// As in [`Knobs`].
    pub answer_last: bool,
    /// As in [`Overrides`].
    pub bill: BillKnob,
    /// As in [`Knobs`], for WeChat Pay.
    pub notify_serial: Option<String>,
}

impl Knobs {
    /// As Alipay has to obey them.
    pub fn alipay(&self) -> Turned {
        self.turned(&self.alipay)
    }

    /// As WeChat Pay has to obey them.
    pub fn wechatpay(&self) -> Turned {
        self.turned(&self.wechatpay)
    }

    fn turned(&self, own: &Overrides) -> Turned {
        Turned {
            slow_ms: own.slow_ms.unwrap_or(self.slow_ms),
            notify: own.notify.unwrap_or(self.notify),
            notify_delay_ms: own.notify_delay_ms.unwrap_or(self.notify_delay_ms),
            hold_notifies: own.hold_notifies.unwrap_or(self.hold_notifies),
            notify_signature: own.notify_signature.unwrap_or(self.notify_signature),
            answer_signature: own.answer_signature.unwrap_or(self.answer_signature),
            clock_skew_s: own.clock_skew_s.unwrap_or(self.clock_skew_s),
            refund: own.refund.unwrap_or(self.refund),
            refund_delay_ms: own.refund_delay_ms.unwrap_or(self.refund_delay_ms),
            refund_gap_ms: self.refund_gap_ms,
            payer_pays: own.payer_pays.or(self.payer_pays).map(|yuan| yuan.0),
            answer_last: own.answer_last.unwrap_or(self.answer_last),
            bill: own.bill.clone(),
            notify_serial: self.wechatpay_notify_serial.clone(),
        }
    }
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            alipay_down: Outage::Off,
            wechatpay_down: Outage::Off,
            courier_down: Outage::Off,
            tax: TaxKnobs::default(),
            retry_scale: 1000,
            lose_response: BTreeMap::new(),
            pay_before: BTreeMap::new(),
            errors: BTreeMap::new(),
            wechatpay_notify_serial: None,
            slow_ms: 0,
            notify: Sendings::Once,
            notify_delay_ms: 0,
            hold_notifies: false,
            notify_signature: Signature::Good,
            answer_signature: Signature::Good,
            clock_skew_s: 0,
            refund: RefundOutcome::Success,
            refund_delay_ms: 0,
            refund_gap_ms: 0,
            payer_pays: None,
            answer_last: false,
            alipay: Overrides::default(),
            wechatpay: Overrides::default(),
        }
    }
}

/// Ways of being down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Up.
    #[default]
    Off,
    /// Answers 503.
    #[serde(rename = "503")]
    Unavailable,
    /// Hangs up without an answer and without doing anything.
    Refuse,
}

/// How often a notify is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sendings {
    /// Never.
    Off,
    /// As it should be.
    Once,
    /// Two at the same moment, each with its own resends.
    Twice,
}

/// How something is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// As it should be.
    #[default]
    Good,
    /// A well-formed signature of the right key over something else.
    Forged,
    /// Signed by a stranger's key, in the name of the right one.
    WrongKey,
    /// Without a signature.
    Unsigned,
    /// Signed well, ten minutes ago. WeChat Pay only.
    Stale,
    /// WeChat Pay's own test of its merchants: a signature that begins `WECHATPAY/SIGNTEST/`.
    Probe,
    /// Signed well by a key whose serial the merchant does not know. WeChat Pay only.
    UnknownSerial,
}

/// What becomes of a refund.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundOutcome {
    /// Done after `refund_delay_ms`. Alipay without a delay does it before it answers.
    #[default]
    Success,
    /// Taken, and on its way until `POST /alipay/refunds/finish` or `POST /wechatpay/refunds/finish`.
    Processing,
    /// The payer's account does not take it. WeChat Pay finds that out after `refund_delay_ms`, Alipay at once.
    Abnormal,
    /// Taken, and given up after `refund_delay_ms`. Alipay refuses at once.
    Closed,
    /// Refused: the merchant's balance is too small.
    Short,
    /// Refused for good.
    Refused,
}

/// What is special about a notify that a knob sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A new one that nothing has caused, signed well.
    #[default]
    Fresh,
    /// The last one about the same, sent again with its id; a new one if there was none.
    Repeat,
    /// See [`Signature::Forged`].
    Forged,
    /// See [`Signature::Stale`]. Alipay's has an old `notify_time`.
    Stale,
    /// See [`Signature::WrongKey`].
    WrongKey,
    /// See [`Signature::UnknownSerial`].
    UnknownSerial,
    /// Signed well, but encrypted with another `APIv3` key. WeChat Pay only.
    WrongApiKey,
    /// Signed well, about one fen more than was asked, unless `amount` says otherwise.
    WrongSum,
    /// Signed well, for another merchant and app.
    OtherMerchant,
    /// See [`Signature::Probe`].
    Probe,
}

impl Kind {
    /// How it is signed.
    pub fn signature(self) -> Signature {
        match self {
            Self::Forged => Signature::Forged,
            Self::Stale => Signature::Stale,
            Self::WrongKey => Signature::WrongKey,
            Self::UnknownSerial => Signature::UnknownSerial,
            Self::Probe => Signature::Probe,
            Self::Fresh
            | Self::Repeat
            | Self::WrongApiKey
            | Self::WrongSum
            | Self::OtherMerchant => Signature::Good,
        }
    }
}

/// What a notify is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A payment.
    #[default]
    Pay,
    /// A refund.
    Refund,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn knobs_speak_the_documented_words() {
        let knobs: Knobs = serde_json::from_value(json!({
            "alipay_down": "503", "courier_down": "refuse", "notify": "twice", "payer_pays": "1.5",
        }))
        .unwrap();
        assert_eq!(knobs.alipay_down, Outage::Unavailable);
        assert_eq!(knobs.courier_down, Outage::Refuse);
        assert_eq!(knobs.retry_scale, 1000);
        assert_eq!(knobs.payer_pays, Some(Yuan(Fen(150))));
        for wrong in [
            json!({ "alipay_dwon": "503" }),
            json!({ "wechatpay": { "wechatpay_down": "503" } }),
            json!({ "payer_pays": "1.005" }),
        ] {
            assert!(
                serde_json::from_value::<Knobs>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_knob_of_one_gateway_leaves_the_other_alone() {
        let knobs: Knobs = serde_json::from_value(json!({
            "notify": "twice", "slow_ms": 7,
            "wechatpay": { "notify": "off", "refund": "short", "hold_notifies": true },
        }))
        .unwrap();
        let (alipay, wechatpay) = (knobs.alipay(), knobs.wechatpay());
        assert_eq!(alipay.notify, Sendings::Twice);
        assert_eq!(wechatpay.notify, Sendings::Off);
        assert_eq!(alipay.refund, RefundOutcome::Success);
        assert_eq!(wechatpay.refund, RefundOutcome::Short);
        assert!(wechatpay.hold_notifies && !alipay.hold_notifies);
        assert_eq!((alipay.slow_ms, wechatpay.slow_ms), (7, 7));
        let again = serde_json::to_value(&knobs).unwrap();
        assert_eq!(serde_json::from_value::<Knobs>(again).unwrap(), knobs);
    }
}
