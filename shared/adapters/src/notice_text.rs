//! What companies read: mails in Chinese with a short English line, and text messages by templates that a
//! carrier has registered.
//!
//! Each text says what happened, what to do next, and where. None holds data of a person.

use domain::ids::{LineNo, OrderId};
use domain::money::Money;
use domain::notice::NoticeKind;
use domain::paper::{PaperKind, PaperRefusal, RefusalReason};

use crate::account_text::ACCOUNT_SMS_TEMPLATES;

/// What a notice may tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeValues {
    /// The company's name.
    pub company: String,
    /// The order.
    pub order: OrderId,
    /// The line, for what happens to one line.
    pub line: Option<LineNo>,
    /// The sum: of the order, or of the money that goes back.
    pub amount: Option<Money>,
    /// Where the site is, for example `https://keys.example.cn`.
    pub site_url: String,
    /// The courier's number.
    pub waybill: Option<String>,
    /// Papers sent back, with why.
    pub refused: Vec<PaperRefusal>,
    /// Are papers asked for now?
    pub papers_wanted: bool,
    /// Is the company asked to say that it has its keys (R64)?
    pub receipt_wanted: bool,
    /// The invoice, for what happens to one.
    pub invoice: Option<InvoiceValues>,
}

/// What a notice may tell of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceValues {
    /// Its number.
    pub number: String,
    /// Is it printed and posted?
    pub on_paper: bool,
}

impl NoticeValues {
    /// The page of the order.
    fn url(&self) -> String {
        format!(
            "{}/orders/{}",
            self.site_url.trim_end_matches('/'),
            self.order
        )
    }

    /// The order, and the line if it is about one; what follows can follow directly.
    fn about(&self) -> String {
        match self.line {
            None => format!("订单 {} ", self.order),
            Some(line) => format!("订单 {} 第 {line} 项商品", self.order),
        }
    }

    fn about_in_english(&self) -> String {
        match self.line {
            None => format!("Order {}", self.order),
            Some(line) => format!("Order {}, item {line}", self.order),
        }
    }

    /// `before` and the sum, or nothing.
    fn sum(&self, before: &str) -> String {
        self.amount
            .map(|amount| format!("{before} {amount} 元"))
            .unwrap_or_default()
    }
}

/// A paper in words.
fn paper(kind: PaperKind) -> &'static str {
    match kind {
        PaperKind::BusinessLicence => "营业执照",
        PaperKind::AuthorisationLetter => "法人代表授权书",
        PaperKind::SealSheet => "电子印章采集模板",
    }
}

/// Why a paper comes back, in words.
pub(crate) fn reason(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::BadFile => "文件无法打开，或格式与名称不符",
        RefusalReason::Unreadable => "图像模糊、过暗或过小，无法辨认",
        RefusalReason::WrongDocument => "不是所要求的资料",
        RefusalReason::MissingStamp => "缺少盖章或签字",
        RefusalReason::DataMismatch => "内容与订单填写的信息不一致",
        RefusalReason::Expired => "已过有效期",
        RefusalReason::Other => "其他原因",
    }
}

/// The refused papers, one a line.
fn refusals(refused: &[PaperRefusal]) -> String {
    let mut text = String::new();
    for refusal in refused {
        let note = refusal
            .note
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let why = match (refusal.reason, note.as_str()) {
            (why, "") => reason(why).to_owned(),
            (RefusalReason::Other, note) => note.to_owned(),
            (why, note) => format!("{}（{note}）", reason(why)),
        };
        text.push_str("\n- ");
        text.push_str(paper(refusal.kind));
        text.push('：');
        text.push_str(&why);
    }
    text
}

/// What differs from mail to mail.
struct MailText {
    /// After the order in the subject.
    subject: &'static str,
    /// What happened.
    happened: String,
    /// What to do next.
    next: &'static str,
    /// Both, in English.
    english: String,
}

