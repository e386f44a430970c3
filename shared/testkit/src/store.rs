//! The table in memory: every store port with the conditions of the one on DynamoDB.
//!
//! Documents are kept as JSON, so that what does not survive being stored does not survive here either.
//! Every call lets others go first, so that calls made at once really interleave on one thread.
//! [`crate::contract_suite`] holds this and the real table to the same rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use adapters::ports::{
    Attempts, Certificates, Commit, CommitError, Cursor, Document, DueWait, DueWork, Expect,
    IssuanceRecord, Key, Lists, OrderFilter, Orders, Outstanding, Page, Papers, Parcels, PortError,
    QueuedLine, Registry, SignedCertificate, Span, Transaction, Write,
};
use adapters::registry;
use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditHead, Deed};
use domain::certificate::KeyPurpose;
use domain::ids::{BranchId, CompanyId, LineNo, OrderId, PaperId, UnitNo};
use domain::ledger::Posting;
use domain::order::{Change, DisplayState, EventRecord, LineStage, Order, Unit};
use domain::paper::Paper;
use domain::parcel::Parcel;
use domain::payment::{Attempt, AttemptState, OutTradeNo};
use domain::work::WorkItem;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::power::PowerCut;
use crate::{lock, pause};

/// As in the real table: `dispatch` has this long before `reconcile` does its work.
const DISPATCH_GRACE: SignedDuration = SignedDuration::from_secs(30);

/// As in the real table: how often an issuance is begun again when another key of its line was faster.
const REGISTER_TRIES: u32 = 8;

/// What a state machine reads of an order or a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// What comes next.
    pub stage: String,
    /// The run that is valid now.
    pub run: u32,
    /// The round of a line; 1 for an order.
    pub round: u32,
}

#[derive(Debug)]
struct OrderItem {
    doc: String,
    version: u64,
    owner: CompanyId,
    display: DisplayState,
    due: Option<Timestamp>,
    projection: Projection,
}

#[derive(Debug)]
struct LineItem {
    projection: Projection,
    queue: Option<(LineStage, Option<BranchId>, String)>,
}

#[derive(Debug)]
struct WorkRow {
    doc: String,
    tries: u32,
    due: Option<Timestamp>,
    done: bool,
}

#[derive(Debug, Default)]
struct WaitRow {
    token: Option<String>,
    outcome: Option<String>,
    due: Option<Timestamp>,
    woken: bool,
}

#[derive(Debug)]
struct Versioned {
    doc: String,
    version: u64,
}

#[derive(Debug, Default)]
struct State {
    orders: BTreeMap<OrderId, OrderItem>,
    lines: BTreeMap<(OrderId, LineNo), LineItem>,
    units: BTreeMap<(OrderId, LineNo, UnitNo), String>,
    events: BTreeMap<(OrderId, u32), String>,
    attempts: BTreeMap<(OrderId, u32), Versioned>,
    papers: BTreeMap<(OrderId, LineNo, PaperId), String>,
    parcels: BTreeMap<(OrderId, LineNo), Versioned>,
    waybills: BTreeMap<String, (OrderId, LineNo)>,
    certificates: BTreeMap<(OrderId, LineNo, UnitNo, u32), String>,
    work: BTreeMap<String, WorkRow>,
    waits: BTreeMap<String, WaitRow>,
    documents: BTreeMap<Key, Document>,
    stream: Vec<Value>,
}

/// The table.
#[derive(Debug, Default)]
pub struct MemoryStore {
    power: Arc<PowerCut>,
    state: Mutex<State>,
}

fn store(doc: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(doc).map_err(|error| PortError::defect("memory", error.to_string()))
}

fn read<T: DeserializeOwned>(doc: &str) -> Result<T, PortError> {
    serde_json::from_str(doc).map_err(|error| PortError::defect("memory", error.to_string()))
}

/// Index keys hold whole seconds.
fn is_due(at: Timestamp, now: Timestamp) -> bool {
    at.as_second() <= now.as_second()
}

