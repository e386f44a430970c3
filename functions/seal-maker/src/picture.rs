//! The picture of a key's e-seal, checked against what was approved.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::order::{Line, Order, Unit};
use domain::seal::{ApprovedSeal, MOST_PICTURE_BYTES, MadeSeal, StampSize};
use edge::ApiError;
use edge::seals::{Approval, Source};
use sha2::{Digest as _, Sha256};

use crate::Ports;

/// A picture, to be written as it is.
#[derive(Clone)]
pub(crate) struct Picture {
    /// The transparent PNG.
    pub(crate) png: Vec<u8>,
    /// SHA-256 of it, hex.
    pub(crate) sha256: String,
    /// Its size as approved.
    pub(crate) size: StampSize,
}

/// The pictures for the keys of one line. Each file is read once.
pub(crate) struct Pictures<'a> {
    ports: &'a Ports,
    order: &'a Order,
    line: &'a Line,
    approval: Approval,
    read: HashMap<String, Vec<u8>>,
}

impl<'a> Pictures<'a> {
    /// Of a line.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn of(
        ports: &'a Ports,
        order: &'a Order,
        line: &'a Line,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            ports,
            order,
            line,
            approval: Approval::of(&*ports.registry, order, line).await?,
            read: HashMap::new(),
        })
    }

    /// The picture for a key. None: it has no e-seal.
    ///
    /// # Errors
    /// When the approved picture is gone or another one, or the store does not answer.
    pub(crate) async fn picture(&mut self, unit: &Unit) -> Result<Option<Picture>, ApiError> {
        let store = &*self.ports.registry;
        let source = self.approval.source(store, self.order, self.line, unit);
        match source.await? {
            Some(Source::Approved(seal)) => self.approved(&seal).await.map(Some),
            Some(Source::Before(made)) => of_seal(&made).map(Some),
            None => Ok(None),
        }
    }

    async fn approved(&mut self, seal: &ApprovedSeal) -> Result<Picture, ApiError> {
        if !self.read.contains_key(&seal.picture) {
            let limit = u64::try_from(MOST_PICTURE_BYTES).unwrap_or(u64::MAX);
            let png = self.ports.objects.read(&seal.picture, limit).await?;
            let png = png.ok_or_else(|| ApiError::internal("an approved picture that is gone"))?;
            if hex::encode(Sha256::digest(&png)) != seal.sha256 {
                return Err(ApiError::internal("another picture than the approved one"));
            }
            self.read.insert(seal.picture.clone(), png);
        }
        Ok(Picture {
            png: self.read.get(&seal.picture).cloned().unwrap_or_default(),
            sha256: seal.sha256.clone(),
            size: seal.size,
        })
    }
}

fn of_seal(made: &MadeSeal) -> Result<Picture, ApiError> {
    let seal = STANDARD.decode(&made.seal).ok();
    let seal = seal.and_then(|seal| eseal::verify(&seal).ok());
    let seal = seal.ok_or_else(|| ApiError::internal("a recorded seal that cannot be read"))?;
    Ok(Picture {
        png: seal.png,
        sha256: made.picture_sha256.clone(),
        size: made.size,
    })
}
