//! What the tests share: the `openssl` command as a second opinion, and a small HTTP server.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};

/// A fresh folder for one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `openssl` with words that are split at blanks, and `input`.
pub fn try_openssl(words: &str, input: &[u8]) -> Output {
    let mut child = Command::new("openssl")
        .args(words.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The same, and it must succeed.
pub fn openssl(words: &str, input: &[u8]) -> Vec<u8> {
    let output = try_openssl(words, input);
    assert!(
        output.status.success(),
        "openssl {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// The same, and its output is text.
pub fn openssl_text(words: &str, input: &[u8]) -> String {
    String::from_utf8(openssl(words, input)).unwrap()
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

type Answer = dyn Fn(&Seen) -> Response + Send + Sync;

struct Served {
    seen: Mutex<Vec<Seen>>,
    answer: Box<Answer>,
    pause: Duration,
}

/// A server on loopback that gives one kind of answer and remembers what it was asked.
#[derive(Clone)]
pub struct Server {
    served: Arc<Served>,
    /// For example `http://127.0.0.1:12345`.
    pub url: String,
}

impl Server {
    pub async fn start<R: IntoResponse>(
        answer: impl Fn(&Seen) -> R + Send + Sync + 'static,
    ) -> Self {
        Self::slow(Duration::ZERO, answer).await
    }

    pub async fn slow<R: IntoResponse>(
        pause: Duration,
        answer: impl Fn(&Seen) -> R + Send + Sync + 'static,
    ) -> Self {
        let served = Arc::new(Served {
            seen: Mutex::default(),
            answer: Box::new(move |seen| answer(seen).into_response()),
            pause,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(handle).with_state(served.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { served, url }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.served.seen.lock().unwrap().clone()
    }
}

async fn handle(
    State(served): State<Arc<Served>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let seen = Seen {
        method,
        uri,
        headers,
        body,
    };
    served.seen.lock().unwrap().push(seen.clone());
    tokio::time::sleep(served.pause).await;
    (served.answer)(&seen)
}
