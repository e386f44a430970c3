//! WeChat Pay against a small gateway whose keys and signatures are made by the `openssl` command.

mod bills;
mod calls;
mod notices;
mod refunds;
mod secrets;

use std::path::PathBuf;

use crate::support::{Seen, Server, folder, openssl, openssl_text};
use adapters::payment::wechatpay::WechatPay;
use adapters::ports::{NewTrade, PaymentGateway, RefundRequest};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub const APP: &str = "wxd678efh567hg6787";
pub const MERCHANT: &str = "1900000109";
pub const NUMBER: &str = "201910230935190042_1";
pub const REFUND: &str = "201910230935190042_R1";
pub const KEY_ID: &str = "PUB_KEY_ID_0119000001092024091800201400000001";
pub const PLATFORM: &str = "7132D72A03E93CDDF8C03BBD1F37EEDF86A1A5B0";
pub const OURS: &str = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C";
pub const V3_KEY: &str = "0123456789abcdefghijABCDEFGHIJ==";

/// Keys made by openssl: ours, WeChat Pay's in public-key mode, and one with a platform certificate.
#[derive(Clone)]
pub struct Keys(PathBuf);

impl Keys {
    pub fn make(name: &str) -> Self {
        let folder = folder(&format!("wechatpay_{name}"));
        let keys = Self(folder);
        for who in ["merchant", "public", "platform"] {
            let key = keys.path(who);
            openssl(
                &format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {key}.pem"),
                b"",
            );
            openssl(&format!("pkey -in {key}.pem -pubout -out {key}.pub"), b"");
        }
        let platform = keys.path("platform");
        openssl(
            &format!(
                "req -new -x509 -key {platform}.pem -subj /CN=Tenpay.com -days 1825 -set_serial 0x{PLATFORM} -out {platform}.crt"
            ),
            b"",
        );
        keys
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub fn sign(&self, who: &str, text: &[u8]) -> String {
        let key = self.path(who);
        STANDARD.encode(openssl(&format!("dgst -sha256 -sign {key}.pem"), text))
    }

    pub fn secret(&self, gateway: &str) -> Value {
        json!({
            "gateway_url": gateway,
            "appid": APP,
            "mchid": MERCHANT,
            "merchant_serial": OURS,
            "merchant_private_key": self.text("merchant.pem"),
            "api_v3_key": V3_KEY,
            "notify_url": "https://keys.example.cn/api/webhooks/wechatpay",
            "refund_notify_url": "https://keys.example.cn/api/webhooks/wechatpay/refund",
            "wechatpay_keys": {
                KEY_ID: self.text("public.pub"),
                PLATFORM: self.text("platform.crt"),
            },
            "wechatpay_serial": KEY_ID,
        })
    }

    pub fn gateway(&self, url: &str) -> WechatPay {
        WechatPay::from_secret(&self.secret(&format!("{url}/wechatpay")).to_string()).unwrap()
    }

    /// The headers of a message of WeChat Pay's.
    pub fn seal(&self, at: Timestamp, body: &[u8]) -> Headers {
        self.seal_by("public", KEY_ID, at, body)
    }

    pub fn seal_by(&self, who: &str, serial: &str, at: Timestamp, body: &[u8]) -> Headers {
        let timestamp = at.as_second().to_string();
        let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
        let text = [timestamp.as_bytes(), nonce.as_bytes(), body, b""].join(&b'\n');
        [
            ("Wechatpay-Timestamp", timestamp.as_str()),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Serial", serial),
            ("Wechatpay-Signature", &self.sign(who, &text)),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// An answer signed now.
    pub fn answer(&self, status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: self.seal(now(), body.as_bytes()),
            body: body.as_bytes().to_vec(),
        }
    }
}

pub type Headers = Vec<(String, String)>;

/// Headers with one changed; `None` takes it away.
pub fn with(headers: &Headers, name: &str, value: Option<&str>) -> Headers {
    let mut changed = headers.clone();
    changed.retain(|(known, _)| known != name);
    changed.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    changed
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn plain(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    pub fn response(&self) -> Response {
        let mut response = Response::builder().status(StatusCode::from_u16(self.status).unwrap());
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body.clone())).unwrap()
    }
}

pub fn now() -> Timestamp {
    "2026-11-21T13:00:00Z".parse().unwrap()
}

pub fn trade(lifetime: SignedDuration) -> NewTrade {
    NewTrade {
        number: NUMBER.parse().unwrap(),
        amount: Money::from_fen(36_000),
        subject: "企业密钥 × 2, 更多".to_owned(),
        qr_expires_at: now() + lifetime,
    }
}

pub fn refund_request() -> RefundRequest {
    RefundRequest {
        number: REFUND.parse().unwrap(),
        payment: NUMBER.parse().unwrap(),
        amount: Money::from_fen(12_000),
        total: Money::from_fen(36_000),
        reason: "取消 1 把".to_owned(),
    }
}

pub const CALLS: [&str; 5] = ["create", "query", "close", "refund", "refund_status"];

/// A good answer to each call.
pub fn good(call: &str) -> (u16, String) {
    let body = match call {
        "create" => json!({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}),
        "query" => transaction("NOTPAY"),
        "close" => return (204, String::new()),
        _ => refund("PROCESSING"),
    };
    (200, body.to_string())
}

/// A payment as a query tells of it.
pub fn transaction(state: &str) -> Value {
    json!({
        "appid": APP,
        "mchid": MERCHANT,
        "out_trade_no": NUMBER,
        "transaction_id": "4200002026112100000001",
        "trade_type": "NATIVE",
        "trade_state": state,
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "",
        "success_time": "2026-11-21T21:30:59+08:00",
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 36_000, "payer_total": 35_000, "currency": "CNY", "payer_currency": "CNY"},
        "promotion_detail": [{"coupon_id": "109519", "amount": 1000}],
    })
}

