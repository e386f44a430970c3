//! Orders, attempts, papers, parcels, lists, certificates, products.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
};
use base64::Engine as _;
use domain::certificate::KeyPurpose;
use domain::ids::{BranchId, CompanyId, LineNo, OrderId, PaperId, UnitNo};
use domain::order::{DisplayState, EventRecord, LineStage, Order, Unit};
use domain::paper::Paper;
use domain::parcel::Parcel;
use domain::payment::{Attempt, AttemptState};

use super::registry::{kept, names as index_names};
use super::{
    Condition, DISPATCH_GRACE, Item, Table, TransactError, attribute, document, item, keys, number,
    port_error, text,
};
use crate::ports::{
    Attempts, Certificates, Commit, Cursor, Index, IssuanceRecord, Lists, OrderFilter, Orders,
    Page, Papers, Parcels, PortError, QueuedLine, SignedCertificate, Span,
};
use crate::registry::{
    InvoicePlace, OrderKind, RefundPlace, consequences, from_time, invoice_places, order_marks,
    orders_of_kind, postings, refund_places, registering, time, to_time,
};

#[async_trait]
impl Orders for Table {
    async fn load(&self, id: &OrderId) -> Result<Option<Order>, PortError> {
        let Some(found) = self.get(keys::order(id), keys::ORDER).await? else {
            return Ok(None);
        };
        let mut order: Order = document(&found)?;
        for found in self.begins_with(keys::order(id), keys::UNIT).await? {
            let unit: Unit = document(&found)?;
            let line = attribute(&found, "sk")
                .and_then(|sk| sk.get(5..7))
                .and_then(|no| no.parse().ok())
                .ok_or_else(|| PortError::defect("dynamodb", "unit without line"))?;
            if let Some(line) = order.lines.iter_mut().find(|l| l.no == LineNo(line)) {
                line.units.insert(unit.no, unit);
            }
        }
        Ok(Some(order))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), PortError> {
        let change = &commit.change;
        let order = &change.order;
        let at = change.record.at;
        let pk = keys::order(&order.id);
        let condition = change
            .expected
            .map_or(Condition::Absent, Condition::Version);
        let mut writes = vec![self.put(order_item(order, change.shown)?, condition)?];
        // A draft that was submitted before has machines that still look at its lines.
        if order.run > 0 {
            for line in &order.lines {
                writes.push(self.put(line_item(order, line)?, Condition::None)?);
            }
        }
        let event = item(pk.clone(), keys::event(change.record.seq), &change.record)?;
        writes.push(self.put(event, Condition::Absent)?);
        for (line, unit) in &change.units {
            writes.push(self.put(
                item(pk.clone(), keys::unit(*line, unit.no), unit)?,
                Condition::None,
            )?);
        }
        for outcome in &change.outcomes {
            let values = HashMap::from([
                (":outcome".to_owned(), text(outcome.outcome)),
                (":due".to_owned(), text(keys::DUE_WAIT)),
                (
                    ":at".to_owned(),
                    text(keys::due(at + DISPATCH_GRACE, &outcome.wait)),
                ),
            ]);
            let set = "SET outcome = :outcome, due_pk = :due, due_sk = :at";
            writes.push(self.update(outcome.wait.clone(), keys::WAIT, set, values)?);
        }
        writes.extend(self.work_writes(&change.work, at)?);
        for write in order_marks(change)?.into_iter().chain(postings(change)?) {
            writes.push(self.registry_write(&write)?);
        }
        let consequences = consequences(self, change).await?;
        for write in commit.beside.iter().chain(&consequences) {
            writes.push(self.registry_write(write)?);
        }
        for place in refund_places(order) {
            writes.push(self.put(refund_item(&place)?, Condition::None)?);
        }
        for place in invoice_places(order) {
            writes.push(self.put(invoice_item(&place)?, Condition::None)?);
        }
        if let Some(deed) = change.deed() {
            writes.extend(self.audit_writes(&deed).await?);
        }
        if let Some(attempt) = &commit.attempt {
            writes.push(self.put(attempt_item(attempt)?, Condition::before(attempt.version))?);
        }
        if let Some(parcel) = &commit.parcel {
            writes.push(self.put(parcel_item(parcel)?, Condition::before(parcel.version))?);
            if parcel.version == 1 {
                let pointer = item(
                    keys::waybill(&parcel.waybill),
                    keys::WAYBILL,
                    &(&parcel.order, parcel.line),
                )?;
                writes.push(self.put(pointer, Condition::None)?);
            }
        }
        self.transact(writes).await.map_err(PortError::from)
    }

    async fn history(&self, id: &OrderId) -> Result<Vec<EventRecord>, PortError> {
        let items = self.begins_with(keys::order(id), keys::EVENT).await?;
        items.iter().map(document).collect()
    }
}

