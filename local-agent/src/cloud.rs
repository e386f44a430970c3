//! What the agent says to the cloud: calls signed by the key of the operation that they are about.

use std::time::Duration;

use contract::agent::{CALL, Call, JOSE, Says};
use contract::error::{ErrorCode, Problem};
use domain::ids::OperationId;
use jiff::Timestamp;
use jws::{PublicKey, Unsigned};
use p256::ecdsa::SigningKey;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use reqwest::{StatusCode, Url};

use crate::clock::Clock;

/// Longer than any answer takes that is still worth waiting for.
const WAIT: Duration = Duration::from_secs(20);
/// An answer has some hundred bytes; with certificates some thousand.
const LONGEST: usize = 64 * 1024;

/// Why the cloud did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// Nobody knows whether it did: no answer, or one that says to come again. Said again it is the same.
    Unknown,
    /// It says no.
    Refused(ErrorCode),
    /// It says that this computer's clock is wrong.
    ClockWrong {
        /// By how much, minutes; below zero when this computer is late.
        minutes: i64,
    },
}

/// The cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    client: reqwest::Client,
    address: Url,
}

impl Cloud {
    /// The cloud at an address whose path ends with a slash.
    ///
    /// # Errors
    /// When this system has no root certificates to know the cloud by.
    pub fn new(address: Url) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .timeout(WAIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("sealkey-agent/", env!("CARGO_PKG_VERSION")));
        // On this machine only a laptop's stack: no proxy leads there, no certificate is shown.
        let client = if address.scheme() == "https" {
            builder.https_only(true)
        } else {
            builder.no_proxy().tls_certs_only([])
        };
        Ok(Self {
            client: client.build()?,
            address,
        })
    }

    /// Its address.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Asks for nothing, to hear whether it is there and what time it has.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn greet(&self) -> Result<reqwest::Response, reqwest::Error> {
        self.client.get(self.address.clone()).send().await
    }

    /// Says something about an operation, signed by its key.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn say<T: Says>(
        &self,
        clock: &dyn Clock,
        key: &SigningKey,
        operation: &OperationId,
        says: T,
    ) -> Result<T::Answer, NotDone> {
        let call = Call {
            act: T::ACT,
            operation: operation.clone(),
            at: clock.now().as_second(),
            says,
        };
        let unsigned = Unsigned::new(CALL, &PublicKey::from(key).id(), &call);
        let token = unsigned.map_err(|_| NotDone::Unknown)?.sign(key);
        let address = self
            .address
            .join(T::ACT.path())
            .map_err(|_| NotDone::Unknown)?;
        let answer = self
            .client
            .post(address)
            .header(CONTENT_TYPE, JOSE)
            .body(token)
            .send()
            .await
            .map_err(|_| NotDone::Unknown)?;
        let status = answer.status();
        let off =
            date(answer.headers()).map_or(0, |date| clock.now().as_second() - date.as_second());
        let body = read(answer).await?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|_| NotDone::Unknown);
        }
        // What is not our cloud's own word (a proxy's page, a gateway's) says nothing about the operation.
        let problem: Problem = serde_json::from_slice(&body).map_err(|_| NotDone::Unknown)?;
        match problem.code {
            ErrorCode::Unavailable
            | ErrorCode::Internal
            | ErrorCode::TooManyRequests
            | ErrorCode::ChangedMeanwhile => Err(NotDone::Unknown),
            ErrorCode::ClockWrong => Err(NotDone::ClockWrong { minutes: off / 60 }),
            code => Err(NotDone::Refused(code)),
        }
    }
}

/// When an answer was sent, by the sender's clock.
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}

/// A body, up to a length.
async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, NotDone> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| NotDone::Unknown)? {
        if body.len() + piece.len() > LONGEST {
            return Err(NotDone::Unknown);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
