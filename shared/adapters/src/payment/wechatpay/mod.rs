//! 微信支付 Native: a QR code made by `POST /v3/pay/transactions/native`, over `APIv3`.
//!
//! - `settings`: who we are there, and the keys of both sides.
//! - `seal`: the texts that are signed, and what headers of answers and notices must hold.
//! - `call`: a call and its answer.
//! - `answer`, `refund`: what answers mean. `bill`: what a bill says.
//! - `notify`: what notices mean.
//!
//! Rules and their sources: WeChat Pay `APIv3`, Native payment.

mod answer;
mod bill;
mod call;
#[doc(hidden)]
pub mod fuzzing;
mod notify;
mod refund;
mod seal;
mod settings;

use async_trait::async_trait;
use domain::payment::OutTradeNo;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use self::call::Reply;
pub use self::settings::Settings;
use super::common::{china, payable, plain, refused, unavailable, unreadable};
use super::http::Http;
use crate::ports::{
    Bill, CloseOutcome, GatewayError, NewTrade, NotifyError, PaymentGateway, RawNotice,
    RefundRequest, RefundStatus, TradeStatus, VerifiedNotice,
};

/// The longest description. Whether bytes or characters are meant is written nowhere; bytes fit both.
const DESCRIPTION: usize = 127;

/// The longest reason of a refund, likewise.
const REASON: usize = 80;

/// The last moment to pay must be a minute ahead when the gateway reads it. One second is for the way.
const LEAST_LIFE: SignedDuration = SignedDuration::from_secs(61);

/// The only currency.
const CURRENCY: &str = "CNY";

/// No payment of ours has this number.
const NOBODYS: &str = "sealkey_check";

/// WeChat Pay.
#[derive(Debug)]
pub struct WechatPay {
    settings: Settings,
    http: Http,
}

impl WechatPay {
    /// A gateway that makes its own HTTP client when it is first asked something.
    pub fn new(settings: Settings) -> Self {
        let http = Http::new(settings.gateway_url.clone());
        Self { settings, http }
    }

    /// A gateway that uses this client, which must have timeouts and follow no redirect.
    pub fn with_client(settings: Settings, client: reqwest::Client) -> Self {
        let http = Http::with_client(settings.gateway_url.clone(), client);
        Self { settings, http }
    }

    /// Reads the secret `wechatpay`; see [`Settings::parse`].
    pub fn from_secret(secret: &str) -> Result<Self, GatewayError> {
        Settings::parse(secret).map(Self::new)
    }
}

/// Body of `POST /v3/pay/transactions/native`.
#[derive(Serialize)]
struct Native<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: String,
    time_expire: String,
    notify_url: &'a str,
    amount: Asked,
}

#[derive(Serialize)]
struct Asked {
    total: i64,
    currency: &'static str,
}

/// Body of `POST /v3/pay/transactions/out-trade-no/{number}/close`.
#[derive(Serialize)]
struct Close<'a> {
    mchid: &'a str,
}

/// Body of `POST /v3/refund/domestic/refunds`.
#[derive(Serialize)]
struct Refund<'a> {
    out_trade_no: String,
    out_refund_no: String,
    reason: String,
    notify_url: &'a str,
    amount: Back,
}

#[derive(Serialize)]
struct Back {
    refund: i64,
    total: i64,
    currency: &'static str,
}

impl WechatPay {
    fn payment_path(&self, number: &str) -> String {
        format!(
            "/v3/pay/transactions/out-trade-no/{number}?mchid={}",
            self.settings.mchid
        )
    }
}

