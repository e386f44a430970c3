//! Mail and text messages.

use async_trait::async_trait;

use super::PortError;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Files that come with it.
    pub files: Vec<MailFile>,
}

/// A file that comes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFile {
    /// Its name, plain ASCII.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over for delivery.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;
}

/// A text message: a template registered with the carrier, and its values. Free text is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// To which mobile number, 11 digits.
    pub mobile: String,
    /// The template's name with us.
    pub template: &'static str,
    /// Its values, by name.
    pub values: Vec<(&'static str, String)>,
}

/// Sends text messages.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Hands a message over for delivery.
    async fn send(&self, sms: &Sms) -> Result<(), PortError>;
}
