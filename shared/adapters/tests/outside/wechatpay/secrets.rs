//! What is taken as a secret.

use super::*;
use adapters::ports::{GatewayError, RawNotice};

#[test]
fn keys_are_taken_in_every_form_and_never_shown() {
    let keys = Keys::make("secret");
    let bare = |pem: &str| -> String {
        pem.lines()
            .filter(|line| !line.starts_with("---"))
            .collect()
    };
    let pkcs8 = keys.text("merchant.pem");
    let pkcs1 = openssl_text(
        &format!("pkey -in {} -traditional", keys.path("merchant.pem")),
        b"",
    );
    let platform = keys.text("platform.pub");
    let headers = keys.seal_by("platform", PLATFORM, now(), b"{}");
    let notice = RawNotice {
        headers: &headers,
        body: b"{}",
    };
    for private in [&pkcs8, &bare(&pkcs8), &pkcs1, &bare(&pkcs1)] {
        for public in [&platform, &bare(&platform), &keys.text("platform.crt")] {
            let mut secret = keys.secret("https://api.mch.weixin.qq.com");
            secret["merchant_private_key"] = json!(private);
            secret["wechatpay_keys"] = json!({ PLATFORM.to_lowercase(): public });
            secret["wechatpay_serial"] = json!(PLATFORM);
            let gateway = WechatPay::from_secret(&secret.to_string()).unwrap();
            // The seal is good; there is only nothing in it.
            let heard = gateway.verify(&notice, now()).unwrap_err();
            assert_eq!(heard, adapters::ports::NotifyError::Malformed);
            let shown = format!("{gateway:?}");
            assert!(shown.contains("https://api.mch.weixin.qq.com"), "{shown}");
            assert!(
                !shown.contains(&bare(&pkcs8)[40..80]) && !shown.contains(V3_KEY),
                "{shown}"
            );
        }
    }
}

#[test]
fn what_cannot_work_is_refused_before_it_is_used() {
    let keys = Keys::make("secret_bad");
    let public = keys.text("public.pub");
    let certificate = keys.text("platform.crt");
    let long = format!("https://keys.example.cn/{}", "a".repeat(240));
    for (name, value) in [
        ("gateway_url", json!("http://api.mch.weixin.qq.com")),
        ("gateway_url", Value::Null),
        ("appid", json!("")),
        ("appid", json!("wx\"")),
        ("mchid", json!("1900000109\",x=\"")),
        ("merchant_serial", json!("")),
        ("merchant_serial", json!("XYZ")),
        ("merchant_private_key", json!(public)),
        ("merchant_private_key", json!("")),
        ("api_v3_key", json!("0123456789abcdefghijABCDEFGHIJ=")),
        ("api_v3_key", json!("0123456789abcdefghijABCDEFGHIJ===")),
        ("api_v3_key", json!("密".repeat(10) + "ab")),
        ("notify_url", json!("https://keys.example.cn/?a=1")),
        ("notify_url", json!("http://keys.example.cn/")),
        ("notify_url", json!(long)),
        ("refund_notify_url", json!("javascript:1")),
        ("refund_notify_url", Value::Null),
        ("wechatpay_keys", json!({})),
        ("wechatpay_keys", json!([])),
        ("wechatpay_keys", json!({ KEY_ID: certificate })),
        (
            "wechatpay_keys",
            json!({ KEY_ID: keys.text("merchant.pub") }),
        ),
        ("wechatpay_keys", json!({ KEY_ID: keys.text("public.pem") })),
        (
            "wechatpay_keys",
            json!({ KEY_ID: public, "PUB_KEY_ID_": public }),
        ),
        (
            "wechatpay_keys",
            json!({ KEY_ID: public, "serial": public }),
        ),
        (
            "wechatpay_keys",
            json!({ KEY_ID: public, "7132D72A": certificate }),
        ),
        (
            "wechatpay_keys",
            json!({ KEY_ID: public, "7132d72a": public, "7132D72A": public }),
        ),
        ("wechatpay_serial", json!(PLATFORM.replace('7', "8"))),
        ("wechatpay_serial", json!("")),
    ] {
        let mut secret = keys.secret("https://api.mch.weixin.qq.com");
        secret[name] = value.clone();
        let error = WechatPay::from_secret(&secret.to_string()).unwrap_err();
        let GatewayError::Credentials(text) = error else {
            panic!("{name} {value}: {error}")
        };
        assert!(
            text.len() < 120 && !text.contains(V3_KEY),
            "{name} {value}: {text}"
        );
    }
    assert!(WechatPay::from_secret("").is_err());
}
