//! Doing what a commit left to be done: `dispatch` at once, `reconcile` when `dispatch` did not.
//!
//! Everything here may run twice, at once or after one another: an execution has one name, a token wakes
//! once, a notice is sent at least once.

use std::sync::Arc;

use adapters::notice_text::{self, InvoiceValues, NoticeValues};
use adapters::ports::{
    Clock, Executions, InvoiceFormat, Mac, Mail, MailFile, Mailer, Objects, Orders, Outstanding,
    PortError, Registry, Sms, SmsSender, Wake,
};
use adapters::{account_text, registry};
use domain::code::{LIFETIME_MINUTES, OneTimeCode};
use domain::ids::{CodeId, OrderId};
use domain::invoice::{Invoice, file_key};
use domain::notice::{Channel, NoticeKind};
use domain::order::{LineStage, Order};
use domain::work::{Message, Notice, Task};
use jiff::SignedDuration;

use crate::codes::{digits_of, link_token};

/// What doing work needs.
#[derive(Clone)]
pub struct Worker {
    /// The work.
    pub outstanding: Arc<dyn Outstanding>,
    /// Orders, for the notices about them.
    pub orders: Arc<dyn Orders>,
    /// State machines.
    pub executions: Arc<dyn Executions>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages.
    pub sms: Arc<dyn SmsSender>,
    /// Codes, for sending them.
    pub registry: Arc<dyn Registry>,
    /// What codes and links follow from.
    pub mac: Arc<dyn Mac>,
    /// The files of invoices.
    pub files: Arc<dyn Objects>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The site's address, for links in notices.
    pub site_url: String,
}

impl Worker {
    /// Does a work item unless it is done. When it fails it stays due, later each time.
    ///
    /// # Errors
    /// What hindered it.
    pub async fn perform(&self, id: &str) -> Result<(), PortError> {
        let Some(due) = self.outstanding.work(id).await? else {
            return Ok(());
        };
        let done = match &due.item.task {
            Task::Start(input) => self.executions.start(input).await,
            Task::Notice {
                notice,
                channel,
                order,
                line,
                invoice,
                amount,
            } => {
                let about = Notice {
                    notice: *notice,
                    order: order.clone(),
                    line: *line,
                    invoice: *invoice,
                    amount: *amount,
                };
                self.tell(*channel, &about).await
            }
            Task::Code { code } => self.send_code(code).await,
            Task::Tell(message) => self.send_message(message).await,
        };
        match done {
            Ok(()) => self.outstanding.work_done(id, self.clock.now()).await,
            Err(error) => {
                let minutes = i64::from(1u32 << due.tries.min(6));
                let again = self.clock.now() + SignedDuration::from_mins(minutes);
                self.outstanding.work_failed(id, again).await?;
                Err(error)
            }
        }
    }

    /// Wakes whoever waits on a fact that is on record. Without both token and fact there is nothing to
    /// do: the one that comes second calls again.
    ///
    /// # Errors
    /// What hindered it; the wait stays due.
    pub async fn wake(&self, key: &str) -> Result<(), PortError> {
        let Some(wait) = self.outstanding.wait(key).await? else {
            return Ok(());
        };
        let Some(outcome) = wait.outcome else {
            return Ok(());
        };
        if let Some(token) = wait.token {
            match self.executions.wake(&token, &outcome).await? {
                Wake::Woken => {}
                Wake::Gone => tracing::info!(key, "nobody waits any more"),
            }
        }
        // With the fact on record before any token, the state machine finds it and never waits.
        self.outstanding.wait_over(key, self.clock.now()).await
    }

    /// Sends the digits of a code, unless there is nobody to send them to or they are over.
    async fn send_code(&self, id: &CodeId) -> Result<(), PortError> {
        let code: Option<OneTimeCode> = self.registry.load(&registry::code(id)).await?;
        let Some(code) = code.filter(|code| code.is_open(self.clock.now())) else {
            return Ok(());
        };
        let Some(target) = &code.target else {
            return Ok(());
        };
        let digits = digits_of(&*self.mac, &code).await?;
        match target.channel {
            Channel::Mail => {
                let text = account_text::code_mail(code.purpose, &digits, LIFETIME_MINUTES);
                self.mail(&target.to, text).await
            }
            Channel::Sms => {
                let text = account_text::code_sms(code.purpose, &digits, LIFETIME_MINUTES);
                self.text(&target.to, text).await
            }
        }
    }

