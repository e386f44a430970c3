//! The pages as they are in the program, and what every answer carries.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::guard::Kind;

/// One file of the pages.
#[derive(Debug)]
pub struct File {
    /// Its path.
    pub path: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its content type.
    pub content: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Where the page holds the number that its calls must bring.
pub const PLACE: &str = "{{page}}";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// All of them.
pub const FILES: [File; 6] = [
    File {
        path: "/",
        kind: Kind::Page,
        content: "text/html; charset=utf-8",
        text: include_str!("../../pages/index.html"),
    },
    File {
        path: "/ticket.js",
        kind: Kind::Asset("script"),
        content: SCRIPT,
        text: include_str!("../../pages/ticket.js"),
    },
    File {
        path: "/texts.js",
        kind: Kind::Asset("script"),
        content: SCRIPT,
        text: include_str!("../../pages/texts.js"),
    },
    File {
        path: "/agent.js",
        kind: Kind::Asset("script"),
        content: SCRIPT,
        text: include_str!("../../pages/agent.js"),
    },
    File {
        path: "/agent.css",
        kind: Kind::Asset("style"),
        content: "text/css; charset=utf-8",
        text: include_str!("../../pages/agent.css"),
    },
    File {
        path: "/favicon.svg",
        kind: Kind::Asset("image"),
        content: "image/svg+xml",
        text: include_str!("../../pages/favicon.svg"),
    },
];

/// What a path is.
pub fn kind(path: &str) -> Kind {
    if path.starts_with("/api/") {
        return Kind::Verb;
    }
    let file = FILES.iter().find(|file| file.path == path);
    file.map_or(Kind::Nothing, |file| file.kind)
}

const ALWAYS: [(HeaderName, &str); 9] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
         frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONNECTION, "close"),
    // By this a second agent knows the first.
    (
        header::SERVER,
        concat!("sealkey-agent/", env!("CARGO_PKG_VERSION")),
    ),
];

/// Puts on what every answer carries, refusals too. Nothing about CORS: no other origin may read any of it.
pub fn protect(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
