//! Calls: signed on the way out, believed or not on the way in.

use aws_lc_rs::rand;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use super::WechatPay;
use super::seal::{self, Fault};
use crate::outbound;
use crate::payment::common::{refused, unavailable, words};
use crate::ports::{GatewayError, RawNotice};

/// An answer that may be read.
#[derive(Debug)]
pub(super) enum Reply {
    /// 2xx, signed: its body.
    Done(Vec<u8>),
    /// 4xx: the gateway says no.
    No(Refusal),
}

/// Why the gateway says no.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(skip)]
    status: u16,
    /// Was it signed by the gateway?
    #[serde(skip)]
    pub(super) signed: bool,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    message: String,
}

impl Refusal {
    /// Does the gateway not know the order that was named?
    pub(super) fn is_unknown_order(&self) -> bool {
        matches!(self.code.as_str(), "ORDER_NOT_EXIST" | "ORDERNOTEXIST")
    }

    /// What it is for a caller who has nothing better to make of it.
    pub(super) fn error(&self) -> GatewayError {
        let status = self.status;
        match self.code.as_str() {
            "" if status != 403 => unavailable(&format!("HTTP {status}")),
            ""
            | "SIGN_ERROR"
            | "NO_AUTH"
            | "NOAUTH"
            | "REQUEST_BLOCKED"
            | "APPID_MCHID_NOT_MATCH"
            | "APPID_NOT_EXIST"
            | "MCHID_NOT_EXIST"
            | "MCH_NOT_EXISTS" => {
                GatewayError::Credentials(words(&format!("{status} {}", self.code)))
            }
            "SYSTEM_ERROR"
            | "SYSTEMERROR"
            | "BANK_ERROR"
            | "BANKERROR"
            | "BIZ_ERR_NEED_RETRY"
            | "FREQUENCY_LIMITED"
            | "FREQUENCY_LIMIT_EXCEED"
            | "RATELIMIT_EXCEEDED" => unavailable(&words(&format!("{status} {}", self.code))),
            code => refused(code, &self.message),
        }
    }
}

/// The members of an error answer, if it is one.
fn refusal(status: StatusCode, signed: bool, body: &[u8]) -> Refusal {
    let read: Refusal = serde_json::from_slice(body).unwrap_or_default();
    Refusal {
        status: status.as_u16(),
        signed,
        ..read
    }
}

impl WechatPay {
    /// The header that says who asks. The target is signed as it goes over the wire, with a path before
    /// `/v3` if the gateway's address has one.
    pub(super) fn authorization(
        &self,
        method: &str,
        url: &Url,
        body: &str,
        now: Timestamp,
    ) -> Result<String, GatewayError> {
        let mut nonce = [0; 16];
        rand::fill(&mut nonce).map_err(|_| unavailable("no random numbers"))?;
        let nonce = hex::encode(nonce);
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let settings = &self.settings;
        let signature = settings
            .merchant_key
            .sign(&seal::request_text(method, &target, now, &nonce, body))
            .ok_or_else(|| GatewayError::Credentials("our key does not sign".to_owned()))?;
        Ok(format!(
            "{} mchid=\"{}\",nonce_str=\"{nonce}\",timestamp=\"{}\",serial_no=\"{}\",signature=\"{signature}\"",
            seal::KIND,
            settings.mchid,
            now.as_second(),
            settings.merchant_serial,
        ))
    }

    /// Asks for something.
    pub(super) async fn get(&self, target: &str, now: Timestamp) -> Result<Reply, GatewayError> {
        self.call(Method::GET, target, String::new(), now).await
    }

    /// Asks for something to be done.
    pub(super) async fn post(
        &self,
        target: &str,
        content: &(impl Serialize + Sync),
        now: Timestamp,
    ) -> Result<Reply, GatewayError> {
        let body = serde_json::to_string(content)
            .map_err(|_| unavailable("the body cannot be written"))?;
        self.call(Method::POST, target, body, now).await
    }

    async fn call(
        &self,
        method: Method,
        target: &str,
        body: String,
        now: Timestamp,
    ) -> Result<Reply, GatewayError> {
        let mut url = self.http.base().clone();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let authorization = self.authorization(method.as_str(), &url, &body, now)?;
        let response = self
            .http
            .client()?
            .request(method, url)
            .header("authorization", authorization)
            // Which key the answer shall be signed with.
            .header("wechatpay-serial", &self.settings.wechatpay_serial)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status();
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .filter(|(name, _)| seal::HEADERS.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let body = outbound::read(response).await.map_err(unavailable)?;
        let message = RawNotice {
            headers: &headers,
            body: &body,
        };
        self.believe(status, &message, now)
    }

    /// Believes an answer, or not.
    ///
    /// - 2xx must be signed: without that it is forged (WeChat Pay, verifying answers). Only 2xx says that
    ///   money came, went back, or can come no more.
    /// - 429 and 5xx come from whatever stands in the way, signed or not, and say nothing but "again". 401
    ///   says that we are not known; then our clock may be wrong too, and with it every window.
    /// - Other 4xx are read when they are signed, and when they are not: no source says that they always
    ///   are, and the official SDK for Go reads them without a look. So nothing final may be made of one:
    ///   each fact that callers take from it (no such order, paid already, too little balance, no such
    ///   refund) only leads to asking again, or to a person. A wrong signature is another matter: that
    ///   answer is somebody else's, and nothing at all is read from it.
    fn believe(
        &self,
        status: StatusCode,
        message: &RawNotice<'_>,
        now: Timestamp,
    ) -> Result<Reply, GatewayError> {
        if status == StatusCode::UNAUTHORIZED {
            let no = refusal(status, false, message.body);
            return Err(GatewayError::Credentials(words(
                format!("401 {}", no.code).trim_end(),
            )));
        }
        let again = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if again || !(status.is_success() || status.is_client_error()) {
            return Err(unavailable(&format!("HTTP {}", status.as_u16())));
        }
        match (
            seal::check(&self.settings, message, now),
            status.is_success(),
        ) {
            (Ok(()), true) => Ok(Reply::Done(message.body.to_vec())),
            (Ok(()), false) => Ok(Reply::No(refusal(status, true, message.body))),
            (Err(Fault::Absent), false) => Ok(Reply::No(refusal(status, false, message.body))),
            (Err(_), _) => Err(GatewayError::Forged),
        }
    }
}
