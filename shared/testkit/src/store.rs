//! The table in memory: every store port with the conditions of the one on DynamoDB.
//!
//! Documents are kept as JSON, so that what does not survive being stored does not survive here either.
//! Every call lets others go first, so that calls made at once really interleave on one thread.
//! [`crate::contract_suite`] holds this and the real table to the same rules.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::ports::{
    Accounts, Attempts, Certificates, Commit, Cursor, DueWait, DueWork, IssuanceRecord, Lists,
    NewCompany, Orders, Outstanding, Page, Papers, Parcels, PortError, Products, QueuedLine,
    RegisterError, Session, Sessions, Staff, StaffAccounts, StoredLogin,
};
use async_trait::async_trait;
use domain::catalog::Product;
use domain::company::{Company, User, login_key};
use domain::ids::{CompanyId, LineNo, OrderId, PaperId, StaffId, UnitNo, UserId};
use domain::order::{Change, DisplayState, EventRecord, LineStage, Order, OrderState, Unit};
use domain::paper::Paper;
use domain::parcel::Parcel;
use domain::payment::{Attempt, AttemptState, OutTradeNo};
use domain::policy::StorefrontId;
use domain::work::WorkItem;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::power::PowerCut;
use crate::{lock, pause};

/// As in the real table: `dispatch` has this long before `reconcile` does its work.
const DISPATCH_GRACE: SignedDuration = SignedDuration::from_secs(30);

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
    queue: Option<(LineStage, String)>,
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
    products: BTreeMap<(String, String), String>,
    companies: BTreeMap<CompanyId, String>,
    users: BTreeMap<(CompanyId, UserId), String>,
    logins: BTreeMap<String, (String, String)>,
    credit_codes: BTreeMap<String, CompanyId>,
    staff: BTreeMap<StaffId, String>,
    staff_logins: BTreeMap<String, (StaffId, String)>,
    sessions: BTreeMap<String, String>,
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
        } = &commit.change;
        let due = record.at + DISPATCH_GRACE;
        self.put_order(order)?;
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
        for item in work {
            let row = WorkRow {
                doc: store(item)?,
                tries: 0,
                due: Some(due),
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

    fn put_order(&mut self, order: &Order) -> Result<(), PortError> {
        let item = OrderItem {
            doc: store(order)?,
            version: order.version,
            owner: order.company.clone(),
            display: order.display(),
            due: order.check_at,
            projection: Projection {
                stage: order.stage().as_str().to_owned(),
                run: order.run,
                round: 1,
            },
        };
        self.orders.insert(order.id.clone(), item);
        if order.state == OrderState::Draft {
            return Ok(());
        }
        for line in &order.lines {
            let stage = order.line_stage(line);
            let queued = !matches!(
                stage,
                LineStage::NotStarted | LineStage::Completed | LineStage::Cancelled
            );
            let place = format!("{}#{}#{:02}", line.since.as_second(), order.id, line.no.0);
            let item = LineItem {
                projection: Projection {
                    stage: stage.as_str().to_owned(),
                    run: order.run,
                    round: line.round,
                },
                queue: queued.then_some((stage, place)),
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
        self.writing("orders.commit", |state| {
            state.check(commit)?;
            state.write(commit)
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
        state: Option<DisplayState>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Order>, PortError> {
        pause().await;
        self.reading(|all| {
            let mut keys = Vec::new();
            for (id, item) in all.orders.iter().rev() {
                if item.owner == *company && state.is_none_or(|state| state == item.display) {
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

    async fn queue(
        &self,
        stage: LineStage,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError> {
        pause().await;
        self.reading(|all| {
            let mut keys = Vec::new();
            for (key, item) in &all.lines {
                if let Some((at, place)) = &item.queue
                    && *at == stage
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
        pause().await;
        self.writing("certificates.begin", |state| {
            let key = (
                record.order.clone(),
                record.line,
                record.unit,
                record.attempt,
            );
            if state.certificates.contains_key(&key) {
                return Err(PortError::Conflict);
            }
            state.certificates.insert(key, store(record)?);
            Ok(())
        })
    }

    async fn finish_issuance(
        &self,
        record: &IssuanceRecord,
        certificate_pem: &str,
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
            if there.serial == record.serial && there.certificate_pem.is_none() {
                there.certificate_pem = Some(certificate_pem.to_owned());
                state.certificates.insert(key, store(&there)?);
            }
            Ok(())
        })
    }
}

#[async_trait]
impl Products for MemoryStore {
    async fn products(&self, storefront: &StorefrontId) -> Result<Vec<Product>, PortError> {
        pause().await;
        self.reading(|state| {
            let mine = state
                .products
                .iter()
                .filter(|((of, _), _)| *of == storefront.0);
            let mut products: Vec<Product> =
                mine.map(|(_, doc)| read(doc)).collect::<Result<_, _>>()?;
            products.sort_by(|a, b| (a.position, &a.sku).cmp(&(b.position, &b.sku)));
            Ok(products)
        })
    }

    async fn put_product(&self, product: &Product) -> Result<(), PortError> {
        pause().await;
        self.writing("products.put", |state| {
            state.products.insert(
                (product.storefront.0.clone(), product.sku.clone()),
                store(product)?,
            );
            Ok(())
        })
    }
}

#[async_trait]
impl Accounts for MemoryStore {
    async fn register(&self, new: &NewCompany) -> Result<(), RegisterError> {
        pause().await;
        let ticket = self
            .power
            .before("accounts.register")
            .map_err(PortError::from)?;
        let done = {
            let mut state = lock(&self.state);
            let login = login_key(&new.user.account);
            let code = new.company.credit_code.as_str().to_owned();
            if state.logins.contains_key(&login) {
                Err(RegisterError::AccountTaken)
            } else if state.credit_codes.contains_key(&code) {
                Err(RegisterError::CompanyRegistered)
            } else {
                let id = new.company.id.clone();
                let user = store(&new.user)?;
                state.companies.insert(id.clone(), store(&new.company)?);
                state
                    .users
                    .insert((id.clone(), new.user.id.clone()), user.clone());
                state
                    .logins
                    .insert(login, (user, new.password_hash.clone()));
                state.credit_codes.insert(code, id);
                Ok(())
            }
        };
        self.power.after(&ticket).map_err(PortError::from)?;
        done
    }

    async fn login(&self, account: &str) -> Result<Option<StoredLogin<User>>, PortError> {
        pause().await;
        self.reading(|state| {
            let Some((user, hash)) = state.logins.get(&login_key(account)) else {
                return Ok(None);
            };
            Ok(Some(StoredLogin {
                owner: read(user)?,
                password_hash: hash.clone(),
            }))
        })
    }

    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, PortError> {
        pause().await;
        self.reading(|state| state.companies.get(id).map(|doc| read(doc)).transpose())
    }

    async fn user(&self, company: &CompanyId, user: &UserId) -> Result<Option<User>, PortError> {
        pause().await;
        self.reading(|state| {
            state
                .users
                .get(&(company.clone(), user.clone()))
                .map(|doc| read(doc))
                .transpose()
        })
    }
}

#[async_trait]
impl StaffAccounts for MemoryStore {
    async fn staff_login(&self, mail: &str) -> Result<Option<StoredLogin<Staff>>, PortError> {
        pause().await;
        self.reading(|state| {
            let Some((id, hash)) = state.staff_logins.get(&login_key(mail)) else {
                return Ok(None);
            };
            let staff: Option<Staff> = state.staff.get(id).map(|doc| read(doc)).transpose()?;
            Ok(staff.map(|owner| StoredLogin {
                owner,
                password_hash: hash.clone(),
            }))
        })
    }

    async fn staff(&self, id: &StaffId) -> Result<Option<Staff>, PortError> {
        pause().await;
        self.reading(|state| state.staff.get(id).map(|doc| read(doc)).transpose())
    }

    async fn put_staff(&self, staff: &Staff, password_hash: &str) -> Result<(), PortError> {
        pause().await;
        self.writing("staff.put", |state| {
            let login = (staff.id.clone(), password_hash.to_owned());
            state.staff_logins.insert(login_key(&staff.mail), login);
            state.staff.insert(staff.id.clone(), store(staff)?);
            Ok(())
        })
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn open(&self, session: &Session) -> Result<(), PortError> {
        pause().await;
        self.writing("sessions.open", |state| {
            if state.sessions.contains_key(&session.token_hash) {
                return Err(PortError::Conflict);
            }
            state
                .sessions
                .insert(session.token_hash.clone(), store(session)?);
            Ok(())
        })
    }

    async fn find(&self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, PortError> {
        pause().await;
        self.reading(|state| {
            let found: Option<Session> = state
                .sessions
                .get(token_hash)
                .map(|doc| read(doc))
                .transpose()?;
            Ok(found.filter(|session| now < session.expires_at))
        })
    }

    async fn end(&self, token_hash: &str) -> Result<(), PortError> {
        pause().await;
        self.writing("sessions.end", |state| {
            state.sessions.remove(token_hash);
            Ok(())
        })
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