pub(super) fn order_item(order: &Order, shown: DisplayState) -> Result<Item, PortError> {
    let mut item = item(keys::order(&order.id), keys::ORDER, order)?;
    item.insert("version".to_owned(), number(order.version));
    item.insert("run".to_owned(), number(order.run));
    item.insert("state".to_owned(), text(order.state.as_str()));
    item.insert("stage".to_owned(), text(order.stage().as_str()));
    item.insert("owner_pk".to_owned(), text(keys::company(&order.company)));
    item.insert("owner_sk".to_owned(), text(order.id.as_str()));
    item.insert(
        "state_pk".to_owned(),
        text(keys::owner_state(&order.company, shown)),
    );
    item.insert("state_sk".to_owned(), text(order.id.as_str()));
    if let Some(at) = order.check_at {
        item.insert("due_pk".to_owned(), text(keys::DUE_ORDER));
        item.insert("due_sk".to_owned(), text(keys::due(at, order.id.as_str())));
    }
    Ok(item)
}

/// What the state machine and the queues read of a line. Derived: written with every change of its order.
fn line_item(order: &Order, line: &domain::order::Line) -> Result<Item, PortError> {
    let stage = order.line_stage(line);
    let mut item = item(
        keys::order(&order.id),
        keys::line(line.no),
        &(&order.id, line.no),
    )?;
    item.insert("stage".to_owned(), text(stage.as_str()));
    item.insert("state".to_owned(), text(line.state.as_str()));
    item.insert("round".to_owned(), number(line.round));
    item.insert("run".to_owned(), number(order.run));
    item.insert("since".to_owned(), text(line.since.to_string()));
    if !matches!(
        stage,
        LineStage::NotStarted | LineStage::Completed | LineStage::Cancelled
    ) {
        item.insert(
            "state_pk".to_owned(),
            text(keys::queue(stage, order.delivery.branch.as_ref())),
        );
        item.insert(
            "state_sk".to_owned(),
            text(format!(
                "{}#{}#{:02}",
                time(line.turn()),
                order.id,
                line.no.0
            )),
        );
    }
    Ok(item)
}

/// What the state machine and the queues read of a refund, as [`line_item`] does for lines.
fn refund_item(place: &RefundPlace) -> Result<Item, PortError> {
    let mut item = kept(place)?;
    item.insert("stage".to_owned(), text(place.stage.as_str()));
    item.insert("round".to_owned(), number(place.round));
    item.insert("run".to_owned(), number(place.run));
    Ok(item)
}

/// The same of an invoice.
fn invoice_item(place: &InvoicePlace) -> Result<Item, PortError> {
    let mut item = kept(place)?;
    item.insert("stage".to_owned(), text(place.stage.as_str()));
    item.insert("round".to_owned(), number(place.round));
    item.insert("run".to_owned(), number(place.run));
    Ok(item)
}

fn attempt_item(attempt: &Attempt) -> Result<Item, PortError> {
    let mut item = item(
        keys::order(&attempt.number.order),
        keys::attempt(attempt.number.attempt),
        attempt,
    )?;
    item.insert("version".to_owned(), number(attempt.version));
    if matches!(
        attempt.state,
        AttemptState::Creating | AttemptState::Open | AttemptState::Lapsing
    ) {
        item.insert("due_pk".to_owned(), text(keys::DUE_ATTEMPT));
        item.insert(
            "due_sk".to_owned(),
            text(keys::due(
                attempt.next_query_at,
                &attempt.number.to_string(),
            )),
        );
    }
    Ok(item)
}

fn parcel_item(parcel: &Parcel) -> Result<Item, PortError> {
    let mut item = item(
        keys::order(&parcel.order),
        keys::parcel(parcel.line),
        parcel,
    )?;
    item.insert("version".to_owned(), number(parcel.version));
    Ok(item)
}

#[async_trait]
impl Attempts for Table {
    async fn attempts(&self, order: &OrderId) -> Result<Vec<Attempt>, PortError> {
        let items = self.begins_with(keys::order(order), keys::ATTEMPT).await?;
        items.iter().map(document).collect()
    }

    async fn save_attempt(&self, attempt: &Attempt) -> Result<(), PortError> {
        self.put_if(attempt_item(attempt)?, Condition::before(attempt.version))
            .await
    }
}

#[async_trait]
impl Papers for Table {
    async fn announce(&self, paper: &Paper) -> Result<(), PortError> {
        let item = item(
            keys::order(&paper.order),
            keys::paper(paper.line, &paper.id),
            paper,
        )?;
        self.put_if(item, Condition::Absent).await
    }

