//! Who may speak to the agent: its own page, and nobody else.
//!
//! Any page of any site can make a browser send something to a port of this computer, and may have a name of its
//! own that leads here. So every request is looked at as a whole before it is routed, and what is refused changes
//! nothing. Reading asks only that the browser opens our page as a page of its own; doing asks for
//!
//! - our own Origin, which no other page can send;
//! - a header of ours, which makes the browser of another page ask first, and gets no answer;
//! - the number in that header, which stands in our page and which no other page can read.
//!
//! Each of them would do. Together they hold even when a browser has a hole.
//!
//! A cookie is refused only where something is done. Cookies know no ports: another program's page on this computer
//! may have set one for all of 127.0.0.1, and the browser brings it along when it opens ours. Our page sends none.

use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Version};
use subtle::ConstantTimeEq as _;

use crate::log::Refused;

/// Bytes of a body at most. Our page sends a ticket, or two PINs.
pub const BODY: usize = 16 * 1024;
/// The header that our page sends.
pub const PAGE_HEADER: &str = "x-sealkey-page";

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const PAGE: HeaderName = HeaderName::from_static(PAGE_HEADER);

/// What a path of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page.
    Page,
    /// What a page is made of, and as what the browser loads it: `script`, `style`, `image`.
    Asset(&'static str),
    /// Something to do.
    Verb,
    /// Nothing.
    Nothing,
}

/// What only we know.
#[derive(Debug, Clone)]
pub struct Own {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// What stands in our page: 32 random bytes, hex, new with every start.
    pub page: String,
}

/// The header's one value. `Err` when it is there twice, or is no text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refused> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    if all.next().is_some() {
        return Err(Refused::Form);
    }
    first
        .map(|value| value.to_str().map_err(|_| Refused::Form))
        .transpose()
}

/// Must be one of these, if it is there. Browsers before 2023 do not send these headers.
fn among(headers: &HeaderMap, name: &HeaderName, good: &[&str]) -> Result<(), Refused> {
    match one(headers, name)? {
        Some(value) if !good.contains(&value) => Err(Refused::Fetch),
        _ => Ok(()),
    }
}

fn ensure(good: bool, or: Refused) -> Result<(), Refused> {
    if good { Ok(()) } else { Err(or) }
}

impl Own {
    /// May this request be answered?
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, parts: &Parts, kind: Kind) -> Result<(), Refused> {
        let headers = &parts.headers;
        let plain = parts.version == Version::HTTP_11
            && parts.uri.authority().is_none()
            && parts.uri.query().is_none();
        ensure(plain, Refused::Form)?;
        let connection = headers.get_all(header::CONNECTION).iter();
        let mut connection = connection.filter_map(|value| value.to_str().ok());
        let upgrade = headers.contains_key(header::UPGRADE)
            || connection.any(|value| value.to_ascii_lowercase().contains("upgrade"));
        ensure(!upgrade, Refused::Upgrade)?;
        ensure(
            one(headers, &header::HOST)? == Some(&self.host),
            Refused::Host,
        )?;
        let post = kind == Kind::Verb;
        let right = if post { Method::POST } else { Method::GET };
        ensure(parts.method == right, Refused::Method)?;
        if post {
            self.doing(headers)
        } else {
            self.reading(headers, kind)
        }
    }

    fn reading(&self, headers: &HeaderMap, kind: Kind) -> Result<(), Refused> {
        if let Kind::Asset(dest) = kind {
            among(headers, &SITE, &["same-origin"])?;
            among(headers, &MODE, &["no-cors", "cors", "same-origin"])?;
            among(headers, &DEST, &[dest])?;
        } else {
            // Opened by a site's link, so from any site; but as a page, and in no frame.
            among(headers, &MODE, &["navigate"])?;
            among(headers, &DEST, &["document"])?;
        }
        let origin = one(headers, &header::ORIGIN)?;
        ensure(
            origin.is_none_or(|origin| origin == self.origin),
            Refused::Origin,
        )?;
        let length = one(headers, &header::CONTENT_LENGTH)?;
        let empty = length.is_none_or(|length| length == "0")
            && !headers.contains_key(header::TRANSFER_ENCODING);
        ensure(empty, Refused::Form)
    }

    fn doing(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let origin = one(headers, &header::ORIGIN)?;
        ensure(origin == Some(&self.origin), Refused::Origin)?;
        among(headers, &SITE, &["same-origin"])?;
        among(headers, &MODE, &["same-origin", "cors"])?;
        among(headers, &DEST, &["empty"])?;
        ensure(!headers.contains_key(header::COOKIE), Refused::Cookie)?;
        let content = one(headers, &header::CONTENT_TYPE)?;
        ensure(content == Some("application/json"), Refused::Content)?;
        let page = one(headers, &PAGE)?.unwrap_or_default();
        let ours: bool = page.as_bytes().ct_eq(self.page.as_bytes()).into();
        ensure(ours, Refused::Page)?;
        let length = one(headers, &header::CONTENT_LENGTH)?.map(str::parse::<usize>);
        match length {
            None => Ok(()),
            Some(length) => ensure(length.is_ok_and(|length| length <= BODY), Refused::Body),
        }
    }
}
