//! Revocation lists of other issuers, over HTTP.

use async_trait::async_trait;

use crate::outbound;
use crate::ports::{PortError, RemoteLists};

/// The longest list that is read: some hundred thousand certificates.
const MOST: usize = 16 * 1024 * 1024;
/// What errors of this adapter name.
const WHAT: &str = "an issuer's list";

/// Fetches lists from where their issuers publish them.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpLists;

#[async_trait]
impl RemoteLists for HttpLists {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, PortError> {
        let url = outbound::public(address).map_err(|why| PortError::defect(WHAT, why.0))?;
        let client = outbound::client(&url).map_err(|why| PortError::defect(WHAT, why.0))?;
        let answer = client
            .get(url)
            .send()
            .await
            .map_err(|error| PortError::unavailable(WHAT, outbound::describe(&error)))?;
        if answer.status() != reqwest::StatusCode::OK {
            let why = format!("answered {}", answer.status().as_u16());
            return Err(PortError::unavailable(WHAT, why));
        }
        outbound::read_at_most(answer, MOST)
            .await
            .map_err(|why| PortError::unavailable(WHAT, why))
    }
}