    async fn send_message(&self, message: &Message) -> Result<(), PortError> {
        let link = match &message.link {
            None => None,
            Some(link) => {
                let token = link_token(&*self.mac, link).await?;
                Some(format!("{}{}#{token}", self.site_url, link.page()))
            }
        };
        let to = &message.target.to;
        match message.target.channel {
            Channel::Mail => {
                let text = account_text::message_mail(message, link.as_deref(), &self.site_url);
                self.mail(to, text).await
            }
            Channel::Sms => {
                let text = account_text::message_sms(message, link.as_deref(), &self.site_url);
                self.text(to, text).await
            }
        }
    }

    async fn mail(&self, to: &str, (subject, text): (String, String)) -> Result<(), PortError> {
        let to = to.to_owned();
        let files = Vec::new();
        self.mailer
            .send(&Mail {
                to,
                subject,
                text,
                files,
            })
            .await
    }

    async fn text(
        &self,
        mobile: &str,
        (template, values): (&'static str, Vec<(&'static str, String)>),
    ) -> Result<(), PortError> {
        let mobile = mobile.to_owned();
        self.sms
            .send(&Sms {
                mobile,
                template,
                values,
            })
            .await
    }

    /// The files of an issued invoice, for the mail that tells of it.
    async fn invoice_files(
        &self,
        order: &OrderId,
        invoice: &Invoice,
    ) -> Result<Vec<MailFile>, PortError> {
        let mut files = Vec::new();
        if invoice.kind.is_paper() {
            return Ok(files);
        }
        for format in InvoiceFormat::ALL {
            let key = file_key(order, invoice.no, format.as_str());
            let Some(bytes) = self.files.read(&key, InvoiceFormat::MOST).await? else {
                return Err(PortError::defect("notice", "an invoice without its files"));
            };
            let number = invoice.number.as_deref().unwrap_or_default();
            files.push(MailFile {
                name: format!("invoice-{number}.{}", format.as_str()),
                media_type: format.media_type(),
                bytes,
            });
        }
        Ok(files)
    }

    async fn tell(&self, channel: Channel, about: &Notice) -> Result<(), PortError> {
        let Notice {
            notice,
            line,
            amount,
            ..
        } = *about;
        let Some(order) = self.orders.load(&about.order).await? else {
            return Err(PortError::defect(
                "notice",
                "about an order that is not there",
            ));
        };
        let invoice = about.invoice.and_then(|no| order.invoice(no));
        let about = line.and_then(|no| order.line(no));
        let values = NoticeValues {
            company: order.subject.company_name.clone(),
            order: order.id.clone(),
            line,
            invoice: invoice.map(|invoice| InvoiceValues {
                number: invoice.number.clone().unwrap_or_default(),
                on_paper: invoice.kind.is_paper(),
            }),
            amount: match notice {
                // What ends, or is late, without a sum gives none back.
                NoticeKind::LineEnded | NoticeKind::PromiseMissed => amount,
                _ => Some(amount.unwrap_or(order.total)),
            },
            site_url: self.site_url.clone(),
            waybill: about.and_then(|line| line.waybill.clone()),
            refused: about.map(|line| line.refusals.clone()).unwrap_or_default(),
            receipt_wanted: about
                .is_some_and(|line| order.line_stage(line) == LineStage::AwaitReceipt),
            papers_wanted: order
                .lines
                .iter()
                .any(|line| order.line_stage(line) == LineStage::AwaitMaterials),
        };
        match channel {
            Channel::Mail => {
                let (subject, text) = notice_text::mail(notice, &values);
                let files = match invoice {
                    Some(invoice) if notice == NoticeKind::InvoiceIssued => {
                        self.invoice_files(&order.id, invoice).await?
                    }
                    _ => Vec::new(),
                };
                let to = recipient(&order, invoice.is_some()).to_owned();
                self.mailer
                    .send(&Mail {
                        to,
                        subject,
                        text,
                        files,
                    })
                    .await
            }
            Channel::Sms => {
                let text = notice_text::sms(notice, &values);
                self.text(&order.contact.mobile, text).await
            }
        }
    }
}

/// Where a mail about an order goes: about its invoice, to the mailbox of the title if it has one (R73).
fn recipient(order: &Order, about_invoice: bool) -> &str {
    let buyer = order
        .invoice
        .as_ref()
        .and_then(|choice| choice.buyer.as_ref());
    buyer
        .map(|buyer| buyer.mail.as_str())
        .filter(|mail| about_invoice && !mail.is_empty())
        .unwrap_or(&order.contact.mail)
}
