//! Text messages by Amazon SNS, built from registered templates only.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use domain::company::is_mobile;

use crate::notice_text::{fill, sms_template};
use crate::ports::{PortError, Sms, SmsSender};
use crate::send_error::port_error;

/// What errors of this adapter name.
const WHAT: &str = "text message";

/// The attribute that puts delivery before price.
const SMS_TYPE: &str = "AWS.SNS.SMS.SMSType";

/// Sends text messages to numbers of mainland China by SNS.
#[derive(Debug, Clone)]
pub struct SnsSms {
    client: Client,
}

impl SnsSms {
    /// A sender in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig) -> Self {
        Self::new(Client::new(config))
    }

    /// A sender that knows all templates of [`crate::notice_text`] and [`crate::account_text`].
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl SmsSender for SnsSms {
    async fn send(&self, sms: &Sms) -> Result<(), PortError> {
        if !is_mobile(&sms.mobile) {
            return Err(PortError::defect(WHAT, "the recipient is no mobile number"));
        }
        let template = sms_template(sms.template)
            .ok_or_else(|| PortError::defect(WHAT, format!("no template {}", sms.template)))?;
        let text = fill(template, &sms.values)
            .ok_or_else(|| PortError::defect(WHAT, format!("values do not fit {}", template.id)))?;
        let transactional = MessageAttributeValue::builder()
            .data_type("String")
            .string_value("Transactional")
            .build()
            .map_err(|_| PortError::defect(WHAT, "attribute cannot be built"))?;
        self.client
            .publish()
            .phone_number(format!("+86{}", sms.mobile))
            .message(text)
            .message_attributes(SMS_TYPE, transactional)
            .send()
            .await
            .map_err(|error| port_error(WHAT, &error))?;
        Ok(())
    }
}