fn mail_text(kind: NoticeKind, values: &NoticeValues) -> MailText {
    let about = values.about();
    let english = values.about_in_english();
    match kind {
        NoticeKind::OrderSubmitted => MailText {
            subject: "已提交，请支付",
            happened: format!("{about}已提交{}。", values.sum("，应付金额")),
            next: "请打开下面的订单页面扫码支付。逾期未支付的订单将自动取消。",
            english: format!("{english} awaits payment. Please pay on the page above."),
        },
        NoticeKind::OrderPaid if !values.papers_wanted => MailText {
            subject: "已支付",
            happened: format!("我们已收到{about}的款项{}。", values.sum("")),
            next: "下一步见下面的订单页面。",
            english: format!("{english} is paid. What comes next is on the page above."),
        },
        NoticeKind::OrderPaid => MailText {
            subject: "已支付，请上传资料",
            happened: format!("我们已收到{about}的款项{}。", values.sum("")),
            next: "请打开下面的订单页面，填写基本资料并上传审核资料，我们将尽快审核。",
            english: format!("{english} is paid. Please upload your papers on the page above."),
        },
        NoticeKind::OrderExpired => MailText {
            subject: "逾期未支付，已取消",
            happened: format!("{about}未在期限内支付，已自动取消。"),
            next: "如仍需要办理，请重新下单。",
            english: format!("{english} was not paid in time and is cancelled."),
        },
        NoticeKind::OrderCancelled => MailText {
            subject: "已取消",
            happened: format!("{about}已按您的要求取消。"),
            next: "如非贵单位操作，请尽快登录并修改密码。",
            english: format!("{english} was cancelled at your request."),
        },
        NoticeKind::PaymentToRefund => MailText {
            subject: "有一笔款项将退回",
            happened: format!(
                "我们收到{about}的一笔款项{}，该笔款项属于重复支付、逾期支付或金额不符。",
                values.sum("")
            ),
            next: "款项将按原支付渠道退回，您无需操作。",
            english: format!(
                "{english}: a payment was late, double or of another sum. It will be refunded."
            ),
        },
        NoticeKind::RefundOrdered => MailText {
            subject: "已取消，款项退回中",
            happened: format!(
                "{about}已按您的要求取消，{}将全部退回原支付账户。",
                values.sum("已付款项")
            ),
            next: "通常几分钟内到账，银行卡需要 1 至 3 个工作日。如非贵单位操作，请尽快登录并修改密码。",
            english: format!(
                "{english} was cancelled at your request. What was paid goes back to the original payer."
            ),
        },
        NoticeKind::RefundDone => MailText {
            subject: "款项已退回",
            happened: format!("{about}的一笔退款{}已退回。", values.sum("")),
            next: "退款回执号见下面的订单页面；如未到账，请凭回执号联系支付渠道或我们。",
            english: format!(
                "{english}: a refund has been paid out. Its number is on the page above."
            ),
        },
        NoticeKind::PapersRefused => MailText {
            subject: "资料需要修改",
            happened: format!("{about}的以下资料未通过审核：{}", refusals(&values.refused)),
            next: "请打开下面的订单页面，按原因修改后重新上传。",
            english: format!("{english}: some papers were sent back. Please upload them again."),
        },
        NoticeKind::OrderReturned => MailText {
            subject: "资料未通过审核，款项退回中",
            happened: format!(
                "{about}的以下资料未通过审核：{}\n订单已退回待提交状态{}。",
                refusals(&values.refused),
                values.sum("，将退回原支付账户")
            ),
            next: "请打开下面的订单页面，按原因修改资料后重新提交并支付。退款不影响重新提交。",
            english: format!(
                "{english}: papers were refused, the order is a draft again, and what was paid goes back. Correct the papers, submit and pay again."
            ),
        },
        NoticeKind::LineEnded => MailText {
            subject: "商品有变更，请查看",
            happened: format!(
                "{about}已由工作人员处理{}，原因见订单的查看记录。",
                values.sum("，退回原支付账户")
            ),
            next: "请打开下面的订单页面查看处理结果和下一步。如有疑问请联系我们。",
            english: format!(
                "{english} was changed by our staff; the reason is in the history on the page above."
            ),
        },
        NoticeKind::PapersApproved => MailText {
            subject: "资料已通过审核，密钥制作中",
            happened: format!("{about}的资料已通过审核，密钥正在制作。"),
            next: "制作完成后我们会通知您，您暂时无需操作。",
            english: format!("{english}: your papers are approved and the key is being made."),
        },
        NoticeKind::PromiseMissed => MailText {
            subject: "制作晚于承诺时间，请谅解",
            happened: format!(
                "{about}未能在承诺的时间前交出，我们正在优先处理{}。",
                values.sum("；加急费用将原路退回，金额")
            ),
            next: "您无需操作。密钥交出后我们会再通知您，进度见下面的订单页面。",
            english: match values.amount {
                Some(amount) => format!(
                    "{english}: later than we promised. We are working on it first; the surcharge of CNY {amount} goes back by itself."
                ),
                None => {
                    format!("{english}: later than we promised. We are working on it first.")
                }
            },
        },
        NoticeKind::ReadyForPickup => MailText {
            subject: "密钥已到网点，可以领取",
            happened: format!("{about}的密钥已制作完成，可以到网点领取。"),
            next: "网点的地址、电话和营业时间见下面的订单页面；网点人员也会与您联系。领取后请在订单页面确认收货。",
            english: format!("{english}: your keys can be fetched at the branch."),
        },
        NoticeKind::InvoiceIssued => {
            let invoice = values.invoice.as_ref();
            let number = invoice.map_or("", |invoice| invoice.number.as_str());
            MailText {
                subject: "发票已开具",
                happened: format!("{about}的发票已开具，发票号码 {number}。"),
                next: if invoice.is_some_and(|invoice| invoice.on_paper) {
                    "纸质发票将另行寄出。发票详情见下面的订单页面。"
                } else {
                    "发票文件（PDF、OFD、XML）见本邮件附件，也可以在下面的订单页面下载。"
                },
                english: format!("{english}: invoice {number} is issued."),
            }
        }
        NoticeKind::InvoiceAwaitsBuyer => {
            let invoice = values.invoice.as_ref();
            let number = invoice.map_or("", |invoice| invoice.number.as_str());
            MailText {
                subject: "请确认发票红冲",
                happened: format!(
                    "{about}的金额有变动，发票 {number} 需要红冲，按规定须由购买方确认。"
                ),
                next: "请在 72 小时内登录电子税务局确认红字信息；逾期系统会再次发起。退款不受影响。",
                english: format!(
                    "{english}: invoice {number} has to be reversed. Please confirm with the tax bureau within 72 hours."
                ),
            }
        }
        NoticeKind::LineShipped => MailText {
            subject: "密钥已寄出",
            happened: match &values.waybill {
                Some(waybill) => format!("{about}的密钥已寄出，快递单号 {waybill}。"),
                None => format!("{about}的密钥已寄出。"),
            },
            next: "请留意收件。物流进度见下面的订单页面。",
            english: format!("{english} is on its way."),
        },
        NoticeKind::LineDelivered if values.receipt_wanted => MailText {
            subject: "密钥已签收，请确认收货",
            happened: format!("快递显示{about}的密钥已签收。"),
            next: "请登录系统，在下面的订单页面点击“确认收货”。如未收到，请不要确认，并尽快联系我们。",
            english: format!(
                "{english} was delivered. Please confirm on the page above that you have it."
            ),
        },
        NoticeKind::LineDelivered => MailText {
            subject: "密钥已签收",
            happened: format!("快递显示{about}的密钥已签收。"),
            next: "如未收到，请在下面的订单页面查看签收信息并联系我们。",
            english: format!("{english} was delivered."),
        },
    }
}

