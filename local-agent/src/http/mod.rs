//! The pages of the agent, on loopback.
//!
//! - `guard`: who may speak to it.
//! - `pages`: what it shows, and what every answer carries.
//! - `desk`: what stands behind it.
//!
//! | path | method | sends | answers |
//! | --- | --- | --- | --- |
//! | `/` and what it is made of | GET | | the page |
//! | `/api/state` | POST | `{}` | [`State`] |
//! | `/api/begin` | POST | [`Begin`] | [`State`] |
//! | `/api/answer` | POST | [`Answer`] | [`State`] |
//! | `/api/stop` | POST | `{}` | [`State`] |
//! | `/api/check` | POST | `{}` | [`Check`] |
//!
//! What does not work is answered 409 with `{"trouble": …}`, what is no message of ours 400. What may not ask is
//! answered 403 and nothing, what is not there 404 and nothing. A request that is not even HTTP/1 is answered by
//! the library below, with nothing too.

mod desk;
mod guard;
mod pages;

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

pub use self::desk::{
    Answer, Begin, Check, Code, Desk, Fact, Field, Item, Key, Line, Making, Operation, PinRule,
    Serving, Stage, State, StepName, Tries, Trouble,
};
use self::guard::Own;
pub use self::guard::{BODY, PAGE_HEADER};
use crate::clock::random;
use crate::log::{Event, Log, Refused};

/// Bytes of the head of a request at most.
const HEAD: usize = 16 * 1024;
/// Headers of a request at most.
const HEADERS: usize = 64;

/// How much one client may take up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; the next ones wait.
    pub connections: usize,
    /// How long the head of a request may take, and its body again.
    pub sending: Duration,
    /// How long a connection may last.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            sending: Duration::from_secs(5),
            whole: Duration::from_mins(1),
        }
    }
}

/// Takes a port on 127.0.0.1, and on nothing else.
///
/// # Errors
/// When it is taken, for the most part.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// The agent, seen from its pages.
pub struct Pages {
    own: Own,
    desk: Arc<dyn Desk>,
    log: Arc<Log>,
    limits: Limits,
    refused: [AtomicU64; Refused::COUNT],
}

impl Pages {
    /// The pages of an agent that listens on this port.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(port: u16, desk: Arc<dyn Desk>, log: Arc<Log>, limits: Limits) -> io::Result<Self> {
        let page = random::<32>()?.map(|byte| format!("{byte:02x}")).concat();
        Ok(Self {
            own: Own {
                host: format!("127.0.0.1:{port}"),
                origin: format!("http://127.0.0.1:{port}"),
                page,
            },
            desk,
            log,
            limits,
            refused: Default::default(),
        })
    }

    /// Serves until `stop` comes; then ends what is under way with whoever is connected.
    ///
    /// # Errors
    /// When nothing can be accepted any more.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let free = Arc::new(Semaphore::new(self.limits.connections));
        let all = self.limits.connections;
        let pages = Arc::new(self);
        let routes = routes(pages.clone());
        let serving = async {
            loop {
                let Ok(room) = free.clone().acquire_owned().await else {
                    return Ok(());
                };
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    // Of a client that is gone again; anything else is ours.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    Err(error) => return Err(error),
                };
                let (pages, routes) = (pages.clone(), routes.clone());
                tokio::spawn(async move {
                    connection(&pages, routes, stream).await;
                    drop(room);
                });
            }
        };
        tokio::pin!(stop);
        let ended = tokio::select! {
            ended = serving => ended,
            () = &mut stop => Ok(()),
        };
        // Every connection gives its room back within `whole`.
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        drop(free.acquire_many(all).await);
        ended
    }

    fn refuse(&self, why: Refused) -> Response {
        let times = self.refused[why as usize].fetch_add(1, Ordering::Relaxed) + 1;
        if times.is_power_of_two() {
            self.log.write(&Event::Refused { why, times });
        }
        StatusCode::FORBIDDEN.into_response()
    }

    async fn answer(&self, routes: Router, request: Request<Incoming>) -> Response {
        let (parts, body) = request.into_parts();
        if let Err(why) = self.own.admit(&parts, pages::kind(parts.uri.path())) {
            return self.refuse(why);
        }
        let read = Limited::new(body, BODY).collect();
        let Ok(Ok(body)) = tokio::time::timeout(self.limits.sending, read).await else {
            return self.refuse(Refused::Body);
        };
        let request = Request::from_parts(parts, Body::from(body.to_bytes()));
        match routes.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// One request, then it is closed: nothing can follow that was not looked at, and nothing stays open.
async fn connection(pages: &Arc<Pages>, routes: Router, stream: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| {
        let (pages, routes) = (pages.clone(), routes.clone());
        async move {
            let mut response = pages.answer(routes, request).await;
            pages::protect(response.headers_mut());
            Ok::<_, Infallible>(response)
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(pages.limits.sending)
        .keep_alive(false)
        .max_headers(HEADERS)
        .max_header_size(HEAD)
        .max_buf_size(2 * HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Who breaks off, or sends what is no HTTP, has only itself to blame.
    let _ = tokio::time::timeout(pages.limits.whole, served).await;
}

fn routes(pages: Arc<Pages>) -> Router {
    let mut routes = Router::new()
        .route("/api/state", post(state))
        .route("/api/begin", post(begin))
        .route("/api/answer", post(answer))
        .route("/api/stop", post(stop))
        .route("/api/check", post(check));
    for file in &pages::FILES {
        let text = file.text.replace(pages::PLACE, &pages.own.page);
        let content = HeaderValue::from_static(file.content);
        routes = routes.route(
            file.path,
            get(async move || ([(header::CONTENT_TYPE, content)], text)),
        );
    }
    routes
        .fallback(async || StatusCode::NOT_FOUND)
        .with_state(pages)
}

/// What has no fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What went wrong, as the page gets it.
#[derive(Serialize)]
struct Refusal {
    trouble: Trouble,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.trouble {
            Trouble::Malformed => StatusCode::BAD_REQUEST,
            _ => StatusCode::CONFLICT,
        };
        (status, Json(self)).into_response()
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self { trouble }
    }
}

/// Reads a body. Of a PIN the copy that we make is wiped after use; those in the buffers of the socket and of the
/// library below are out of reach.
fn message<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    // A list would do for serde as well, field by field.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Trouble::Malformed.into());
    }
    serde_json::from_slice(body).map_err(|_| Trouble::Malformed.into())
}

async fn state(Shared(pages): Shared<Arc<Pages>>, body: Bytes) -> Result<Json<State>, Refusal> {
    let Nothing {} = message(&body)?;
    Ok(Json(pages.desk.state().await))
}

async fn begin(Shared(pages): Shared<Arc<Pages>>, body: Bytes) -> Result<Json<State>, Refusal> {
    Ok(Json(pages.desk.begin(message(&body)?).await?))
}

async fn answer(Shared(pages): Shared<Arc<Pages>>, body: Bytes) -> Result<Json<State>, Refusal> {
    Ok(Json(pages.desk.answer(message(&body)?).await?))
}

async fn stop(Shared(pages): Shared<Arc<Pages>>, body: Bytes) -> Result<Json<State>, Refusal> {
    let Nothing {} = message(&body)?;
    Ok(Json(pages.desk.stop().await?))
}

async fn check(Shared(pages): Shared<Arc<Pages>>, body: Bytes) -> Result<Json<Check>, Refusal> {
    let Nothing {} = message(&body)?;
    Ok(Json(pages.desk.check().await))
}
