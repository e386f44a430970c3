//! Calls: signed on the way out, believed or not on the way in.

use jiff::Timestamp;
use serde::Serialize;
use url::{Url, form_urlencoded};

use super::answer::{self, Reply};
use super::wire::{Params, signed_text};
use super::{Alipay, PRECREATE};
use crate::outbound;
use crate::payment::common::{unavailable, write_time};
use crate::ports::GatewayError;

impl Alipay {
    /// The signed address and the body of a call. Common parameters stand in the address, `biz_content` in
    /// the form; all of them but `sign` are signed, and none is ever empty (Alipay OpenAPI, requests: SDKs
    /// disagree on whether an empty value is signed).
    fn request(
        &self,
        method: &str,
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<(Url, String), GatewayError> {
        let settings = &self.settings;
        let content = serde_json::to_string(content)
            .map_err(|_| unavailable("biz_content cannot be written"))?;
        let now = write_time(now);
        let mut params: Params = [
            ("app_id", settings.app_id.as_str()),
            ("biz_content", &content),
            ("charset", "utf-8"),
            ("format", "JSON"),
            ("method", method),
            ("sign_type", "RSA2"),
            ("timestamp", &now),
            ("version", "1.0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if method == PRECREATE {
            params.insert("notify_url".to_owned(), settings.notify_url.to_string());
        }
        let sign = settings
            .app_key
            .sign(&signed_text(&params, &["sign"]))
            .ok_or_else(|| GatewayError::Credentials("our key does not sign".to_owned()))?;
        params.remove("biz_content");
        params.insert("sign".to_owned(), sign);
        let mut url = self.http.base().clone();
        url.query_pairs_mut().extend_pairs(&params);
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("biz_content", &content)
            .finish();
        Ok((url, body))
    }

    /// Asks, about the payment `number` if about one.
    pub(super) async fn call(
        &self,
        method: &str,
        number: Option<&str>,
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<Reply, GatewayError> {
        let (url, body) = self.request(method, content, now)?;
        let response = self
            .http
            .client()?
            .post(url)
            .header(
                "content-type",
                "application/x-www-form-urlencoded;charset=utf-8",
            )
            .body(body)
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status();
        if !status.is_success() {
            return Err(unavailable(&format!("HTTP {}", status.as_u16())));
        }
        let body = outbound::read(response).await.map_err(unavailable)?;
        answer::believe(&self.settings.alipay_key, method, number, &body)
    }
}