/// Subject and text of a mail.
pub fn mail(kind: NoticeKind, values: &NoticeValues) -> (String, String) {
    let MailText {
        subject,
        happened,
        next,
        english,
    } = mail_text(kind, values);
    let url = values.url();
    let company = &values.company;
    (
        format!("【Sealkey】订单 {} {subject}", values.order),
        format!(
            "{company}：\n\n您好！{happened}\n\n{next}\n{url}\n\nSealkey 企业密钥服务\n（本邮件由系统发送，请勿回复。）\n\n{english}\n"
        ),
    )
}

/// A text message as it is registered with a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsTemplate {
    /// Its name with us: that of its [`NoticeKind`] or [`domain::notice::AccountNotice`].
    pub name: &'static str,
    /// The id under which it is registered. It changes with every change of the text.
    pub id: &'static str,
    /// The text, with `{name}` for each value.
    pub text: &'static str,
}

/// All templates about orders, one for each [`NoticeKind`].
pub const SMS_TEMPLATES: [SmsTemplate; 17] = [
    SmsTemplate {
        name: "order_submitted",
        id: "SK-1001-1",
        text: "【Sealkey】订单{order}已提交，请尽快支付：{url}",
    },
    SmsTemplate {
        name: "order_paid",
        id: "SK-1002-2",
        text: "【Sealkey】订单{order}已支付，请查看下一步：{url}",
    },
    SmsTemplate {
        name: "order_expired",
        id: "SK-1003-1",
        text: "【Sealkey】订单{order}逾期未支付，已取消。如仍需办理请重新下单：{url}",
    },
    SmsTemplate {
        name: "order_cancelled",
        id: "SK-1004-1",
        text: "【Sealkey】订单{order}已取消。如非本单位操作，请尽快登录修改密码：{url}",
    },
    SmsTemplate {
        name: "payment_to_refund",
        id: "SK-1005-1",
        text: "【Sealkey】订单{order}有一笔款项将原路退回，您无需操作。详情：{url}",
    },
    SmsTemplate {
        name: "refund_ordered",
        id: "SK-1010-1",
        text: "【Sealkey】订单{order}已取消，款项将原路退回。如非本单位操作，请尽快登录修改密码：{url}",
    },
    SmsTemplate {
        name: "refund_done",
        id: "SK-1011-1",
        text: "【Sealkey】订单{order}的退款已退回，回执号见：{url}",
    },
    SmsTemplate {
        name: "papers_refused",
        id: "SK-1006-1",
        text: "【Sealkey】订单{order}的资料需要修改，请查看原因并重新上传：{url}",
    },
    SmsTemplate {
        name: "order_returned",
        id: "SK-1012-1",
        text: "【Sealkey】订单{order}的资料未通过审核，订单已退回待提交，款项将原路退回：{url}",
    },
    SmsTemplate {
        name: "line_ended",
        id: "SK-1013-1",
        text: "【Sealkey】订单{order}有商品变更，请查看处理结果：{url}",
    },
    SmsTemplate {
        name: "papers_approved",
        id: "SK-1007-1",
        text: "【Sealkey】订单{order}的资料已通过审核，密钥制作中。进度：{url}",
    },
    SmsTemplate {
        name: "promise_missed",
        id: "SK-1014-1",
        text: "【Sealkey】订单{order}晚于承诺时间，我们正在优先处理；如付过加急费将原路退回：{url}",
    },
    SmsTemplate {
        name: "ready_for_pickup",
        id: "SK-1015-1",
        text: "【Sealkey】订单{order}的密钥可以到网点领取，地址和营业时间见：{url}",
    },
    SmsTemplate {
        name: "invoice_issued",
        id: "SK-1016-1",
        text: "【Sealkey】订单{order}的发票已开具，详情：{url}",
    },
    SmsTemplate {
        name: "invoice_awaits_buyer",
        id: "SK-1017-1",
        text: "【Sealkey】订单{order}的发票需要红冲，请在72小时内登录电子税务局确认。详情：{url}",
    },
    SmsTemplate {
        name: "line_shipped",
        id: "SK-1008-1",
        text: "【Sealkey】订单{order}的密钥已寄出，快递单号{waybill}，请留意收件。进度：{url}",
    },
    SmsTemplate {
        name: "line_delivered",
        id: "SK-1009-1",
        text: "【Sealkey】订单{order}的密钥已签收。如未收到请联系我们：{url}",
    },
];

