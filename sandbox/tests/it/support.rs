//! What the tests share: a sandbox with a clock to be moved, a merchant that listens, and small clients.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{AppendHeaders, IntoResponse};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use sandbox::Sandbox;
use sandbox::clock::{Clock, china};
use sandbox::config::Config;
use sandbox::crypto::{Rsa2Signer, Rsa2Verifier, request_text};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::form_urlencoded;

use crate::wx;

pub const APP_ID: &str = "2021004500000001";
pub const SELLER_ID: &str = "2088000000000001";
pub const APP_PRIVATE: &str = include_str!("../fixtures/app_private_pkcs8.b64");
pub const APP_PUBLIC: &str = include_str!("../fixtures/app_public_spki.b64");
pub const GATEWAY_PRIVATE: &str = include_str!("../fixtures/gateway_private_pkcs1.b64");
pub const GATEWAY_PUBLIC: &str = include_str!("../fixtures/gateway_public_spki.b64");

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox under test.
pub struct World {
    pub sandbox: Sandbox,
    pub url: String,
    pub cdn: String,
    pub http: reqwest::Client,
    pub clock: Hands,
}

/// A clock's hands.
#[derive(Clone)]
pub struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    pub fn new() -> Self {
        let start = "2026-11-21T12:00:00Z".parse().expect("a time");
        Self(Arc::new(Mutex::new(start)))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().expect("no test panics here")
    }

    pub fn forward(&self, by: SignedDuration) {
        *self.0.lock().expect("no test panics here") += by;
    }
}

