//! Who we are at WeChat Pay, and the keys of both sides.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::outbound;
use crate::payment::rsa::{Signer, Verifier};
use crate::ports::GatewayError;

/// What the name of a key in 微信支付公钥 mode begins with. Other names are serials of certificates.
const PUBLIC_KEY_MODE: &str = "PUB_KEY_ID_";

/// The longest address that may be given for notices.
const ADDRESS: usize = 255;

/// Which gateway, who we are there, and the keys of both sides.
pub struct Settings {
    pub(super) gateway_url: Url,
    pub(super) appid: String,
    pub(super) mchid: String,
    pub(super) merchant_serial: String,
    pub(super) merchant_key: Signer,
    pub(super) api_v3_key: LessSafeKey,
    pub(super) notify_url: Url,
    pub(super) refund_notify_url: Url,
    pub(super) wechatpay_serial: String,
    wechatpay_keys: BTreeMap<String, Verifier>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("gateway_url", &self.gateway_url.as_str())
            .field("mchid", &self.mchid)
            .finish_non_exhaustive()
    }
}

/// The secret `wechatpay` as it is stored.
#[derive(Deserialize)]
struct Secret {
    gateway_url: String,
    appid: String,
    mchid: String,
    merchant_serial: String,
    merchant_private_key: Zeroizing<String>,
    api_v3_key: Zeroizing<String>,
    notify_url: String,
    refund_notify_url: String,
    wechatpay_keys: BTreeMap<String, String>,
    wechatpay_serial: String,
}

fn bad(what: &str, why: &dyn fmt::Display) -> GatewayError {
    GatewayError::Credentials(format!("{what}: {why}"))
}

fn is_hex(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A notice's address. WeChat Pay takes none that has a query.
fn address(what: &str, text: &str) -> Result<Url, GatewayError> {
    let url = outbound::endpoint(text).map_err(|why| bad(what, &why))?;
    if url.as_str().len() > ADDRESS {
        return Err(bad(what, &"longer than 255 characters"));
    }
    Ok(url)
}

/// The gateway's keys by serial, in upper case. During a change from one mode or key to the next, both sign
/// for days, so any number may stand here.
fn ring(keys: &BTreeMap<String, String>) -> Result<BTreeMap<String, Verifier>, GatewayError> {
    const WHAT: &str = "wechatpay_keys";
    let mut ring = BTreeMap::new();
    for (serial, text) in keys {
        let serial = serial.to_ascii_uppercase();
        let id = serial.strip_prefix(PUBLIC_KEY_MODE);
        let named = id.map_or_else(|| is_hex(&serial), is_hex);
        if !named {
            return Err(bad(
                WHAT,
                &"a serial is PUB_KEY_ID_ and digits, or hexadecimal digits",
            ));
        }
        let key = if id.is_none() && text.trim().starts_with("-----BEGIN CERTIFICATE") {
            let (key, own) = Verifier::of_certificate(text).map_err(|why| bad(WHAT, &why))?;
            let short = |serial: &str| serial.trim_start_matches('0').to_owned();
            if short(&own) != short(&serial) {
                return Err(bad(WHAT, &"a certificate under another serial"));
            }
            key
        } else {
            Verifier::parse(text).map_err(|why| bad(WHAT, &why))?
        };
        if ring.insert(serial, key).is_some() {
            return Err(bad(WHAT, &"a serial twice"));
        }
    }
    Ok(ring)
}

impl Settings {
    /// Reads the JSON text of the secret `wechatpay`:
    ///
    /// - `gateway_url`: without `/v3`; `appid`, `mchid`.
    /// - `merchant_serial`, `merchant_private_key`: our API certificate's serial (hexadecimal) and its key
    ///   (PKCS#8 or PKCS#1, PEM or bare base64).
    /// - `api_v3_key`: the 32 characters that notices are encrypted with.
    /// - `notify_url`, `refund_notify_url`: where notices go; without a query.
    /// - `wechatpay_keys`: the gateway's keys by serial. `PUB_KEY_ID_…`: a public key (SPKI or PKCS#1, PEM or
    ///   bare base64); hexadecimal digits: a platform certificate (PEM), or its public key.
    /// - `wechatpay_serial`: which of them answers shall be signed with.
    pub fn parse(secret: &str) -> Result<Self, GatewayError> {
        // The error of serde_json may repeat what it read.
        let secret: Secret = serde_json::from_str(secret)
            .map_err(|_| bad("secret", &"not the JSON object that is expected"))?;
        let is_id = |id: &str| {
            (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        for (name, id) in [("appid", &secret.appid), ("mchid", &secret.mchid)] {
            if !is_id(id) {
                return Err(bad(name, &"letters and digits are expected"));
            }
        }
        if !is_hex(&secret.merchant_serial) {
            return Err(bad("merchant_serial", &"hexadecimal digits are expected"));
        }
        let merchant_key = Signer::parse(&secret.merchant_private_key)
            .map_err(|why| bad("merchant_private_key", &why))?;
        let keys = ring(&secret.wechatpay_keys)?;
        if keys.values().any(|key| merchant_key.is_pair_of(key)) {
            return Err(bad("wechatpay_keys", &"our own public key is among them"));
        }
        let wechatpay_serial = secret.wechatpay_serial.to_ascii_uppercase();
        if !keys.contains_key(&wechatpay_serial) {
            return Err(bad("wechatpay_serial", &"not one of wechatpay_keys"));
        }
        let api_v3_key = Some(secret.api_v3_key.as_bytes())
            .filter(|key| key.is_ascii())
            .and_then(|key| UnboundKey::new(&AES_256_GCM, key).ok())
            .map(LessSafeKey::new)
            .ok_or_else(|| bad("api_v3_key", &"32 ASCII characters are expected"))?;
        Ok(Self {
            gateway_url: outbound::endpoint(&secret.gateway_url)
                .map_err(|why| bad("gateway_url", &why))?,
            appid: secret.appid,
            mchid: secret.mchid,
            merchant_serial: secret.merchant_serial,
            merchant_key,
            api_v3_key,
            notify_url: address("notify_url", &secret.notify_url)?,
            refund_notify_url: address("refund_notify_url", &secret.refund_notify_url)?,
            wechatpay_serial,
            wechatpay_keys: keys,
        })
    }

    /// Where the gateway is.
    pub fn gateway_url(&self) -> &Url {
        &self.gateway_url
    }

    /// The gateway's key with this serial; never another one.
    pub(super) fn wechatpay_key(&self, serial: &str) -> Option<&Verifier> {
        self.wechatpay_keys.get(&serial.to_ascii_uppercase())
    }
}
