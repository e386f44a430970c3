//! 支付宝 当面付: a QR code made by `alipay.trade.precreate`, over the OpenAPI v2 gateway with RSA2 and
//! public keys (not certificates).
//!
//! - `keys`: the forms that keys come in, and RSA2.
//! - `wire`: the texts that are signed, and how they are cut out of an answer.
//! - `answer`: what answers mean.
//! - `notify`: what notices mean.
//!
//! Rules and their sources: Alipay OpenAPI, face-to-face payment by QR code (当面付).

mod answer;
mod keys;
mod notify;
mod wire;

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use domain::payment::OutTradeNo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use self::answer::Reply;
use self::keys::{Signer, Verifier};
use self::wire::{Params, signed_text};
use crate::outbound;
use crate::ports::{
    CloseOutcome, GatewayError, NewTrade, NotifyError, PaymentGateway, TradeStatus, VerifiedNotice,
};

/// The most that one payment may ask for: 100000000 yuan, in fen (Alipay OpenAPI, methods).
const MOST_FEN: i64 = 10_000_000_000;

/// The longest subject that Alipay takes, in characters.
const SUBJECT: usize = 256;

/// The longest life that may be asked for, in minutes: 15 days.
const MOST_MINUTES: i64 = 15 * 24 * 60;

const PRECREATE: &str = "alipay.trade.precreate";
const QUERY: &str = "alipay.trade.query";
const CLOSE: &str = "alipay.trade.close";

/// Which gateway, who we are there, and the keys of both sides.
pub struct Settings {
    gateway_url: Url,
    app_id: String,
    seller_id: String,
    app_key: Signer,
    alipay_key: Verifier,
    notify_url: Url,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("gateway_url", &self.gateway_url.as_str())
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// The secret `alipay` as it is stored.
#[derive(Deserialize)]
struct Secret {
    gateway_url: String,
    app_id: String,
    seller_id: String,
    app_private_key: Zeroizing<String>,
    alipay_public_key: String,
    notify_url: String,
}

impl Settings {
    /// Reads the JSON text of the secret `alipay`: `gateway_url`, `app_id`, `seller_id`, `app_private_key`
    /// (PKCS#8 or PKCS#1), `alipay_public_key` (SPKI or PKCS#1), `notify_url`. Keys are PEM or bare base64.
    pub fn parse(secret: &str) -> Result<Self, GatewayError> {
        let bad = |what: &str, why: &dyn fmt::Display| {
            GatewayError::Credentials(format!("{what}: {why}"))
        };
        // The error of serde_json may repeat what it read.
        let secret: Secret = serde_json::from_str(secret)
            .map_err(|_| bad("secret", &"not the JSON object that is expected"))?;
        let is_id = |id: &str| {
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        for (name, id) in [("app_id", &secret.app_id), ("seller_id", &secret.seller_id)] {
            if !is_id(id) {
                return Err(bad(name, &"letters and digits are expected"));
            }
        }
        let app_key =
            Signer::parse(&secret.app_private_key).map_err(|why| bad("app_private_key", &why))?;
        let alipay_key = Verifier::parse(&secret.alipay_public_key)
            .map_err(|why| bad("alipay_public_key", &why))?;
        // The console shows both public keys side by side, and the wrong one makes us believe ourselves.
        if app_key.is_pair_of(&alipay_key) {
            return Err(bad("alipay_public_key", &"this is our own public key"));
        }
        Ok(Self {
            gateway_url: outbound::endpoint(&secret.gateway_url)
                .map_err(|why| bad("gateway_url", &why))?,
            app_id: secret.app_id,
            seller_id: secret.seller_id,
            app_key,
            alipay_key,
            notify_url: outbound::endpoint(&secret.notify_url)
                .map_err(|why| bad("notify_url", &why))?,
        })
    }

    /// Where the gateway is.
    pub fn gateway_url(&self) -> &Url {
        &self.gateway_url
    }
}

/// Alipay.
#[derive(Debug)]
pub struct Alipay {
    settings: Settings,
    client: OnceLock<reqwest::Client>,
}

impl Alipay {
    /// A gateway that makes its own HTTP client when it is first asked something. Verifying a notice asks
    /// nothing, so a function that only does that never reads root certificates.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            client: OnceLock::new(),
        }
    }

    /// A gateway that uses this client, which must have timeouts and follow no redirect.
    pub fn with_client(settings: Settings, client: reqwest::Client) -> Self {
        Self {
            settings,
            client: OnceLock::from(client),
        }
    }

    /// Reads the secret `alipay`; see [`Settings::parse`].
    pub fn from_secret(secret: &str) -> Result<Self, GatewayError> {
        Settings::parse(secret).map(Self::new)
    }

