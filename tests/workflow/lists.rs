//! A company's list reads what it shows and nothing else, however long it is; and it is written anew when a
//! policy calls states by other words. On a table of its own, shaped as the real one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use adapters::dynamodb::Table;
use adapters::ports::{Lists as _, OrderFilter, Orders as _};
use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, BillingMode, GlobalSecondaryIndex, PutRequest, WriteRequest,
};
use domain::catalog::ProductKind;
use domain::ids::OrderId;
use domain::order::{DisplayState, Order};
use domain::policy::Policies;
use jiff::{SignedDuration, Timestamp};
use system_tests::job::random_hex;
use system_tests::stack::Stack;
use testkit::orders::{self, Point, key_with_seal, service};

type Item = HashMap<String, AttributeValue>;

/// What queries read and what they gave.
#[derive(Debug, Clone, Default)]
struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    queries: u32,
    filtered: u32,
    scanned: i64,
    given: i64,
}

impl Watch {
    /// What was seen since the last time.
    fn take(&self) -> Seen {
        std::mem::take(&mut *self.0.lock().expect("nobody panics with it"))
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(query) = context.input().downcast_ref::<QueryInput>() {
            let mut seen = self.0.lock().expect("nobody panics with it");
            seen.queries += 1;
            seen.filtered += u32::from(query.filter_expression().is_some());
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.output_or_error().ok();
        if let Some(answer) = answer.and_then(|answer| answer.downcast_ref::<QueryOutput>()) {
            let mut seen = self.0.lock().expect("nobody panics with it");
            seen.scanned += i64::from(answer.scanned_count());
            seen.given += i64::from(answer.count());
        }
        Ok(())
    }
}

/// A table of its own, taken away at the end of [`with_table`].
struct Own {
    client: Client,
    name: String,
    watch: Watch,
}

impl Own {
    fn table(&self) -> Table {
        Table::new(self.client.clone(), self.name.clone())
    }

    async fn open(stack: &Stack) -> Result<Self> {
        let watch = Watch::default();
        let config = aws_sdk_dynamodb::config::Builder::from(&stack.cloud())
            .interceptor(watch.clone())
            .build();
        let client = Client::from_conf(config);
        let real = client
            .describe_table()
            .table_name(&stack.table)
            .send()
            .await?;
        let real = real.table().context("the real table")?;
        let name = format!("{}-lists-{}", stack.table, random_hex(4)?);
        let indexes: Vec<GlobalSecondaryIndex> = real
            .global_secondary_indexes()
            .iter()
            .map(|index| {
                GlobalSecondaryIndex::builder()
                    .set_index_name(index.index_name().map(str::to_owned))
                    .set_key_schema(Some(index.key_schema().to_vec()))
                    .set_projection(index.projection().cloned())
                    .build()
            })
            .collect::<Result<_, _>>()?;
        client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(real.attribute_definitions().to_vec()))
            .set_key_schema(Some(real.key_schema().to_vec()))
            .set_global_secondary_indexes(Some(indexes))
            .send()
            .await?;
        Ok(Self {
            client,
            name,
            watch,
        })
    }

    /// What is written of an order and its lists.
    async fn items_of(&self, id: &OrderId) -> Result<Vec<Item>> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(format!("ORDER#{id}")))
            .send()
            .await?;
        let listed = |item: &Item| {
            let sort = item.get("sk").and_then(|sk| sk.as_s().ok());
            sort.is_some_and(|sort| sort == "ORDER" || sort.starts_with("KIND#"))
        };
        Ok(answer
            .items()
            .iter()
            .filter(|item| listed(item))
            .cloned()
            .collect())
    }

    /// Writes as many orders like `pattern` as there are numbers, past the store: what it writes for one is
    /// copied with another number.
    async fn copies(&self, pattern: &OrderId, ids: &[OrderId]) -> Result<()> {
        let items = self.items_of(pattern).await?;
        ensure!(items.len() > 1, "an order and at least one kind");
        let puts: Vec<WriteRequest> = ids
            .iter()
            .flat_map(|id| items.iter().map(|item| renumbered(item, pattern, id)))
            .map(|item| {
                let put = PutRequest::builder().set_item(Some(item)).build()?;
                Ok(WriteRequest::builder().put_request(put).build())
            })
            .collect::<Result<_>>()?;
        for batch in puts.chunks(25) {
            let sent = self
                .client
                .batch_write_item()
                .request_items(&self.name, batch.to_vec())
                .send()
                .await?;
            ensure!(
                sent.unprocessed_items().is_none_or(HashMap::is_empty),
                "all of it is taken"
            );
        }
        Ok(())
    }
}

