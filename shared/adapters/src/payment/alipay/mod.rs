//! 支付宝 当面付: a QR code made by `alipay.trade.precreate`, over the OpenAPI v2 gateway with RSA2 and
//! public keys (not certificates).
//!
//! - `settings`: who we are there, and the keys of both sides.
//! - `wire`: the texts that are signed, and how they are cut out of an answer. `call`: a call and its answer.
//! - `answer`, `refund`: what answers mean. `bill`: what a bill says.
//! - `notify`: what notices mean.
//!
//! Rules and their sources: Alipay OpenAPI, face-to-face payment by QR code (当面付).

mod answer;
mod bill;
mod call;
#[doc(hidden)]
pub mod fuzzing;
mod notify;
mod refund;
mod settings;
mod wire;

use async_trait::async_trait;
use domain::payment::OutTradeNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use self::answer::Reply;
pub use self::settings::Settings;
use super::common::{payable, plain, refused, unreadable};
use super::http::Http;
use crate::ports::{
    Bill, CloseOutcome, GatewayError, NewTrade, NotifyError, PaymentGateway, RawNotice,
    RefundRequest, RefundStatus, TradeStatus, VerifiedNotice,
};

/// The longest subject and reason that Alipay takes, in characters.
const SUBJECT: usize = 256;

/// The longest life that may be asked for, in minutes: 15 days.
const MOST_MINUTES: i64 = 15 * 24 * 60;

/// No payment of ours has this number.
const NOBODYS: &str = "sealkey_check";

const PRECREATE: &str = "alipay.trade.precreate";
const QUERY: &str = "alipay.trade.query";
const CLOSE: &str = "alipay.trade.close";
const REFUND: &str = "alipay.trade.refund";
const REFUND_QUERY: &str = "alipay.trade.fastpay.refund.query";
const BILL: &str = "alipay.data.dataservice.bill.downloadurl.query";

/// Alipay.
#[derive(Debug)]
pub struct Alipay {
    settings: Settings,
    http: Http,
}

impl Alipay {
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

    /// Reads the secret `alipay`; see [`Settings::parse`].
    pub fn from_secret(secret: &str) -> Result<Self, GatewayError> {
        Settings::parse(secret).map(Self::new)
    }
}

/// `biz_content` of `alipay.trade.precreate`.
#[derive(Serialize)]
struct Precreate<'a> {
    out_trade_no: &'a str,
    total_amount: String,
    subject: String,
    product_code: &'static str,
    /// So that money never reaches an account whose notices we would refuse.
    seller_id: &'a str,
    /// Whole minutes. An unscanned QR lives two hours unless it is limited (Alipay OpenAPI, methods).
    qr_code_timeout_express: String,
}

/// `biz_content` of the calls that name a payment.
#[derive(Serialize)]
struct Named<'a> {
    out_trade_no: &'a str,
}

/// `biz_content` of `alipay.trade.refund`.
#[derive(Serialize)]
struct GiveBack<'a> {
    out_trade_no: &'a str,
    refund_amount: String,
    /// The refund's own number, also when all is refunded: asked again with it, nothing is paid twice.
    out_request_no: &'a str,
    refund_reason: String,
}

/// `biz_content` of `alipay.trade.fastpay.refund.query`.
#[derive(Serialize)]
struct RefundQuery<'a> {
    out_trade_no: &'a str,
    out_request_no: &'a str,
    /// When the money went is told only to who asks for it.
    query_options: [&'static str; 1],
}

/// `biz_content` of `alipay.data.dataservice.bill.downloadurl.query`.
#[derive(Serialize)]
struct BillOf {
    bill_type: &'static str,
    bill_date: String,
}

impl Alipay {
    async fn asked_again(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        let payment = request.payment.to_string();
        let content = RefundQuery {
            out_trade_no: &payment,
            out_request_no: &request.number.to_string(),
            query_options: ["gmt_refund_pay"],
        };
        let reply = self
            .call(REFUND_QUERY, Some(&payment), &content, now)
            .await?;
        refund::found(reply, request, now)
    }
}

