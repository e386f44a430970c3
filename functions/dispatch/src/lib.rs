//! Function `dispatch`: does at once what a transition left to be done. The table's stream calls it.
//!
//! It never fails a batch: what cannot be done stays due in the table, and `reconcile` does it. So one
//! bad item holds nothing else up, and nothing is lost when this function is dead.

use std::sync::Arc;

use adapters::kms::KmsMac;
use adapters::ports::Executions;
use adapters::s3::Bucket;
use adapters::ses::SesMailer;
use adapters::sfn::StateMachines;
use adapters::sns::SnsSms;
use edge::config::required;
use edge::real::SystemClock;
use edge::work::Worker;
use serde::Deserialize;

/// The part of a stream's batch that matters here: which items came or changed.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The records.
    #[serde(rename = "Records", default)]
    pub records: Vec<Record>,
}

/// One record.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName", default)]
    pub event_name: String,
    /// The keys, and the item as it is now.
    pub dynamodb: StreamItem,
}

/// The item of a record.
#[derive(Debug, Default, Deserialize)]
pub struct StreamItem {
    /// Its keys.
    #[serde(rename = "Keys", default)]
    pub keys: Keys,
    /// Its attributes, by name.
    #[serde(rename = "NewImage", default)]
    pub new_image: serde_json::Map<String, serde_json::Value>,
}

/// The keys of an item.
#[derive(Debug, Default, Deserialize)]
pub struct Keys {
    /// Partition key.
    #[serde(default)]
    pub pk: Text,
}

/// A string attribute.
#[derive(Debug, Default, Deserialize)]
pub struct Text {
    /// Its value.
    #[serde(rename = "S", default)]
    pub text: String,
}

/// What an item asks for.
#[derive(Debug, PartialEq, Eq)]
enum Deed<'a> {
    /// A work item to be done.
    Perform(&'a str),
    /// A wait with token and fact.
    Wake(&'a str),
}

/// The worker with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Worker, lambda_runtime::Error> {
    let table = edge::wiring::table()?;
    let config = edge::aws::sdk_config()?;
    let executions: Arc<dyn Executions> = Arc::new(StateMachines::connect(
        config,
        [
            required("STATE_MACHINE_ORDER_ARN")?,
            required("STATE_MACHINE_LINE_ARN")?,
            required("STATE_MACHINE_REFUND_ARN")?,
            required("STATE_MACHINE_INVOICE_ARN")?,
        ],
    ));
    Ok(Worker {
        outstanding: table.clone(),
        orders: table.clone(),
        executions,
        mailer: Arc::new(SesMailer::connect(config, required("MAIL_FROM")?)),
        sms: Arc::new(SnsSms::connect(config)),
        registry: table.clone(),
        mac: Arc::new(KmsMac::connect(config, required("MAC_KEY_ID")?)),
        files: Arc::new(Bucket::connect(
            config,
            required("INVOICES_BUCKET")?,
            edge::aws::has_own_endpoint(),
        )),
        clock: Arc::new(SystemClock),
        site_url: required("SITE_URL")?,
    })
}

fn deed(record: &Record) -> Option<Deed<'_>> {
    if record.event_name == "REMOVE" {
        return None;
    }
    let image = &record.dynamodb.new_image;
    let pk = record.dynamodb.keys.pk.text.as_str();
    if let Some(id) = pk.strip_prefix("WORK#") {
        return (!image.contains_key("done_at")).then_some(Deed::Perform(id));
    }
    let ready = image.contains_key("token")
        && image.contains_key("outcome")
        && !image.contains_key("woken_at");
    (pk.starts_with("WAIT#") && ready).then_some(Deed::Wake(pk))
}

/// Does what a batch asks for.
pub async fn run(worker: &Worker, batch: Batch) {
    for record in &batch.records {
        let (what, done) = match deed(record) {
            None => continue,
            // A second try is `reconcile`'s: an update of `tries` is no new work.
            Some(Deed::Perform(_)) if record.event_name != "INSERT" => continue,
            Some(Deed::Perform(id)) => (id, worker.perform(id).await),
            Some(Deed::Wake(key)) => (key, worker.wake(key).await),
        };
        if let Err(error) = done {
            tracing::warn!(what, why = %error, "left to reconcile");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: serde_json::Value) -> Record {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_open_work_and_ready_waits_are_deeds() {
        let wait = |attributes: serde_json::Value| {
            record(
                serde_json::json!({"eventName": "MODIFY", "dynamodb": {"Keys": {"pk": {"S": "WAIT#x"}, "sk": {"S": "WAIT"}}, "NewImage": attributes}}),
            )
        };
        let s = serde_json::json!({"S": "x"});
        assert_eq!(deed(&wait(serde_json::json!({"token": s}))), None);
        assert_eq!(deed(&wait(serde_json::json!({"outcome": s}))), None);
        assert_eq!(
            deed(&wait(serde_json::json!({"token": s, "outcome": s}))),
            Some(Deed::Wake("WAIT#x"))
        );
        assert_eq!(
            deed(&wait(
                serde_json::json!({"token": s, "outcome": s, "woken_at": s})
            )),
            None
        );
        let work = record(
            serde_json::json!({"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "WORK#start-1"}, "sk": {"S": "WORK"}}, "NewImage": {"tries": {"N": "0"}}}}),
        );
        assert_eq!(deed(&work), Some(Deed::Perform("start-1")));
        let order = record(
            serde_json::json!({"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}}}}),
        );
        assert_eq!(deed(&order), None);
    }
}
