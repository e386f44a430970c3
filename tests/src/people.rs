//! People at their browsers: a cookie jar, the header of our pages, problem+json for errors.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::account::ChallengeView;
use contract::error::{ErrorCode, Problem};
use reqwest::{Client, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Somebody with a browser of their own.
#[derive(Debug, Clone)]
pub struct Person {
    base: String,
    client: Client,
    /// Kept by hand: a browser sends `__Host-` cookies to http on loopback, the client's own jar does not.
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Body.
    pub body: String,
}

impl Answer {
    /// The body of an answer that must have worked.
    ///
    /// # Errors
    /// When it did not work, with what it said instead.
    pub fn ok<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, self.body);
        }
        let text = if self.body.is_empty() {
            "null"
        } else {
            &self.body
        };
        serde_json::from_str(text).with_context(|| format!("answer does not parse: {text}"))
    }

    /// The problem of an answer that must not have worked.
    ///
    /// # Errors
    /// When it worked, or its error is no problem+json.
    pub fn problem(&self) -> Result<Problem> {
        if self.status.is_success() {
            bail!("it worked, and should not have: {}", self.body);
        }
        serde_json::from_str(&self.body).with_context(|| format!("no problem+json: {}", self.body))
    }

    /// The code of that problem.
    ///
    /// # Errors
    /// As [`Answer::problem`].
    pub fn code(&self) -> Result<ErrorCode> {
        Ok(self.problem()?.code)
    }
}

impl Person {
    /// A newcomer at a site.
    ///
    /// # Errors
    /// Only when no client can be made.
    pub fn at(base: &str) -> Result<Self> {
        // An address of their own: what one does often makes only that one wait.
        let mut host = [0u8; 3];
        aws_lc_rs::rand::fill(&mut host).map_err(|_| anyhow::anyhow!("no random bytes"))?;
        let address = Ipv4Addr::new(127, host[0].max(1), host[1], host[2]);
        let client = Client::builder()
            .local_address(IpAddr::V4(address))
            .timeout(std::time::Duration::from_mins(1))
            .build()?;
        Ok(Self {
            base: base.to_owned(),
            client,
            cookies: Arc::default(),
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.client.request(Method::GET, self.url(path)))
            .await
    }

    /// Does something without a body.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn act(&self, method: Method, path: &str) -> Result<Answer> {
        self.send(
            self.client
                .request(method, self.url(path))
                .header("x-sealkey-request", "1"),
        )
        .await
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer> {
        self.with_body(Method::POST, path, body).await
    }

    /// Sends JSON by another method.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn with_body(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer> {
        let request = self
            .client
            .request(method, self.url(path))
            .header("x-sealkey-request", "1")
            .json(body);
        self.send(request).await
    }

    /// Sends a text of another kind than JSON, as no page of ours does.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post_raw(&self, path: &str, kind: &str, text: String) -> Result<Answer> {
        let request = self
            .client
            .request(Method::POST, self.url(path))
            .header("content-type", kind)
            .body(text);
        self.send(request).await
    }

    /// Does a human check: what a form sends with it.
    ///
    /// # Errors
    /// When none comes, or it has no solution.
    pub async fn human(&self) -> Result<String> {
        let made: ChallengeView = self.get("/api/challenge").await?.ok()?;
        let number = altcha_lib_rs::solve_challenge(
            &made.challenge,
            &made.salt,
            None,
            Some(made.maxnumber),
            0,
        )
        .map_err(|error| anyhow::anyhow!("{error}"))?;
        let solved = json!({
            "algorithm": made.algorithm, "challenge": made.challenge, "number": number,
            "salt": made.salt, "signature": made.signature,
        });
        Ok(STANDARD.encode(solved.to_string()))
    }

    /// The browser itself, for what goes elsewhere.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> Result<Answer> {
        let cookies: Vec<String> = self
            .jar()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let answer = request.send().await?;
        for line in answer.headers().get_all("set-cookie") {
            let Some((name, rest)) = line.to_str()?.split_once('=') else {
                continue;
            };
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.jar().remove(name);
            } else {
                self.jar().insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Answer {
            status: answer.status(),
            body: answer.text().await?,
        })
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
