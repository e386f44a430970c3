//! Function `reconcile`: each minute, everything that is due, unsent or stuck.
//!
//! It does nothing that could not also be done twice. After an outage (`{"recover": true}`) it looks at
//! every open order at once.

pub mod audit;
pub mod lists;
mod orders;
pub mod recoveries;

use std::sync::Arc;

use adapters::kms::{KmsMac, KmsSigner};
use adapters::payment::FromSecrets;
use adapters::ports::{Attempts, Clock, Executions, Orders, Outstanding, Registry};
use adapters::s3::Bucket;
use adapters::ses::SesMailer;
use adapters::sfn::StateMachines;
use adapters::sns::SnsSms;
use contract::step::{ReconcileReport, ReconcileRequest};
use domain::policy::Policies;
use edge::config::required;
use edge::payments::Payments;
use edge::real::SystemClock;
use edge::step::StepError;
use edge::work::Worker;
use jiff::Timestamp;

use crate::audit::AuditPorts;

/// As much as fits into a run of a minute; the rest is due in the next.
const BATCH: u32 = 200;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// What is due.
    pub outstanding: Arc<dyn Outstanding>,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Attempts.
    pub attempts: Arc<dyn Attempts>,
    /// Executions.
    pub executions: Arc<dyn Executions>,
    /// Doing work.
    pub worker: Worker,
    /// Recording money.
    pub payments: Payments,
    /// Recoveries, and the chains of the audit.
    pub registry: Arc<dyn Registry>,
    /// Signing the heads of those chains.
    pub audit: AuditPorts,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The stage, for its metric.
    pub stage: String,
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
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
    let policies = Arc::new(Policies::shipped()?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let worker = Worker {
        outstanding: table.clone(),
        orders: table.clone(),
        executions: executions.clone(),
        mailer: Arc::new(SesMailer::connect(config, required("MAIL_FROM")?)),
        sms: Arc::new(SnsSms::connect(config)),
        registry: table.clone(),
        mac: Arc::new(KmsMac::connect(config, required("MAC_KEY_ID")?)),
        files: Arc::new(Bucket::connect(
            config,
            required("INVOICES_BUCKET")?,
            edge::aws::has_own_endpoint(),
        )),
        clock: clock.clone(),
        site_url: required("SITE_URL")?,
    };
    let audit = AuditPorts {
        registry: table.clone(),
        heads: Arc::new(Bucket::connect(
            config,
            required("AUDIT_BUCKET")?,
            edge::aws::has_own_endpoint(),
        )),
        signer: Arc::new(KmsSigner::connect(config, required("AUDIT_KEY_ID")?)),
    };
    Ok(Ports {
        registry: table.clone(),
        audit,
        outstanding: table.clone(),
        orders: table.clone(),
        attempts: table.clone(),
        executions,
        worker,
        payments: Payments {
            orders: table.clone(),
            attempts: table,
            gateways: Arc::new(FromSecrets::new(edge::wiring::secrets()?)),
            policies: policies.clone(),
        },
        policies,
        clock,
        stage: required("SEALKEY_STAGE")?,
    })
}

/// One round. One thing that cannot be done does not hold up the others: it is counted, logged and stays
/// due.
///
/// # Errors
/// Only when the table cannot even be asked what is due.
pub async fn run(ports: &Ports, request: ReconcileRequest) -> Result<ReconcileReport, StepError> {
    let mut report = ReconcileReport::default();
    let now = ports.clock.now();
    for due in ports.outstanding.due_work(now, BATCH).await? {
        match ports.worker.perform(&due.item.id).await {
            Ok(()) => report.work += 1,
            Err(error) => fail(&mut report, &due.item.id, &error),
        }
    }
    for due in ports.outstanding.due_waits(now, BATCH).await? {
        match ports.worker.wake(&due.key).await {
            Ok(()) => report.woken += 1,
            Err(error) => fail(&mut report, &due.key, &error),
        }
    }
    for number in ports.outstanding.due_attempts(now, BATCH).await? {
        match orders::ask_gateway(ports, &number).await {
            Ok(()) => report.queried += 1,
            Err(error) => fail(&mut report, &number.to_string(), &error.code.as_str()),
        }
    }
    let orders = if request.recover {
        ports.outstanding.open_orders().await?
    } else {
        ports.outstanding.due_orders(now, BATCH).await?
    };
    for id in orders {
        match orders::look_at(ports, &id, request.recover).await {
            Ok(looked) => {
                report.expired += u32::from(looked.expired);
                report.restarted += looked.restarted;
                report.refunds += looked.refunds;
                report.invoices += looked.invoices;
                report.late += looked.late;
                report.received += looked.received;
            }
            Err(error) => fail(
                &mut report,
                id.as_str(),
                &error.internal.as_deref().unwrap_or(error.code.as_str()),
            ),
        }
    }
    for (id, came) in recoveries::due(&ports.registry, &ports.clock).await? {
        match came {
            Ok(true) => report.recovered += 1,
            Ok(false) => {}
            Err(error) => fail(
                &mut report,
                id.as_str(),
                &error.internal.as_deref().unwrap_or(error.code.as_str()),
            ),
        }
    }
    let heads = audit::sign_heads(&ports.audit, now, BATCH).await?;
    report.signed += heads.heads;
    for (staff, why) in &heads.failed {
        fail(&mut report, staff, why);
    }
    match lists::ask(&*ports.registry, now).await {
        Ok(asked) => report.lists += u32::from(asked),
        Err(error) => fail(&mut report, "revocation list", &error),
    }
    let oldest = ports.outstanding.oldest_due(now).await?;
    measure(
        oldest.map_or(0, |since| now.duration_since(since).as_secs().max(0)),
        &ports.stage,
        now,
    );
    tracing::info!(?report, "reconciled");
    Ok(report)
}

/// Tells CloudWatch how long the oldest work waits that should be done: a log line in its embedded metric
/// format, which needs no right of its own. The alarm `WorkWaitsTooLong` watches it.
#[expect(
    clippy::print_stdout,
    reason = "the format wants a line of its own on standard output"
)]
fn measure(seconds: i64, stage: &str, now: Timestamp) {
    let line = serde_json::json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "Sealkey",
                "Dimensions": [["Stage"]],
                "Metrics": [{"Name": "OldestUnsentWorkSeconds", "Unit": "Seconds"}],
            }],
        },
        "Stage": stage,
        "OldestUnsentWorkSeconds": seconds,
    });
    println!("{line}");
}

fn fail(report: &mut ReconcileReport, what: &str, why: &dyn std::fmt::Display) {
    report.failed += 1;
    tracing::warn!(what, %why, "could not be done now");
}
