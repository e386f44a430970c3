//! The CDN: a static site with an API behind it, as CloudFront would stand in front of both.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, http};
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::{LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde_json::json;
use url::Url;

use crate::config::CdnConfig;
use crate::crypto::sha256_hex;
use crate::outbox::describe;
use crate::serve::Peer;

/// The header that proves to the API that a request came through the CDN.
pub const ORIGIN: HeaderName = HeaderName::from_static("x-sealkey-origin");
/// The header with the client's address and port.
pub const VIEWER: HeaderName = HeaderName::from_static("cloudfront-viewer-address");

/// The largest body that goes to the API, which is the most that API Gateway takes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// How long the API may take, which is the most that API Gateway gives it.
const API_PATIENCE: Duration = Duration::from_secs(30);

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const NO_CACHE: &str = "no-cache";
const NO_STORE: &str = "no-store";

/// What belongs to one connection and is not passed on.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why the CDN cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cdn.{field}: {reason}")]
pub struct CdnError {
    field: &'static str,
    reason: String,
}

/// A CDN ready to serve.
pub struct Cdn {
    api_url: String,
    api_host: Option<HeaderValue>,
    origin_secret: HeaderValue,
    site_dir: PathBuf,
    public_url: Option<String>,
    headers: HeaderMap,
    client: reqwest::Client,
}

impl Cdn {
    /// Checks the configuration.
    pub fn new(config: &CdnConfig, client: reqwest::Client) -> Result<Self, CdnError> {
        let wrong = |field, reason: &dyn std::fmt::Display| CdnError {
            field,
            reason: reason.to_string(),
        };
        let url = Url::parse(&config.api_url).map_err(|e| wrong("api_url", &e))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
            return Err(wrong("api_url", &"must be http(s), without a query"));
        }
        let public_url = config.public_url.as_deref().map(|text| {
            let url = Url::parse(text).map_err(|e| wrong("public_url", &e))?;
            if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
                return Err(wrong("public_url", &"must be http(s), without a query"));
            }
            Ok(text.trim_end_matches('/').to_owned())
        });
        let api_host = config.api_host.as_deref().map(HeaderValue::from_str);
        let mut origin_secret =
            HeaderValue::from_str(&config.origin_secret).map_err(|e| wrong("origin_secret", &e))?;
        origin_secret.set_sensitive(true);
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let name = HeaderName::try_from(name).map_err(|e| wrong("headers", &e))?;
            let value = HeaderValue::from_str(value).map_err(|e| wrong("headers", &e))?;
            headers.insert(name, value);
        }
        Ok(Self {
            api_url: config.api_url.trim_end_matches('/').to_owned(),
            api_host: api_host.transpose().map_err(|e| wrong("api_host", &e))?,
            origin_secret,
            site_dir: config.site_dir.clone(),
            public_url: public_url.transpose()?,
            headers,
            client,
        })
    }

    /// All that it serves.
    pub fn router(self) -> Router {
        Router::new()
            .route("/_cdn/health", get(health))
            .fallback(any)
            .with_state(Arc::new(self))
    }
}

async fn health(State(cdn): State<Arc<Cdn>>) -> Json<serde_json::Value> {
    let site = cdn.site_dir.join("index.html").is_file();
    Json(json!({ "ok": true, "site": site }))
}

