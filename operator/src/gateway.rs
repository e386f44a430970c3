//! Do the credentials of the payment gateways work? Asked without charging anybody.

use std::fmt;
use std::sync::Arc;

use adapters::payment::alipay::Alipay;
use adapters::payment::wechatpay::WechatPay;
use adapters::ports::{GatewayError, PaymentGateway, PortError, Secrets};
use domain::payment::PaymentMethod;
use jiff::Timestamp;

/// How Secrets Manager says that there is no such secret.
const NO_SECRET: &str = "ResourceNotFoundException";

/// What a check of one gateway came to. It is written as one line, without any key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which gateway.
    pub method: PaymentMethod,
    /// How it is.
    pub state: State,
}

/// How a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It knows us, and we know it.
    Works,
    /// There is no secret for it.
    Absent,
    /// Something is wrong.
    Wrong {
        /// What.
        what: String,
        /// What to do.
        way_out: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.method.as_str();
        let line = match &self.state {
            State::Works => format!("works; not tried by this: {}", untried(self.method)),
            State::Absent => "absent: it has no secret, so nobody can pay with it".to_owned(),
            State::Wrong { what, way_out } => format!("WRONG  {what}. {way_out}"),
        };
        // What a gateway says is shown, and is no command to a terminal.
        let line = line.replace(char::is_control, " ");
        write!(f, "{name:<10} {line}")
    }
}

/// What a question after a payment does not show.
fn untried(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Alipay => "seller_id, notify_url",
        PaymentMethod::WechatPay => "appid, api_v3_key, notify_url, refund_notify_url",
    }
}

/// Asks every gateway, one after the other.
pub async fn check(secrets: &dyn Secrets, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in PaymentMethod::ALL {
        let state = one(secrets, method, now).await;
        findings.push(Finding { method, state });
    }
    findings
}

async fn one(secrets: &dyn Secrets, method: PaymentMethod, now: Timestamp) -> State {
    let secret = match secrets.read(method.as_str()).await {
        Ok(secret) => secret,
        Err(PortError::Defect { detail, .. }) if detail == NO_SECRET => return State::Absent,
        Err(error) => return unread(&error),
    };
    let gateway = match from_secret(method, &secret) {
        Ok(gateway) => gateway,
        Err(error) => {
            return State::Wrong {
                what: error.to_string(),
                way_out: "Mend it in the secret; docs/operations.md says what each field holds"
                    .to_owned(),
            };
        }
    };
    match gateway.check(now).await {
        Ok(()) => State::Works,
        Err(error) => State::Wrong {
            what: error.to_string(),
            way_out: way_out(method, &error, now),
        },
    }
}

fn unread(error: &PortError) -> State {
    let what = match error {
        PortError::Unavailable { what, source } => format!("{what} is unavailable: {source}"),
        error => error.to_string(),
    };
    State::Wrong {
        what: format!("the secret cannot be read: {what}"),
        way_out: "Look at region and credentials in the environment; they need secretsmanager:GetSecretValue"
            .to_owned(),
    }
}

fn from_secret(
    method: PaymentMethod,
    secret: &str,
) -> Result<Arc<dyn PaymentGateway>, GatewayError> {
    Ok(match method {
        PaymentMethod::Alipay => Arc::new(Alipay::from_secret(secret)?),
        PaymentMethod::WechatPay => Arc::new(WechatPay::from_secret(secret)?),
    })
}

/// What whoever reads it can do.
fn way_out(method: PaymentMethod, error: &GatewayError, now: Timestamp) -> String {
    let clock = format!("our clock, which says {now:.0}, is minutes off");
    match (method, error) {
        (PaymentMethod::Alipay, error) if error.to_string().contains("timestamp") => {
            format!("Perhaps {clock}: set it")
        }
        (PaymentMethod::Alipay, GatewayError::Credentials(code)) => alipay_credentials(code),
        (PaymentMethod::WechatPay, GatewayError::Credentials(code)) => {
            wechatpay_credentials(code, &clock)
        }
        (PaymentMethod::Alipay, GatewayError::Forged) => {
            "alipay_public_key is not Alipay's for this application: take it from the console once more; or another \
             server answers at gateway_url"
                .to_owned()
        }
        (PaymentMethod::WechatPay, GatewayError::Forged) => format!(
            "The key under wechatpay_serial in wechatpay_keys is not WeChat Pay's, or has another serial; or {clock}"
        ),
        (_, GatewayError::Unavailable(_)) => {
            "Try again; if it stays so, look at gateway_url and at the way there from here".to_owned()
        }
        (_, GatewayError::Refused { .. }) => {
            "The gateway knows us and does not do it: look the code up in its documents".to_owned()
        }
    }
}

fn alipay_credentials(code: &str) -> String {
    let told = if code.contains("signature") {
        "Our key is not known there: app_private_key must be the private half of the application's public key in the \
         console"
    } else if code.contains("app-id") || code.contains("app_id") {
        "There is no such application: look at app_id, and whether gateway_url is the gateway that it belongs to"
    } else if code.contains("insufficient") {
        "The application may not take payments yet: it needs the product for payments by QR code (当面付), signed for \
         in the console"
    } else {
        "Look at app_id and app_private_key, and at the state of the application in the console"
    };
    told.to_owned()
}

fn wechatpay_credentials(code: &str, clock: &str) -> String {
    if code.starts_with("401") {
        return format!(
            "Our key is not known there: merchant_private_key must be that of the API certificate with the serial \
             merchant_serial, which belongs to mchid; or {clock}"
        );
    }
    if code.contains("APPID") {
        return "appid and mchid must be bound to each other in the console".to_owned();
    }
    "Look at mchid, and whether it may take Native payments, in the console".to_owned()
}
