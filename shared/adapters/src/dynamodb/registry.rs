//! Documents of accounts: [`Registry`] on the table.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use domain::audit::{AuditEntry, AuditHead, Deed};
use domain::work::WorkItem;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Condition, DISPATCH_GRACE, Item, Table, TransactError, document, item, keys, number, text,
};
use crate::ports::{
    CommitError, Cursor, Document, Expect, Index, Kept, Key, Page, PortError, Registry, Span,
    Transaction, Write,
};
use crate::registry;

/// How often a transaction is tried again when only the chain of its audit had grown in between.
const CHAIN_TRIES: u32 = 8;

pub(super) fn names(index: Index) -> (&'static str, &'static str) {
    match index {
        Index::ByOwner => (keys::BY_OWNER, "owner"),
        Index::ByState => (keys::BY_STATE, "state"),
        Index::Due => (keys::DUE, "due"),
    }
}

fn condition(expect: Expect) -> Condition {
    match expect {
        Expect::Absent => Condition::Absent,
        Expect::Version(version) => Condition::Version(version),
        Expect::Anything => Condition::None,
    }
}

fn stored(key: &Key, written: &Document) -> Result<Item, PortError> {
    let mut item = item(key.pk.clone(), key.sk.clone(), &written.doc)?;
    if let Some(version) = written.version {
        item.insert("version".to_owned(), number(version));
    }
    if let Some(at) = written.sweep_at {
        item.insert("ttl".to_owned(), number(at.as_second()));
    }
    for place in &written.places {
        let (_, prefix) = names(place.index);
        item.insert(format!("{prefix}_pk"), text(&place.pk));
        item.insert(format!("{prefix}_sk"), text(&place.sk));
    }
    Ok(item)
}

/// The item of a document.
pub(super) fn kept<T: Kept>(kept: &T) -> Result<Item, PortError> {
    let write = Write::mark(kept)?;
    let document = write
        .document
        .ok_or_else(|| PortError::defect("registry", "a mark without document"))?;
    stored(&write.key, &document)
}

impl Table {
    pub(super) fn registry_write(&self, write: &Write) -> Result<TransactWriteItem, PortError> {
        if let Some(document) = &write.document {
            return self.put(stored(&write.key, document)?, condition(write.expect));
        }
        let mut delete = Delete::builder()
            .table_name(&self.name)
            .key("pk", text(&write.key.pk))
            .key("sk", text(&write.key.sk));
        if let Some((expression, values)) = condition(write.expect).expression() {
            delete = delete
                .condition_expression(expression)
                .set_expression_attribute_values(values);
        }
        let delete = delete
            .build()
            .map_err(|error| PortError::defect("dynamodb", error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Puts that say what has to be done after a commit.
    pub(super) fn work_writes(
        &self,
        work: &[WorkItem],
        at: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, PortError> {
        let due = at + DISPATCH_GRACE;
        let write = |work: &WorkItem| {
            let mut item = item(keys::work(&work.id), keys::WORK, work)?;
            item.insert("tries".to_owned(), number(0));
            item.insert("due_pk".to_owned(), text(keys::DUE_WORK));
            item.insert("due_sk".to_owned(), text(keys::due(due, &work.id)));
            self.put(item, Condition::Absent)
        };
        work.iter().map(write).collect()
    }

    /// The two writes that append a deed to its chain.
    pub(super) async fn audit_writes(
        &self,
        deed: &Deed,
    ) -> Result<[TransactWriteItem; 2], PortError> {
        let head: Option<AuditHead> = {
            let key = registry::audit_head(&deed.staff);
            let found = self.get(key.pk, key.sk).await?;
            found.as_ref().map(document).transpose()?
        };
        let entry = AuditEntry::after(head.as_ref(), deed);
        let next = AuditHead::after(head.as_ref(), &entry);
        Ok([
            self.registry_write(&Write::new(&entry)?)?,
            self.registry_write(&Write::next(&next)?)?,
        ])
    }
}

#[async_trait]
impl Registry for Table {
    async fn fetch(&self, key: &Key) -> Result<Option<Value>, PortError> {
        let found = self.get(key.pk.clone(), key.sk.clone()).await?;
        found.as_ref().map(document).transpose()
    }

    async fn fetch_all(&self, pk: &str, prefix: &str) -> Result<Vec<Value>, PortError> {
        let items = self.begins_with(pk.to_owned(), prefix).await?;
        items.iter().map(document).collect()
    }

    async fn fetch_page(
        &self,
        span: &Span,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Value>, PortError> {
        let page = self.index_page(span, cursor, limit).await?;
        let rows: Result<Vec<Value>, PortError> = page.rows.iter().map(document).collect();
        Ok(Page {
            rows: rows?,
            cursor: page.cursor,
        })
    }

    async fn record(&self, transaction: &Transaction) -> Result<(), CommitError> {
        let count = transaction.writes.len();
        for _ in 0..CHAIN_TRIES {
            let mut writes = Vec::with_capacity(count + transaction.work.len() + 2);
            for write in &transaction.writes {
                writes.push(self.registry_write(write)?);
            }
            writes.extend(self.work_writes(&transaction.work, transaction.at)?);
            if let Some(deed) = &transaction.audit {
                writes.extend(self.audit_writes(deed).await?);
            }
            match self.transact(writes).await {
                Ok(()) => return Ok(()),
                Err(TransactError::Port(error)) => return Err(error.into()),
                Err(TransactError::Condition(failed)) => {
                    let refused: Vec<usize> = (0..count)
                        .filter(|place| failed.get(*place) == Some(&true))
                        .collect();
                    let work = failed.iter().skip(count).take(transaction.work.len());
                    if !refused.is_empty() || work.copied().any(|failed| failed) {
                        return Err(CommitError::Refused(refused));
                    }
                    // Only the chain has grown: append after its new end.
                }
            }
        }
        Err(CommitError::Port(PortError::Conflict))
    }
}
