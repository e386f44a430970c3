//! Companies, people, staff and everything about who someone is: versioned documents, several of them in
//! one transaction.
//!
//! Orders have ports of their own, for a transition of an order is one thing. A change of an account is
//! whatever must become true together: a company, a login name, a code that is used up, an entry of a
//! history, work that follows. So this port takes a list of writes, each with its condition, and writes all
//! or nothing. What kinds of documents there are, with their keys, stands in [`crate::registry`].

use async_trait::async_trait;
use domain::audit::Deed;
use domain::work::WorkItem;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Cursor, Page, PortError};

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition.
    pub pk: String,
    /// Place in it.
    pub sk: String,
}

impl Key {
    /// A key.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }
}

/// An index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// What belongs to somebody.
    ByOwner,
    /// What waits in a queue.
    ByState,
    /// What `reconcile` has to look at, and when.
    Due,
}

/// A place in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The index.
    pub index: Index,
    /// Partition.
    pub pk: String,
    /// Place in it.
    pub sk: String,
}

/// A kind of document.
pub trait Kept: Serialize + DeserializeOwned + Send + Sync {
    /// Where this one stands.
    fn key(&self) -> Key;

    /// Its version, where it has one: every change raises it by one, and the store refuses any other.
    fn version(&self) -> Option<u64> {
        None
    }

    /// Indexes it is in, at most one place in each.
    fn places(&self) -> Vec<Place> {
        Vec::new()
    }

    /// When it may be swept away. Sweeping is late; whoever reads compares times.
    fn sweep_at(&self) -> Option<Timestamp> {
        None
    }
}

/// What must hold for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// There is no such document.
    Absent,
    /// The document has this version.
    Version(u64),
    /// Nothing: a mark that may be written twice.
    Anything,
}

/// One write.
#[derive(Debug, Clone)]
pub struct Write {
    /// Where.
    pub key: Key,
    /// What must hold.
    pub expect: Expect,
    /// The document; none takes it away.
    pub document: Option<Document>,
}

/// A document as it is written.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its serde form.
    pub doc: Value,
    /// Its version.
    pub version: Option<u64>,
    /// Its places in indexes.
    pub places: Vec<Place>,
    /// When it may be swept away.
    pub sweep_at: Option<Timestamp>,
}

impl Write {
    fn of<T: Kept>(kept: &T, expect: Expect) -> Result<Self, PortError> {
        let doc = serde_json::to_value(kept)
            .map_err(|error| PortError::defect("registry", error.to_string()))?;
        Ok(Self {
            key: kept.key(),
            expect,
            document: Some(Document {
                doc,
                version: kept.version(),
                places: kept.places(),
                sweep_at: kept.sweep_at(),
            }),
        })
    }

    /// Something new.
    ///
    /// # Errors
    /// Only when it cannot be written as JSON.
    pub fn new<T: Kept>(kept: &T) -> Result<Self, PortError> {
        Self::of(kept, Expect::Absent)
    }

    /// The next version of something: the one before must be there. Version 1 is something new.
    ///
    /// # Errors
    /// When it has no version, or cannot be written as JSON.
    pub fn next<T: Kept>(kept: &T) -> Result<Self, PortError> {
        let version = kept.version().ok_or_else(|| {
            PortError::defect("registry", "a document without version has no next")
        })?;
        let expect = match version {
            0 | 1 => Expect::Absent,
            more => Expect::Version(more - 1),
        };
        Self::of(kept, expect)
    }

    /// Something that may be written twice.
    ///
    /// # Errors
    /// Only when it cannot be written as JSON.
    pub fn mark<T: Kept>(kept: &T) -> Result<Self, PortError> {
        Self::of(kept, Expect::Anything)
    }

    /// Takes something away, if it is still as it was read; gone already is a conflict.
    pub fn remove<T: Kept>(kept: &T) -> Self {
        Self {
            key: kept.key(),
            expect: kept.version().map_or(Expect::Anything, Expect::Version),
            document: None,
        }
    }
}

/// Writes that become true together.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// When.
    pub at: Timestamp,
    /// The writes.
    pub writes: Vec<Write>,
    /// What has to be done afterwards, by `dispatch`.
    pub work: Vec<WorkItem>,
    /// What a member of staff did by it.
    pub audit: Option<Deed>,
}

impl Transaction {
    /// An empty one.
    pub fn new(now: Timestamp) -> Self {
        Self {
            at: now,
            writes: Vec::new(),
            work: Vec::new(),
            audit: None,
        }
    }

