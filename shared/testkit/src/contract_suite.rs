//! What every store holds: the one in memory, and DynamoDB. The same calls, the same answers.
//!
//! Orders, companies and sessions get names from `salt`, so the suite may run on a table that is in use.
//! Lists are asked until they show what was written: an index may be a moment behind.

use std::sync::Arc;

use adapters::ports::{
    Attempts, Certificates, Commit, CommitError, Index, IssuancePart, IssuanceRecord, Lists,
    OrderFilter, Orders, Outstanding, Papers, Parcels, PortError, Registry, SignedCertificate,
    Span, Transaction,
};
use adapters::registry::{self, AccountName, products};
use domain::actor::Actor;
use domain::audit::{AuditEntry, AuditHead, Deed};
use domain::catalog::{ProductKind, on_sale};
use domain::certificate::{KeyPurpose, Validity};
use domain::company::{Company, User};
use domain::ids::{CodeId, CompanyId, LineNo, OrderId, SessionId, UnitNo};
use domain::order::{Change, DisplayState, EventKind, LineStage, Order};
use domain::payment::{Attempt, AttemptState, Disposition};
use domain::policy::StorefrontId;
use domain::session::{Session, SessionLevel, SessionOwner};
use domain::work::{WorkItem, wait_key};
use jiff::{SignedDuration, Timestamp};

use crate::ambient::MORNING;
use crate::orders::{self, Journey, Point, key_with_seal, plain_key};

/// Every store port of one store.
pub trait Store:
    Orders + Attempts + Papers + Parcels + Lists + Certificates + Registry + Outstanding
{
}

impl<T> Store for T where
    T: Orders + Attempts + Papers + Parcels + Lists + Certificates + Registry + Outstanding
{
}

/// One run of the suite.
pub struct Suite {
    store: Arc<dyn Store>,
    salt: u32,
    now: Timestamp,
}

/// How often a list that may be behind is asked.
const PATIENCE: u32 = 2_000;

fn is_conflict<T: std::fmt::Debug>(answer: &Result<T, PortError>) -> bool {
    matches!(answer, Err(PortError::Conflict))
}

impl Suite {
    /// A suite for this store. `salt` is below 1000 and another one in every run on the same table.
    pub fn new(store: Arc<dyn Store>, salt: u32) -> Self {
        Self {
            store,
            salt: salt % 1000,
            now: MORNING.parse().expect("a moment"),
        }
    }

    /// All of it.
    ///
    /// # Panics
    /// When the store does not hold something.
    pub async fn run(&self) {
        self.orders_and_their_history().await;
        self.a_version_is_written_once().await;
        self.a_transaction_is_all_or_nothing().await;
        self.attempts_have_versions().await;
        self.papers_and_parcels().await;
        self.lists_have_pages().await;
        self.queues_are_sorted_by_waiting().await;
        self.work_is_due_until_it_is_done().await;
        self.waits_are_due_until_they_are_over().await;
        self.orders_and_attempts_come_due().await;
        self.issuance_is_decided_once().await;
        self.all_or_nothing_of_documents().await;
        self.documents_have_versions().await;
        self.sessions_are_listed_with_their_owner().await;
        self.what_staff_do_is_chained().await;
        self.work_is_written_with_documents().await;
        self.products_are_sorted().await;
    }

    fn company_no(&self, no: u32) -> u32 {
        self.salt * 1000 + no
    }

    /// A moment of its own for each part, so that no two orders have one number.
    fn at(&self, part: i64) -> Timestamp {
        self.now
            + SignedDuration::from_hours(i64::from(self.salt))
            + SignedDuration::from_mins(part)
    }

    fn journey(&self, part: i64, no: u32, point: Point) -> Journey {
        let lines = [(key_with_seal(), 2), (plain_key(), 1)];
        self.journey_of(part, no, &lines, point)
    }

    fn journey_of(
        &self,
        part: i64,
        no: u32,
        lines: &[(domain::catalog::Product, u32)],
        point: Point,
    ) -> Journey {
        let company = self.company_no(no);
        let salt = u16::try_from(no % 10_000).unwrap_or_default();
        orders::bring(
            company,
            orders::draft(company, salt, lines, self.at(part)),
            point,
            self.at(part),
        )
    }

    async fn write(&self, journey: &Journey) {
        for commit in &journey.commits {
            self.store.commit(commit).await.expect("written");
        }
    }

    async fn load(&self, id: &OrderId) -> Option<Order> {
        self.store.load(id).await.expect("an answer")
    }

