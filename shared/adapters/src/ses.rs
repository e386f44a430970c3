//! Mail by Amazon SES.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Attachment, Body, Content, Destination, EmailContent, Message};
use aws_smithy_types::Blob;
use domain::company::is_mail;

use crate::ports::{Mail, MailFile, Mailer, PortError};
use crate::send_error::port_error;

/// What errors of this adapter name.
const WHAT: &str = "mail";

/// Sends plain text, and files with it, by SES, from one address.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: Client,
    from: String,
}

impl SesMailer {
    /// A sender from this address, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, from: impl Into<String>) -> Self {
        Self::new(Client::new(config), from)
    }

    /// A mailer that sends from `from`, an address or `name <address>` whose domain SES knows as ours.
    pub fn new(client: Client, from: impl Into<String>) -> Self {
        Self {
            client,
            from: from.into(),
        }
    }
}

fn utf8(text: &str) -> Result<Content, PortError> {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .map_err(|_| PortError::defect(WHAT, "content cannot be built"))
}

fn attachment(file: &MailFile) -> Result<Attachment, PortError> {
    Attachment::builder()
        .file_name(&file.name)
        .content_type(file.media_type)
        .raw_content(Blob::new(file.bytes.clone()))
        .build()
        .map_err(|_| PortError::defect(WHAT, "a file cannot be attached"))
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        if !is_mail(&mail.to) {
            return Err(PortError::defect(WHAT, "the recipient is no mail address"));
        }
        // A subject is a header: one line.
        let subject: String = mail
            .subject
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let files: Result<Vec<Attachment>, PortError> = mail.files.iter().map(attachment).collect();
        let files = files?;
        let message = Message::builder()
            .subject(utf8(&subject)?)
            .body(Body::builder().text(utf8(&mail.text)?).build())
            .set_attachments((!files.is_empty()).then_some(files))
            .build();
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|error| port_error(WHAT, &error))?;
        Ok(())
    }
}
