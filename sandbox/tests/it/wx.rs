//! A merchant of WeChat Pay: signs calls, checks answers and notifies.

use http::{HeaderMap, Method, StatusCode};
use sandbox::crypto::{Aes, Rsa2Signer, Rsa2Verifier};
use serde_json::{Value, json};

use crate::support::*;

pub const APPID: &str = "wx4500000000000001";
pub const MCHID: &str = "1900000045";
pub const MERCHANT_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
pub const API_V3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
pub const PUB_KEY_ID: &str = "PUB_KEY_ID_0119000000452026112100000000001";
pub const PLATFORM_SERIAL: &str = "7132D72A03E93CDDF8C03BBD1F37EEDF21E6C9A5";
pub const PLATFORM_PRIVATE: &str = include_str!("../fixtures/platform_private_pkcs8.b64");
pub const PLATFORM_PUBLIC: &str = include_str!("../fixtures/platform_public_spki.b64");

/// An answer of the gateway, or the headers and body of a notify.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub raw: String,
    pub body: Value,
}

impl Answer {
    pub fn outcome(&self) -> (u16, &str) {
        let code = self.body["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }

    pub fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }

    pub fn is_signed_by(&self, serial: &str) -> bool {
        self.header("wechatpay-serial") == serial && verifies(&self.headers, &self.raw)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).map(|v| v.to_str().expect("text"));
    value.unwrap_or_default()
}

/// Whether the key that the headers name has signed this. Says nothing about time.
pub fn verifies(headers: &HeaderMap, body: &str) -> bool {
    let key = match header(headers, "wechatpay-serial") {
        PUB_KEY_ID => GATEWAY_PUBLIC,
        PLATFORM_SERIAL => PLATFORM_PUBLIC,
        _ => return false,
    };
    let text = format!(
        "{}\n{}\n{body}\n",
        header(headers, "wechatpay-timestamp"),
        header(headers, "wechatpay-nonce")
    );
    header(headers, "wechatpay-signature-type") == "WECHATPAY2-SHA256-RSA2048"
        && Rsa2Verifier::parse(key)
            .expect("a key")
            .verify(&text, header(headers, "wechatpay-signature"))
}

/// The body of a notify and what was encrypted in it, whoever signed it.
pub fn opened(got: &Got) -> (Value, Value) {
    let body: Value = serde_json::from_slice(&got.body).expect("JSON");
    let part = |name: &str| body["resource"][name].as_str().expect("text").to_owned();
    assert_eq!(part("algorithm"), "AEAD_AES_256_GCM");
    let key = Aes::new(API_V3_KEY.as_bytes()).expect("a key");
    let plain = key.open(
        &part("nonce"),
        &part("associated_data"),
        &part("ciphertext"),
    );
    let plain = plain.expect("encrypted with the merchant's key");
    (body, serde_json::from_str(&plain).expect("JSON inside"))
}

/// Checks a notify as a merchant must, and answers its body and what was encrypted in it.
pub fn verified(got: &Got, now: i64) -> (Value, Value) {
    assert_eq!(got.method, "POST");
    assert_eq!(header(&got.headers, "content-type"), "application/json");
    assert!(is_good(got));
    assert_eq!(header(&got.headers, "wechatpay-timestamp"), now.to_string());
    opened(got)
}

/// Whether a notify is signed well.
pub fn is_good(got: &Got) -> bool {
    verifies(&got.headers, std::str::from_utf8(&got.body).expect("text"))
}

/// A call that can be spoilt before it is sent.
pub struct Call {
    pub method: Method,
    pub target: String,
    pub body: String,
    pub mchid: String,
    pub serial_no: String,
    pub timestamp: i64,
    pub nonce: String,
    pub headers: HeaderMap,
}

impl Call {
    pub fn new(world: &World, method: Method, path: &str, body: Option<&Value>) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("wechatpay-serial", PUB_KEY_ID),
        ] {
            headers.insert(name, value.parse().expect("a value"));
        }
        Self {
            method,
            target: format!("/wechatpay{path}"),
            body: body.map_or_else(String::new, Value::to_string),
            mchid: MCHID.to_owned(),
            serial_no: MERCHANT_SERIAL.to_owned(),
            timestamp: world.clock.now().as_second(),
            nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned(),
            headers,
        }
    }

    /// Adds the signature over what stands here now.
    pub fn sign(mut self) -> Self {
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n",
            self.method, self.target, self.timestamp, self.nonce, self.body
        );
        let key = Rsa2Signer::parse(APP_PRIVATE).expect("a key");
        let signature = key.sign(&text).expect("a signature");
        let value = format!(
            "WECHATPAY2-SHA256-RSA2048 signature=\"{signature}\",mchid=\"{}\",serial_no=\"{}\",\
             timestamp=\"{}\",nonce_str=\"{}\"",
            self.mchid, self.serial_no, self.timestamp, self.nonce
        );
        let value = value.parse().expect("a value");
        self.headers.insert("authorization", value);
        self
    }

    pub async fn send(self, world: &World) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{}", world.url, self.target);
        let request = world.http.request(self.method, url).headers(self.headers);
        let answer = request.body(self.body).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let raw = answer.text().await?;
        let body = serde_json::from_str(&raw).unwrap_or_default();
        Ok(Answer {
            status,
            headers,
            raw,
            body,
        })
    }
}