async fn any(
    State(cdn): State<Arc<Cdn>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    if leaves_its_place(path) {
        return cdn.plain(StatusCode::BAD_REQUEST, "bad path");
    }
    if path == "/api" || path.starts_with("/api/") {
        return forward(&cdn, &peer, request).await;
    }
    let method = request.method().clone();
    if method != Method::GET && method != Method::HEAD {
        let mut response = cdn.plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    if path.starts_with("/pki/") {
        return published(&cdn, path, &method).await;
    }
    let path = path.to_owned();
    let seen = request.headers().get_all(IF_NONE_MATCH);
    let seen: Vec<String> = seen
        .iter()
        .filter_map(|v| v.to_str().ok())
        .map(str::to_owned)
        .collect();
    let site = cdn.clone();
    match tokio::task::spawn_blocking(move || site.find(&path)).await {
        Ok(Ok(Some(file))) => cdn.file(file, &seen, &method),
        Ok(Ok(None)) => cdn.plain(StatusCode::NOT_FOUND, "not found"),
        Ok(Err(error)) => {
            tracing::error!(%error, "the site cannot be read");
            cdn.plain(StatusCode::INTERNAL_SERVER_ERROR, "the site cannot be read")
        }
        Err(error) => {
            tracing::error!(%error, "the site cannot be read");
            cdn.plain(StatusCode::INTERNAL_SERVER_ERROR, "the site cannot be read")
        }
    }
}

/// Whether a path has `.` or `..` in it, however written.
fn leaves_its_place(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.contains('\0')
        || decoded
            .split(['/', '\\'])
            .any(|part| part == "." || part == "..")
}

/// A file of the site.
struct SiteFile {
    content_type: &'static str,
    cache: &'static str,
    bytes: Vec<u8>,
}

impl Cdn {
    /// The file for a path: itself, or the page for paths of the page's own router, or nothing.
    fn find(&self, path: &str) -> io::Result<Option<SiteFile>> {
        let Ok(decoded) = percent_decode_str(path).decode_utf8() else {
            return Ok(None);
        };
        let parts: Vec<&str> = decoded.split('/').filter(|part| !part.is_empty()).collect();
        if parts
            .iter()
            .any(|part| part.starts_with('.') && *part != ".well-known")
        {
            return Ok(None);
        }
        let relative = parts.join("/");
        if let Some(file) = self.read(&relative)? {
            return Ok(Some(file));
        }
        let last = parts.last().copied().unwrap_or_default();
        let console = parts.first() == Some(&"console");
        let asset = parts.first() == Some(&"assets");
        if !asset && (console || !last.contains('.')) {
            return self.read("index.html");
        }
        Ok(None)
    }

    /// Reads a file that lies in the site, also after its links are followed.
    fn read(&self, relative: &str) -> io::Result<Option<SiteFile>> {
        let site = fs::canonicalize(&self.site_dir)?;
        let path = match fs::canonicalize(site.join(relative)) {
            Ok(path) => path,
            Err(e) if is_absent(&e) => return Ok(None),
            Err(e) => return Err(e),
        };
        if !path.starts_with(&site) || !path.is_file() {
            return Ok(None);
        }
        let content_type = content_type(&path);
        let cache = if relative.starts_with("assets/") {
            IMMUTABLE
        } else {
            NO_CACHE
        };
        let bytes = fs::read(&path)?;
        Ok(Some(SiteFile {
            content_type,
            cache,
            bytes,
        }))
    }

    fn file(&self, file: SiteFile, seen: &[String], method: &Method) -> Response {
        let etag = format!("\"{}\"", &sha256_hex(&file.bytes)[..32]);
        let mut headers = self.headers.clone();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(file.cache));
        if let Ok(value) = HeaderValue::from_str(&etag) {
            headers.insert(ETAG, value);
        }
        let known = seen.iter().flat_map(|list| list.split(',')).map(str::trim);
        if known
            .map(|tag| tag.trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*")
        {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        headers.insert(CONTENT_LENGTH, file.bytes.len().into());
        let body = if method == Method::HEAD {
            Body::empty()
        } else {
            Body::from(file.bytes)
        };
        (headers, body).into_response()
    }

    /// A short answer of the CDN itself.
    fn plain(&self, status: StatusCode, text: &'static str) -> Response {
        let mut response = (status, text).into_response();
        response.headers_mut().extend(self.headers.clone());
        let cache = HeaderValue::from_static(NO_STORE);
        response.headers_mut().insert(CACHE_CONTROL, cache);
        response
    }
}

/// Whether an error only says that there is no such file: also a path through a file, or a name too long.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}

fn content_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

/// An object of the public bucket: with its own type and its own word on caching, and nothing else that the bucket
/// says. Plain http is enough here as there: who reads a certificate or a list checks its signature.
async fn published(cdn: &Cdn, path: &str, method: &Method) -> Response {
    let Some(bucket) = &cdn.public_url else {
        return cdn.plain(StatusCode::NOT_FOUND, "not found");
    };
    let asked = cdn.client.get(format!("{bucket}{path}"));
    let answer = match asked.timeout(API_PATIENCE).send().await {
        Ok(answer) if answer.status().is_success() => answer,
        Ok(answer) if answer.status().is_server_error() => {
            return cdn.plain(StatusCode::BAD_GATEWAY, "the bucket does not answer");
        }
        // Without the right to list, S3 says 403 for what is not there.
        Ok(_) => return cdn.plain(StatusCode::NOT_FOUND, "not found"),
        Err(error) => {
            tracing::warn!(error = describe(&error), "the bucket did not answer");
            return cdn.plain(StatusCode::BAD_GATEWAY, "the bucket does not answer");
        }
    };
    let mut headers = HeaderMap::new();
    for name in [CONTENT_TYPE, CACHE_CONTROL, ETAG] {
        if let Some(value) = answer.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    match answer.bytes().await {
        Ok(bytes) => {
            headers.insert(CONTENT_LENGTH, bytes.len().into());
            let body = if *method == Method::HEAD {
                Bytes::new()
            } else {
                bytes
            };
            (StatusCode::OK, headers, body).into_response()
        }
        Err(error) => {
            tracing::warn!(error = describe(&error), "the bucket broke off");
            cdn.plain(StatusCode::BAD_GATEWAY, "the bucket does not answer")
        }
    }
}

/// Passes a request on to the API and its answer back.
async fn forward(cdn: &Cdn, peer: &Peer, request: Request) -> Response {
    let declared = request.headers().get(CONTENT_LENGTH);
    let declared = declared
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT) {
        return cdn.plain(StatusCode::PAYLOAD_TOO_LARGE, "body too large");
    }
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("/api", |path| path.as_str());
    let mut headers = end_to_end(&parts.headers);
    let claimed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_claim(name))
        .cloned()
        .collect();
    for name in claimed {
        headers.remove(name);
    }
    headers.remove(HOST);
    if let Some(host) = &cdn.api_host {
        headers.insert(HOST, host.clone());
    }
    headers.insert(ORIGIN, cdn.origin_secret.clone());
    if let Ok(value) = HeaderValue::from_str(&peer.addr.to_string()) {
        headers.insert(VIEWER, value);
    }
    let sent = cdn
        .client
        .request(parts.method, format!("{}{path}", cdn.api_url))
        .headers(headers)
        .timeout(API_PATIENCE)
        .body(reqwest::Body::wrap(Upload::new(body)))
        .send()
        .await;
    match sent {
        Ok(answer) => {
            let (mut parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
            parts.headers = end_to_end(&parts.headers);
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) if is_too_long(&error) => {
            cdn.plain(StatusCode::PAYLOAD_TOO_LARGE, "body too large")
        }
        Err(error) => {
            // Without the address, for a query may hold something private.
            let error = error.without_url();
            tracing::warn!(error = describe(&error), "the API did not answer");
            if error.is_timeout() {
                cdn.plain(StatusCode::GATEWAY_TIMEOUT, "the API took too long")
            } else {
                cdn.plain(StatusCode::BAD_GATEWAY, "the API does not answer")
            }
        }
    }
}

/// A request's body, cut off at the limit. The lock, never waited for, is what makes it `Sync` for reqwest.
struct Upload(Mutex<Limited<Body>>);

impl Upload {
    fn new(body: Body) -> Self {
        Self(Mutex::new(Limited::new(body, BODY_LIMIT)))
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let body = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.size_hint()
    }
}

/// Headers that only the CDN may set.
fn is_claim(name: &HeaderName) -> bool {
    let name = name.as_str();
    name == ORIGIN
        || name.starts_with("cloudfront-")
        || name.starts_with("x-forwarded-")
        || name.starts_with("x-amz-cf-")
        || matches!(name, "forwarded" | "x-real-ip" | "true-client-ip")
}

/// Headers without those of one connection, listed or not.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let listed: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let keep = |name: &&HeaderName| {
        let name = name.as_str();
        !HOP_BY_HOP.contains(&name) && !listed.iter().any(|other| other == name)
    };
    let mut kept = HeaderMap::new();
    for name in headers.keys().filter(keep) {
        for value in headers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

fn is_too_long(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if inner.is::<LengthLimitError>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_found_however_written() {
        for path in [
            "/..",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/x",
            "/%2E./x",
            "/..%2fx",
            "/a%2f..%2fb",
            "/..%5cx",
            "/a\\..\\b",
            "/a%00b",
        ] {
            assert!(leaves_its_place(path), "{path}");
        }
        for path in [
            "/",
            "/a..b",
            "/.../x",
            "/a/b.js",
            "/%E4%BC%81%E4%B8%9A",
            "/.well-known/x",
        ] {
            assert!(!leaves_its_place(path), "{path}");
        }
    }

    #[test]
    fn headers_of_the_connection_and_those_it_lists_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("te", "trailers"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
        ] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let kept = end_to_end(&headers);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept.get_all("cookie").iter().count(), 2);
    }
}
