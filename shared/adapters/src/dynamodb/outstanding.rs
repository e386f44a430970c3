//! What is due, unsent or stuck: the sparse index `due`.

use async_trait::async_trait;
use domain::ids::OrderId;
use domain::payment::OutTradeNo;
use domain::work::WorkItem;
use jiff::{SignedDuration, Timestamp};

use super::{Item, Table, attribute, document, keys, number, port_error, text};
use crate::ports::{DueWait, DueWork, Outstanding, PortError};

/// Done work and ended waits are swept away after this.
const KEEP: SignedDuration = SignedDuration::from_hours(24 * 30);

#[async_trait]
impl Outstanding for Table {
    async fn due_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, PortError> {
        let items = self.due(keys::DUE_ORDER, Some(now), limit).await?;
        Ok(names(&items).filter_map(|name| name.parse().ok()).collect())
    }

    async fn open_orders(&self) -> Result<Vec<OrderId>, PortError> {
        let items = self.due(keys::DUE_ORDER, None, u32::MAX).await?;
        Ok(names(&items).filter_map(|name| name.parse().ok()).collect())
    }

    async fn due_attempts(&self, now: Timestamp, limit: u32) -> Result<Vec<OutTradeNo>, PortError> {
        let items = self.due(keys::DUE_ATTEMPT, Some(now), limit).await?;
        Ok(names(&items).filter_map(|name| name.parse().ok()).collect())
    }

    async fn due_work(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWork>, PortError> {
        self.due(keys::DUE_WORK, Some(now), limit)
            .await?
            .iter()
            .map(due_work)
            .collect()
    }

    async fn due_waits(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWait>, PortError> {
        Ok(self
            .due(keys::DUE_WAIT, Some(now), limit)
            .await?
            .iter()
            .filter_map(due_wait)
            .collect())
    }

    async fn oldest_due(&self, now: Timestamp) -> Result<Option<Timestamp>, PortError> {
        let mut oldest: Option<Timestamp> = None;
        for class in [keys::DUE_WORK, keys::DUE_WAIT] {
            let items = self.due(class, Some(now), 1).await?;
            let since = items
                .first()
                .and_then(|item| attribute(item, "due_sk")?.split_once('#')?.0.parse().ok());
            oldest = oldest.into_iter().chain(since).min();
        }
        Ok(oldest)
    }

    async fn work(&self, id: &str) -> Result<Option<DueWork>, PortError> {
        let found = self.get(keys::work(id), keys::WORK).await?;
        found
            .filter(|item| !item.contains_key("done_at"))
            .as_ref()
            .map(due_work)
            .transpose()
    }

    async fn work_done(&self, id: &str, now: Timestamp) -> Result<(), PortError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(keys::work(id)))
            .key("sk", text(keys::WORK))
            .update_expression("SET done_at = :now, #ttl = :ttl REMOVE due_pk, due_sk")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":ttl", number((now + KEEP).as_second()))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| port_error(&error))
    }

    async fn work_failed(&self, id: &str, again_at: Timestamp) -> Result<(), PortError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(keys::work(id)))
            .key("sk", text(keys::WORK))
            .update_expression("SET due_pk = :due, due_sk = :at ADD tries :one")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(done_at)")
            .expression_attribute_values(":due", text(keys::DUE_WORK))
            .expression_attribute_values(":at", text(keys::due(again_at, id)))
            .expression_attribute_values(":one", number(1))
            .send()
            .await;
        match sent.map_err(|error| port_error(&error)) {
            // Somebody else did it meanwhile.
            Ok(_) | Err(PortError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn wait(&self, key: &str) -> Result<Option<DueWait>, PortError> {
        Ok(self
            .get(key.to_owned(), keys::WAIT)
            .await?
            .as_ref()
            .and_then(due_wait))
    }

    async fn wait_over(&self, key: &str, now: Timestamp) -> Result<(), PortError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(key))
            .key("sk", text(keys::WAIT))
            .update_expression("SET woken_at = :now, #ttl = :ttl REMOVE due_pk, due_sk")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":ttl", number((now + KEEP).as_second()))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| port_error(&error))
    }

    async fn check_again(
        &self,
        order: &OrderId,
        version: u64,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", text(keys::order(order)))
            .key("sk", text(keys::ORDER))
            .update_expression("SET due_pk = :due, due_sk = :at, doc.check_at = :time")
            .condition_expression("version = :version AND attribute_exists(due_pk)")
            .expression_attribute_values(":due", text(keys::DUE_ORDER))
            .expression_attribute_values(":at", text(keys::due(at, order.as_str())))
            .expression_attribute_values(":time", text(at.to_string()))
            .expression_attribute_values(":version", number(version))
            .send()
            .await;
        match sent.map_err(|error| port_error(&error)) {
            // It moved meanwhile, and so has its own next time.
            Ok(_) | Err(PortError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Table {
    /// What is due in one class, the oldest first; with no `until`, all of it.
    async fn due(
        &self,
        class: &str,
        until: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Item>, PortError> {
        // One past the second that is asked for, so that everything due in it is in.
        let end = until.map_or_else(|| "~".to_owned(), |until| keys::due(until, "~"));
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(keys::DUE)
                .key_condition_expression("due_pk = :class AND due_sk <= :end")
                .expression_attribute_values(":class", text(class))
                .expression_attribute_values(":end", text(end.clone()))
                .limit(i32::try_from(limit.min(1000)).unwrap_or(1000))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| port_error(&error))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Ok(items);
            }
        }
    }
}

/// The part of `due_sk` behind the time.
fn names(items: &[Item]) -> impl Iterator<Item = &str> {
    items.iter().filter_map(|item| {
        attribute(item, "due_sk")?
            .split_once('#')
            .map(|(_, name)| name)
    })
}

fn due_work(found: &Item) -> Result<DueWork, PortError> {
    let item: WorkItem = document(found)?;
    let tries = found
        .get("tries")
        .and_then(|n| n.as_n().ok())
        .and_then(|n| n.parse().ok())
        .unwrap_or_default();
    Ok(DueWork { item, tries })
}

fn due_wait(found: &Item) -> Option<DueWait> {
    if found.contains_key("woken_at") {
        return None;
    }
    Some(DueWait {
        key: attribute(found, "pk")?.to_owned(),
        token: attribute(found, "token").map(str::to_owned),
        outcome: attribute(found, "outcome").map(str::to_owned),
    })
}
