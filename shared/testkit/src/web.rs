//! A caller of a function: its real router, the headers that our pages and the CDN set, answers read as a
//! page reads them.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use contract::error::{ErrorCode, Problem};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::ORIGIN;

/// Somebody who calls.
#[derive(Clone)]
pub struct Client {
    router: Router,
    cookies: Vec<String>,
    origin: Option<String>,
    from_our_page: bool,
    english: bool,
    address: Option<String>,
}

impl Client {
    /// A stranger who comes through the CDN from our pages.
    pub fn new(router: Router) -> Self {
        Self {
            router,
            cookies: Vec::new(),
            origin: Some(ORIGIN.to_owned()),
            from_our_page: true,
            english: false,
            address: None,
        }
    }

    /// With a cookie `name=value`.
    pub fn cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookies.push(cookie.into());
        self
    }

    /// From this address, as the CDN tells it.
    pub fn from(mut self, address: &str) -> Self {
        self.address = Some(format!("{address}:40000"));
        self
    }

    /// The value of one of its cookies.
    pub fn cookie_value(&self, name: &str) -> Option<String> {
        let mut pairs = self.cookies.iter().filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }

    /// The same browser after an answer that set a cookie.
    pub fn after(&self, answer: &Answer) -> Self {
        let set = answer.cookie();
        let name = set.split('=').next().unwrap_or_default().to_owned();
        let mut next = self.clone();
        next.cookies
            .retain(|pair| !pair.starts_with(&format!("{name}=")));
        next.cookie(set)
    }

    /// The same caller before another function.
    pub fn at(&self, router: &Router) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

    /// With another secret of the CDN, or none.
    pub fn origin(mut self, origin: Option<&str>) -> Self {
        self.origin = origin.map(str::to_owned);
        self
    }

    /// Not from our pages.
    pub fn from_elsewhere(mut self) -> Self {
        self.from_our_page = false;
        self
    }

    /// Reads English.
    pub fn english(mut self) -> Self {
        self.english = true;
        self
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    /// Writes without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], Body::empty()).await
    }

    /// Writes JSON.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// Replaces.
    pub async fn put_json(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// Takes away.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Body::empty()).await
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(
            method,
            path,
            &[("content-type", "application/json")],
            Body::from(body.to_string()),
        )
        .await
    }

    /// Sends bytes with headers of one's own.
    pub async fn post_raw(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send(Method::POST, path, headers, Body::from(body))
            .await
    }

    /// Sends anything.
    ///
    /// # Panics
    /// When the router breaks off, which it never does.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(&method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookies.join("; "));
        }
        if let Some(origin) = &self.origin {
            request = request.header(edge::api::ORIGIN_HEADER, origin);
        }
        if self.from_our_page && method != Method::GET {
            request = request.header(edge::api::WRITE_HEADER, "1");
        }
        if let Some(address) = &self.address {
            request = request.header(edge::visitor::VIEWER_HEADER, address);
        }
        if self.english {
            request = request.header(header::ACCEPT_LANGUAGE, "en");
        }
        let request = request.body(body).expect("a request");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value: &HeaderValue| value.to_str().unwrap_or_default())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a page reads when it worked.
    ///
    /// # Panics
    /// When it did not, or the body is of another kind.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// It worked, with nothing to say.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn done(&self) {
        assert_eq!(self.status, StatusCode::NO_CONTENT, "{}", self.text());
        assert!(self.body.is_empty());
    }

    /// What a page reads when it did not work: problem+json, whole and consistent.
    ///
    /// # Panics
    /// When it worked, or the answer is no such thing.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.header(header::CONTENT_TYPE),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        let problem: Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!(problem.status, self.status.as_u16());
        assert_eq!(problem.status, problem.code.status());
        assert_eq!(
            problem.type_,
            format!("urn:sealkey:error:{}", problem.code.as_str())
        );
        assert!(!problem.title.is_empty());
        assert_eq!(problem.request_id, self.header("x-request-id"));
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
        problem
    }

    /// It did not work, for this reason.
    ///
    /// # Panics
    /// When it worked or the reason is another.
    #[track_caller]
    pub fn refused(&self, code: ErrorCode) -> Problem {
        let problem = self.problem();
        assert_eq!(problem.code, code, "{problem:?}");
        problem
    }

    /// Fields are wrong, these and no others.
    ///
    /// # Panics
    /// When it worked or others are wrong.
    #[track_caller]
    pub fn wrong_fields(&self, fields: &[&str]) -> Problem {
        let problem = self.refused(ErrorCode::InvalidFields);
        let named: Vec<&str> = problem
            .errors
            .iter()
            .map(|error| error.field.as_str())
            .collect();
        assert_eq!(named, fields);
        assert!(problem.errors.iter().all(|error| !error.message.is_empty()));
        problem
    }

    /// The cookie that it sets, `name=value`; attributes that keep it ours are checked.
    ///
    /// # Panics
    /// When it sets none or one that others could read or send.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let set = self.header(header::SET_COOKIE).to_owned();
        let (cookie, attributes) = set.split_once("; ").expect("a cookie");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(
                attributes.split("; ").any(|known| known == attribute),
                "{attribute} in {set}"
            );
        }
        assert!(cookie.starts_with("__Host-"), "{set}");
        cookie.to_owned()
    }

    /// The body without what is different in every answer.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn without_request_id(&self) -> Value {
        let mut body: Value = serde_json::from_slice(&self.body).expect("JSON");
        body["requestId"] = Value::Null;
        body
    }
}
