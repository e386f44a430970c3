//! Step `invoice` of the machine `invoice`: asks the tax platform to issue an invoice, to take one back, or where
//! either stands.
//!
//! May run twice: each has one number at the platform, under which it happens once. The files of an invoice are kept
//! before it is on record as issued, so what is on record can be read. When the power goes out in between, the next
//! run hears that it is issued and keeps the same files again.

use std::sync::Arc;

use adapters::ports::{
    Clock, FieldCipher, InvoiceBank, InvoiceBuyer, InvoiceFormat, InvoiceRequest, Objects, Orders,
    ReversalRequest, Secrets, TaxError, TaxPlatform, TaxStatus,
};
use adapters::tax::HttpTaxPlatform;
use contract::error::ErrorCode;
use contract::step::{InvoiceStep, InvoiceStepDone};
use domain::actor::Actor;
use domain::company::InvoiceTitle;
use domain::invoice::{
    Buyer, Invoice, InvoiceState, InvoiceTask, TaxAnswer, TaxHindrance, file_key,
};
use domain::order::{Event, EventKind, Order};
use domain::policy::Policies;
use edge::ApiError;
use edge::orders::advance;
use edge::real::SystemClock;
use edge::step::StepError;
use jiff::Timestamp;

/// What this step reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Our account at the tax platform.
    pub secrets: Arc<dyn Secrets>,
    /// Opens bank accounts.
    pub cipher: Arc<dyn FieldCipher>,
    /// The files of invoices.
    pub objects: Arc<dyn Objects>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The step with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
    let config = edge::aws::sdk_config()?;
    Ok(Ports {
        orders: edge::wiring::table()?,
        secrets: edge::wiring::secrets()?,
        cipher: Arc::new(adapters::kms::KmsFieldCipher::connect(
            config,
            edge::config::required("FIELD_KEY_ID")?,
        )),
        objects: Arc::new(adapters::s3::Bucket::connect(
            config,
            edge::config::required("INVOICES_BUCKET")?,
            edge::aws::has_own_endpoint(),
        )),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    })
}

/// Asks the tax platform about an invoice once, and writes down what it says. A platform that does not answer is no
/// error: the invoice waits, and is asked about again.
///
/// # Errors
/// The store's troubles, which the machine tries again.
pub async fn run(ports: &Ports, step: InvoiceStep) -> Result<InvoiceStepDone, StepError> {
    let order = ports.orders.load(&step.order).await?;
    let order =
        order.ok_or_else(|| ApiError::internal("an execution of an order that is not there"))?;
    let invoice = order
        .invoice(step.invoice)
        .ok_or_else(|| ApiError::internal("an execution of an invoice that is not there"))?;
    if invoice.run != step.run || invoice.state != InvoiceState::Asking {
        return Ok(InvoiceStepDone {
            stage: invoice.stage(),
        });
    }
    let round = invoice.round;
    let now = ports.clock.now();
    let answer = match platform(ports).await {
        Ok(platform) => asked(ports, &platform, &order, invoice, now).await?,
        Err(answer) => answer,
    };
    let after = advance(&*ports.orders, &ports.policies, &step.order, now, |order| {
        let invoice = order.invoice(step.invoice).ok_or(ErrorCode::NotFound)?;
        // Another run of this step was faster: what is on record counts.
        let mine = invoice.round == round && invoice.state == InvoiceState::Asking;
        Ok(mine.then(|| Event {
            actor: Actor::System,
            kind: EventKind::InvoiceAnswered {
                invoice: step.invoice,
                round,
                answer: answer.clone(),
            },
        }))
    })
    .await?;
    let invoice = after
        .invoice(step.invoice)
        .ok_or_else(|| ApiError::internal("an invoice that is gone"))?;
    Ok(InvoiceStepDone {
        stage: invoice.stage(),
    })
}

async fn platform(ports: &Ports) -> Result<HttpTaxPlatform, TaxAnswer> {
    let unusable = |why: String| {
        tracing::warn!(%why, "the tax platform's secret cannot be used");
        TaxAnswer::Stuck(TaxHindrance::Credentials, "secret".to_owned())
    };
    let secret = ports.secrets.read("tax").await;
    let secret = secret.map_err(|error| unusable(error.to_string()))?;
    HttpTaxPlatform::from_secret(&secret).map_err(|error| unusable(error.to_string()))
}

