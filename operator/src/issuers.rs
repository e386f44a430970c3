//! Other issuers, whose keys may join a stage: written down in one document of its public bucket.

use std::sync::Arc;

use adapters::ca::{ELSEWHERE_KEY, Issuers, OtherLists, chain, other_issuers};
use adapters::ports::{Objects, PublicObject, RemoteLists};
use anyhow::{Context, Result};
use jiff::Timestamp;

/// A number that no certificate has: only whether a list can be had is asked.
const NO_SERIAL: &str = "00";

/// Puts the document where functions read it, over the one before, and answers with the issuers' names. Functions that
/// run already know what they began with; a deployment, or any change of their configuration, begins them anew.
///
/// # Errors
/// When the document cannot be used, an issuer is called as another one or as our own CA, or its list cannot be had or
/// is not to be believed: then nothing was changed. The bucket's.
pub async fn install(
    public: &dyn Objects,
    remote: Arc<dyn RemoteLists>,
    document: Vec<u8>,
    now: Timestamp,
) -> Result<Vec<String>> {
    let issuers = other_issuers(&document)?;
    let lists = OtherLists::new(remote);
    let mut names = Vec::new();
    for issuer in &issuers {
        let config = &issuer.config;
        lists
            .lists(issuer, NO_SERIAL, now)
            .await
            .with_context(|| format!("{}: the list at {}", config.name, config.list))?;
        names.push(config.name.clone());
    }
    // As functions will put them together.
    Issuers::new(&chain(public).await?)?.with(issuers)?;
    let there = public.info(ELSEWHERE_KEY).await?.map(|info| info.tag);
    let object = PublicObject {
        key: ELSEWHERE_KEY,
        media_type: "application/json",
        cache_seconds: 300,
        bytes: document,
    };
    public.replace(object, there.as_deref()).await?;
    Ok(names)
}