impl World {
    /// A good call whose answer is signed as it should be.
    pub async fn wx(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let call = Call::new(self, method, path, body.as_ref()).sign();
        let answer = call.send(self).await.expect("an answer");
        assert!(answer.is_signed_by(PUB_KEY_ID), "{answer:?}");
        let now = self.clock.now().as_second().to_string();
        assert_eq!(answer.header("wechatpay-timestamp"), now);
        answer
    }

    pub async fn wx_get(&self, path: &str) -> Answer {
        self.wx(Method::GET, path, None).await
    }

    pub async fn wx_post(&self, path: &str, body: Value) -> Answer {
        self.wx(Method::POST, path, Some(body)).await
    }

    /// An order whose notifies go to `merchant`; answers what the QR shows.
    pub async fn native(&self, number: &str, fen: u64, merchant: &Merchant) -> String {
        let answer = self
            .wx_post("/v3/pay/transactions/native", order(number, fen, merchant))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.raw);
        answer.body["code_url"].as_str().expect("text").to_owned()
    }

    pub async fn wx_pay(&self, code: &str) -> (StatusCode, Value) {
        self.post("/wechatpay/pay", json!({ "code": code })).await
    }

    /// An order that is paid, its notify taken.
    pub async fn wx_paid(&self, number: &str, fen: u64, merchant: &mut Merchant) {
        let code = self.native(number, fen, merchant).await;
        assert_eq!(self.wx_pay(&code).await.0, StatusCode::OK);
        merchant.next().await;
    }

    pub async fn wx_query(&self, number: &str) -> Answer {
        let path = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={MCHID}");
        self.wx_get(&path).await
    }

    pub async fn wx_close(&self, number: &str) -> Answer {
        let path = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        self.wx_post(&path, json!({ "mchid": MCHID })).await
    }

    pub async fn wx_refund(&self, body: Value) -> Answer {
        self.wx_post("/v3/refund/domestic/refunds", body).await
    }
}

/// The body of a native order.
pub fn order(number: &str, fen: u64, merchant: &Merchant) -> Value {
    json!({
        "appid": APPID, "mchid": MCHID, "description": "企业密钥 <一>, 二", "out_trade_no": number,
        "notify_url": merchant.notify_url(), "amount": { "total": fen, "currency": "CNY" },
    })
}

/// The body of a refund whose notify goes to `merchant`.
pub fn refund(
    number: &str,
    out_refund_no: &str,
    fen: u64,
    total: u64,
    merchant: &Merchant,
) -> Value {
    json!({
        "out_trade_no": number, "out_refund_no": out_refund_no, "reason": "订单取消",
        "notify_url": format!("{}/refund", merchant.url),
        "amount": { "refund": fen, "total": total, "currency": "CNY" },
    })
}
