//! The store in memory holds what every store holds.

use std::sync::Arc;

use testkit::contract_suite::Suite;
use testkit::power::PowerCut;
use testkit::store::MemoryStore;

#[tokio::test]
async fn the_store_in_memory_is_a_store() {
    let store = Arc::new(MemoryStore::new(PowerCut::never()));
    Suite::new(store.clone(), 7).run().await;
    Suite::new(store, 8).run().await;
}