    async fn orders_and_their_history(&self) {
        let nobody = OrderId::new(self.at(0), 9_999);
        assert!(self.load(&nobody).await.is_none());
        assert!(
            self.store
                .history(&nobody)
                .await
                .expect("an answer")
                .is_empty()
        );
        let journey = self.journey(0, 1, Point::Completed);
        for commit in &journey.commits {
            self.store.commit(commit).await.expect("written");
            let there = self.load(&journey.order.id).await;
            assert_eq!(
                there.as_ref(),
                Some(&commit.change.order),
                "what was written is read, units and all"
            );
        }
        let history = self
            .store
            .history(&journey.order.id)
            .await
            .expect("an answer");
        let written: Vec<_> = journey
            .commits
            .iter()
            .map(|commit| commit.change.record.clone())
            .collect();
        assert_eq!(history, written);
    }

    async fn a_version_is_written_once(&self) {
        let mut journey = self.journey(1, 1, Point::Draft);
        let first = journey.commits[0].clone();
        self.write(&journey).await;
        assert!(
            is_conflict(&self.store.commit(&first).await),
            "the number is taken"
        );
        let mut other = journey.clone();
        journey.event(
            orders::person(self.company_no(1)),
            EventKind::Cancelled,
            self.at(1),
        );
        let lines = other.order.lines.clone();
        let kind = EventKind::Submitted {
            lines,
            calendar: orders::mall().calendar,
            pay_by: self.at(1),
        };
        other.event(orders::person(self.company_no(1)), kind, self.at(1));
        self.store
            .commit(&journey.commits[1])
            .await
            .expect("the first");
        assert!(
            is_conflict(&self.store.commit(&other.commits[1]).await),
            "the second was too late"
        );
        assert!(
            is_conflict(&self.store.commit(&journey.commits[1]).await),
            "twice the same is too late as well"
        );
        assert_eq!(
            self.load(&journey.order.id).await,
            Some(journey.order.clone())
        );
        // Nothing of the refused one is there, neither history nor work.
        assert_eq!(
            self.store
                .history(&journey.order.id)
                .await
                .expect("an answer")
                .len(),
            2
        );
        let id = format!("start-{}-1", journey.order.id);
        assert!(self.store.work(&id).await.expect("an answer").is_none());
        // A version from the future is refused too.
        let ahead = Change {
            expected: Some(9),
            ..journey.commits[1].change.clone()
        };
        assert!(is_conflict(&self.store.commit(&Commit::of(ahead)).await));
    }

    async fn a_transaction_is_all_or_nothing(&self) {
        let mut journey = self.journey(2, 1, Point::Submitted);
        self.write(&journey).await;
        let before = journey.order.clone();
        let kind = orders::payment(&before, 1, Disposition::Counted, self.at(2));
        journey.event(Actor::Gateway, kind, self.at(2));
        let paid = journey.commits.last().expect("paid").clone();
        // The attempt of this commit is not at the version that it expects.
        let attempt = Attempt {
            version: 3,
            ..paid.attempt.clone().expect("an attempt")
        };
        let wrong = Commit {
            attempt: Some(attempt),
            ..paid.clone()
        };
        assert!(is_conflict(&self.store.commit(&wrong).await));
        assert_eq!(self.load(&before.id).await, Some(before.clone()));
        assert!(
            self.store
                .attempts(&before.id)
                .await
                .expect("an answer")
                .is_empty()
        );
        assert_eq!(
            self.store
                .history(&before.id)
                .await
                .expect("an answer")
                .len(),
            2
        );
        let wait = wait_key(&before.execution(), "AwaitPayment", 1);
        assert!(
            self.store
                .wait(&wait)
                .await
                .expect("an answer")
                .is_none_or(|wait| wait.outcome.is_none())
        );
        for item in &paid.change.work {
            assert!(
                self.store
                    .work(&item.id)
                    .await
                    .expect("an answer")
                    .is_none(),
                "{}",
                item.id
            );
        }
        // The right one writes all of it.
        self.store.commit(&paid).await.expect("written");
        assert_eq!(self.load(&before.id).await, Some(paid.change.order.clone()));
        assert_eq!(
            self.store.attempts(&before.id).await.expect("an answer"),
            [paid.attempt.clone().expect("one")]
        );
        for item in &paid.change.work {
            let work = self
                .store
                .work(&item.id)
                .await
                .expect("an answer")
                .expect("to be done");
            assert_eq!((&work.item, work.tries), (item, 0));
        }
        let wait = self
            .store
            .wait(&wait)
            .await
            .expect("an answer")
            .expect("the fact");
        assert_eq!(wait.outcome.as_deref(), Some("AwaitLines"));
    }

