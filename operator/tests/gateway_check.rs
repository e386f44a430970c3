//! What the check of the gateways' credentials says: through the program itself, against gateways and a Secrets
//! Manager on loopback.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use adapters::ports::{Clock, PortError, Secrets};
use domain::payment::PaymentMethod;
use edge::real::SystemClock;
use jiff::{SignedDuration, Timestamp};
use operator::gateway::{self, State};
use serde_json::{Value, json};
use testkit::alipay::FakeAlipay;
use testkit::power::PowerCut;
use testkit::wechatpay::FakeWechatPay;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Serves what `answer` makes of each body, on a free port of loopback.
async fn serve(answer: impl Fn(&[u8]) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                let line = line.trim_end().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(told) = line.strip_prefix("content-length: ") {
                    length = told.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let (status, text) = answer(&body);
            let length = text.len();
            let head =
                format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}");
            let told = format!("{head}\r\n\r\n{text}");
            // A client that hangs up is its own affair.
            let _ = stream.write_all(told.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

/// The program, against a Secrets Manager that holds these: its exit code, and what it said.
async fn run(secrets: &[(&str, &Value)]) -> (i32, String) {
    let held: BTreeMap<String, String> = secrets
        .iter()
        .map(|(name, value)| (format!("sealkey/test/{name}"), value.to_string()))
        .collect();
    let url = serve(move |body| {
        let asked: Value = serde_json::from_slice(body).unwrap();
        let name = asked["SecretId"].as_str().unwrap();
        match held.get(name).map(String::as_str) {
            None => (400, r#"{"__type":"ResourceNotFoundException"}"#.to_owned()),
            Some(r#""denied""#) => (400, r#"{"__type":"AccessDeniedException"}"#.to_owned()),
            Some(text) => (200, json!({ "SecretString": text }).to_string()),
        }
    })
    .await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_operator"));
    program
        .args(["gateway-check", "--secrets", "sealkey/test"])
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_ENDPOINT_URL", url);
    let output = tokio::task::spawn_blocking(move || program.output().unwrap());
    let output = output.await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

struct Gateways {
    alipay: Arc<FakeAlipay>,
    wechatpay: Arc<FakeWechatPay>,
}

impl Gateways {
    async fn start() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Self {
            alipay: FakeAlipay::start(PowerCut::never(), clock.clone()).await,
            wechatpay: FakeWechatPay::start(PowerCut::never(), clock).await,
        }
    }

    /// Both secrets.
    fn secrets(&self) -> (Value, Value) {
        let read = |text: String| serde_json::from_str(&text).unwrap();
        (read(self.alipay.secret()), read(self.wechatpay.secret()))
    }
}

/// No piece of a key is in what was said.
fn says_no_key(said: &str, secret: &Value) {
    let keys = ["app_private_key", "merchant_private_key", "api_v3_key"];
    for key in keys.iter().filter_map(|name| secret[name].as_str()) {
        let pieces = key.as_bytes().chunks(16).filter(|piece| piece.len() > 7);
        for piece in pieces {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!said.contains(piece), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_credentials_work_and_nothing_is_asked_for_but_a_payment_of_nobody() {
    let gateways = Gateways::start().await;
    let (alipay, wechatpay) = gateways.secrets();
    let (code, said) = run(&[("alipay", &alipay), ("wechatpay", &wechatpay)]).await;
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("alipay     works"), "{said}");
    assert!(lines[1].starts_with("wechatpay  works"), "{said}");
    says_no_key(&said, &alipay);
    says_no_key(&said, &wechatpay);
    assert_eq!(gateways.alipay.asked(), ["query sealkey_check"]);
    assert_eq!(gateways.wechatpay.asked(), ["query sealkey_check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_secret_is_absent_and_none_at_all_is_wrong() {
    let gateways = Gateways::start().await;
    let (alipay, _) = gateways.secrets();
    let (code, said) = run(&[("alipay", &alipay)]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("\nwechatpay  absent"), "{said}");
    let (code, said) = run(&[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("below sealkey/test"), "{said}");
    let (code, said) = run(&[("alipay", &alipay), ("wechatpay", &json!("denied"))]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("alipay     works"), "{said}");
    assert!(
        said.contains("wechatpay  WRONG  the secret cannot be read: secrets: AccessDenied"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_with_its_way_out() {
    let gateways = Gateways::start().await;
    let (alipay, wechatpay) = gateways.secrets();
    let other_key = wechatpay["wechatpay_keys"]
        .as_object()
        .unwrap()
        .values()
        .next();
    let other_key = other_key.unwrap().clone();
    let serial = wechatpay["wechatpay_serial"].as_str().unwrap();
    let refuses = |code: &'static str| async move {
        let error = json!({"code": "40002", "msg": "Invalid Arguments", "sub_code": code});
        let body = json!({ "error_response": error }).to_string();
        json!(serve(move |_| (200, body.clone())).await)
    };
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let closed = json!(format!("http://{}/gateway", closed.unwrap()));
    let unsigned = serve(|_| (404, r#"{"code":"ORDER_NOT_EXIST"}"#.to_owned())).await;
    let hostile = serve(|_| {
        (
            400,
            r#"{"code":"X","message":"\u001b[2J\nwechatpay works"}"#.to_owned(),
        )
    })
    .await;

    for (field, value, what, way_out) in [
        (
            "app_id",
            json!(7),
            "secret: not the JSON object",
            "operations.md",
        ),
        (
            "app_private_key",
            json!("x y z"),
            "app_private_key: ",
            "operations.md",
        ),
        (
            "gateway_url",
            json!("http://a.example/"),
            "gateway_url: plain http",
            "operations.md",
        ),
        (
            "alipay_public_key",
            other_key,
            "is not the gateway's",
            "alipay_public_key is not",
        ),
        (
            "gateway_url",
            refuses("isv.invalid-signature").await,
            "invalid-signature",
            "app_private_key must be",
        ),
        (
            "gateway_url",
            refuses("isv.invalid-app-id").await,
            "invalid-app-id",
            "look at app_id",
        ),
        (
            "gateway_url",
            refuses("isv.insufficient-isv-permissions").await,
            "insufficient",
            "当面付",
        ),
        (
            "gateway_url",
            refuses("isv.invalid-timestamp").await,
            "timestamp",
            "our clock, which says 20",
        ),
        (
            "gateway_url",
            closed.clone(),
            "no connection",
            "gateway_url",
        ),
    ] {
        let mut secret = alipay.clone();
        secret[field] = value;
        let (code, said) = run(&[("alipay", &secret)]).await;
        assert_eq!(code, 1, "{said}");
        let line = said.lines().next().unwrap();
        assert!(line.starts_with("alipay     WRONG  "), "{said}");
        assert!(
            line.contains(what) && line.contains(way_out),
            "{field}: {said}"
        );
        says_no_key(&said, &alipay);
    }

    for (field, value, what, way_out) in [
        (
            "api_v3_key",
            json!("short"),
            "api_v3_key: 32 ASCII",
            "operations.md",
        ),
        (
            "merchant_serial",
            json!("00AB"),
            "401 SIGN_ERROR",
            "merchant_serial",
        ),
        (
            "mchid",
            json!("1900000110"),
            "401 SIGN_ERROR",
            "our clock, which says 20",
        ),
        (
            "wechatpay_keys",
            json!({serial: alipay["alipay_public_key"]}),
            "is not the gateway's",
            "wechatpay_serial",
        ),
        (
            "gateway_url",
            json!(unsigned),
            "did not sign",
            "gateway_url",
        ),
        (
            "gateway_url",
            json!(hostile),
            "the gateway refuses: X  [2J wechatpay works",
            "look the code up",
        ),
        ("gateway_url", closed, "no connection", "gateway_url"),
    ] {
        let mut secret = wechatpay.clone();
        secret[field] = value;
        let (code, said) = run(&[("wechatpay", &secret)]).await;
        assert_eq!(code, 1, "{said}");
        let line = said.lines().nth(1).unwrap();
        assert!(line.starts_with("wechatpay  WRONG  "), "{said}");
        assert!(
            line.contains(what) && line.contains(way_out),
            "{field}: {said}"
        );
        assert_eq!(said.lines().count(), 2, "{said}");
        says_no_key(&said, &wechatpay);
    }
}

struct One(String);

#[async_trait::async_trait]
impl Secrets for One {
    async fn read(&self, name: &str) -> Result<String, PortError> {
        match name {
            "wechatpay" => Ok(self.0.clone()),
            _ => Err(PortError::unavailable("secrets", "Throttling")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_thought_of() {
    let gateways = Gateways::start().await;
    let slow: Timestamp = SystemClock.now() - SignedDuration::from_mins(6);
    let found = gateway::check(&One(gateways.wechatpay.secret()), slow).await;
    let wechatpay = &found[1];
    assert_eq!(wechatpay.method, PaymentMethod::WechatPay);
    assert!(
        matches!(wechatpay.state, State::Wrong { .. }),
        "{wechatpay}"
    );
    let says = format!("our clock, which says {slow:.0}");
    assert!(wechatpay.to_string().contains(&says), "{wechatpay}");
    let alipay = found[0].to_string();
    assert!(
        alipay.contains("secrets is unavailable: Throttling"),
        "{alipay}"
    );
}