/// A configuration with the fixtures' keys; `more` is laid over it.
pub fn config(more: &Value) -> Value {
    let mut config = json!({
        "alipay": {
            "app_id": APP_ID, "seller_id": SELLER_ID, "merchant_name": "测试<商户>",
            "app_public_key": APP_PUBLIC, "private_key": GATEWAY_PRIVATE,
        },
        "wechatpay": {
            "appid": wx::APPID, "mchid": wx::MCHID, "merchant_name": "测试<商户>",
            "merchant_serial": wx::MERCHANT_SERIAL, "merchant_public_key": APP_PUBLIC,
            "api_v3_key": wx::API_V3_KEY,
            "keys": [
                { "serial": wx::PUB_KEY_ID, "private_key": GATEWAY_PRIVATE },
                { "serial": wx::PLATFORM_SERIAL, "private_key": wx::PLATFORM_PRIVATE },
            ],
        },
        "courier": { "account": "sealkey", "api_key": "courier-api-key", "webhook_key": "courier-webhook-key" },
        "tax": { "account": "sealkey", "api_key": "tax-api-key" },
    });
    merge(&mut config, more);
    config
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

impl World {
    pub async fn start(more: Value) -> Self {
        Self::start_at(more, Hands::new()).await
    }

    pub async fn start_at(more: Value, clock: Hands) -> Self {
        let config: Config = serde_json::from_value(config(&more)).expect("a configuration");
        let hands = clock.clone();
        let started = Sandbox::start(config, Clock::new(move || hands.now())).await;
        let sandbox = started.expect("the sandbox starts");
        let url = format!("http://{}", sandbox.addr);
        let cdn = sandbox
            .cdn_addr
            .map_or_else(String::new, |addr| format!("http://{addr}"));
        let http = client();
        Self {
            sandbox,
            url,
            cdn,
            http,
            clock,
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        let sent = self.http.get(format!("{}{path}", self.url)).send().await;
        let answer = sent.expect("an answer").json().await;
        answer.expect("JSON")
    }

    pub async fn text(&self, path: &str) -> (StatusCode, String) {
        let sent = self.http.get(format!("{}{path}", self.url)).send().await;
        let answer = sent.expect("an answer");
        (answer.status(), answer.text().await.expect("text"))
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.url);
        let sent = self.http.post(url).json(&body).send().await;
        let answer = sent.expect("an answer");
        let status = answer.status();
        (status, answer.json().await.expect("JSON"))
    }

    pub async fn turn(&self, knobs: Value) {
        let url = format!("{}/knobs", self.url);
        let sent = self.http.put(url).json(&knobs).send().await;
        assert_eq!(sent.expect("an answer").status(), StatusCode::OK, "{knobs}");
    }

    /// Polls until `done` likes what `path` says.
    pub async fn wait_for(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let polling = async {
            loop {
                last = self.get(path).await;
                if done(&last) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let finished = tokio::time::timeout(PATIENCE, polling).await;
        assert!(
            finished.is_ok(),
            "{path} never came to what was waited for: {last:#}"
        );
        last
    }
}

/// Parameters of a gateway call.
pub type Params = BTreeMap<String, String>;

/// A gateway's answer, taken apart without a JSON parser first.
#[derive(Debug)]
pub struct Answer {
    pub raw: String,
    pub root: String,
    pub inner: Value,
    pub signed: bool,
}

impl Answer {
    pub fn parse(raw: String) -> Self {
        let rest = raw.strip_prefix("{\"").expect("an object");
        let (root, rest) = rest.split_once("\":").expect("a root");
        let (inner, signed) = match rest.rsplit_once(",\"sign\":\"") {
            None => (rest.strip_suffix('}').expect("an end"), false),
            Some((inner, sign)) => {
                let sign = sign.strip_suffix("\"}").expect("an end");
                let key = Rsa2Verifier::parse(GATEWAY_PUBLIC).expect("a key");
                assert!(
                    key.verify(inner, sign),
                    "the answer's signature is wrong: {raw}"
                );
                (inner, true)
            }
        };
        let inner = serde_json::from_str(inner).expect("JSON inside");
        Self {
            root: root.to_owned(),
            inner,
            signed,
            raw,
        }
    }

    pub fn get(&self, name: &str) -> &str {
        self.inner[name].as_str().unwrap_or_default()
    }

    /// `10000`, or the `sub_code` of a refusal.
    pub fn outcome(&self) -> &str {
        match self.get("code") {
            "10000" => "10000",
            _ => self.get("sub_code"),
        }
    }
}

impl World {
    /// The parameters of a good call, not yet signed.
    pub fn params(&self, method: &str, content: &Value, notify_url: Option<&str>) -> Params {
        let timestamp = china(self.clock.now());
        let content = content.to_string();
        let mut params: Params = [
            ("app_id", APP_ID),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &timestamp),
            ("version", "1.0"),
            ("biz_content", &content),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        if let Some(url) = notify_url {
            params.insert("notify_url".to_owned(), url.to_owned());
        }
        params
    }

    /// Sends parameters as the merchant's SDKs do: `biz_content` in the body, the rest in the query.
    pub async fn send(&self, params: &Params) -> Result<(StatusCode, String), reqwest::Error> {
        let (body, query): (Params, Params) = params
            .clone()
            .into_iter()
            .partition(|(key, _)| key == "biz_content");
        let url = format!("{}/alipay/gateway.do", self.url);
        let sent = self.http.post(url).query(&query).form(&body).send().await?;
        Ok((sent.status(), sent.text().await?))
    }

    pub async fn call(&self, method: &str, content: Value) -> Answer {
        self.call_with(method, content, None).await
    }

    pub async fn call_with(
        &self,
        method: &str,
        content: Value,
        notify_url: Option<&str>,
    ) -> Answer {
        let params = signed(self.params(method, &content, notify_url));
        let (status, text) = self.send(&params).await.expect("an answer");
        assert_eq!(status, StatusCode::OK);
        let answer = Answer::parse(text);
        if answer.root != "error_response" {
            assert_eq!(
                answer.root,
                format!("{}_response", method.replace('.', "_"))
            );
            assert!(answer.signed);
        }
        answer
    }

    pub async fn precreate(&self, number: &str, amount: &str, notify_url: &str) -> String {
        let content =
            json!({ "out_trade_no": number, "total_amount": amount, "subject": "企业密钥 <一>" });
        let answer = self
            .call_with("alipay.trade.precreate", content, Some(notify_url))
            .await;
        assert_eq!(answer.outcome(), "10000", "{}", answer.raw);
        assert_eq!(answer.get("out_trade_no"), number);
        answer.get("qr_code").to_owned()
    }

    pub async fn pay(&self, qr_code: &str) -> (StatusCode, Value) {
        self.post("/alipay/pay", json!({ "qr_code": qr_code }))
            .await
    }
}

/// Adds the merchant's signature.
pub fn signed(mut params: Params) -> Params {
    params.remove("sign");
    let list: Vec<_> = params.clone().into_iter().collect();
    let key = Rsa2Signer::parse(APP_PRIVATE).expect("a key");
    let sign = key.sign(&request_text(&list)).expect("a signature");
    params.insert("sign".to_owned(), sign);
    params
}

/// A form as parameters.
pub fn form(body: &[u8]) -> Params {
    form_urlencoded::parse(body).into_owned().collect()
}

/// What the merchant got.
#[derive(Debug)]
pub struct Got {
    pub method: String,
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A server that notes all it gets and answers from a list, at its end always the last.
pub struct Merchant {
    pub url: String,
    got: mpsc::UnboundedReceiver<Got>,
    script: Script,
}

type Script = Arc<Mutex<VecDeque<(u16, String)>>>;

impl Merchant {
    pub async fn start(answers: &[(u16, &str)]) -> Self {
        let answers = answers
            .iter()
            .map(|(status, body)| (*status, (*body).to_owned()));
        let script: Script = Arc::new(Mutex::new(answers.collect()));
        let (tell, got) = mpsc::unbounded_channel();
        let router = Router::new()
            .fallback(take)
            .with_state((script.clone(), tell));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got, script }
    }

    pub fn notify_url(&self) -> String {
        format!("{}/notify", self.url)
    }

    pub fn answer_with(&self, status: u16, body: &str) {
        let mut script = self.script.lock().expect("no panic");
        *script = VecDeque::from([(status, body.to_owned())]);
    }

    pub async fn next(&mut self) -> Got {
        let got = tokio::time::timeout(PATIENCE, self.got.recv()).await;
        got.expect("nothing came").expect("the server runs")
    }

    /// What came already, without waiting.
    pub fn already(&mut self) -> Option<Got> {
        self.got.try_recv().ok()
    }

    pub fn nothing_more(&mut self) {
        assert!(self.got.try_recv().is_err(), "more came than should");
    }
}

async fn take(
    State((script, tell)): State<(Script, mpsc::UnboundedSender<Got>)>,
    request: Request,
) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    let target = parts
        .uri
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let method = parts.method.to_string();
    let headers = parts.headers;
    let _ = tell.send(Got {
        method,
        target,
        headers,
        body,
    });
    let mut script = script.lock().expect("no panic");
    let (status, answer) = match script.len() {
        0 => (200, "success".to_owned()),
        1 => script[0].clone(),
        _ => script.pop_front().expect("not empty"),
    };
    let headers = AppendHeaders([
        ("x-upstream", "1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("location", "/elsewhere"),
    ]);
    (
        StatusCode::from_u16(status).expect("a status"),
        headers,
        answer,
    )
}

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("sealkey-sandbox-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