/// Template and values of a text message.
pub fn sms(kind: NoticeKind, values: &NoticeValues) -> (&'static str, Vec<(&'static str, String)>) {
    let mut filled = vec![("order", values.order.to_string()), ("url", values.url())];
    if kind == NoticeKind::LineShipped {
        let waybill = values.waybill.clone();
        filled.push(("waybill", waybill.unwrap_or_else(|| "见订单".to_owned())));
    }
    (kind.as_str(), filled)
}

/// The template of this name, about orders or accounts.
pub fn sms_template(name: &str) -> Option<&'static SmsTemplate> {
    SMS_TEMPLATES
        .iter()
        .chain(&ACCOUNT_SMS_TEMPLATES)
        .find(|known| known.name == name)
}

/// Fills a template. `None` when a placeholder has no value, or a value no placeholder: then template and
/// values belong to different versions, and a carrier would refuse or send nonsense.
pub fn fill(template: &SmsTemplate, values: &[(&str, String)]) -> Option<String> {
    let mut text = String::new();
    let mut used = 0;
    let mut rest = template.text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let mut named = values.iter().filter(|(known, _)| *known == name);
        let (_, value) = named.next()?;
        if named.next().is_some() {
            return None;
        }
        used += 1;
        text.push_str(before);
        text.extend(value.chars().filter(|c| !c.is_control()));
        rest = after;
    }
    text.push_str(rest);
    (used == values.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> NoticeValues {
        NoticeValues {
            company: "南京示例科技有限公司".to_owned(),
            order: "201910230935190042".parse().unwrap(),
            line: None,
            amount: Some(Money::from_fen(36_000)),
            site_url: "https://keys.example.cn/".to_owned(),
            waybill: None,
            refused: vec![],
            papers_wanted: true,
            receipt_wanted: false,
            invoice: None,
        }
    }

    fn of(kind: NoticeKind) -> NoticeValues {
        let mut values = values();
        match kind {
            NoticeKind::InvoiceIssued | NoticeKind::InvoiceAwaitsBuyer => {
                values.invoice = Some(InvoiceValues {
                    number: "26322000000012345678".to_owned(),
                    on_paper: false,
                });
            }
            NoticeKind::PapersRefused | NoticeKind::OrderReturned => {
                values.line = Some(LineNo(1));
                let refusal = |kind, reason, note: &str| PaperRefusal {
                    kind,
                    reason,
                    note: note.to_owned(),
                };
                values.refused = vec![
                    refusal(PaperKind::BusinessLicence, RefusalReason::Unreadable, ""),
                    refusal(
                        PaperKind::AuthorisationLetter,
                        RefusalReason::MissingStamp,
                        "第二页\n缺章",
                    ),
                    refusal(PaperKind::SealSheet, RefusalReason::Other, "印章超出采集框"),
                ];
            }
            NoticeKind::PapersApproved
            | NoticeKind::LineDelivered
            | NoticeKind::LineEnded
            | NoticeKind::PromiseMissed
            | NoticeKind::ReadyForPickup => {
                values.line = Some(LineNo(1));
            }
            NoticeKind::LineShipped => {
                values.line = Some(LineNo(2));
                values.waybill = Some("SK1234567890123".to_owned());
            }
            _ => {}
        }
        values
    }

    #[test]
    fn mails() {
        let all: Vec<String> = NoticeKind::ALL
            .into_iter()
            .map(|kind| {
                let (subject, text) = mail(kind, &of(kind));
                assert!(text.contains("https://keys.example.cn/orders/201910230935190042\n"));
                format!("## {}\n{subject}\n\n{text}", kind.as_str())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn text_messages() {
        let all: Vec<String> = NoticeKind::ALL
            .into_iter()
            .map(|kind| {
                let (name, values) = sms(kind, &of(kind));
                let template = SMS_TEMPLATES
                    .iter()
                    .find(|known| known.name == name)
                    .unwrap();
                format!("{}: {}", template.id, fill(template, &values).unwrap())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_notice_without_optional_values_still_reads_well() {
        let mut values = of(NoticeKind::LineShipped);
        (values.waybill, values.amount) = (None, None);
        assert!(
            mail(NoticeKind::LineShipped, &values)
                .1
                .contains("第 2 项商品的密钥已寄出。")
        );
        assert!(mail(NoticeKind::OrderPaid, &values).1.contains("的款项。"));
        let (_, filled) = sms(NoticeKind::LineShipped, &values);
        assert!(filled.contains(&("waybill", "见订单".to_owned())));
    }

    #[test]
    fn a_template_and_its_values_must_fit() {
        let template = SmsTemplate {
            name: "t",
            id: "1",
            text: "{a}-{b}",
        };
        let filled = |values: &[(&'static str, &str)]| {
            let values: Vec<_> = values.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
            fill(&template, &values)
        };
        assert_eq!(
            filled(&[("a", "1"), ("b", "{a}\n2")]).as_deref(),
            Some("1-{a}2")
        );
        assert_eq!(filled(&[("a", "1")]), None);
        assert_eq!(filled(&[("a", "1"), ("b", "2"), ("c", "3")]), None);
        assert_eq!(filled(&[("a", "1"), ("a", "2"), ("b", "2")]), None);
    }
}