fn limited(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// What a transition writes beside its order.
fn beside(commit: &Commit) -> Result<Vec<Write>, PortError> {
    let mut writes = registry::order_marks(&commit.change)?;
    writes.extend(registry::postings(&commit.change)?);
    writes.extend(commit.beside.iter().cloned());
    Ok(writes)
}

/// The condition for writing a version: the one before must be there, or nothing.
fn follows(there: Option<&Versioned>, version: u64) -> Result<(), PortError> {
    let fits = match there {
        None => version <= 1,
        Some(there) => version > 1 && there.version == version - 1,
    };
    if fits {
        Ok(())
    } else {
        Err(PortError::Conflict)
    }
}

impl State {
    fn holds(&self, write: &Write) -> bool {
        let there = self.documents.get(&write.key);
        match write.expect {
            Expect::Absent => there.is_none(),
            Expect::Version(version) => there.is_some_and(|found| found.version == Some(version)),
            Expect::Anything => true,
        }
    }

    fn record(&mut self, transaction: &Transaction) -> Result<(), CommitError> {
        let refused: Vec<usize> = (0..)
            .zip(&transaction.writes)
            .filter(|(_, write)| !self.holds(write))
            .map(|(place, _)| place)
            .collect();
        let work = &transaction.work;
        let taken = work.iter().any(|item| self.work.contains_key(&item.id));
        if !refused.is_empty() || taken {
            return Err(CommitError::Refused(refused));
        }
        for write in &transaction.writes {
            self.apply(write);
        }
        self.put_work(work, transaction.at)?;
        if let Some(deed) = &transaction.audit {
            self.append(deed)?;
        }
        Ok(())
    }

    fn apply(&mut self, write: &Write) {
        match &write.document {
            Some(document) => {
                self.documents.insert(write.key.clone(), document.clone());
            }
            None => {
                self.documents.remove(&write.key);
            }
        }
    }

    fn append(&mut self, deed: &Deed) -> Result<(), PortError> {
        let key = registry::audit_head(&deed.staff);
        let head: Option<AuditHead> = match self.documents.get(&key) {
            Some(found) => Some(
                serde_json::from_value(found.doc.clone())
                    .map_err(|error| PortError::defect("memory", error.to_string()))?,
            ),
            None => None,
        };
        let entry = AuditEntry::after(head.as_ref(), deed);
        let next = AuditHead::after(head.as_ref(), &entry);
        self.apply(&Write::new(&entry)?);
        self.apply(&Write::next(&next)?);
        Ok(())
    }

    fn put_work(&mut self, work: &[WorkItem], at: Timestamp) -> Result<(), PortError> {
        for item in work {
            let row = WorkRow {
                doc: store(item)?,
                tries: 0,
                due: Some(at + DISPATCH_GRACE),
                done: false,
            };
            self.work.insert(item.id.clone(), row);
            self.streamed(
                "INSERT",
                &format!("WORK#{}", item.id),
                "WORK",
                &json!({"tries": {"N": "0"}}),
            );
        }
        Ok(())
    }

    fn order(&self, id: &OrderId, with_units: bool) -> Result<Option<Order>, PortError> {
        let Some(item) = self.orders.get(id) else {
            return Ok(None);
        };
        let mut order: Order = read(&item.doc)?;
        if with_units {
            for ((of, no, _), doc) in &self.units {
                let unit: Unit = read(doc)?;
                if of == id
                    && let Some(line) = order.lines.iter_mut().find(|line| line.no == *no)
                {
                    line.units.insert(unit.no, unit);
                }
            }
        }
        Ok(Some(order))
    }

    fn streamed(&mut self, event: &str, pk: &str, sk: &str, image: &Value) {
        self.stream.push(json!({
            "eventName": event,
            "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "NewImage": image},
        }));
    }

    fn stream_wait(&mut self, key: &str, event: &str) {
        let Some(wait) = self.waits.get(key) else {
            return;
        };
        let mut image = json!({});
        if let Some(token) = &wait.token {
            image["token"] = json!({"S": token});
        }
        if let Some(outcome) = &wait.outcome {
            image["outcome"] = json!({"S": outcome});
        }
        if wait.woken {
            image["woken_at"] = json!({"S": "then"});
        }
        self.streamed(event, key, "WAIT", &image);
    }

    fn check(&self, commit: &Commit) -> Result<(), PortError> {
        let Change {
            expected,
            order,
            record,
            work,
            ..
        } = &commit.change;
        let there = self.orders.get(&order.id).map(|item| item.version);
        if there != *expected || self.events.contains_key(&(order.id.clone(), record.seq)) {
            return Err(PortError::Conflict);
        }
        if work.iter().any(|item| self.work.contains_key(&item.id)) {
            return Err(PortError::Conflict);
        }
        if beside(commit)?.iter().any(|write| !self.holds(write)) {
            return Err(PortError::Conflict);
        }
        if let Some(attempt) = &commit.attempt {
            let key = (attempt.number.order.clone(), attempt.number.attempt);
            follows(self.attempts.get(&key), attempt.version)?;
        }
        if let Some(parcel) = &commit.parcel {
            follows(
                self.parcels.get(&(parcel.order.clone(), parcel.line)),
                parcel.version,
            )?;
        }
        Ok(())
    }

    fn write(&mut self, commit: &Commit) -> Result<(), PortError> {
        let Change {
            expected,
            order,
            record,
            units,
            outcomes,
            work,
            shown,
            ..
        } = &commit.change;
        let due = record.at + DISPATCH_GRACE;
        self.put_order(order, *shown)?;
        let pk = format!("ORDER#{}", order.id);
        self.streamed(
            if expected.is_none() {
                "INSERT"
            } else {
                "MODIFY"
            },
            &pk,
            "ORDER",
            &json!({}),
        );
        self.events
            .insert((order.id.clone(), record.seq), store(record)?);
        for (line, unit) in units {
            self.units
                .insert((order.id.clone(), *line, unit.no), store(unit)?);
        }
        for outcome in outcomes {
            let event = if self.waits.contains_key(&outcome.wait) {
                "MODIFY"
            } else {
                "INSERT"
            };
            let wait = self.waits.entry(outcome.wait.clone()).or_default();
            wait.outcome = Some(outcome.outcome.to_owned());
            wait.due = Some(due);
            self.stream_wait(&outcome.wait, event);
        }
        self.put_work(work, record.at)?;
        for write in beside(commit)? {
            self.apply(&write);
        }
        for place in registry::refund_places(order) {
            self.apply(&Write::mark(&place)?);
        }
        for place in registry::invoice_places(order) {
            self.apply(&Write::mark(&place)?);
        }
        if let Some(deed) = commit.change.deed() {
            self.append(&deed)?;
        }
        if let Some(attempt) = &commit.attempt {
            self.put_attempt(attempt)?;
        }
        if let Some(parcel) = &commit.parcel {
            self.put_parcel(parcel)?;
            if parcel.version == 1 {
                self.waybills
                    .insert(parcel.waybill.clone(), (parcel.order.clone(), parcel.line));
            }
        }
        Ok(())
    }

    fn put_order(&mut self, order: &Order, shown: DisplayState) -> Result<(), PortError> {
        let item = OrderItem {
            doc: store(order)?,
            version: order.version,
            owner: order.company.clone(),
            display: shown,
            due: order.check_at,
            projection: Projection {
                stage: order.stage().as_str().to_owned(),
                run: order.run,
                round: 1,
            },
        };
        self.orders.insert(order.id.clone(), item);
        if order.run == 0 {
            return Ok(());
        }
        for line in &order.lines {
            let stage = order.line_stage(line);
            let queued = !matches!(
                stage,
                LineStage::NotStarted | LineStage::Completed | LineStage::Cancelled
            );
            let branch = Some(order.delivery.branch.clone())
                .filter(|_| stage == LineStage::AwaitPickup)
                .flatten();
            let place = format!("{}#{}#{:02}", line.turn().as_second(), order.id, line.no.0);
            let item = LineItem {
                projection: Projection {
                    stage: stage.as_str().to_owned(),
                    run: order.run,
                    round: line.round,
                },
                queue: queued.then_some((stage, branch, place)),
            };
            self.lines.insert((order.id.clone(), line.no), item);
        }
        Ok(())
    }

    fn put_attempt(&mut self, attempt: &Attempt) -> Result<(), PortError> {
        let item = Versioned {
            doc: store(attempt)?,
            version: attempt.version,
        };
        self.attempts
            .insert((attempt.number.order.clone(), attempt.number.attempt), item);
        Ok(())
    }

    fn put_parcel(&mut self, parcel: &Parcel) -> Result<(), PortError> {
        let item = Versioned {
            doc: store(parcel)?,
            version: parcel.version,
        };
        self.parcels
            .insert((parcel.order.clone(), parcel.line), item);
        Ok(())
    }
}

impl MemoryStore {
    /// An empty table.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self {
            power,
            state: Mutex::default(),
        }
    }

    fn reading<T>(
        &self,
        look: impl FnOnce(&State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.power.read()?;
        look(&lock(&self.state))
    }

    fn writing<T>(
        &self,
        what: &'static str,
        deed: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let ticket = self.power.before(what)?;
        let done = deed(&mut lock(&self.state));
        self.power.after(&ticket)?;
        done
    }

    /// What the table's stream has to say since it was last asked, as Lambda gets it.
    pub fn take_stream(&self) -> Vec<Value> {
        std::mem::take(&mut lock(&self.state).stream)
    }

    /// What the machine `order` reads. Step Functions has its own power.
    pub fn order_projection(&self, order: &OrderId) -> Option<Projection> {
        lock(&self.state)
            .orders
            .get(order)
            .map(|item| item.projection.clone())
    }

    /// What the machine `line` reads.
    pub fn line_projection(&self, order: &OrderId, line: LineNo) -> Option<Projection> {
        lock(&self.state)
            .lines
            .get(&(order.clone(), line))
            .map(|item| item.projection.clone())
    }

    /// What the machine `refund` reads.
    pub fn refund_projection(&self, order: &OrderId, refund: u32) -> Option<Projection> {
        let state = lock(&self.state);
        let found = state
            .documents
            .get(&registry::refund_place(order, refund))?;
        let place: registry::RefundPlace = serde_json::from_value(found.doc.clone()).ok()?;
        Some(Projection {
            stage: place.stage.as_str().to_owned(),
            run: place.run,
            round: place.round,
        })
    }

    /// What the machine `invoice` reads.
    pub fn invoice_projection(&self, order: &OrderId, invoice: u32) -> Option<Projection> {
        let state = lock(&self.state);
        let found = state
            .documents
            .get(&registry::invoice_place(order, invoice))?;
        let place: registry::InvoicePlace = serde_json::from_value(found.doc.clone()).ok()?;
        Some(Projection {
            stage: place.stage.as_str().to_owned(),
            run: place.run,
            round: place.round,
        })
    }

    /// Every posting there ever was, by order.
    pub fn all_postings(&self) -> Vec<Posting> {
        let state = lock(&self.state);
        state
            .documents
            .iter()
            .filter(|(key, _)| key.sk.starts_with(registry::POSTINGS))
            .filter_map(|(_, found)| serde_json::from_value(found.doc.clone()).ok())
            .collect()
    }

    /// What a wait of a state machine does: sets the token unless the fact is on record. `false` when it is.
    pub fn offer_token(&self, key: &str, token: &str) -> bool {
        let mut state = lock(&self.state);
        let event = if state.waits.contains_key(key) {
            "MODIFY"
        } else {
            "INSERT"
        };
        let wait = state.waits.entry(key.to_owned()).or_default();
        if wait.outcome.is_some() {
            return false;
        }
        wait.token = Some(token.to_owned());
        state.stream_wait(key, event);
        true
    }

    /// How many documents there are whose partition begins so: what a call wrote, told by counting.
    pub fn count(&self, prefix: &str) -> usize {
        let state = lock(&self.state);
        state
            .documents
            .keys()
            .filter(|key| key.pk.starts_with(prefix))
            .count()
    }

    /// All documents as one text: for tests that look for what must never be stored.
    pub fn everything(&self) -> String {
        let state = lock(&self.state);
        let mut text = String::new();
        for (key, found) in &state.documents {
            let _ = writeln!(text, "{} {} {}", key.pk, key.sk, found.doc);
        }
        for (id, row) in &state.work {
            let _ = writeln!(text, "{id} {}", row.doc);
        }
        text
    }

    /// The keys of all waits whose fact is on record and whose end is not.
    pub fn open_outcomes(&self) -> Vec<String> {
        let state = lock(&self.state);
        state
            .waits
            .iter()
            .filter(|(_, wait)| wait.outcome.is_some() && !wait.woken)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// The names of all work that is not done.
    pub fn open_work(&self) -> Vec<String> {
        let state = lock(&self.state);
        state
            .work
            .iter()
            .filter(|(_, work)| !work.done)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// All work there ever was.
    pub fn all_work(&self) -> Vec<WorkItem> {
        lock(&self.state)
            .work
            .values()
            .filter_map(|row| read(&row.doc).ok())
            .collect()
    }

    /// All parcels.
    pub fn all_parcels(&self) -> Vec<Parcel> {
        lock(&self.state)
            .parcels
            .values()
            .filter_map(|item| read(&item.doc).ok())
            .collect()
    }

    /// All records of issuance.
    pub fn all_issuances(&self) -> Vec<IssuanceRecord> {
        lock(&self.state)
            .certificates
            .values()
            .filter_map(|doc| read(doc).ok())
            .collect()
    }

    /// The numbers of all orders.
    pub fn all_orders(&self) -> Vec<OrderId> {
        lock(&self.state).orders.keys().cloned().collect()
    }
}

#[async_trait]
impl Orders for MemoryStore {
    async fn load(&self, id: &OrderId) -> Result<Option<Order>, PortError> {
        pause().await;
        self.reading(|state| state.order(id, true))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), PortError> {
        pause().await;
        let mut commit = commit.clone();
        commit
            .beside
            .extend(registry::consequences(self, &commit.change).await?);
        self.writing("orders.commit", |state| {
            state.check(&commit)?;
            state.write(&commit)
        })
    }

    async fn history(&self, id: &OrderId) -> Result<Vec<EventRecord>, PortError> {
        pause().await;
        self.reading(|state| {
            let mine = state.events.iter().filter(|((order, _), _)| order == id);
            mine.map(|(_, doc)| read(doc)).collect()
        })
    }
}

#[async_trait]
impl Attempts for MemoryStore {
    async fn attempts(&self, order: &OrderId) -> Result<Vec<Attempt>, PortError> {
        pause().await;
        self.reading(|state| {
            let mine = state.attempts.iter().filter(|((of, _), _)| of == order);
            mine.map(|(_, item)| read(&item.doc)).collect()
        })
    }

    async fn save_attempt(&self, attempt: &Attempt) -> Result<(), PortError> {
        pause().await;
        self.writing("attempts.save", |state| {
            let key = (attempt.number.order.clone(), attempt.number.attempt);
            follows(state.attempts.get(&key), attempt.version)?;
            state.put_attempt(attempt)
        })
    }
}

#[async_trait]
impl Papers for MemoryStore {
    async fn announce(&self, paper: &Paper) -> Result<(), PortError> {
        pause().await;
        self.writing("papers.announce", |state| {
            let key = (paper.order.clone(), paper.line, paper.id.clone());
            if state.papers.contains_key(&key) {
                return Err(PortError::Conflict);
            }
            state.papers.insert(key, store(paper)?);
            Ok(())
        })
    }

    async fn papers(&self, order: &OrderId, line: LineNo) -> Result<Vec<Paper>, PortError> {
        pause().await;
        self.reading(|state| {
            let mine = state
                .papers
                .iter()
                .filter(|((of, no, _), _)| of == order && *no == line);
            mine.map(|(_, doc)| read(doc)).collect()
        })
    }

    async fn set_previews(
        &self,
        order: &OrderId,
        line: LineNo,
        paper: &PaperId,
        previews: &[String],
    ) -> Result<(), PortError> {
        pause().await;
        self.writing("papers.set_previews", |state| {
            let key = (order.clone(), line, paper.clone());
            let doc = state.papers.get(&key).ok_or(PortError::Conflict)?;
            let changed = Paper {
                previews: previews.to_vec(),
                ..read(doc)?
            };
            state.papers.insert(key, store(&changed)?);
            Ok(())
        })
    }
}

#[async_trait]
impl Parcels for MemoryStore {
    async fn parcel(&self, order: &OrderId, line: LineNo) -> Result<Option<Parcel>, PortError> {
        pause().await;
        self.reading(|state| {
            state
                .parcels
                .get(&(order.clone(), line))
                .map(|item| read(&item.doc))
                .transpose()
        })
    }

    async fn parcel_by_waybill(&self, waybill: &str) -> Result<Option<Parcel>, PortError> {
        pause().await;
        self.reading(|state| {
            let Some(key) = state.waybills.get(waybill) else {
                return Ok(None);
            };
            state
                .parcels
                .get(key)
                .map(|item| read(&item.doc))
                .transpose()
        })
    }

    async fn save_parcel(&self, parcel: &Parcel) -> Result<(), PortError> {
        pause().await;
        self.writing("parcels.save", |state| {
            follows(
                state.parcels.get(&(parcel.order.clone(), parcel.line)),
                parcel.version,
            )?;
            state.put_parcel(parcel)
        })
    }
}

/// One page of keys. A cursor is the key of the last row; one that is no such key starts from the beginning.
/// As with DynamoDB, a full page always has a cursor, even when nothing follows.
fn page<T>(keys: Vec<(String, T)>, cursor: Option<&Cursor>, limit: u32) -> Page<T> {
    let start = cursor
        .and_then(|cursor| hex::decode(cursor).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|last| keys.iter().position(|(key, _)| *key == last))
        .map_or(0, |place| place + 1);
    let mut last = None;
    let mut rows = Vec::new();
    for (key, row) in keys.into_iter().skip(start).take(limited(limit)) {
        last = Some(hex::encode(key));
        rows.push(row);
    }
    let full = rows.len() == limited(limit);
    Page {
        rows,
        cursor: last.filter(|_| full),
    }
}

#[async_trait]
impl Lists for MemoryStore {
    async fn company_orders(
        &self,
        company: &CompanyId,
        filter: &OrderFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Order>, PortError> {
        pause().await;
        self.reading(|all| {
            let mut keys = Vec::new();
            for (id, item) in all.orders.iter().rev() {
                let has_kind = |kind| {
                    let order: Result<Order, PortError> = read(&item.doc);
                    order
                        .is_ok_and(|order| order.lines.iter().any(|line| line.product.kind == kind))
                };
                if item.owner == *company
                    && filter.shown.is_none_or(|state| state == item.display)
                    && filter.kind.is_none_or(has_kind)
                    && filter
                        .from
                        .is_none_or(|from| *id.as_str() >= *registry::from_time(from))
                    && filter
                        .to
                        .is_none_or(|to| *id.as_str() <= *registry::to_time(to))
                {
                    keys.push((id.to_string(), id.clone()));
                }
            }
            let page = page(keys, cursor, limit);
            let rows: Result<Vec<_>, _> = page.rows.iter().map(|id| all.order(id, false)).collect();
            Ok(Page {
                rows: rows?.into_iter().flatten().collect(),
                cursor: page.cursor,
            })
        })
    }

    async fn pickups(
        &self,
        branch: &BranchId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError> {
        let stage = LineStage::AwaitPickup;
        self.queued(stage, Some(branch), cursor, limit).await
    }

    async fn queue(
        &self,
        stage: LineStage,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError> {
        self.queued(stage, None, cursor, limit).await
    }
}

impl MemoryStore {
    async fn queued(
        &self,
        stage: LineStage,
        branch: Option<&BranchId>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError> {
        pause().await;
        self.reading(|all| {
            let mut keys = Vec::new();
            for (key, item) in &all.lines {
                if let Some((at, of, place)) = &item.queue
                    && *at == stage
                    && of.as_ref() == branch
                {
                    keys.push((place.clone(), key.clone()));
                }
            }
            keys.sort();
            let page = page(keys, cursor, limit);
            let mut rows = Vec::new();
            for (id, no) in page.rows {
                // Like the real one, without units: they are items of their own.
                let Some(order) = all.order(&id, false)? else {
                    continue;
                };
                let Some(line) = order.line(no) else { continue };
                rows.push(QueuedLine {
                    line: no,
                    stage,
                    since: line.since,
                    order: order.clone(),
                });
            }
            Ok(Page {
                rows,
                cursor: page.cursor,
            })
        })
    }
}

#[async_trait]
impl Certificates for MemoryStore {
    async fn issuance(
        &self,
        order: &OrderId,
        line: LineNo,
        unit: UnitNo,
        attempt: u32,
    ) -> Result<Option<IssuanceRecord>, PortError> {
        pause().await;
        self.reading(|state| {
            state
                .certificates
                .get(&(order.clone(), line, unit, attempt))
                .map(|doc| read(doc))
                .transpose()
        })
    }

    async fn begin_issuance(&self, record: &IssuanceRecord) -> Result<(), PortError> {
        let key = (
            record.order.clone(),
            record.line,
            record.unit,
            record.attempt,
        );
        for _ in 0..REGISTER_TRIES {
            pause().await;
            let writes = registry::registering(self, record).await?;
            let begun = self.writing("certificates.begin", |state| {
                if state.certificates.contains_key(&key) {
                    return Err(PortError::Conflict);
                }
                // Another key of the line may have got its certificates in between.
                let fits = writes.iter().all(|write| state.holds(write));
                if fits {
                    state.certificates.insert(key.clone(), store(record)?);
                    for write in &writes {
                        state.apply(write);
                    }
                }
                Ok(fits)
            })?;
            if begun {
                return Ok(());
            }
        }
        Err(PortError::Conflict)
    }

    async fn finish_issuance(
        &self,
        record: &IssuanceRecord,
        purpose: KeyPurpose,
        certificate: &SignedCertificate,
    ) -> Result<(), PortError> {
        pause().await;
        self.writing("certificates.finish", |state| {
            let key = (
                record.order.clone(),
                record.line,
                record.unit,
                record.attempt,
            );
            let Some(doc) = state.certificates.get(&key) else {
                return Ok(());
            };
            let mut there: IssuanceRecord = read(doc)?;
            let part = there.parts.iter_mut().find(|part| {
                part.purpose == purpose
                    && part.serial == certificate.serial
                    && part.certificate_pem.is_none()
            });
            if let Some(part) = part {
                part.certificate_pem = Some(certificate.certificate_pem.clone());
                state.certificates.insert(key, store(&there)?);
            }
            Ok(())
        })
    }
}

#[async_trait]
impl Registry for MemoryStore {
    async fn fetch(&self, key: &Key) -> Result<Option<Value>, PortError> {
        pause().await;
        self.reading(|state| Ok(state.documents.get(key).map(|found| found.doc.clone())))
    }

    async fn fetch_all(&self, pk: &str, prefix: &str) -> Result<Vec<Value>, PortError> {
        // As the table does: an empty text is no part of a key.
        if prefix.is_empty() {
            return Err(PortError::defect("memory", "an empty prefix"));
        }
        pause().await;
        self.reading(|state| {
            let mine = state
                .documents
                .iter()
                .filter(|(key, _)| key.pk == pk && key.sk.starts_with(prefix));
            Ok(mine.map(|(_, found)| found.doc.clone()).collect())
        })
    }

    async fn fetch_page(
        &self,
        span: &Span,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Value>, PortError> {
        pause().await;
        self.reading(|state| {
            let mut rows: Vec<(String, Value)> = Vec::new();
            for (key, found) in &state.documents {
                let place = found
                    .places
                    .iter()
                    .find(|place| place.index == span.index && place.pk == span.pk);
                let Some(place) = place else { continue };
                let from = span.from.as_ref().is_none_or(|from| *from <= place.sk);
                let to = span.to.as_ref().is_none_or(|to| place.sk <= *to);
                if from && to {
                    rows.push((
                        format!("{}|{}|{}", place.sk, key.pk, key.sk),
                        found.doc.clone(),
                    ));
                }
            }
            rows.sort_by(|a, b| a.0.cmp(&b.0));
            if span.descending {
                rows.reverse();
            }
            Ok(page(rows, cursor, limit))
        })
    }

    async fn record(&self, transaction: &Transaction) -> Result<(), CommitError> {
        pause().await;
        let ticket = self
            .power
            .before("registry.record")
            .map_err(PortError::from)?;
        let done = lock(&self.state).record(transaction);
        self.power.after(&ticket).map_err(PortError::from)?;
        done
    }
}

/// The oldest first, at most so many.
fn oldest<T>(mut due: Vec<(i64, String, T)>, limit: u32) -> Vec<T> {
    due.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    due.into_iter()
        .take(limited(limit))
        .map(|(_, _, what)| what)
        .collect()
}

fn due_wait(key: &str, wait: &WaitRow) -> Option<DueWait> {
    (!wait.woken).then(|| DueWait {
        key: key.to_owned(),
        token: wait.token.clone(),
        outcome: wait.outcome.clone(),
    })
}

#[async_trait]
impl Outstanding for MemoryStore {
    async fn due_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, PortError> {
        pause().await;
        self.reading(|state| {
            let due = state.orders.iter().filter_map(|(id, item)| {
                let at = item.due.filter(|at| is_due(*at, now))?;
                Some((at.as_second(), id.to_string(), id.clone()))
            });
            Ok(oldest(due.collect(), limit))
        })
    }

    async fn open_orders(&self) -> Result<Vec<OrderId>, PortError> {
        pause().await;
        self.reading(|state| {
            let open = state
                .orders
                .iter()
                .filter_map(|(id, item)| Some((item.due?.as_second(), id.to_string(), id.clone())));
            Ok(oldest(open.collect(), u32::MAX))
        })
    }

    async fn due_attempts(&self, now: Timestamp, limit: u32) -> Result<Vec<OutTradeNo>, PortError> {
        pause().await;
        self.reading(|state| {
            let mut due = Vec::new();
            for item in state.attempts.values() {
                let attempt: Attempt = read(&item.doc)?;
                let alive = matches!(
                    attempt.state,
                    AttemptState::Creating | AttemptState::Open | AttemptState::Lapsing
                );
                if alive && is_due(attempt.next_query_at, now) {
                    let number = attempt.number;
                    due.push((
                        attempt.next_query_at.as_second(),
                        number.to_string(),
                        number,
                    ));
                }
            }
            Ok(oldest(due, limit))
        })
    }

    async fn due_work(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWork>, PortError> {
        pause().await;
        self.reading(|state| {
            let mut due = Vec::new();
            for (id, row) in &state.work {
                if let Some(at) = row.due.filter(|at| is_due(*at, now)) {
                    due.push((
                        at.as_second(),
                        id.clone(),
                        DueWork {
                            item: read(&row.doc)?,
                            tries: row.tries,
                        },
                    ));
                }
            }
            Ok(oldest(due, limit))
        })
    }

    async fn due_waits(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWait>, PortError> {
        pause().await;
        self.reading(|state| {
            let due = state.waits.iter().filter_map(|(key, wait)| {
                let at = wait.due.filter(|at| is_due(*at, now))?;
                Some((at.as_second(), key.clone(), due_wait(key, wait)?))
            });
            Ok(oldest(due.collect(), limit))
        })
    }

    async fn oldest_due(&self, now: Timestamp) -> Result<Option<Timestamp>, PortError> {
        pause().await;
        self.reading(|state| {
            let work = state.work.values().filter_map(|row| row.due);
            let waits = state.waits.values().filter_map(|wait| wait.due);
            Ok(work.chain(waits).filter(|at| is_due(*at, now)).min())
        })
    }

    async fn work(&self, id: &str) -> Result<Option<DueWork>, PortError> {
        pause().await;
        self.reading(|state| {
            let Some(row) = state.work.get(id).filter(|row| !row.done) else {
                return Ok(None);
            };
            Ok(Some(DueWork {
                item: read(&row.doc)?,
                tries: row.tries,
            }))
        })
    }

    async fn work_done(&self, id: &str, _: Timestamp) -> Result<(), PortError> {
        pause().await;
        self.writing("work.done", |state| {
            let row = state.work.get_mut(id).ok_or(PortError::Conflict)?;
            row.done = true;
            row.due = None;
            Ok(())
        })
    }

    async fn work_failed(&self, id: &str, again_at: Timestamp) -> Result<(), PortError> {
        pause().await;
        self.writing("work.failed", |state| {
            if let Some(row) = state.work.get_mut(id).filter(|row| !row.done) {
                row.tries += 1;
                row.due = Some(again_at);
            }
            Ok(())
        })
    }

    async fn wait(&self, key: &str) -> Result<Option<DueWait>, PortError> {
        pause().await;
        self.reading(|state| Ok(state.waits.get(key).and_then(|wait| due_wait(key, wait))))
    }

    async fn wait_over(&self, key: &str, _: Timestamp) -> Result<(), PortError> {
        pause().await;
        self.writing("waits.over", |state| {
            let wait = state.waits.entry(key.to_owned()).or_default();
            wait.woken = true;
            wait.due = None;
            Ok(())
        })
    }

    async fn check_again(
        &self,
        order: &OrderId,
        version: u64,
        at: Timestamp,
    ) -> Result<(), PortError> {
        pause().await;
        self.writing("orders.check_again", |state| {
            if let Some(item) = state.orders.get_mut(order)
                && item.version == version
                && item.due.is_some()
            {
                let mut doc: Order = read(&item.doc)?;
                doc.check_at = Some(at);
                item.doc = store(&doc)?;
                item.due = Some(at);
            }
            Ok(())
        })
    }
}