#[async_trait]
impl PaymentGateway for WechatPay {
    /// Repeated with the same number, sum and end it gives the same QR code again.
    async fn create(&self, trade: &NewTrade, now: Timestamp) -> Result<String, GatewayError> {
        let total = payable(trade.amount)?;
        if trade.qr_expires_at <= now {
            return Err(refused(
                "sealkey.expired",
                "the QR code would be dead at once",
            ));
        }
        let ends = trade.qr_expires_at.max(now + LEAST_LIFE);
        let content = Native {
            appid: &self.settings.appid,
            mchid: &self.settings.mchid,
            description: plain(&trade.subject, DESCRIPTION, char::len_utf8, "Sealkey"),
            out_trade_no: trade.number.to_string(),
            time_expire: ends
                .to_zoned(china())
                .strftime("%Y-%m-%dT%H:%M:%S%:z")
                .to_string(),
            notify_url: self.settings.notify_url.as_str(),
            amount: Asked {
                total,
                currency: CURRENCY,
            },
        };
        let reply = self
            .post("/v3/pay/transactions/native", &content, now)
            .await?;
        answer::created(reply)
    }

    async fn query(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<TradeStatus, GatewayError> {
        let number = number.to_string();
        let reply = self.get(&self.payment_path(&number), now).await?;
        answer::queried(reply, &self.settings, &number)
    }

    async fn close(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<CloseOutcome, GatewayError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        let content = Close {
            mchid: &self.settings.mchid,
        };
        let reply = self.post(&path, &content, now).await?;
        if let Some(outcome) = answer::closed(reply)? {
            return Ok(outcome);
        }
        match self.query(number, now).await? {
            TradeStatus::Paid(_) => Ok(CloseOutcome::Paid),
            TradeStatus::Closed => Ok(CloseOutcome::Closed),
            TradeStatus::Unknown => Ok(CloseOutcome::Unknown),
            TradeStatus::Unpaid | TradeStatus::Paying => {
                Err(unavailable("an unpaid payment cannot be closed now"))
            }
        }
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        let content = Refund {
            out_trade_no: request.payment.to_string(),
            out_refund_no: request.number.to_string(),
            reason: plain(&request.reason, REASON, char::len_utf8, "Refund"),
            notify_url: self.settings.refund_notify_url.as_str(),
            amount: Back {
                refund: payable(request.amount)?,
                total: payable(request.total)?,
                currency: CURRENCY,
            },
        };
        let reply = self
            .post("/v3/refund/domestic/refunds", &content, now)
            .await?;
        refund::asked(reply, request)
    }

    async fn refund_status(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        let path = format!("/v3/refund/domestic/refunds/{}", request.number);
        let reply = self.get(&path, now).await?;
        refund::found(reply, request)
    }

    async fn bill(&self, day: Date, now: Timestamp) -> Result<Bill, GatewayError> {
        let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL");
        match bill::address(self.get(&path, now).await?)? {
            bill::Where::At { address, sha1 } => {
                let address = self.http.bill_address(&address)?;
                let authorization = self.authorization("GET", &address, "", now)?;
                let text = self
                    .http
                    .download(address, &[("authorization", authorization)])
                    .await?;
                Ok(Bill::Rows(bill::rows(&text, &sha1)?))
            }
            bill::Where::NotYet => Ok(Bill::NotReady),
            bill::Where::Nowhere => Ok(Bill::Rows(Vec::new())),
        }
    }

    /// That the gateway does not know a payment nobody asked for shows that it knows us; its signature under
    /// that shows that we know it. Without the signature only one half is shown, so it is no success.
    async fn check(&self, now: Timestamp) -> Result<(), GatewayError> {
        match self.get(&self.payment_path(NOBODYS), now).await? {
            Reply::Done(_) => Err(unreadable("a payment that cannot exist")),
            Reply::No(no) if !no.is_unknown_order() => Err(no.error()),
            Reply::No(no) if no.signed => Ok(()),
            Reply::No(_) => Err(unavailable(
                "the gateway knows us, but did not sign its answer, so its key was not tried",
            )),
        }
    }

    fn verify(
        &self,
        notice: &RawNotice<'_>,
        now: Timestamp,
    ) -> Result<VerifiedNotice, NotifyError> {
        notify::verify(&self.settings, notice, now)
    }
}
