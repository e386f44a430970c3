//! SES and SNS against a small server that speaks just enough of AWS.

use crate::support::Server;
use adapters::notice_text::{NoticeValues, sms};
use adapters::ports::{Mail, MailFile, Mailer, PortError, Sms, SmsSender};
use adapters::ses::SesMailer;
use adapters::sns::SnsSms;
use aws_credential_types::Credentials;
use axum::http::StatusCode;
use domain::notice::NoticeKind;
use serde_json::Value;
use url::form_urlencoded;

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn mailer(url: &str) -> SesMailer {
    use aws_sdk_sesv2::config::{BehaviorVersion, Config, Region, retry::RetryConfig};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    SesMailer::new(
        aws_sdk_sesv2::Client::from_conf(config),
        "Sealkey <no-reply@example.cn>",
    )
}

fn sender(url: &str) -> SnsSms {
    use aws_sdk_sns::config::{BehaviorVersion, Config, Region, retry::RetryConfig};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    SnsSms::new(aws_sdk_sns::Client::from_conf(config))
}

fn mail() -> Mail {
    Mail {
        to: "li.lei@example.com".to_owned(),
        subject: "【Sealkey】\r\nBcc: x@example.com".to_owned(),
        text: "您好！\n".to_owned(),
        files: Vec::new(),
    }
}

fn message() -> Sms {
    let values = NoticeValues {
        company: "南京示例科技有限公司".to_owned(),
        order: "201910230935190042".parse().unwrap(),
        line: None,
        amount: None,
        site_url: "https://keys.example.cn".to_owned(),
        waybill: Some("SK1".to_owned()),
        refused: vec![],
        papers_wanted: false,
        receipt_wanted: false,
        invoice: None,
    };
    let (template, values) = sms(NoticeKind::LineShipped, &values);
    Sms {
        mobile: "13800138000".to_owned(),
        template,
        values,
    }
}

/// How an error looks in a log, with its sources.
fn logged(error: &PortError) -> String {
    format!("{error} {error:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_plain_text_in_utf_8() {
    let server = Server::start(|_| (StatusCode::OK, r#"{"MessageId":"1"}"#.to_owned())).await;
    mailer(&server.url).send(&mail()).await.unwrap();
    let seen = server.seen().pop().unwrap();
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(body["FromEmailAddress"], "Sealkey <no-reply@example.cn>");
    assert_eq!(
        body["Destination"]["ToAddresses"],
        serde_json::json!(["li.lei@example.com"])
    );
    let simple = &body["Content"]["Simple"];
    assert_eq!(
        simple["Subject"],
        serde_json::json!({"Data": "【Sealkey】  Bcc: x@example.com", "Charset": "UTF-8"})
    );
    assert_eq!(
        simple["Body"]["Text"],
        serde_json::json!({"Data": "您好！\n", "Charset": "UTF-8"})
    );
    assert_eq!(simple["Attachments"], Value::Null);
    let invoice = MailFile {
        name: "invoice-1.pdf".to_owned(),
        media_type: "application/pdf",
        bytes: b"%PDF".to_vec(),
    };
    let with_file = Mail {
        files: vec![invoice],
        ..mail()
    };
    mailer(&server.url).send(&with_file).await.unwrap();
    let body: Value = serde_json::from_slice(&server.seen().pop().unwrap().body).unwrap();
    let file = &body["Content"]["Simple"]["Attachments"][0];
    assert_eq!(file["FileName"], "invoice-1.pdf");
    assert_eq!(file["ContentType"], "application/pdf");
    assert_eq!(file["RawContent"], "JVBERg==");
    let bad = Mail {
        to: "a@b.cn>,c@d.cn".to_owned(),
        ..mail()
    };
    let error = mailer(&server.url).send(&bad).await.unwrap_err();
    assert!(
        matches!(error, PortError::Defect { .. }) && !logged(&error).contains("b.cn"),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_a_filled_template_to_a_mainland_number() {
    let answer = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    let server = Server::start(|_| (StatusCode::OK, answer.to_owned())).await;
    let sender = sender(&server.url);
    sender.send(&message()).await.unwrap();
    let seen = server.seen().pop().unwrap();
    let form: std::collections::BTreeMap<_, _> =
        form_urlencoded::parse(&seen.body).into_owned().collect();
    assert_eq!(form["PhoneNumber"], "+8613800138000");
    assert_eq!(
        form["Message"],
        "【Sealkey】订单201910230935190042的密钥已寄出，快递单号SK1，请留意收件。进度：https://keys.example.cn/orders/201910230935190042"
    );
    assert_eq!(
        form["MessageAttributes.entry.1.Value.StringValue"],
        "Transactional"
    );
    for bad in [
        Sms {
            template: "free_text",
            ..message()
        },
        Sms {
            template: "order_paid",
            ..message()
        },
        Sms {
            values: vec![],
            ..message()
        },
        Sms {
            mobile: "+8613800138000".to_owned(),
            ..message()
        },
    ] {
        let error = sender.send(&bad).await.unwrap_err();
        assert!(
            matches!(error, PortError::Defect { .. }) && !logged(&error).contains("1380013"),
            "{error:?}"
        );
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_sorted_and_never_name_the_recipient() {
    let words = "Email address is not verified: li.lei@example.com +8613800138000";
    for (status, code, unavailable) in [
        (429, "TooManyRequestsException", true),
        (400, "Throttling", true),
        (400, "LimitExceededException", true),
        (500, "InternalServiceErrorException", true),
        (503, "Whatever", true),
        (400, "MessageRejected", false),
        (400, "InvalidParameter", false),
        (403, "AccessDeniedException", false),
        (403, "AuthorizationError", false),
    ] {
        let json = format!("{{\"__type\":\"{code}\",\"message\":\"{words}\"}}");
        let server =
            Server::start(move |_| (StatusCode::from_u16(status).unwrap(), json.clone())).await;
        let mail_error = mailer(&server.url).send(&mail()).await.unwrap_err();
        let xml = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error></ErrorResponse>"
        );
        let server =
            Server::start(move |_| (StatusCode::from_u16(status).unwrap(), xml.clone())).await;
        let sms_error = sender(&server.url).send(&message()).await.unwrap_err();
        for error in [mail_error, sms_error] {
            let logged = logged(&error);
            assert_eq!(
                matches!(error, PortError::Unavailable { .. }),
                unavailable,
                "{status} {code}: {logged}"
            );
            assert_eq!(
                matches!(error, PortError::Defect { .. }),
                !unavailable,
                "{status} {code}: {logged}"
            );
            assert!(logged.contains(code), "{logged}");
            assert!(
                !logged.contains("li.lei")
                    && !logged.contains("1380013")
                    && !logged.contains("SK1"),
                "{logged}"
            );
        }
    }
    let error = mailer("http://127.0.0.1:9")
        .send(&mail())
        .await
        .unwrap_err();
    assert!(
        matches!(error, PortError::Unavailable { .. }) && !logged(&error).contains("li.lei"),
        "{error:?}"
    );
}
