//! Files about a company itself: announced, put into the bucket by the browser, looked at by machine, shown
//! to reviewers as images that we made.
//!
//! They belong to an owner, a company or a recovery, whose id is part of every key: what another owner
//! announced is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::ports::{
    Clock, CommitError, Objects, PortError, Random, Registry, Transaction, new_ulid,
};
use adapters::registry;
use contract::company::{CompanyPaperRequest, CompanyPaperView};
use contract::error::{ErrorCode, FieldCode};
use contract::qualification::CompanyPaperImages;
use contract::upload::PaperUploadView;
use domain::ids::PaperId;
use domain::paper::MAX_PAPER_BYTES;
use domain::qualification::{CompanyPaper, CompanyPaperKind, MAX_FILES_PER_PAPER};
use jiff::SignedDuration;

use crate::error::{ApiError, FieldErrors};

/// How long a file can be put: a large one over a slow line.
const PUT_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// How long an image's address can be used.
const IMAGE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// How many files one owner may announce within [`ANNOUNCED_WITHIN`]: several tries at every paper.
const MAX_ANNOUNCED: usize = 40;
/// See [`MAX_ANNOUNCED`].
const ANNOUNCED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Files about companies.
#[derive(Clone)]
pub struct CompanyPapers {
    /// Where they are on record.
    pub registry: Arc<dyn Registry>,
    /// Where their bytes are.
    pub objects: Arc<dyn Objects>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

impl CompanyPapers {
    /// Announces a file and tells where to put it. Called again it announces another one; one that nothing
    /// was put for is in nobody's way.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidFields`]; [`ErrorCode::TooManyRequests`] when the owner announced too many today.
    pub async fn announce(
        &self,
        owner: &str,
        request: &CompanyPaperRequest,
        allowed: &[CompanyPaperKind],
    ) -> Result<PaperUploadView, ApiError> {
        let mut errors = FieldErrors::new();
        errors.require(
            allowed.contains(&request.kind),
            "kind",
            FieldCode::NotOffered,
        );
        let file_name = errors.text(&request.file_name, "file_name", 255);
        errors.require(
            (1..=MAX_PAPER_BYTES).contains(&request.length),
            "length",
            FieldCode::OutOfRange,
        );
        let sha256 = request.sha256.to_ascii_lowercase();
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        errors.require(is_hash, "sha256", FieldCode::Invalid);
        errors.finish()?;

        let now = self.clock.now();
        let known = self.all(owner).await?;
        let mut recent: Vec<_> = known
            .iter()
            .map(|paper| paper.created_at + ANNOUNCED_WITHIN)
            .filter(|over| now < *over)
            .collect();
        if recent.len() >= MAX_ANNOUNCED {
            recent.sort_unstable();
            let free = recent[recent.len() - MAX_ANNOUNCED];
            return Err(ApiError::new(ErrorCode::TooManyRequests).after(free.duration_since(now)));
        }
        let paper = CompanyPaper {
            id: PaperId::from_ulid(&new_ulid(&*self.clock, &*self.random)),
            owner: owner.to_owned(),
            kind: request.kind,
            file_name,
            format: request.format,
            length: request.length,
            sha256,
            created_at: now,
            previews: Vec::new(),
            version: 1,
        };
        let put = self
            .objects
            .presign_put(
                &paper.object_key(),
                paper.format.media_type(),
                paper.length,
                &paper.sha256,
                now,
                PUT_LIFETIME,
            )
            .await?;
        let announced = Transaction::new(now).create(&paper)?;
        self.registry.record(&announced).await?;
        Ok(PaperUploadView {
            paper: paper.id,
            url: put.url,
            headers: put.headers,
            expires_at: put.expires_at,
        })
    }