    async fn papers(&self, order: &OrderId, line: LineNo) -> Result<Vec<Paper>, PortError> {
        let items = self
            .begins_with(keys::order(order), &keys::papers(line))
            .await?;
        items.iter().map(document).collect()
    }

    async fn set_previews(
        &self,
        order: &OrderId,
        line: LineNo,
        paper: &PaperId,
        previews: &[String],
    ) -> Result<(), PortError> {
        let list = previews.iter().map(|key| text(key.clone())).collect();
        self.client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(keys::order(order)))
            .key("sk", text(keys::paper(line, paper)))
            .update_expression("SET doc.previews = :previews")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":previews", AttributeValue::L(list))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| port_error(&error))
    }
}

#[async_trait]
impl Parcels for Table {
    async fn parcel(&self, order: &OrderId, line: LineNo) -> Result<Option<Parcel>, PortError> {
        self.get(keys::order(order), keys::parcel(line))
            .await?
            .as_ref()
            .map(document)
            .transpose()
    }

    async fn parcel_by_waybill(&self, waybill: &str) -> Result<Option<Parcel>, PortError> {
        let Some(pointer) = self.get(keys::waybill(waybill), keys::WAYBILL).await? else {
            return Ok(None);
        };
        let (order, line): (OrderId, LineNo) = document(&pointer)?;
        self.parcel(&order, line).await
    }

    async fn save_parcel(&self, parcel: &Parcel) -> Result<(), PortError> {
        self.put_if(parcel_item(parcel)?, Condition::before(parcel.version))
            .await
    }
}

#[async_trait]
impl Lists for Table {
    async fn company_orders(
        &self,
        company: &CompanyId,
        filter: &OrderFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Order>, PortError> {
        let span = match (filter.kind, filter.shown) {
            (None, None) => Span::all(Index::ByOwner, keys::company(company)),
            (None, Some(shown)) => Span::all(Index::ByState, keys::owner_state(company, shown)),
            (Some(kind), None) => Span::all(Index::ByOwner, orders_of_kind(company, kind, None)),
            (Some(kind), shown) => Span::all(Index::ByState, orders_of_kind(company, kind, shown)),
        };
        let span = Span {
            from: filter.from.map(from_time),
            to: filter.to.map(to_time),
            ..span.newest_first()
        };
        let page = self.index_page(&span, cursor, limit).await?;
        let rows = if filter.kind.is_none() {
            page.rows.iter().map(document).collect::<Result<_, _>>()?
        } else {
            let marks: Vec<OrderKind> = page.rows.iter().map(document).collect::<Result<_, _>>()?;
            let mut orders = self
                .orders_by_id(marks.iter().map(|mark| &mark.order))
                .await?;
            marks
                .iter()
                .filter_map(|mark| orders.remove(&mark.order))
                .collect()
        };
        Ok(Page {
            rows,
            cursor: page.cursor,
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

impl Table {
    async fn queued(
        &self,
        stage: LineStage,
        branch: Option<&BranchId>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError> {
        let page = self
            .index_page(
                &Span::all(Index::ByState, keys::queue(stage, branch)),
                cursor,
                limit,
            )
            .await?;
        let mut wanted: Vec<(OrderId, LineNo)> = Vec::new();
        for row in &page.rows {
            wanted.push(document(row)?);
        }
        let orders = self
            .orders_by_id(wanted.iter().map(|(order, _)| order))
            .await?;
        let mut rows = Vec::new();
        for (id, no) in wanted {
            let Some(order) = orders.get(&id) else {
                continue;
            };
            // The index may be a moment behind: only what the order itself confirms is shown.
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
    }

    async fn orders_by_id<'a>(
        &self,
        ids: impl Iterator<Item = &'a OrderId>,
    ) -> Result<BTreeMap<OrderId, Order>, PortError> {
        let mut left: Vec<Item> = Vec::new();
        for id in ids {
            let key = HashMap::from([
                ("pk".to_owned(), text(keys::order(id))),
                ("sk".to_owned(), text(keys::ORDER)),
            ]);
            if !left.contains(&key) {
                left.push(key);
            }
        }
        let mut orders = BTreeMap::new();
        while !left.is_empty() {
            let batch: Vec<Item> = left.drain(..left.len().min(100)).collect();
            let request = KeysAndAttributes::builder()
                .set_keys(Some(batch))
                .build()
                .map_err(|error| PortError::defect("dynamodb", error.to_string()))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.name, request)
                .send()
                .await
                .map_err(|error| port_error(&error))?;
            for item in answer
                .responses
                .and_then(|mut tables| tables.remove(&self.name))
                .unwrap_or_default()
            {
                let order: Order = document(&item)?;
                orders.insert(order.id.clone(), order);
            }
            if let Some(more) = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.name))
            {
                left.extend(more.keys);
            }
        }
        Ok(orders)
    }

    /// One page of an index. The cursor is the last key, base64 of JSON; it only ever holds key texts.
    pub(super) async fn index_page(
        &self,
        span: &Span,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Item>, PortError> {
        let (index, prefix) = index_names(span.index);
        let mut values = HashMap::from([(":pk".to_owned(), text(&span.pk))]);
        let mut condition = format!("{prefix}_pk = :pk");
        for (name, end) in [(":from", &span.from), (":to", &span.to)] {
            if let Some(end) = end {
                values.insert(name.to_owned(), text(end));
            }
        }
        // One condition on the sort key is all that a query takes.
        let range = match (&span.from, &span.to) {
            (Some(_), Some(_)) => " BETWEEN :from AND :to",
            (Some(_), None) => " >= :from",
            (None, Some(_)) => " <= :to",
            (None, None) => "",
        };
        if !range.is_empty() {
            condition = format!("{condition} AND {prefix}_sk{range}");
        }
        let start = cursor.and_then(|cursor| decode_cursor(cursor, prefix, &span.pk));
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!span.descending)
            .limit(i32::try_from(limit).unwrap_or(50))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| port_error(&error))?;
        let cursor = answer
            .last_evaluated_key
            .as_ref()
            .map(encode_cursor)
            .transpose()?;
        Ok(Page {
            rows: answer.items.unwrap_or_default(),
            cursor,
        })
    }
}

fn encode_cursor(key: &Item) -> Result<Cursor, PortError> {
    let texts: BTreeMap<&str, &str> = key
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_s().ok()?.as_str())))
        .collect();
    let json = serde_json::to_vec(&texts)
        .map_err(|error| PortError::defect("cursor", error.to_string()))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json))
}