async fn asked(
    ports: &Ports,
    platform: &dyn TaxPlatform,
    order: &Order,
    invoice: &Invoice,
    now: Timestamp,
) -> Result<TaxAnswer, StepError> {
    let serial = invoice.serial(&order.id);
    let status = match invoice.task {
        InvoiceTask::Issue => {
            let known = if invoice.accepted {
                Some(platform.look(&serial, now).await)
            } else {
                None
            };
            match known {
                // It took the order and knows nothing of it now: order it again, under the same number.
                None | Some(Ok(TaxStatus::Unknown)) => {
                    let request = request(ports, order, invoice, serial.clone()).await?;
                    platform.issue(&request, now).await
                }
                Some(known) => known,
            }
        }
        InvoiceTask::Reverse => {
            let request = ReversalRequest {
                invoice: serial.trim_end_matches("_R").to_owned(),
                serial: serial.clone(),
                reason: "订单变更".to_owned(),
            };
            let known = if invoice.accepted {
                Some(platform.look_reversal(&serial, now).await)
            } else {
                None
            };
            match known {
                None | Some(Ok(TaxStatus::Unknown | TaxStatus::Expired)) => {
                    platform.reverse(&request, now).await
                }
                Some(known) => known,
            }
        }
    };
    let answer = match status {
        Ok(status) => heard(status),
        Err(error) => {
            tracing::warn!(%serial, why = %error, "the tax platform could not be asked");
            hindered(&error)
        }
    };
    if matches!(answer, TaxAnswer::Issued { .. })
        && let Err(error) = keep(ports, platform, order, invoice, now).await?
    {
        tracing::warn!(%serial, why = %error, "the files of an invoice could not be fetched");
        return Ok(TaxAnswer::Processing);
    }
    Ok(answer)
}

async fn request(
    ports: &Ports,
    order: &Order,
    invoice: &Invoice,
    serial: String,
) -> Result<InvoiceRequest, StepError> {
    let chosen = order
        .invoice
        .as_ref()
        .and_then(|choice| choice.buyer.as_ref());
    let buyer = match chosen {
        Some(buyer) => opened(ports, order, invoice, buyer).await?,
        // A draft of before there were titles: the company itself.
        None => InvoiceBuyer {
            title: order.subject.company_name.clone(),
            tax_number: order.subject.credit_code.clone(),
            special: None,
        },
    };
    Ok(InvoiceRequest {
        serial,
        kind: invoice.kind,
        buyer,
        items: invoice.items.clone(),
        amount: invoice.amount,
    })
}

async fn opened(
    ports: &Ports,
    order: &Order,
    invoice: &Invoice,
    buyer: &Buyer,
) -> Result<InvoiceBuyer, StepError> {
    // An ordinary one says nothing of address and bank, even where the title does.
    let named = buyer.special.as_ref().zip(buyer.from.as_ref());
    let special = match named.filter(|_| invoice.kind.is_special()) {
        None => None,
        Some((special, title)) => Some(InvoiceBank {
            address: special.address.clone(),
            phone: special.phone.clone(),
            bank: special.bank.clone(),
            account: ports
                .cipher
                .open(
                    order.company.as_str(),
                    &InvoiceTitle::account_field(title),
                    &special.bank_account.sealed,
                )
                .await
                .map_err(ApiError::from)?,
        }),
    };
    Ok(InvoiceBuyer {
        title: buyer.title.clone(),
        tax_number: buyer.tax_number.clone(),
        special,
    })
}

/// Keeps the files of an invoice. What is printed has none but its picture for us.
async fn keep(
    ports: &Ports,
    platform: &dyn TaxPlatform,
    order: &Order,
    invoice: &Invoice,
    now: Timestamp,
) -> Result<Result<(), TaxError>, StepError> {
    let serial = invoice.serial(&order.id);
    for format in InvoiceFormat::ALL {
        let bytes = match platform.file(&serial, format, now).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        let key = file_key(&order.id, invoice.no, format.as_str());
        ports
            .objects
            .write(&key, format.media_type(), bytes)
            .await
            .map_err(ApiError::from)?;
    }
    Ok(Ok(()))
}

fn heard(status: TaxStatus) -> TaxAnswer {
    match status {
        TaxStatus::Issued { number, at } => TaxAnswer::Issued { number, at },
        TaxStatus::Reversed { number, at } => TaxAnswer::Reversed { number, at },
        TaxStatus::Processing => TaxAnswer::Processing,
        TaxStatus::AwaitingBuyer { until } => TaxAnswer::AwaitingBuyer { until },
        // It is asked for again at the next round.
        TaxStatus::Expired | TaxStatus::Unknown => {
            TaxAnswer::Later(TaxHindrance::Unreachable, "unknown".to_owned())
        }
        TaxStatus::Refused(code) => {
            let hindrance = match code.as_str() {
                "buyer_unknown" => TaxHindrance::Buyer,
                "quota_used_up" => TaxHindrance::Quota,
                _ => TaxHindrance::Refused,
            };
            TaxAnswer::Stuck(hindrance, code)
        }
    }
}

fn hindered(error: &TaxError) -> TaxAnswer {
    match error {
        TaxError::Unavailable(_) => TaxAnswer::Later(TaxHindrance::Unreachable, String::new()),
        TaxError::Credentials(code) => TaxAnswer::Stuck(TaxHindrance::Credentials, code.clone()),
    }
}
