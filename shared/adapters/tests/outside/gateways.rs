//! Gateways as the secrets describe them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use adapters::payment::FromSecrets;
use adapters::ports::{GatewayError, Gateways, PortError, Secrets};
use async_trait::async_trait;
use domain::payment::PaymentMethod;

use crate::{alipay, wechatpay};

#[derive(Default)]
struct Texts(Mutex<HashMap<String, String>>);

#[async_trait]
impl Secrets for Texts {
    async fn read(&self, name: &str) -> Result<String, PortError> {
        let texts = self.0.lock().unwrap();
        match texts.get(name).map(String::as_str) {
            None => Err(PortError::defect("secrets", "secret without text")),
            Some("down") => Err(PortError::unavailable("secrets", "no")),
            Some(text) => Ok(text.to_owned()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_kept_as_long_as_its_secret_is_the_same() {
    let texts = Arc::new(Texts::default());
    let put = |name: &str, text: String| texts.0.lock().unwrap().insert(name.to_owned(), text);
    let gateways = FromSecrets::new(texts.clone());
    let url = "http://127.0.0.1:9/gateway";
    let alipay = alipay::Keys::make("gateways_alipay").secret(url);
    let wechatpay = wechatpay::Keys::make("gateways").secret(url);
    for (method, mut secret) in [
        (PaymentMethod::Alipay, alipay),
        (PaymentMethod::WechatPay, wechatpay),
    ] {
        let missing = gateways.gateway(method).await.err();
        assert!(
            matches!(missing, Some(GatewayError::Credentials(_))),
            "{missing:?}"
        );
        put(method.as_str(), secret.to_string());
        let first = gateways.gateway(method).await.unwrap();
        let again = gateways.gateway(method).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again), "{method:?}: parsed again");
        secret["notify_url"] = "https://other.example.cn/".into();
        put(method.as_str(), secret.to_string());
        let changed = gateways.gateway(method).await.unwrap();
        assert!(
            !Arc::ptr_eq(&first, &changed),
            "{method:?}: a change is not seen"
        );
        put(method.as_str(), "down".to_owned());
        let down = gateways.gateway(method).await.err();
        assert!(
            matches!(down, Some(GatewayError::Unavailable(_))),
            "{down:?}"
        );
        put(method.as_str(), "{}".to_owned());
        let broken = gateways.gateway(method).await.err();
        assert!(
            matches!(broken, Some(GatewayError::Credentials(_))),
            "{broken:?}"
        );
        put(method.as_str(), secret.to_string());
        let back = gateways.gateway(method).await.unwrap();
        assert!(Arc::ptr_eq(&changed, &back));
    }
}