    async fn attempts_have_versions(&self) {
        let journey = self.journey(3, 1, Point::Submitted);
        self.write(&journey).await;
        let id = &journey.order.id;
        let first = orders::open_attempt(id, 1, journey.order.total, self.at(3));
        self.store.save_attempt(&first).await.expect("the first");
        assert!(is_conflict(&self.store.save_attempt(&first).await));
        let second = Attempt {
            version: 2,
            queries: 1,
            ..first.clone()
        };
        self.store
            .save_attempt(&second)
            .await
            .expect("the next version");
        assert!(is_conflict(&self.store.save_attempt(&second).await));
        let orphan = Attempt {
            version: 2,
            ..orders::open_attempt(id, 2, journey.order.total, self.at(3))
        };
        assert!(
            is_conflict(&self.store.save_attempt(&orphan).await),
            "version 2 of what is not there"
        );
        for no in [11, 2] {
            let attempt = orders::open_attempt(id, no, journey.order.total, self.at(3));
            self.store.save_attempt(&attempt).await.expect("another");
        }
        let all = self.store.attempts(id).await.expect("an answer");
        assert_eq!(
            all.iter()
                .map(|attempt| attempt.number.attempt)
                .collect::<Vec<_>>(),
            [1, 2, 11]
        );
        assert_eq!(all[0], second);
    }

    async fn papers_and_parcels(&self) {
        let journey = self.journey(4, 1, Point::Booked);
        let id = &journey.order.id;
        for paper in &journey.papers {
            self.store.announce(paper).await.expect("announced");
            assert!(is_conflict(&self.store.announce(paper).await));
        }
        let line = |no: u8| {
            journey
                .papers
                .iter()
                .filter(|paper| paper.line == LineNo(no))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            self.store.papers(id, LineNo(1)).await.expect("an answer"),
            line(1)
        );
        assert_eq!(
            self.store.papers(id, LineNo(2)).await.expect("an answer"),
            line(2)
        );
        let (paper, previews) = (
            &journey.papers[0],
            ["a/1.jpg".to_owned(), "a/2.jpg".to_owned()],
        );
        self.store
            .set_previews(id, paper.line, &paper.id, &previews)
            .await
            .expect("noted");
        assert_eq!(
            self.store.papers(id, paper.line).await.expect("an answer")[0].previews,
            previews
        );
        let nobody = self
            .store
            .set_previews(id, LineNo(9), &paper.id, &previews)
            .await;
        assert!(is_conflict(&nobody));

        self.write(&journey).await;
        let waybill = orders::waybill(id, LineNo(2));
        let parcel = self
            .store
            .parcel_by_waybill(&waybill)
            .await
            .expect("an answer")
            .expect("a parcel");
        assert_eq!(parcel, orders::parcel(id, LineNo(2), &waybill));
        assert_eq!(
            self.store.parcel(id, LineNo(2)).await.expect("an answer"),
            Some(parcel.clone())
        );
        assert!(
            self.store
                .parcel_by_waybill("SF-of-nobody")
                .await
                .expect("an answer")
                .is_none()
        );
        assert!(is_conflict(&self.store.save_parcel(&parcel).await));
        let next = domain::parcel::Parcel {
            version: 2,
            ..parcel
        };
        self.store
            .save_parcel(&next)
            .await
            .expect("the next version");
        assert!(is_conflict(&self.store.save_parcel(&next).await));
    }

