//! Mail and text messages that go nowhere and are kept.

use std::sync::{Arc, Mutex};

use adapters::ports::{Mail, Mailer, PortError, Sms, SmsSender};
use async_trait::async_trait;

use crate::lock;
use crate::power::PowerCut;

/// Keeps mail.
#[derive(Debug, Default)]
pub struct OutboxMailer {
    power: Arc<PowerCut>,
    sent: Mutex<Vec<Mail>>,
}

impl OutboxMailer {
    /// An empty outbox.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self {
            power,
            sent: Mutex::default(),
        }
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.sent).clone()
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let ticket = self.power.before("mail.send")?;
        lock(&self.sent).push(mail.clone());
        Ok(self.power.after(&ticket)?)
    }
}

/// Keeps text messages.
#[derive(Debug, Default)]
pub struct OutboxSms {
    power: Arc<PowerCut>,
    sent: Mutex<Vec<Sms>>,
}

impl OutboxSms {
    /// An empty outbox.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self {
            power,
            sent: Mutex::default(),
        }
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sms> {
        lock(&self.sent).clone()
    }
}

#[async_trait]
impl SmsSender for OutboxSms {
    async fn send(&self, sms: &Sms) -> Result<(), PortError> {
        let ticket = self.power.before("sms.send")?;
        lock(&self.sent).push(sms.clone());
        Ok(self.power.after(&ticket)?)
    }
}
