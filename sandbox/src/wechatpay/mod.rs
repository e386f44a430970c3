//! WeChat Pay, `APIv3`: the gateway, the payer's phone, and notifies.

pub mod bill;
pub(crate) mod calls;
pub mod extra;
pub mod gateway;
pub mod ledger;
pub mod notify;
pub mod phone;
pub mod refund_calls;
pub mod refunds;
pub mod seal;
pub mod terms;

use axum::Router;
use axum::routing::{any, get, post};
use jiff::Timestamp;

use crate::app::{App, AppRef, Failure};
use crate::clock::china_digits;
use crate::config::WechatPayConfig;
use crate::crypto::{Aes, CryptoError, Rsa2Signer, Rsa2Verifier, random, random_digits};

/// Who pays, always the same person.
pub(crate) const OPENID: &str = "o-sandbox-payer-0000000004580";

/// The merchant with keys read.
pub struct Merchant {
    /// As configured.
    pub config: WechatPayConfig,
    /// Checks what the merchant sends.
    pub verifier: Rsa2Verifier,
    /// Encrypts what notifies are about.
    pub aes: Aes,
    keys: Vec<(String, Rsa2Signer)>,
}

impl Merchant {
    /// Reads the keys.
    pub fn new(config: WechatPayConfig) -> Result<Self, CryptoError> {
        let verifier = Rsa2Verifier::parse(&config.merchant_public_key)?;
        let aes = Aes::new(config.api_v3_key.as_bytes())?;
        let read = config.keys.iter().map(|key| {
            let signer = Rsa2Signer::parse(&key.private_key)?;
            Ok((key.serial.clone(), signer))
        });
        let keys = read.collect::<Result<Vec<_>, CryptoError>>()?;
        if keys.is_empty() {
            return Err(CryptoError::Key);
        }
        Ok(Self {
            config,
            verifier,
            aes,
            keys,
        })
    }

    /// A key by its serial, or without one the first; nothing if there is none of that serial.
    pub fn key(&self, serial: Option<&str>) -> Option<(&str, &Rsa2Signer)> {
        let mut keys = self.keys.iter();
        let found = match serial {
            Some(serial) => keys.find(|(known, _)| known == serial),
            None => keys.next(),
        };
        found.map(|(serial, signer)| (serial.as_str(), signer))
    }
}

/// The merchant, if WeChat Pay is played at all.
pub(crate) fn merchant(app: &App) -> Result<&Merchant, Failure> {
    app.wechatpay.as_ref().ok_or_else(|| {
        let text = "this sandbox is configured without wechatpay".to_owned();
        Failure::NotFound("no_wechatpay", text)
    })
}

/// The routes below `/wechatpay`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route("/wechatpay/v3/{*path}", any(gateway::gateway))
        .route(
            "/wechatpay/pay/{code}",
            get(phone::scan).post(phone::confirm),
        )
        .route("/wechatpay/pay/{code}/cancel", get(phone::cancel))
        .route("/wechatpay/pay", post(phone::pay_by_machine))
        .route("/wechatpay/trades", get(phone::trades))
        .route("/wechatpay/notifies", get(notify::list))
        .route("/wechatpay/refunds", get(refund_calls::list))
        .route("/wechatpay/refunds/finish", post(refund_calls::finish))
}

/// A fresh number of a payment, 28 digits.
pub(crate) fn transaction_id(now: Timestamp) -> Result<String, CryptoError> {
    let date = china_digits(now);
    Ok(format!("420000{}{}", random_digits(4)?, &date[..8]) + &random_digits(10)?)
}

/// A fresh number of a refund, 29 digits.
pub(crate) fn refund_id(now: Timestamp) -> Result<String, CryptoError> {
    let date = china_digits(now);
    Ok(format!("5030{}{}", &date[..8], random_digits(17)?))
}

/// A fresh code of a QR.
pub(crate) fn code() -> Result<String, CryptoError> {
    Ok(format!("wxp{}", hex::encode(random::<12>()?)))
}

/// What a QR shows. In life `weixin://wxpay/bizpayurl?pr=<code>`, which only WeChat opens; here an address that
/// any browser opens, so that a person and a test can pay.
pub(crate) fn code_url(public_url: &str, code: &str) -> String {
    format!("{public_url}/wechatpay/pay/{code}")
}
