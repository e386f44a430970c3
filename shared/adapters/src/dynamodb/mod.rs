//! DynamoDB, the truth. One table; its keys and access patterns are listed in `keys` and in
//! `docs/adr/0005-dynamodb-keys.md`.
//!
//! Every write of state is conditional. A transition is one `TransactWriteItems`; the SDK gives it a
//! request token, so a retry after a lost answer is the same write.

mod keys;
mod orders;
mod outstanding;
mod registry;
pub mod reindex;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Put, TransactWriteItem, Update};
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, to_attribute_value};

use crate::ports::PortError;

/// The table of a stage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

type Item = HashMap<String, AttributeValue>;

/// `dispatch` has this long before `reconcile` does its work.
const DISPATCH_GRACE: SignedDuration = SignedDuration::from_secs(30);

impl Table {
    /// The table of this name, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, name: impl Into<String>) -> Self {
        Self::new(Client::new(config), name)
    }

    /// The table of this name, by this client.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    async fn get(&self, pk: String, sk: impl Into<String>) -> Result<Option<Item>, PortError> {
        self.client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk.into()))
            .consistent_read(true)
            .send()
            .await
            .map(|answer| answer.item)
            .map_err(|error| port_error(&error))
    }

    /// All items of a partition whose sort key begins with `prefix`, in order, read consistently.
    async fn begins_with(&self, pk: String, prefix: &str) -> Result<Vec<Item>, PortError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| port_error(&error))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Puts one item under an optional condition on its version.
    async fn put_if(&self, item: Item, condition: Condition) -> Result<(), PortError> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item));
        if let Some((expression, values)) = condition.expression() {
            put = put
                .condition_expression(expression)
                .set_expression_attribute_values(values);
        }
        put.send()
            .await
            .map(|_| ())
            .map_err(|error| port_error(&error))
    }

    fn put(&self, item: Item, condition: Condition) -> Result<TransactWriteItem, PortError> {
        let mut put = Put::builder().table_name(&self.name).set_item(Some(item));
        if let Some((expression, values)) = condition.expression() {
            put = put
                .condition_expression(expression)
                .set_expression_attribute_values(values);
        }
        let put = put
            .build()
            .map_err(|error| PortError::defect("dynamodb", error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn update(
        &self,
        pk: String,
        sk: &str,
        expression: &str,
        values: Item,
    ) -> Result<TransactWriteItem, PortError> {
        let update = Update::builder()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .update_expression(expression)
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| PortError::defect("dynamodb", error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Writes all or nothing. `Err(Ok(reasons))` when a condition did not hold, one reason for each write.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), TransactError> {
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        let reasons: Vec<CancellationReason> = error
            .as_service_error()
            .and_then(|service| match service {
                aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
                    cancelled,
                ) => cancelled.cancellation_reasons.clone(),
                _ => None,
            })
            .unwrap_or_default();
        let codes: Vec<&str> = reasons
            .iter()
            .map(|reason| reason.code().unwrap_or("None"))
            .collect();
        if codes.contains(&"ConditionalCheckFailed") {
            let failed = codes
                .iter()
                .map(|code| *code == "ConditionalCheckFailed")
                .collect();
            return Err(TransactError::Condition(failed));
        }
        if codes.contains(&"TransactionConflict") {
            return Err(TransactError::Port(PortError::Conflict));
        }
        Err(TransactError::Port(port_error(&error)))
    }
}

/// Why a transaction was not written.
enum TransactError {
    /// A condition did not hold: `true` for each write whose condition it was.
    Condition(Vec<bool>),
    /// Something else.
    Port(PortError),
}

impl From<TransactError> for PortError {
    fn from(error: TransactError) -> Self {
        match error {
            TransactError::Condition(_) => Self::Conflict,
            TransactError::Port(error) => error,
        }
    }
}

/// What must hold for a put.
#[derive(Debug, Clone, Copy)]
enum Condition {
    /// Nothing.
    None,
    /// There is no such item.
    Absent,
    /// The item has this version.
    Version(u64),
}

impl Condition {
    /// The condition for writing the version `new`: the one before must be there, or nothing.
    fn before(new: u64) -> Self {
        if new <= 1 {
            Self::Absent
        } else {
            Self::Version(new - 1)
        }
    }

    fn expression(self) -> Option<(&'static str, Option<Item>)> {
        match self {
            Self::None => None,
            Self::Absent => Some(("attribute_not_exists(pk)", None)),
            Self::Version(version) => Some((
                "version = :before",
                Some(HashMap::from([(":before".to_owned(), number(version))])),
            )),
        }
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// An item of keys and a document.
fn item(pk: String, sk: impl Into<String>, doc: &impl Serialize) -> Result<Item, PortError> {
    let doc = to_attribute_value(doc)
        .map_err(|error| PortError::defect("dynamodb", error.to_string()))?;
    Ok(HashMap::from([
        ("pk".to_owned(), text(pk)),
        ("sk".to_owned(), text(sk.into())),
        ("doc".to_owned(), doc),
    ]))
}

/// The document of an item.
fn document<T: DeserializeOwned>(item: &Item) -> Result<T, PortError> {
    let doc = item
        .get("doc")
        .cloned()
        .ok_or_else(|| PortError::defect("dynamodb", "item without document"))?;
    from_attribute_value(doc).map_err(|error| PortError::defect("dynamodb", error.to_string()))
}

fn attribute<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
}

fn port_error<E>(error: &SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    match error {
        SdkError::ServiceError(_) => match code.as_str() {
            "ConditionalCheckFailedException" | "TransactionConflictException" => {
                PortError::Conflict
            }
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionInProgressException"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "LimitExceededException" => PortError::unavailable("dynamodb", code),
            _ => PortError::defect(
                "dynamodb",
                format!("{code}: {}", error.message().unwrap_or_default()),
            ),
        },
        _ => PortError::unavailable("dynamodb", crate::sdk::describe(error)),
    }
}