    /// Are these files all that is required, are their bytes here, and can they be read? Makes the images
    /// that reviewers see. May run twice: images are written over under the same keys, and what was looked
    /// at before is not looked at again.
    ///
    /// # Errors
    /// [`ErrorCode::PapersMissing`], [`ErrorCode::TooMany`], [`ErrorCode::PaperNotUploaded`], and
    /// [`ErrorCode::InvalidFields`] at `papers.N` for a file that nobody announced or nobody can read.
    pub async fn check(
        &self,
        owner: &str,
        ids: &[PaperId],
        required: &[CompanyPaperKind],
    ) -> Result<Vec<CompanyPaper>, ApiError> {
        let known = self.by_id(owner).await?;
        let mut errors = FieldErrors::new();
        let mut papers: Vec<(usize, CompanyPaper)> = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            let twice = papers.iter().any(|(_, paper)| paper.id == *id);
            match known.get(id).filter(|_| !twice) {
                Some(paper) => papers.push((place, paper.clone())),
                None => errors.add(format!("papers.{place}"), FieldCode::Invalid),
            }
        }
        errors.finish()?;
        let count = |kind: CompanyPaperKind| {
            let same = papers.iter().filter(|(_, paper)| paper.kind == kind);
            same.count()
        };
        if required.iter().any(|kind| count(*kind) == 0) {
            return Err(ErrorCode::PapersMissing.into());
        }
        if papers
            .iter()
            .any(|(_, paper)| count(paper.kind) > MAX_FILES_PER_PAPER)
        {
            return Err(ErrorCode::TooMany.into());
        }
        let mut errors = FieldErrors::new();
        let mut checked = Vec::new();
        for (place, paper) in papers {
            match self.with_images(paper).await? {
                Some(paper) => checked.push(paper),
                None => errors.add(format!("papers.{place}"), FieldCode::Invalid),
            }
        }
        errors.finish()?;
        Ok(checked)
    }

    /// The paper with its images made; none when nobody can read it.
    async fn with_images(&self, paper: CompanyPaper) -> Result<Option<CompanyPaper>, ApiError> {
        if !paper.previews.is_empty() {
            return Ok(Some(paper));
        }
        let bytes = self
            .objects
            .read(&paper.object_key(), MAX_PAPER_BYTES)
            .await?;
        let bytes = bytes.ok_or(ErrorCode::PaperNotUploaded)?;
        let pages = match imaging::pages(&bytes, paper.format) {
            Ok(pages) => pages,
            Err(bad) => {
                tracing::info!(paper = %paper.id, why = %bad, "unreadable paper");
                return Ok(None);
            }
        };
        let mut previews = Vec::new();
        for (page, jpeg) in (1..).zip(pages) {
            let key = paper.image_key(page);
            self.objects.write(&key, "image/jpeg", jpeg).await?;
            previews.push(key);
        }
        let next = CompanyPaper {
            previews,
            version: paper.version + 1,
            ..paper
        };
        let made = Transaction::new(self.clock.now()).change(&next)?;
        match self.registry.record(&made).await {
            // Somebody else looked at it at the same time, and saw the same.
            Ok(()) | Err(CommitError::Refused(_)) => Ok(Some(next)),
            Err(error) => Err(PortError::from(error).into()),
        }
    }

    async fn all(&self, owner: &str) -> Result<Vec<CompanyPaper>, PortError> {
        let partition = registry::company_papers(owner);
        self.registry
            .load_all(&partition, registry::COMPANY_PAPERS)
            .await
    }

    async fn by_id(&self, owner: &str) -> Result<BTreeMap<PaperId, CompanyPaper>, PortError> {
        let all = self.all(owner).await?;
        Ok(all
            .into_iter()
            .map(|paper| (paper.id.clone(), paper))
            .collect())
    }

    /// These files as their owner sees them.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn views(
        &self,
        owner: &str,
        ids: &[PaperId],
    ) -> Result<Vec<CompanyPaperView>, ApiError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.by_id(owner).await?;
        let view = |paper: &CompanyPaper| CompanyPaperView {
            id: paper.id.clone(),
            kind: paper.kind,
            file_name: paper.file_name.clone(),
            created_at: paper.created_at,
        };
        Ok(ids
            .iter()
            .filter_map(|id| known.get(id))
            .map(view)
            .collect())
    }

    /// These files as reviewers see them: short-lived addresses of the images that we made.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn images(
        &self,
        owner: &str,
        ids: &[PaperId],
    ) -> Result<Vec<CompanyPaperImages>, ApiError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.by_id(owner).await?;
        let mut images = Vec::new();
        for paper in ids.iter().filter_map(|id| known.get(id)) {
            let mut pages = Vec::new();
            for key in &paper.previews {
                pages.push(self.objects.presign_get(key, IMAGE_LIFETIME).await?);
            }
            images.push(CompanyPaperImages {
                kind: paper.kind,
                file_name: paper.file_name.clone(),
                format: paper.format,
                pages,
                created_at: paper.created_at,
            });
        }
        Ok(images)
    }
}
