//! Alipay: the gateway, the payer's phone, and notifies.

pub mod bill;
pub(crate) mod calls;
pub mod extra;
pub mod gateway;
pub mod ledger;
pub mod notify;
pub mod phone;
pub mod refunds;
pub mod terms;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;

use crate::app::AppRef;
use crate::clock::china_digits;
use crate::config::AlipayConfig;
use crate::crypto::{CryptoError, Rsa2Signer, Rsa2Verifier, random, random_digits};
use crate::knobs::Signature;

/// Who pays, always the same person.
pub(crate) const BUYER_ID: &str = "2088000000004580";
pub(crate) const BUYER_LOGON_ID: &str = "138****4580";
pub(crate) const BUYER_OPEN_ID: &str = "0sandbox00buyer00open00id004580";

/// The merchant with keys read.
pub struct Merchant {
    /// As configured.
    pub config: AlipayConfig,
    /// Checks what the merchant sends.
    pub verifier: Rsa2Verifier,
    /// Signs what Alipay sends.
    pub signer: Rsa2Signer,
}

impl Merchant {
    /// Reads the keys.
    pub fn new(config: AlipayConfig) -> Result<Self, CryptoError> {
        let verifier = Rsa2Verifier::parse(&config.app_public_key)?;
        let signer = Rsa2Signer::parse(&config.private_key)?;
        Ok(Self {
            config,
            verifier,
            signer,
        })
    }

    /// Signs as a knob wants it. Alipay's signatures say no time and name no key, so whatever is about these
    /// is signed well.
    pub fn sign(&self, text: &str, signature: Signature) -> Result<Option<String>, CryptoError> {
        Ok(Some(match signature {
            Signature::Unsigned => return Ok(None),
            Signature::Forged => self.signer.sign(&format!("{text}&forged=1"))?,
            Signature::WrongKey => Rsa2Signer::stranger()?.sign(text)?,
            Signature::Good | Signature::Stale | Signature::Probe | Signature::UnknownSerial => {
                self.signer.sign(text)?
            }
        }))
    }
}

/// The routes below `/alipay`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route(
            "/alipay/gateway.do",
            get(gateway::gateway).post(gateway::gateway),
        )
        .route("/alipay/pay/{code}", get(phone::scan).post(phone::confirm))
        .route("/alipay/pay/{code}/cancel", get(phone::cancel))
        .route("/alipay/scan", post(phone::scan_by_machine))
        .route("/alipay/pay", post(phone::pay_by_machine))
        .route("/alipay/trades", get(phone::trades))
        .route("/alipay/notifies", get(notify::list))
        .route("/alipay/refunds", get(refunds::list))
        .route("/alipay/refunds/finish", post(refunds::finish))
        .route("/alipay/bill/{token}", get(bill::download))
}

/// A fresh trade number: date, then digits, 28 in all.
pub(crate) fn trade_no(now: Timestamp) -> Result<String, CryptoError> {
    let date = china_digits(now);
    Ok(format!("{}2200{}", &date[..8], random_digits(16)?))
}

/// A fresh code of a QR.
pub(crate) fn code() -> Result<String, CryptoError> {
    Ok(format!("bax{}", hex::encode(random::<12>()?)))
}

/// The address that a QR shows.
pub(crate) fn qr_code(public_url: &str, code: &str) -> String {
    format!("{public_url}/alipay/pay/{code}")
}
