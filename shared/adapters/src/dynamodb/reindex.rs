//! Lists written anew, after a storefront's policy calls states by other words than before.

use domain::ids::OrderId;
use domain::policy::Policies;

use super::orders::order_item;
use super::{Condition, Item, Table, attribute, keys, port_error};
use crate::ports::{Orders as _, PortError};
use crate::registry::kind_marks;

/// What a walk over all orders found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Orders that there are.
    pub orders: u64,
    /// Those that stood in lists under another word and now stand under the right one.
    pub changed: u64,
    /// Those that somebody changed meanwhile: whoever did wrote the lists with it, by the policy that they run
    /// with. Walk again when the new one is everywhere.
    pub busy: u64,
    /// Those of a storefront that has no policy.
    pub unknown: u64,
}

impl Table {
    /// Walks over every order and writes those anew whose word in lists is no longer that of the policy. Each
    /// is one conditional write; it may be stopped and begun again at any time, and a second walk changes nothing.
    ///
    /// # Errors
    /// The table's.
    pub async fn reindex(&self, policies: &Policies) -> Result<Reindexed, PortError> {
        let mut found = Reindexed::default();
        let mut start: Option<Item> = None;
        loop {
            // Every order has its owner, and nothing but orders and what lists them stands there.
            let page = self
                .client
                .scan()
                .table_name(&self.name)
                .index_name(keys::BY_OWNER)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| port_error(&error))?;
            for item in page.items() {
                let order = attribute(item, "sk") == Some(keys::ORDER);
                let id = attribute(item, "owner_sk").and_then(|id| id.parse::<OrderId>().ok());
                if let Some(id) = id.filter(|_| order) {
                    self.reindex_one(&id, item, policies, &mut found).await?;
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    async fn reindex_one(
        &self,
        id: &OrderId,
        listed: &Item,
        policies: &Policies,
        found: &mut Reindexed,
    ) -> Result<(), PortError> {
        found.orders += 1;
        // The index may be a moment behind: what counts is the order itself.
        let Some(order) = self.load(id).await? else {
            return Ok(());
        };
        let Some(policy) = policies.get(&order.storefront) else {
            found.unknown += 1;
            return Ok(());
        };
        let shown = policy.shown(order.display());
        let place = keys::owner_state(&order.company, shown);
        if attribute(listed, "state_pk") == Some(place.as_str()) {
            return Ok(());
        }
        let item = order_item(&order, shown)?;
        let mut writes = vec![self.put(item, Condition::Version(order.version))?];
        for mark in kind_marks(&order, shown)? {
            writes.push(self.registry_write(&mark)?);
        }
        match self.transact(writes).await.map_err(PortError::from) {
            Ok(()) => found.changed += 1,
            Err(PortError::Conflict) => found.busy += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