/// A refund as answers tell of it.
pub fn refund(status: &str) -> Value {
    json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": REFUND,
        "transaction_id": "4200002026112100000001",
        "out_trade_no": NUMBER,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": "2026-11-21T21:40:00+08:00",
        "success_time": "2026-11-21T21:40:02+08:00",
        "status": status,
        "amount": {"total": 36_000, "refund": 12_000, "payer_total": 35_000, "payer_refund": 11_667, "currency": "CNY"},
    })
}

/// Asks a gateway that always gives this answer.
pub async fn ask(keys: &Keys, call: &str, answer: Answer) -> String {
    let server = Server::start(move |_| answer.response()).await;
    let gateway = keys.gateway(&server.url);
    let number = NUMBER.parse().unwrap();
    match call {
        "create" => {
            let trade = trade(SignedDuration::from_mins(30));
            format!("{:?}", gateway.create(&trade, now()).await)
        }
        "query" => format!("{:?}", gateway.query(&number, now()).await),
        "close" => format!("{:?}", gateway.close(&number, now()).await),
        "refund" => format!("{:?}", gateway.refund(&refund_request(), now()).await),
        "refund_status" => {
            format!(
                "{:?}",
                gateway.refund_status(&refund_request(), now()).await
            )
        }
        "check" => format!("{:?}", gateway.check(now()).await),
        _ => panic!("{call}"),
    }
}

/// Checks the header `Authorization` of a request, by the rules and by openssl.
pub fn assert_signed(keys: &Keys, seen: &Seen, target: &str) {
    let header = seen.headers["authorization"].to_str().unwrap();
    let values = header.strip_prefix("WECHATPAY2-SHA256-RSA2048 ").unwrap();
    let value = |name: &str| {
        let (_, rest) = values.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(value("mchid"), MERCHANT);
    assert_eq!(value("serial_no"), OURS);
    assert_eq!(value("timestamp"), now().as_second().to_string());
    let nonce = value("nonce_str");
    assert!(nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(seen.uri.to_string(), target);
    assert_eq!(seen.headers["wechatpay-serial"], KEY_ID);
    let body = std::str::from_utf8(&seen.body).unwrap();
    let text = format!(
        "{}\n{target}\n{}\n{nonce}\n{body}\n",
        seen.method,
        now().as_second()
    );
    let signature = keys.path("signature");
    std::fs::write(&signature, STANDARD.decode(value("signature")).unwrap()).unwrap();
    let words = format!(
        "dgst -sha256 -verify {} -signature {signature}",
        keys.path("merchant.pub")
    );
    assert_eq!(openssl_text(&words, text.as_bytes()), "Verified OK\n");
}