/// An item with another order's number wherever the pattern's stands.
fn renumbered(item: &Item, pattern: &OrderId, id: &OrderId) -> Item {
    fn renumber(value: &AttributeValue, from: &str, to: &str) -> AttributeValue {
        match value {
            AttributeValue::S(text) => AttributeValue::S(text.replace(from, to)),
            AttributeValue::M(map) => AttributeValue::M(
                map.iter()
                    .map(|(name, value)| (name.clone(), renumber(value, from, to)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
    item.iter()
        .map(|(name, value)| {
            let value = renumber(value, pattern.as_str(), id.as_str());
            (name.clone(), value)
        })
        .collect()
}

/// Rows of a page, and how many pages are read.
const PAGE: usize = 50;
const PAGES: usize = 2;

async fn with_table<F>(test: impl FnOnce(Arc<Own>) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    let stack = Stack::of_the_tests()?;
    let own = Arc::new(Own::open(&stack).await?);
    let done = test(own.clone()).await;
    own.client
        .delete_table()
        .table_name(&own.name)
        .send()
        .await?;
    done
}

/// Minutes after the beginning of a day.
fn at(minute: i64) -> Timestamp {
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().expect("an instant");
    begin + SignedDuration::from_mins(minute)
}

/// An order of company `no` as the store writes it.
async fn pattern(
    table: &Table,
    no: u32,
    salt: u16,
    kind: ProductKind,
    point: Point,
) -> Result<Order> {
    let product = match kind {
        ProductKind::NewKey => key_with_seal(),
        kind => service(kind),
    };
    let draft = orders::draft(no, salt, &[(product, 1)], at(-1_000));
    let journey = orders::bring(no, draft, point, at(-1_000));
    for commit in &journey.commits {
        table.commit(commit).await?;
    }
    Ok(journey.order)
}

/// The patterns, and of how many orders of a hundred each is one.
const MIX: [(ProductKind, Point, usize); 4] = [
    (ProductKind::NewKey, Point::Submitted, 50),
    (ProductKind::NewKey, Point::Completed, 45),
    (ProductKind::Renewal, Point::Submitted, 4),
    (ProductKind::Renewal, Point::Completed, 1),
];

/// The first pages of a list: of a long one nobody reads all.
async fn read(own: &Own, no: u32, filter: &OrderFilter) -> Result<Vec<OrderId>> {
    let table = own.table();
    let company = orders::company(no).id;
    let mut found = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let page = table
            .company_orders(&company, filter, cursor.as_ref(), u32::try_from(PAGE)?)
            .await?;
        found.extend(page.rows.into_iter().map(|order| order.id));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(found)
}

/// covers: R70
#[tokio::test]
async fn a_list_reads_what_it_shows_and_nothing_else_however_long_it_is() -> Result<()> {
    with_table(|own| async move {
        for (no, many) in [(1, 10_usize), (2, 10_000)] {
            let mut all: BTreeMap<OrderId, (ProductKind, DisplayState)> = BTreeMap::new();
            let mut minute = 0;
            for (salt, (kind, point, share)) in (1..).zip(MIX) {
                let first = pattern(
                    &own.table(),
                    no,
                    10 * salt + u16::try_from(no)?,
                    kind,
                    point,
                )
                .await?;
                // At least one of each, with the pattern itself.
                let copies = (many * share / 100).max(1) - 1;
                let ids: Vec<OrderId> = (0..copies)
                    .map(|_| {
                        minute += 1;
                        OrderId::new(at(minute), 1)
                    })
                    .collect();
                own.copies(&first.id, &ids).await?;
                let shown = first.display();
                all.extend(
                    ids.into_iter()
                        .chain([first.id])
                        .map(|id| (id, (kind, shown))),
                );
            }
            own.watch.take();
            let half = at(i64::try_from(many / 2)?);
            for shown in [
                None,
                Some(DisplayState::AwaitingPayment),
                Some(DisplayState::Completed),
            ] {
                for kind in [
                    None,
                    Some(ProductKind::NewKey),
                    Some(ProductKind::Renewal),
                    Some(ProductKind::Unlock),
                ] {
                    // Every end of time for the short list; the long one takes a while to be asked.
                    let times = [
                        (Some(half), None),
                        (None, None),
                        (None, Some(half)),
                        (Some(at(1)), Some(at(2))),
                    ];
                    let times = if many == 10 { &times[..] } else { &times[..1] };
                    for (from, to) in times.iter().copied() {
                        let filter = OrderFilter {
                            shown,
                            kind,
                            from,
                            to,
                        };
                        let found = read(&own, no, &filter).await?;
                        let number = |time: Timestamp, salt| OrderId::new(time, salt);
                        let expected: Vec<OrderId> = all
                            .iter()
                            .rev()
                            .filter(|(id, (of, state))| {
                                kind.is_none_or(|kind| kind == *of)
                                    && shown.is_none_or(|shown| shown == *state)
                                    && from.is_none_or(|from| **id >= number(from, 0))
                                    && to.is_none_or(|to| **id <= number(to, 9_999))
                            })
                            .map(|(id, _)| id.clone())
                            .take(PAGE * PAGES)
                            .collect();
                        ensure!(found == expected, "{filter:?} of {many}");
                        let seen = own.watch.take();
                        ensure!(
                            seen.queries > 0 && seen.filtered == 0,
                            "{seen:?} {filter:?}"
                        );
                        ensure!(
                            (seen.scanned, seen.given)
                                == (i64::try_from(found.len())?, seen.scanned),
                            "{seen:?} for {} of {many}, {filter:?}",
                            found.len()
                        );
                    }
                }
            }
        }
        Ok(())
    })
    .await
}

/// The invented storefront with another word for a state.
fn renamed() -> Policies {
    let fair = include_str!("../../shared/testkit/policies/fair.json");
    let other = fair.replace(
        "\"in_production\": \"handling\"",
        "\"awaiting_payment\": \"submitted\"",
    );
    assert_ne!(fair, other);
    Policies::read(&[("fair", &other)]).expect("a policy")
}

#[tokio::test]
async fn lists_are_written_anew_when_a_policy_calls_a_state_otherwise() -> Result<()> {
    with_table(|own| async move {
        let table = own.table();
        let mut key = key_with_seal();
        key.storefront = domain::policy::StorefrontId("fair".to_owned());
        let draft = orders::draft(3, 1, &[(key, 1)], at(0));
        let journey = orders::bring(3, draft, Point::Submitted, at(0));
        for commit in &journey.commits {
            table.commit(commit).await?;
        }
        let elsewhere = pattern(&table, 3, 1, ProductKind::NewKey, Point::Submitted).await?;
        let by = |shown, kind| OrderFilter {
            shown: Some(shown),
            kind,
            ..OrderFilter::default()
        };
        let (old, new) = (DisplayState::AwaitingPayment, DisplayState::Submitted);
        let mine = journey.order.id.clone();
        ensure!(read(&own, 3, &by(old, None)).await? == [mine.clone(), elsewhere.id.clone()]);

        let found = table.reindex(&renamed()).await?;
        ensure!(
            (found.orders, found.changed, found.busy, found.unknown) == (2, 1, 0, 1),
            "{found:?}"
        );
        for kind in [None, Some(ProductKind::NewKey)] {
            ensure!(read(&own, 3, &by(new, kind)).await? == std::slice::from_ref(&mine));
            ensure!(read(&own, 3, &by(old, kind)).await? == std::slice::from_ref(&elsewhere.id));
        }
        // The order itself is as it was, and a second walk has nothing to do.
        ensure!(table.load(&mine).await? == Some(journey.order));
        let again = table.reindex(&renamed()).await?;
        ensure!((again.orders, again.changed) == (2, 0), "{again:?}");
        Ok(())
    })
    .await
}