    fn client(&self) -> Result<reqwest::Client, GatewayError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = outbound::client(&self.settings.gateway_url)
            .map_err(|why| GatewayError::Unavailable(why.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// The signed address and the body of a call. Common parameters stand in the address, `biz_content` in
    /// the form; all of them but `sign` are signed, and none is ever empty (Alipay OpenAPI, requests: SDKs
    /// disagree on whether an empty value is signed).
    fn request(
        &self,
        method: &str,
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<(Url, String), GatewayError> {
        let settings = &self.settings;
        let content = serde_json::to_string(content)
            .map_err(|_| GatewayError::Unavailable("biz_content cannot be written".to_owned()))?;
        let now = answer::write_time(now);
        let mut params: Params = [
            ("app_id", settings.app_id.as_str()),
            ("biz_content", &content),
            ("charset", "utf-8"),
            ("format", "JSON"),
            ("method", method),
            ("sign_type", "RSA2"),
            ("timestamp", &now),
            ("version", "1.0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if method == PRECREATE {
            params.insert("notify_url".to_owned(), settings.notify_url.to_string());
        }
        let sign = settings
            .app_key
            .sign(&signed_text(&params, &["sign"]))
            .ok_or_else(|| GatewayError::Credentials("our key does not sign".to_owned()))?;
        params.remove("biz_content");
        params.insert("sign".to_owned(), sign);
        let mut url = settings.gateway_url.clone();
        url.query_pairs_mut().extend_pairs(&params);
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("biz_content", &content)
            .finish();
        Ok((url, body))
    }

    async fn call(
        &self,
        method: &str,
        number: &OutTradeNo,
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<Reply, GatewayError> {
        let (url, body) = self.request(method, content, now)?;
        let unavailable = |why: &str| GatewayError::Unavailable(why.to_owned());
        let response = self
            .client()?
            .post(url)
            .header(
                "content-type",
                "application/x-www-form-urlencoded;charset=utf-8",
            )
            .body(body)
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status();
        if !status.is_success() {
            return Err(unavailable(&format!("HTTP {}", status.as_u16())));
        }
        let body = outbound::read(response).await.map_err(unavailable)?;
        answer::believe(&self.settings.alipay_key, method, number, &body)
    }
}

/// A subject that is safe in every hand. Alipay's own notice is signed as `k=v` joined by `&`, so a subject
/// with these characters could be read as other parameters; payers see the full-width forms instead.
fn subject(text: &str) -> String {
    let plain = |c: char| match c {
        '&' => '＆',
        '=' => '＝',
        '<' => '＜',
        '>' => '＞',
        '"' | '\'' => '＂',
        '\\' | '/' => '／',
        c if c.is_control() => ' ',
        c => c,
    };
    let text: String = text.trim().chars().take(SUBJECT).map(plain).collect();
    if text.is_empty() {
        "Sealkey".to_owned()
    } else {
        text
    }
}

fn refused(code: &str, message: &str) -> GatewayError {
    GatewayError::Refused {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// `biz_content` of `alipay.trade.precreate`.
#[derive(Serialize)]
struct Precreate<'a> {
    out_trade_no: String,
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
struct Named {
    out_trade_no: String,
}

#[async_trait]
impl PaymentGateway for Alipay {
    /// Repeated with the same number and sum it gives a QR code again; no trade exists before a scan.
    async fn create(&self, trade: &NewTrade, now: Timestamp) -> Result<String, GatewayError> {
        let payable = trade
            .amount
            .fen()
            .is_some_and(|fen| (1..=MOST_FEN).contains(&fen));
        if !payable {
            return Err(refused(
                "sealkey.amount",
                "Alipay takes 0.01 to 100000000 yuan",
            ));
        }
        let left = trade.qr_expires_at.duration_since(now);
        if left.is_negative() || left.is_zero() {
            return Err(refused(
                "sealkey.expired",
                "the QR code would be dead at once",
            ));
        }
        let content = Precreate {
            out_trade_no: trade.number.to_string(),
            total_amount: trade.amount.to_string(),
            subject: subject(&trade.subject),
            product_code: "FACE_TO_FACE_PAYMENT",
            seller_id: &self.settings.seller_id,
            qr_code_timeout_express: format!("{}m", left.as_mins().clamp(1, MOST_MINUTES)),
        };
        let reply = self.call(PRECREATE, &trade.number, &content, now).await?;
        answer::created(reply, &trade.number)
    }

    async fn query(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<TradeStatus, GatewayError> {
        let content = Named {
            out_trade_no: number.to_string(),
        };
        let reply = self.call(QUERY, number, &content, now).await?;
        answer::queried(reply, number)
    }

    async fn close(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<CloseOutcome, GatewayError> {
        let content = Named {
            out_trade_no: number.to_string(),
        };
        let reply = self.call(CLOSE, number, &content, now).await?;
        if let Some(outcome) = answer::closed(reply)? {
            return Ok(outcome);
        }
        match self.query(number, now).await? {
            TradeStatus::Paid(_) => Ok(CloseOutcome::Paid),
            TradeStatus::Closed => Ok(CloseOutcome::Closed),
            TradeStatus::Unknown => Ok(CloseOutcome::Unknown),
            TradeStatus::Unpaid => Err(GatewayError::Unavailable(
                "an unpaid payment cannot be closed now".to_owned(),
            )),
        }
    }

    fn verify(&self, body: &[u8]) -> Result<VerifiedNotice, NotifyError> {
        notify::verify(&self.settings, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_cannot_pose_as_parameters() {
        assert_eq!(
            subject(" 企业密钥 & a=b/c\n\"x\" "),
            "企业密钥 ＆ a＝b／c ＂x＂"
        );
        assert_eq!(subject(" "), "Sealkey");
        assert_eq!(subject(&"钥".repeat(300)).chars().count(), 256);
    }

    #[test]
    fn times_are_china_time() {
        let at: Timestamp = "2026-11-21T16:00:01Z".parse().unwrap();
        assert_eq!(answer::write_time(at), "2026-11-22 00:00:01");
        assert_eq!(answer::read_time("2026-11-22 00:00:01"), Some(at));
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22T00:00:01Z",
            "2026-13-01 00:00:00",
            "2026-11-22 00:00:01.5",
        ] {
            assert_eq!(answer::read_time(bad), None, "{bad}");
        }
    }
}