    /// With something new.
    ///
    /// # Errors
    /// As [`Write::new`].
    pub fn create<T: Kept>(mut self, kept: &T) -> Result<Self, PortError> {
        self.writes.push(Write::new(kept)?);
        Ok(self)
    }

    /// With the next version of something.
    ///
    /// # Errors
    /// As [`Write::next`].
    pub fn change<T: Kept>(mut self, kept: &T) -> Result<Self, PortError> {
        self.writes.push(Write::next(kept)?);
        Ok(self)
    }

    /// With a mark that may be written twice.
    ///
    /// # Errors
    /// As [`Write::mark`].
    pub fn mark<T: Kept>(mut self, kept: &T) -> Result<Self, PortError> {
        self.writes.push(Write::mark(kept)?);
        Ok(self)
    }

    /// Without something.
    #[must_use]
    pub fn remove<T: Kept>(mut self, kept: &T) -> Self {
        self.writes.push(Write::remove(kept));
        self
    }

    /// With something to be done afterwards.
    #[must_use]
    pub fn then(mut self, work: impl IntoIterator<Item = WorkItem>) -> Self {
        self.work.extend(work);
        self
    }

    /// With an entry in the audit.
    #[must_use]
    pub fn audited(mut self, deed: Deed) -> Self {
        self.audit = Some(deed);
        self
    }
}

/// Why a transaction was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Conditions did not hold: the places of those writes, from 0. Nothing was written.
    #[error("conditions of writes {0:?} did not hold")]
    Refused(Vec<usize>),
    /// The store's troubles.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl CommitError {
    /// Did the condition of this write not hold?
    pub fn refuses(&self, place: usize) -> bool {
        matches!(self, Self::Refused(places) if places.contains(&place))
    }
}

impl From<CommitError> for PortError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(_) => Self::Conflict,
            CommitError::Port(error) => error,
        }
    }
}

/// A part of an index partition, by the beginning and the end of `sk`, both included.
#[derive(Debug, Clone)]
pub struct Span {
    /// The index.
    pub index: Index,
    /// Partition.
    pub pk: String,
    /// Not before.
    pub from: Option<String>,
    /// Not after.
    pub to: Option<String>,
    /// The newest first?
    pub descending: bool,
}

impl Span {
    /// A whole partition, from its beginning.
    pub fn all(index: Index, pk: impl Into<String>) -> Self {
        Self {
            index,
            pk: pk.into(),
            from: None,
            to: None,
            descending: false,
        }
    }

    /// From the end.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Between two places, both included.
    #[must_use]
    pub fn between(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self.to = Some(to.into());
        self
    }
}

/// The store of documents. Generic reads are [`crate::registry`]'s functions on `dyn Registry`.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The document at a key, read consistently.
    async fn fetch(&self, key: &Key) -> Result<Option<Value>, PortError>;

    /// All documents of a partition whose `sk` begins so, in order, read consistently.
    async fn fetch_all(&self, pk: &str, prefix: &str) -> Result<Vec<Value>, PortError>;

    /// A page of an index. May be a moment behind.
    async fn fetch_page(
        &self,
        span: &Span,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Value>, PortError>;

    /// Writes all or nothing. An entry of the audit is appended to its chain in the same transaction.
    async fn record(&self, transaction: &Transaction) -> Result<(), CommitError>;
}

fn read<T: DeserializeOwned>(doc: Value) -> Result<T, PortError> {
    // The message of serde may repeat a value; where it is from is enough to look.
    serde_json::from_value(doc)
        .map_err(|_| PortError::defect("registry", format!("no {}", std::any::type_name::<T>())))
}

impl dyn Registry + '_ {
    /// The document at a key.
    ///
    /// # Errors
    /// The store's troubles, or a document of another kind.
    pub async fn load<T: Kept>(&self, key: &Key) -> Result<Option<T>, PortError> {
        self.fetch(key).await?.map(read).transpose()
    }

    /// All documents of a partition whose `sk` begins so.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_all<T: Kept>(&self, pk: &str, prefix: &str) -> Result<Vec<T>, PortError> {
        let documents = self.fetch_all(pk, prefix).await?;
        documents.into_iter().map(read).collect()
    }

    /// A page of an index.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_page<T: Kept>(
        &self,
        span: &Span,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<T>, PortError> {
        let page = self.fetch_page(span, cursor, limit).await?;
        let rows: Result<Vec<T>, PortError> = page.rows.into_iter().map(read).collect();
        Ok(Page {
            rows: rows?,
            cursor: page.cursor,
        })
    }
}