/// A cursor made up by somebody can only point into the list that they may read anyway: its index
/// partition is replaced by the one being read. One that does not parse starts from the beginning.
fn decode_cursor(cursor: &str, prefix: &str, pk: &str) -> Option<Item> {
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()?;
    let texts: BTreeMap<String, String> = serde_json::from_slice(&json).ok()?;
    let names = [
        "pk".to_owned(),
        "sk".to_owned(),
        format!("{prefix}_pk"),
        format!("{prefix}_sk"),
    ];
    if texts.len() != names.len() || !names.iter().all(|name| texts.contains_key(name)) {
        return None;
    }
    let mut key: Item = texts
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect();
    key.insert(format!("{prefix}_pk"), text(pk));
    Some(key)
}

/// How often an issuance is begun again when another key of its line got its certificates in between.
const REGISTER_TRIES: u32 = 8;

#[async_trait]
impl Certificates for Table {
    async fn issuance(
        &self,
        order: &OrderId,
        line: LineNo,
        unit: UnitNo,
        attempt: u32,
    ) -> Result<Option<IssuanceRecord>, PortError> {
        let found = self
            .get(keys::order(order), keys::certificate(line, unit, attempt))
            .await?;
        found.as_ref().map(document).transpose()
    }

    async fn begin_issuance(&self, record: &IssuanceRecord) -> Result<(), PortError> {
        let sk = keys::certificate(record.line, record.unit, record.attempt);
        let there = item(keys::order(&record.order), sk, record)?;
        for _ in 0..REGISTER_TRIES {
            let mut writes = vec![self.put(there.clone(), Condition::Absent)?];
            for write in registering(self, record).await? {
                writes.push(self.registry_write(&write)?);
            }
            match self.transact(writes).await {
                // Only the register has grown, by another key of the line.
                Err(TransactError::Condition(failed)) if failed.first() == Some(&false) => {}
                done => return done.map_err(PortError::from),
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
        // A record is written once with all its parts, so the place of each is as it was read.
        let place = record.parts.iter().position(|part| part.purpose == purpose);
        let Some(place) = place else {
            return Ok(());
        };
        let part = format!("doc.parts[{place}]");
        let sk = keys::certificate(record.line, record.unit, record.attempt);
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(keys::order(&record.order)))
            .key("sk", text(sk))
            .update_expression(format!("SET {part}.certificate_pem = :pem"))
            .condition_expression(format!(
                "{part}.serial = :serial AND attribute_type({part}.certificate_pem, :null)"
            ))
            .expression_attribute_values(":pem", text(&certificate.certificate_pem))
            .expression_attribute_values(":serial", text(&certificate.serial))
            .expression_attribute_values(":null", text("NULL"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
            .send()
            .await;
        match sent.map_err(|error| port_error(&error)) {
            // A certificate is there already: it stays.
            Ok(_) | Err(PortError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