#[async_trait]
impl PaymentGateway for Alipay {
    /// Repeated with the same number and sum it gives a QR code again; no trade exists before a scan.
    async fn create(&self, trade: &NewTrade, now: Timestamp) -> Result<String, GatewayError> {
        payable(trade.amount)?;
        let left = trade.qr_expires_at.duration_since(now);
        if left.is_negative() || left.is_zero() {
            return Err(refused(
                "sealkey.expired",
                "the QR code would be dead at once",
            ));
        }
        let number = trade.number.to_string();
        let content = Precreate {
            out_trade_no: &number,
            total_amount: trade.amount.to_string(),
            subject: plain(&trade.subject, SUBJECT, |_| 1, "Sealkey"),
            product_code: "FACE_TO_FACE_PAYMENT",
            seller_id: &self.settings.seller_id,
            qr_code_timeout_express: format!("{}m", left.as_mins().clamp(1, MOST_MINUTES)),
        };
        let reply = self.call(PRECREATE, Some(&number), &content, now).await?;
        answer::created(reply, &trade.number)
    }

    async fn query(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<TradeStatus, GatewayError> {
        let name = number.to_string();
        let content = Named {
            out_trade_no: &name,
        };
        let reply = self.call(QUERY, Some(&name), &content, now).await?;
        answer::queried(reply, number)
    }

    async fn close(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<CloseOutcome, GatewayError> {
        let name = number.to_string();
        let content = Named {
            out_trade_no: &name,
        };
        let reply = self.call(CLOSE, Some(&name), &content, now).await?;
        if let Some(outcome) = answer::closed(reply)? {
            return Ok(outcome);
        }
        match self.query(number, now).await? {
            TradeStatus::Paid(_) => Ok(CloseOutcome::Paid),
            TradeStatus::Closed => Ok(CloseOutcome::Closed),
            TradeStatus::Unknown => Ok(CloseOutcome::Unknown),
            TradeStatus::Unpaid | TradeStatus::Paying => Err(GatewayError::Unavailable(
                "an unpaid payment cannot be closed now".to_owned(),
            )),
        }
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        payable(request.amount)?;
        let payment = request.payment.to_string();
        let content = GiveBack {
            out_trade_no: &payment,
            refund_amount: request.amount.to_string(),
            out_request_no: &request.number.to_string(),
            refund_reason: plain(&request.reason, SUBJECT, |_| 1, "Refund"),
        };
        let reply = self.call(REFUND, Some(&payment), &content, now).await?;
        match refund::asked(reply, request, now)? {
            refund::Asked::Told(status) => Ok(status),
            // Code 10000 alone is no success: only the query knows.
            refund::Asked::Accepted => match self.asked_again(request, now).await? {
                RefundStatus::Unknown => Ok(RefundStatus::Processing),
                status => Ok(status),
            },
            // What was refunded in full is closed, and takes no refund: not even the one that closed it.
            refund::Asked::Refused(error) => match self.asked_again(request, now).await? {
                RefundStatus::Unknown => Err(error),
                status => Ok(status),
            },
        }
    }

    async fn refund_status(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        self.asked_again(request, now).await
    }

    async fn bill(&self, day: Date, now: Timestamp) -> Result<Bill, GatewayError> {
        let content = BillOf {
            bill_type: "trade",
            bill_date: day.to_string(),
        };
        let reply = self.call(BILL, None, &content, now).await?;
        match bill::address(reply, day, now)? {
            bill::Where::At(address) => {
                let address = self.http.bill_address(&address)?;
                let packed = self.http.download(address, &[]).await?;
                Ok(Bill::Rows(bill::rows(&packed)?))
            }
            bill::Where::NotYet => Ok(Bill::NotReady),
            bill::Where::Nowhere => Ok(Bill::Rows(Vec::new())),
        }
    }

    async fn check(&self, now: Timestamp) -> Result<(), GatewayError> {
        let content = Named {
            out_trade_no: NOBODYS,
        };
        match self.call(QUERY, Some(NOBODYS), &content, now).await? {
            Reply::No(fields) if fields.sub_code() == "ACQ.TRADE_NOT_EXIST" => Ok(()),
            Reply::No(fields) => Err(fields.refused()),
            Reply::Done(_) => Err(unreadable("a payment that cannot exist")),
        }
    }

    /// A notice of Alipay is signed in its body and says nothing in its headers; it carries no time that
    /// could grow stale, for it is sent again for a day as it is.
    fn verify(
        &self,
        notice: &RawNotice<'_>,
        _now: Timestamp,
    ) -> Result<VerifiedNotice, NotifyError> {
        notify::verify(&self.settings, notice.body)
    }
}
