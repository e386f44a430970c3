//! The configuration file. Unknown fields are refused, so that a misspelt one is found at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::knobs::Knobs;

/// Everything that `sandbox --config FILE` reads.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Port of the gateways and pages on 127.0.0.1; 0 takes a free one.
    #[serde(default)]
    pub port: u16,
    /// What QR codes and links begin with, such as `http://localhost:4580`. Default: the address that is bound.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Folder of `state.json`, written at every change and read at start. Default: nothing survives.
    #[serde(default)]
    pub state_dir: Option<PathBuf>,
    /// The merchant as Alipay knows it.
    pub alipay: AlipayConfig,
    /// The merchant as WeChat Pay knows it, if there shall be WeChat Pay.
    #[serde(default)]
    pub wechatpay: Option<WechatPayConfig>,
    /// The customer as the courier knows it.
    pub courier: CourierConfig,
    /// The seller as the tax platform knows it.
    pub tax: TaxConfig,
    /// The CDN, if there shall be one.
    #[serde(default)]
    pub cdn: Option<CdnConfig>,
    /// Where the knobs stand at start and after a reset.
    #[serde(default)]
    pub knobs: Knobs,
}

/// One merchant with one application.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlipayConfig {
    /// The application's id.
    pub app_id: String,
    /// The merchant's account, `2088…`.
    pub seller_id: String,
    /// The merchant's mail address as notifies tell it.
    #[serde(default = "default_seller_email")]
    pub seller_email: String,
    /// The name that the payer reads.
    #[serde(default = "default_merchant_name")]
    pub merchant_name: String,
    /// The merchant's public key (SPKI or PKCS#1; PEM or bare base64): checks requests.
    pub app_public_key: String,
    /// Alipay's own private key (PKCS#8 or PKCS#1; PEM or bare base64): signs answers and notifies.
    pub private_key: String,
}

/// One merchant of WeChat Pay.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatPayConfig {
    /// The official account's or app's id.
    pub appid: String,
    /// The merchant's number.
    pub mchid: String,
    /// The name that the payer reads.
    #[serde(default = "default_merchant_name")]
    pub merchant_name: String,
    /// Serial of the merchant's API certificate, in hex.
    pub merchant_serial: String,
    /// The public key of that certificate (SPKI or PKCS#1; PEM or bare base64): checks requests.
    pub merchant_public_key: String,
    /// The `APIv3` key, 32 ASCII characters: encrypts what notifies are about.
    pub api_v3_key: String,
    /// WeChat Pay's own keys, at least one. The first signs notifies, and answers to calls that name none.
    pub keys: Vec<WechatPayKey>,
}

/// A key of WeChat Pay's.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatPayKey {
    /// `PUB_KEY_ID_…`, or the serial of a platform certificate in hex.
    pub serial: String,
    /// The private key (PKCS#8 or PKCS#1; PEM or bare base64): signs answers and notifies.
    pub private_key: String,
}

/// One customer account of the courier.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourierConfig {
    /// Account name, header `x-courier-account`.
    pub account: String,
    /// Key of the customer's requests.
    pub api_key: String,
    /// Key of the courier's webhooks.
    pub webhook_key: String,
    /// Where events go. Default: events are kept but not sent.
    #[serde(default)]
    pub webhook_url: Option<String>,
}

/// One seller at the tax platform.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxConfig {
    /// Account name, header `x-tax-account`.
    pub account: String,
    /// Key of the seller's requests.
    pub api_key: String,
}

/// The second listener: a static site with an API behind it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CdnConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[serde(default)]
    pub port: u16,
    /// Where `/api/*` goes, with a path prefix if the API has one: `http://localhost:4566/_aws/execute-api/abc/live`.
    pub api_url: String,
    /// The Host header that the API is told. Default: the one of `api_url`.
    #[serde(default)]
    pub api_host: Option<String>,
    /// Value of the header `x-sealkey-origin`.
    pub origin_secret: String,
    /// Folder of the built site.
    pub site_dir: PathBuf,
    /// Where `/pki/*` goes: the address of a bucket, `http://localhost:4566/some-bucket`. Without it there is none.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Headers added to every answer of the site, such as `content-security-policy`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

fn default_seller_email() -> String {
    "merchant@sandbox.invalid".to_owned()
}

fn default_merchant_name() -> String {
    "沙箱商户".to_owned()
}