    /// All rows of a company's list, page by page.
    async fn company_list(
        &self,
        company: &CompanyId,
        filter: &OrderFilter,
        limit: u32,
    ) -> Vec<OrderId> {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = self
                .store
                .company_orders(company, filter, cursor.as_ref(), limit)
                .await
                .expect("a page");
            assert!(page.rows.len() <= usize::try_from(limit).unwrap_or_default());
            seen.extend(page.rows.into_iter().map(|order| order.id));
            cursor = page.cursor;
            if cursor.is_none() {
                return seen;
            }
        }
    }

    async fn lists_have_pages(&self) {
        let company = orders::company(self.company_no(50)).id;
        let mut ids = Vec::new();
        for part in 0..7 {
            let point = if part == 3 {
                Point::Draft
            } else {
                Point::Submitted
            };
            let journey = self.journey(10 + part, 50, point);
            self.write(&journey).await;
            ids.insert(0, journey.order.id);
        }
        let submitted: Vec<OrderId> = ids
            .iter()
            .enumerate()
            .filter(|(no, _)| *no != 3)
            .map(|(_, id)| id.clone())
            .collect();
        let all = OrderFilter::default();
        let shown = |state| OrderFilter {
            shown: Some(state),
            ..OrderFilter::default()
        };
        for limit in [1, 3, 7, 50] {
            for _ in 0..PATIENCE {
                if self.company_list(&company, &all, limit).await.len() == 7 {
                    break;
                }
            }
            assert_eq!(
                self.company_list(&company, &all, limit).await,
                ids,
                "newest first, {limit} a page"
            );
            let waiting = shown(DisplayState::AwaitingPayment);
            assert_eq!(
                self.company_list(&company, &waiting, limit).await,
                submitted
            );
            let keys = OrderFilter {
                kind: Some(ProductKind::NewKey),
                ..waiting.clone()
            };
            assert_eq!(self.company_list(&company, &keys, limit).await, submitted);
        }
        assert_eq!(
            self.company_list(&company, &shown(DisplayState::Draft), 5)
                .await,
            [ids[3].clone()]
        );
        assert!(
            self.company_list(&company, &shown(DisplayState::Shipped), 5)
                .await
                .is_empty()
        );
        assert!(
            self.company_list(&orders::company(self.company_no(51)).id, &all, 5)
                .await
                .is_empty()
        );

        // By kind and by time, alone and together.
        let by = |kind, from, to| OrderFilter {
            kind,
            from,
            to,
            ..OrderFilter::default()
        };
        let none: [OrderId; 0] = [];
        let (first, last) = (self.at(10), self.at(16));
        let second = SignedDuration::from_secs(1);
        for kind in [None, Some(ProductKind::NewKey)] {
            for (filter, expected) in [
                (by(kind, None, None), &ids[..]),
                (by(kind, Some(first), Some(last)), &ids[..]),
                (by(kind, Some(self.at(12)), Some(self.at(14))), &ids[2..5]),
                (by(kind, Some(first + second), None), &ids[..6]),
                (by(kind, None, Some(last - second)), &ids[1..]),
                (by(kind, Some(last + second), None), &none[..]),
                (by(kind, None, Some(first - second)), &none[..]),
                (by(Some(ProductKind::Unlock), None, None), &none[..]),
            ] {
                assert_eq!(
                    self.company_list(&company, &filter, 3).await,
                    expected,
                    "{filter:?}"
                );
            }
        }

        // A cursor that is none starts from the beginning; one of another company shows nothing of it.
        let made_up = "made-up".to_owned();
        let page = self
            .store
            .company_orders(&company, &all, Some(&made_up), 2)
            .await
            .expect("a page");
        assert_eq!(page.rows[0].id, ids[0]);
        let page = self
            .store
            .company_orders(&company, &all, None, 2)
            .await
            .expect("a page");
        let other = orders::company(self.company_no(52)).id;
        let foreign = self.journey(20, 52, Point::Draft);
        self.write(&foreign).await;
        let seen = self
            .store
            .company_orders(&other, &all, page.cursor.as_ref(), 9)
            .await
            .expect("a page");
        assert!(seen.rows.iter().all(|order| order.company == other));
    }

    async fn queues_are_sorted_by_waiting(&self) {
        let mut mine = Vec::new();
        for part in 0..3 {
            let journey = self.journey(30 + part, 60, Point::Checked);
            self.write(&journey).await;
            mine.extend([
                (journey.order.id.clone(), LineNo(1)),
                (journey.order.id, LineNo(2)),
            ]);
        }
        let queue = async |stage| {
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let page = self
                    .store
                    .queue(stage, cursor.as_ref(), 2)
                    .await
                    .expect("a page");
                for row in page.rows {
                    assert_eq!(row.stage, stage);
                    if mine.iter().any(|(id, _)| *id == row.order.id) {
                        seen.push((row.order.id.clone(), row.line));
                    }
                }
                cursor = page.cursor;
                if cursor.is_none() {
                    return seen;
                }
            }
        };
        for _ in 0..PATIENCE {
            if queue(LineStage::AwaitReview).await.len() == mine.len() {
                break;
            }
        }
        assert_eq!(queue(LineStage::AwaitReview).await, mine);
        assert!(
            queue(LineStage::AwaitMaterials).await.is_empty(),
            "a line stands in one queue"
        );
        assert!(queue(LineStage::NotStarted).await.is_empty());
    }

    async fn work_is_due_until_it_is_done(&self) {
        let journey = self.journey(40, 1, Point::Submitted);
        self.write(&journey).await;
        let id = format!("start-{}-1", journey.order.id);
        let at = self.at(40);
        let due = async |after: i64| {
            let until = at + SignedDuration::from_secs(after);
            let due = self.store.due_work(until, 10_000).await.expect("an answer");
            due.into_iter().find(|work| work.item.id == id)
        };
        let until = async |after: i64, there: bool| {
            for _ in 0..PATIENCE {
                if due(after).await.is_some() == there {
                    return;
                }
            }
            panic!(
                "{id} is {} due after {after} s",
                if there { "not" } else { "still" }
            );
        };
        assert!(due(29).await.is_none(), "dispatch has half a minute");
        until(30, true).await;
        self.store
            .work_failed(&id, at + SignedDuration::from_secs(90))
            .await
            .expect("noted");
        until(89, false).await;
        until(90, true).await;
        assert_eq!(due(90).await.expect("due").tries, 1);
        self.store.work_done(&id, at).await.expect("done");
        self.store
            .work_done(&id, at)
            .await
            .expect("done again is nothing");
        until(100_000, false).await;
        assert!(self.store.work(&id).await.expect("an answer").is_none());
        self.store
            .work_failed(&id, at)
            .await
            .expect("a failure that comes late");
        assert!(self.store.work(&id).await.expect("an answer").is_none());
        until(100_000, false).await;
        assert!(
            self.store
                .work("start-of-nobody")
                .await
                .expect("an answer")
                .is_none()
        );
        let unknown = self.store.work_done("start-of-nobody", at).await;
        assert!(is_conflict(&unknown));
    }

    async fn waits_are_due_until_they_are_over(&self) {
        let journey = self.journey(41, 1, Point::Paid);
        self.write(&journey).await;
        let at = self.at(41);
        let key = wait_key(&journey.order.execution(), "AwaitPayment", 1);
        let due = async |after: i64| {
            let until = at + SignedDuration::from_secs(after);
            let due = self
                .store
                .due_waits(until, 10_000)
                .await
                .expect("an answer");
            due.into_iter().any(|wait| wait.key == key)
        };
        let until = async |after: i64, there: bool| {
            for _ in 0..PATIENCE {
                if due(after).await == there {
                    return;
                }
            }
            panic!("{key}");
        };
        assert!(!due(29).await);
        until(30, true).await;
        let wait = self
            .store
            .wait(&key)
            .await
            .expect("an answer")
            .expect("there");
        assert_eq!(
            (wait.token, wait.outcome.as_deref()),
            (None, Some("AwaitLines"))
        );
        self.store.wait_over(&key, at).await.expect("over");
        self.store
            .wait_over(&key, at)
            .await
            .expect("over again is nothing");
        until(100_000, false).await;
        assert!(self.store.wait(&key).await.expect("an answer").is_none());
    }

    async fn orders_and_attempts_come_due(&self) {
        let journey = self.journey(42, 1, Point::Submitted);
        self.write(&journey).await;
        let (order, id) = (&journey.order, &journey.order.id);
        let pay_by = order.pay_by.expect("a time to pay");
        let second = SignedDuration::from_secs(1);
        let due = async |until: Timestamp| {
            self.store
                .due_orders(until, 100_000)
                .await
                .expect("an answer")
                .contains(id)
        };
        let until = async |at: Timestamp, there: bool| {
            for _ in 0..PATIENCE {
                if due(at).await == there {
                    return;
                }
            }
            panic!("order {id} at {at}");
        };
        until(pay_by, true).await;
        assert!(!due(pay_by - second).await);
        assert!(
            self.store
                .open_orders()
                .await
                .expect("an answer")
                .contains(id)
        );
        // Put off only at the version that was looked at.
        let later = pay_by + SignedDuration::from_mins(5);
        self.store
            .check_again(id, order.version + 1, later)
            .await
            .expect("too old is nothing");
        assert!(due(pay_by).await);
        self.store
            .check_again(id, order.version, later)
            .await
            .expect("put off");
        until(pay_by, false).await;
        until(later, true).await;
        let stored = self.load(id).await.expect("there");
        assert_eq!(
            (stored.version, stored.check_at),
            (order.version, Some(later))
        );

        let attempt = orders::open_attempt(id, 1, order.total, self.at(42));
        self.store.save_attempt(&attempt).await.expect("saved");
        let asked = async |until: Timestamp| {
            self.store
                .due_attempts(until, 100_000)
                .await
                .expect("an answer")
                .contains(&attempt.number)
        };
        let next = attempt.next_query_at;
        for _ in 0..PATIENCE {
            if asked(next).await {
                break;
            }
        }
        assert!(asked(next).await && !asked(next - second).await);
        let dead = Attempt {
            state: AttemptState::Closed,
            version: 2,
            ..attempt.clone()
        };
        self.store.save_attempt(&dead).await.expect("saved");
        for _ in 0..PATIENCE {
            if !asked(later).await {
                break;
            }
        }
        assert!(!asked(later).await, "nobody asks about a dead one");

        // Over: neither due nor open any more, and nothing puts it back.
        let mut over = journey.clone();
        over.order = stored;
        over.event(
            orders::person(self.company_no(1)),
            EventKind::Cancelled,
            self.at(42),
        );
        self.store
            .commit(over.commits.last().expect("cancelled"))
            .await
            .expect("written");
        until(later, false).await;
        self.store
            .check_again(id, over.order.version, later)
            .await
            .expect("nothing to put off");
        assert!(!due(later).await);
        assert!(
            !self
                .store
                .open_orders()
                .await
                .expect("an answer")
                .contains(id)
        );
        assert_eq!(self.load(id).await.expect("there").check_at, None);
    }

    async fn issuance_is_decided_once(&self) {
        let journey = self.journey(43, 1, Point::Draft);
        let id = &journey.order.id;
        // No two certificates of a CA have one serial number, on a table that is in use neither.
        let part = |purpose, serial: &str| IssuancePart {
            purpose,
            key_hash: "00".repeat(32),
            serial: format!("{serial}{}", self.salt),
            tbs: "AAAA".to_owned(),
            certificate_pem: None,
        };
        let record = |serial: &str| IssuanceRecord {
            order: id.clone(),
            line: LineNo(1),
            unit: UnitNo(1),
            attempt: 1,
            parts: vec![
                part(KeyPurpose::Sign, serial),
                part(KeyPurpose::Encrypt, &format!("e{serial}")),
            ],
            validity: Validity {
                not_before: self.now,
                not_after: self.at(1),
            },
            created_at: self.now,
        };
        let read = async || {
            self.store
                .issuance(id, LineNo(1), UnitNo(1), 1)
                .await
                .expect("an answer")
        };
        let finish = async |record: &IssuanceRecord, purpose, serial: &str, pem: &str| {
            let signed = SignedCertificate {
                serial: format!("{serial}{}", self.salt),
                certificate_pem: pem.to_owned(),
            };
            self.store
                .finish_issuance(record, purpose, &signed)
                .await
                .expect("written, or kept as it is");
        };
        let pems = async || -> Vec<Option<String>> {
            let record = read().await.expect("there");
            let parts = record.parts.into_iter();
            parts.map(|part| part.certificate_pem).collect()
        };
        assert!(read().await.is_none());
        self.store
            .begin_issuance(&record("01"))
            .await
            .expect("begun");
        assert!(is_conflict(&self.store.begin_issuance(&record("02")).await));
        assert_eq!(read().await, Some(record("01")));
        let first = record("01");
        finish(&first, KeyPurpose::Sign, "02", "of another").await;
        finish(&record("02"), KeyPurpose::Encrypt, "e02", "of another").await;
        assert_eq!(pems().await, [None, None]);
        finish(&first, KeyPurpose::Encrypt, "e01", "first").await;
        assert_eq!(pems().await, [None, Some("first".to_owned())]);
        finish(&first, KeyPurpose::Encrypt, "e01", "second").await;
        finish(&first, KeyPurpose::Sign, "01", "other").await;
        assert_eq!(
            pems().await,
            [Some("other".to_owned()), Some("first".to_owned())]
        );
        assert!(
            self.store
                .issuance(id, LineNo(1), UnitNo(1), 2)
                .await
                .expect("an answer")
                .is_none()
        );
        let second = IssuanceRecord {
            attempt: 2,
            ..record("03")
        };
        self.store
            .begin_issuance(&second)
            .await
            .expect("another attempt");
    }

    fn account(&self, name: &str, no: u32) -> AccountName {
        AccountName {
            account: format!("{name}-{}", self.salt),
            company: orders::company(self.company_no(no)).id,
            user: orders::user(self.company_no(no)).id,
        }
    }

    async fn all_or_nothing_of_documents(&self) {
        let company = orders::company(self.company_no(71));
        let user = User {
            company: company.id.clone(),
            ..orders::user(self.company_no(71))
        };
        let registry: &dyn Registry = &*self.store;
        let first = Transaction::new(self.now)
            .create(&self.account("Firma", 71))
            .and_then(|all| all.change(&company))
            .and_then(|all| all.change(&user))
            .expect("documents");
        registry.record(&first).await.expect("written");
        let read: Option<Company> = registry
            .load(&registry::company(&company.id))
            .await
            .expect("an answer");
        assert_eq!(read.as_ref(), Some(&company), "what was written is read");
        let name: Option<AccountName> = registry
            .load(&registry::account_name(&format!("  FIRMA-{} ", self.salt)))
            .await
            .expect("an answer");
        assert_eq!(name.expect("there").user, user.id, "one case, no blanks");

        // The second write of this one cannot be, so the first is not either; and it says which.
        let second = Transaction::new(self.now)
            .create(&self.account("other", 72))
            .and_then(|all| all.create(&self.account("firma", 72)))
            .expect("documents");
        match registry.record(&second).await {
            Err(CommitError::Refused(places)) => assert_eq!(places, [1]),
            other => panic!("{other:?}"),
        }
        let other: Option<AccountName> = registry
            .load(&registry::account_name(&format!("other-{}", self.salt)))
            .await
            .expect("an answer");
        assert!(other.is_none());

        let people: Vec<User> = registry
            .load_all(&registry::company_partition(&company.id), registry::USERS)
            .await
            .expect("an answer");
        assert_eq!(people, [user]);
    }

    async fn documents_have_versions(&self) {
        let one = orders::company(self.company_no(73));
        let registry: &dyn Registry = &*self.store;
        let write = async |company: &Company| {
            let transaction = Transaction::new(self.now)
                .change(company)
                .expect("a document");
            registry.record(&transaction).await
        };
        write(&one).await.expect("new");
        assert!(matches!(write(&one).await, Err(CommitError::Refused(places)) if places == [0]));
        let two = Company {
            version: 2,
            phone: "025-1".to_owned(),
            ..one.clone()
        };
        let other = Company {
            version: 2,
            phone: "025-2".to_owned(),
            ..one.clone()
        };
        write(&two).await.expect("the next");
        assert!(write(&other).await.is_err(), "somebody else was faster");
        let read: Option<Company> = registry
            .load(&registry::company(&one.id))
            .await
            .expect("an answer");
        assert_eq!(read.as_ref(), Some(&two));

        let gone = async |company: &Company| {
            registry
                .record(&Transaction::new(self.now).remove(company))
                .await
        };
        assert!(gone(&one).await.is_err(), "not as it was read");
        gone(&two).await.expect("taken away");
        assert!(gone(&two).await.is_err(), "gone already");
    }

    async fn sessions_are_listed_with_their_owner(&self) {
        let owner = SessionOwner::Staff {
            staff: orders::staff(self.company_no(74)),
        };
        let registry: &dyn Registry = &*self.store;
        let session = |no: u32| Session {
            token_hash: format!("{no:032}{:032}", self.salt),
            id: SessionId::from_ulid(&orders::ulid(no)),
            owner: owner.clone(),
            level: SessionLevel::Full,
            key: None,
            epoch: 0,
            device: "Chrome".to_owned(),
            address: "192.0.2.1".to_owned(),
            created_at: self.at(i64::from(no)),
            expires_at: self.at(600),
        };
        for no in 1..=3 {
            let open = Transaction::new(self.now)
                .create(&session(no))
                .expect("a session");
            registry.record(&open).await.expect("opened");
            assert!(
                registry.record(&open).await.is_err(),
                "a token is used once"
            );
        }
        let span = Span::all(Index::ByOwner, registry::sessions_of(&owner)).newest_first();
        let mut all: Vec<Session> = Vec::new();
        for _ in 0..PATIENCE {
            all = registry
                .load_page(&span, None, 10)
                .await
                .expect("a page")
                .rows;
            if all.len() == 3 {
                break;
            }
        }
        assert_eq!(all, [session(3), session(2), session(1)]);
        let page = registry
            .load_page::<Session>(&span, None, 2)
            .await
            .expect("a page");
        assert_eq!(page.rows, [session(3), session(2)]);
        let rest = registry
            .load_page::<Session>(&span, page.cursor.as_ref(), 2)
            .await
            .expect("a page");
        assert_eq!(rest.rows, [session(1)]);
        let between = span.clone().between(
            registry::time(self.at(2)),
            format!("{}~", registry::time(self.at(2))),
        );
        let two = registry
            .load_page::<Session>(&between, None, 10)
            .await
            .expect("a page");
        assert_eq!(two.rows, [session(2)]);
        let until = Span {
            to: Some(format!("{}~", registry::time(self.at(2)))),
            ..span.clone()
        };
        let first = registry
            .load_page::<Session>(&until, None, 10)
            .await
            .expect("a page");
        assert_eq!(
            first.rows,
            [session(2), session(1)],
            "no end is open by accident"
        );
        let end = Transaction::new(self.now).remove(&session(2));
        registry.record(&end).await.expect("ended");
        registry.record(&end).await.expect("ended again is nothing");
        let found: Option<Session> = registry
            .load(&registry::session(&session(2).token_hash))
            .await
            .expect("an answer");
        assert!(found.is_none());
    }

    async fn what_staff_do_is_chained(&self) {
        let staff = orders::staff(self.company_no(75));
        let registry: &dyn Registry = &*self.store;
        let deed = |no: u32| Deed {
            staff: staff.clone(),
            at: self.at(i64::from(no)),
            action: "approved".to_owned(),
            subject: format!("company {no}"),
            detail: String::new(),
        };
        for no in 1..=3 {
            let transaction = Transaction::new(self.now).audited(deed(no));
            registry.record(&transaction).await.expect("noted");
        }
        let entries: Vec<AuditEntry> = registry
            .load_all(&registry::audit_chain(&staff), registry::AUDIT_ENTRIES)
            .await
            .expect("an answer");
        let head: Option<AuditHead> = registry
            .load(&registry::audit_head(&staff))
            .await
            .expect("an answer");
        assert_eq!(entries.len(), 3);
        assert_eq!(domain::audit::verify(&entries, head.as_ref()), Ok(()));

        // What cannot be written is not noted either.
        let company = orders::company(self.company_no(76));
        let wrong = Company {
            version: 9,
            ..company
        };
        let refused = Transaction::new(self.now)
            .change(&wrong)
            .expect("a document")
            .audited(deed(4));
        assert!(registry.record(&refused).await.is_err());
        let entries: Vec<AuditEntry> = registry
            .load_all(&registry::audit_chain(&staff), registry::AUDIT_ENTRIES)
            .await
            .expect("an answer");
        assert_eq!(entries.len(), 3);
    }

    async fn work_is_written_with_documents(&self) {
        let registry: &dyn Registry = &*self.store;
        let code = CodeId::from_ulid(&orders::ulid(self.company_no(77)));
        let work = WorkItem::code(code.clone());
        let transaction = Transaction::new(self.now).then([work.clone()]);
        registry.record(&transaction).await.expect("written");
        let there = self.store.work(&work.id).await.expect("an answer");
        assert_eq!(there.map(|due| due.item), Some(work.clone()));
        assert!(registry.record(&transaction).await.is_err(), "once");
        self.store
            .work_done(&work.id, self.now)
            .await
            .expect("done");
    }

    async fn products_are_sorted(&self) {
        let registry: &dyn Registry = &*self.store;
        let storefront = StorefrontId(format!("suite-{}", self.salt));
        let product = |sku: &str, position: u32| domain::catalog::Product {
            sku: sku.to_owned(),
            storefront: storefront.clone(),
            position,
            ..key_with_seal()
        };
        let later = self.now + SignedDuration::from_hours(1);
        let planned = domain::catalog::Product {
            effective_from: later,
            ..product("c", 3)
        };
        let mut sale = Transaction::new(self.now);
        for product in [
            product("c", 1),
            product("b", 2),
            product("a", 2),
            planned.clone(),
        ] {
            sale = sale.mark(&product).expect("JSON");
        }
        registry.record(&sale).await.expect("on sale");
        let all = products(registry, &storefront).await.expect("an answer");
        assert_eq!(all.len(), 4);
        assert_eq!(
            on_sale(&all, self.now),
            [product("c", 1), product("a", 2), product("b", 2)]
        );
        assert_eq!(
            on_sale(&all, later),
            [product("a", 2), product("b", 2), planned]
        );
        assert!(
            products(registry, &StorefrontId("nowhere".to_owned()))
                .await
                .expect("an answer")
                .is_empty()
        );
    }
}
