//! Texts about accounts: one-time codes, and notices to companies, their people and staff.
//!
//! Each says what happened, what to do next, and that none of us asks for a code. Mails are in Chinese with
//! a short English line, text messages come from templates that a carrier has registered. Names are typed
//! by whoever registers, and some messages go to people whom that person chose: so nothing of a name may
//! become a link ([`unlinked`]). The links in a text are ours.

use domain::code::CodePurpose;
use domain::company::FREEZE_HOURS;
use domain::notice::AccountNotice;
use domain::paper::RefusalReason;
use domain::qualification::{QualificationItem, QualificationRefusal};
use domain::recovery::OBJECTION_HOURS;
use domain::staff::INVITE_HOURS;
use domain::work::Message;

use crate::notice_text::{SmsTemplate, reason};

/// How every mail ends, before its English line.
const FOOT: &str = "Sealkey 企业密钥服务\n（本邮件由系统发送，请勿回复。）";

// ---------------------------------------------------------------- one-time codes

/// What differs from code to code.
struct CodeText {
    /// The name of its template. Mailbox and mobile number of one occasion share it.
    template: &'static str,
    /// What it is for.
    doing: &'static str,
    /// What to do when one has not asked for it.
    otherwise: &'static str,
    /// What it is for, in English.
    english: &'static str,
}

fn code_text(purpose: CodePurpose) -> CodeText {
    match purpose {
        CodePurpose::Registration => CodeText {
            template: "code_registration",
            doing: "注册企业账户",
            otherwise: "如非本人操作，请忽略，账户不会建立。",
            english: "register a company",
        },
        CodePurpose::PasswordReset => CodeText {
            template: "code_password_reset",
            doing: "设置新的登录密码",
            otherwise: "如非本人操作，请忽略，原密码不变。",
            english: "set a new password",
        },
        CodePurpose::Login => CodeText {
            template: "code_login",
            doing: "登录企业账户",
            otherwise: "如非本人操作，说明登录密码已泄露，请立即修改密码。",
            english: "log in",
        },
        CodePurpose::ContactMobile | CodePurpose::ContactMail => CodeText {
            template: "code_contact",
            doing: "更换企业联系方式",
            otherwise: "如非本人操作，请忽略，联系方式不会更换。",
            english: "confirm a new contact",
        },
        CodePurpose::Unbinding => CodeText {
            template: "code_unbinding",
            doing: "证书解绑",
            otherwise: "如非本单位操作，请勿将验证码提供给任何人；不填写验证码，解绑不会进行。",
            english: "unbind a key",
        },
        CodePurpose::Activation => CodeText {
            template: "code_activation",
            doing: "启用新密钥",
            otherwise: "如非本人操作，说明登录密码已泄露，请立即修改密码。",
            english: "activate a key",
        },
        CodePurpose::RecoveryMobile | CodePurpose::RecoveryMail => CodeText {
            template: "code_recovery",
            doing: "申请设置新的联系方式（邮箱或手机已停用）",
            otherwise: "如非本人操作，请忽略，联系方式不会更换。",
            english: "apply for a new contact",
        },
    }
}

/// Subject and text of a mail with a one-time code. The subject does not show the digits: it stands on
/// locked screens.
pub fn code_mail(purpose: CodePurpose, digits: &str, minutes: i64) -> (String, String) {
    let CodeText {
        doing,
        otherwise,
        english,
        ..
    } = code_text(purpose);
    (
        format!("【Sealkey】验证码：{doing}"),
        format!(
            "您好！\n\n您的验证码是：{digits}\n\n用于{doing}。请在 {minutes} 分钟内回到原页面填写，只能使用一次。\n\n{otherwise}\n我们的工作人员不会向您索取验证码，请勿告知任何人。\n\n{FOOT}\n\nThe digits above are your code to {english}. It works once, for {minutes} minutes. We never ask you for it; if you did not request it, give it to nobody.\n"
        ),
    )
}

/// Template and values of a text message with a one-time code.
pub fn code_sms(
    purpose: CodePurpose,
    digits: &str,
    minutes: i64,
) -> (&'static str, Vec<(&'static str, String)>) {
    let values = vec![
        ("code", digits.to_owned()),
        ("minutes", minutes.to_string()),
    ];
    (code_text(purpose).template, values)
}

// ---------------------------------------------------------------- notices

/// What differs from notice to notice.
struct MessageText {
    /// After the signature in the subject.
    subject: &'static str,
    /// What happened.
    happened: String,
    /// What stands before the note, if there is one.
    note: &'static str,
    /// What to do next.
    next: String,
    /// The page for that, unless the message has a link of its own.
    page: &'static str,
    /// Both, in English.
    english: &'static str,
}

fn message_text(message: &Message, linked: bool) -> MessageText {
    let name = unlinked(&message.name);
    match message.notice {
        AccountNotice::ClaimedAgain => MessageText {
            subject: "有人以相同的企业名称或代码注册",
            happened: "另一申请人以与贵单位相同的企业名称或统一社会信用代码注册了账户。".to_owned(),
            note: "说明",
            next: "企业名称和代码归资质材料通过审核的一方使用。贵单位的材料如已通过审核，无需操作；否则请尽快打开下面的页面提交。".to_owned(),
            page: "/company/qualification",
            english: "Somebody else registered your company's name or code. They belong to whoever's papers are approved: please hand yours in on the page above, unless they are approved already.",
        },
        AccountNotice::QualificationApproved => MessageText {
            subject: "资质审核已通过",
            happened: "贵单位的资质材料已通过审核。".to_owned(),
            note: "说明",
            next: "现在可以登录下面的网站选购密钥。".to_owned(),
            page: "/",
            english: "Your company's papers are approved. You may buy now.",
        },
        AccountNotice::QualificationSentBack => MessageText {
            subject: "资质材料需要修改",
            happened: "贵单位的资质材料未通过审核。".to_owned(),
            note: "原因",
            next: "请打开下面的页面，按原因修改后重新提交。".to_owned(),
            page: "/company/qualification",
            english: "Your company's papers were sent back. Please correct them on the page above and hand them in again.",
        },
        AccountNotice::TakenOver => MessageText {
            subject: "企业名称和代码已由另一账户使用",
            happened: "另一账户的资质材料已通过审核，贵单位登记的企业名称和统一社会信用代码自此归该账户使用。".to_owned(),
            note: "说明",
            next: "如这是贵单位同事注册的账户，请改用该账户登录。如有异议，请准备营业执照并与我们联系。".to_owned(),
            page: "/login",
            english: "The papers of another account for the same company were approved, so name and code belong to that account now. If that is wrong, please contact us.",
        },
        AccountNotice::ContactChanged => MessageText {
            subject: "企业联系方式已变更",
            happened: "贵单位的联系方式已变更，今后的通知将发往新的联系方式。".to_owned(),
            note: "变更内容",
            next: "如为贵单位操作，无需处理。如非贵单位操作，请立即打开下面的页面修改密码、退出全部登录，再改回联系方式。".to_owned(),
            page: "/security",
            english: "Your company's contact was changed. If it was not you, change the password and log out everywhere on the page above.",
        },
        AccountNotice::PersonAdded => MessageText {
            subject: "您已可以代表企业登录",
            happened: format!("{name}已为您开通登录。"),
            note: "账号",
            next: "首次登录前，请打开下面的页面，用企业名称和您的手机号设置密码。如与您无关，请忽略。".to_owned(),
            page: "/forgot",
            english: "You may log in for this company. Set your password on the page above first. If this means nothing to you, ignore it.",
        },
        AccountNotice::PasswordChanged => MessageText {
            subject: "登录密码已修改",
            happened: "贵单位的一个登录密码已修改。".to_owned(),
            note: "账号",
            next: "如为本人操作，无需处理。如非本人操作，请立即打开下面的页面，用短信验证码重新设置密码。".to_owned(),
            page: "/forgot",
            english: "A password of your company was changed. If it was not you, set a new one on the page above at once.",
        },
        AccountNotice::Unbound => MessageText {
            subject: "证书已解绑",
            happened: format!("贵单位的证书已解绑，全部登录均已退出。{FREEZE_HOURS} 小时内不能变更联系方式和已支付订单的收货地址。"),
            note: "说明",
            next: if linked {
                "如为贵单位操作，现在可以用账号和密码登录。如非贵单位操作，请立即打开下面的链接撤销解绑。".to_owned()
            } else {
                "如为贵单位操作，现在可以用账号和密码登录。如非贵单位操作，请立即与我们联系。".to_owned()
            },
            page: "/login",
            english: if linked {
                "Your company was unbound from its keys. If it was not you, take that back by the link above at once."
            } else {
                "Your company was unbound from its keys. If it was not you, contact us at once."
            },
        },
        AccountNotice::UnbindingDisputed => MessageText {
            subject: "解绑已撤销",
            happened: "有人通过通知中的链接表示解绑并非贵单位操作，解绑已撤销。".to_owned(),
            note: "说明",
            next: "请用密钥登录。解绑验证码曾发往贵单位邮箱，建议同时修改邮箱密码，并在下面的页面重新设置登录密码。".to_owned(),
            page: "/forgot",
            english: "The unbinding was taken back. Log in by key, change the password of your mailbox, and set a new one here on the page above.",
        },
        AccountNotice::RecoveryWaiting => MessageText {
            subject: "有人申请更换贵单位的联系方式",
            happened: format!("有人以邮箱或手机已停用为由，申请更换贵单位的联系方式并解绑证书，材料已通过审核。{OBJECTION_HOURS} 小时内无人提出异议，申请即生效。"),
            note: "说明",
            next: if linked {
                "如为贵单位申请，无需处理。如非贵单位申请，请立即打开下面的链接提出异议。".to_owned()
            } else {
                "如为贵单位申请，无需处理。如非贵单位申请，请立即与我们联系。".to_owned()
            },
            page: "/",
            english: if linked {
                "Somebody applied for a new contact of your company and to unbind its keys. If it was not you, object by the link above within 24 hours."
            } else {
                "Somebody applied for a new contact of your company and to unbind its keys. If it was not you, contact us within 24 hours."
            },
        },
        AccountNotice::RecoveryDone => MessageText {
            subject: "新的联系方式已生效",
            happened: format!("新的联系方式已生效，证书已解绑。{FREEZE_HOURS} 小时内不能再变更联系方式和已支付订单的收货地址。"),
            note: "说明",
            next: "请打开下面的页面，用账号和密码登录。如忘记密码，可在该页面重新设置。".to_owned(),
            page: "/login",
            english: "The new contact is set and the keys are unbound. Log in with your password on the page above.",
        },
        AccountNotice::RecoveryRefused => MessageText {
            subject: "更换联系方式的申请未通过",
            happened: "您提交的更换联系方式的申请（邮箱或手机已停用）未通过审核。".to_owned(),
            note: "原因",
            next: "请打开下面的页面，按原因修改后重新申请。".to_owned(),
            page: "/recover",
            english: "Your application for a new contact was refused. You may apply again on the page above.",
        },
        AccountNotice::RecoveryObjected => MessageText {
            subject: "更换联系方式的申请已终止",
            happened: "原联系人对更换联系方式的申请提出异议，申请已终止，联系方式未更换。".to_owned(),
            note: "说明",
            next: "请先与单位内原联系人核实；仍需更换的，请打开下面的页面重新申请。".to_owned(),
            page: "/recover",
            english: "The former contact objected, so your application has ended. Speak with them; you may apply again on the page above.",
        },
        AccountNotice::StaffInvited => MessageText {
            subject: "请设置后台登录",
            happened: "您的 Sealkey 后台账户等待您设置密码和动态验证码。".to_owned(),
            note: "说明",
            next: if linked {
                format!("请在 {INVITE_HOURS} 小时内打开下面的链接完成设置。链接只能使用一次，请勿转发。如您不在 Sealkey 工作，请忽略。")
            } else {
                "请联系管理员重新发送邀请。".to_owned()
            },
            page: "/console/login",
            english: if linked {
                "Set the password and second factor of your Sealkey console account by the link above, within 72 hours. Do not forward it."
            } else {
                "Your Sealkey console account waits for you. Ask an administrator to send the invitation again."
            },
        },
    }
}

/// The link of a message, or the page of this site for what to do next.
fn address(link: Option<&str>, site_url: &str, page: &str) -> String {
    link.map_or_else(
        || format!("{}{page}", site_url.trim_end_matches('/')),
        ToOwned::to_owned,
    )
}

/// Subject and text of a mail about an account. `link` is the whole address with its secret part.
pub fn message_mail(message: &Message, link: Option<&str>, site_url: &str) -> (String, String) {
    let text = message_text(message, link.is_some());
    let url = address(link, site_url, text.page);
    // The person who was added is told by the company's name, and not addressed by it.
    let greeting = match message.notice {
        AccountNotice::PersonAdded => String::new(),
        _ => format!("{}：\n\n", unlinked(&message.name)),
    };
    let MessageText {
        subject,
        happened,
        next,
        english,
        ..
    } = &text;
    let note = note_in_mail(message, text.note);
    (
        format!("【Sealkey】{subject}"),
        format!(
            "{greeting}您好！{happened}{note}\n\n{next}\n{url}\n\n我们的工作人员不会向您索取密码或验证码。\n\n{FOOT}\n\n{english} We never ask for passwords or codes.\n"
        ),
    )
}

/// The note of a message under its heading: on the same line, or one point a line.
fn note_in_mail(message: &Message, heading: &str) -> String {
    let lines: Vec<String> = match message.notice {
        // Written by reviewers, for this reader.
        AccountNotice::QualificationSentBack | AccountNotice::RecoveryRefused => message
            .note
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect(),
        AccountNotice::PersonAdded | AccountNotice::PasswordChanged
            if !message.note.trim().is_empty() =>
        {
            vec![account_name(&message.note)]
        }
        _ => message.note.lines().map(unlinked).collect(),
    };
    let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("\n\n{heading}：{line}"),
        several => format!("\n\n{heading}：\n- {}", several.join("\n- ")),
    }
}

/// Template and values of a text message about an account. `link` is the whole address with its secret part.
pub fn message_sms(
    message: &Message,
    link: Option<&str>,
    site_url: &str,
) -> (&'static str, Vec<(&'static str, String)>) {
    let page = message_text(message, link.is_some()).page;
    let mut values = vec![
        ("name", unlinked(&message.name)),
        ("url", address(link, site_url, page)),
    ];
    if message.notice == AccountNotice::PersonAdded {
        values.push(("account", account_name(&message.note)));
    }
    (message.notice.as_str(), values)
}

/// A name on one line of which no mail or telephone makes a link: a full stop that something follows, and
/// what addresses are made with, become blanks.
fn unlinked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = matches!(c, '.' | '。' | '．' | '｡')
            && rest.peek().is_some_and(|next| next.is_alphanumeric());
        let keeps = !joins && !c.is_control() && !matches!(c, '/' | '\\' | ':' | '@' | '<' | '>');
        plain.push(if keeps { c } else { ' ' });
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An account name as it is, for it has to be typed so; or, if it could be taken for a link, where to ask.
fn account_name(account: &str) -> String {
    let account = account.trim();
    if account.is_empty() {
        "企业名称".to_owned()
    } else if unlinked(account) == account {
        account.to_owned()
    } else {
        "请向贵单位询问".to_owned()
    }
}

/// Refused items in words, one a line: the note of [`AccountNotice::QualificationSentBack`].
pub fn qualification_note(refusals: &[QualificationRefusal]) -> String {
    let lines: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            let item = match refusal.item {
                QualificationItem::CompanyName => "企业名称",
                QualificationItem::CreditCode => "统一社会信用代码",
                QualificationItem::LegalRepresentative => "法定代表人",
                QualificationItem::Licence => "营业执照",
            };
            let why = match refusal.reason {
                // An order is not what these were compared with.
                RefusalReason::DataMismatch => "与营业执照不一致",
                why => reason(why),
            };
            let note = refusal.note.split_whitespace();
            let note = note.collect::<Vec<_>>().join(" ");
            match (refusal.reason, note.as_str()) {
                (_, "") => format!("{item}：{why}"),
                (RefusalReason::Other, note) => format!("{item}：{note}"),
                (_, note) => format!("{item}：{why}（{note}）"),
            }
        })
        .collect();
    lines.join("\n")
}

/// All templates about accounts: one for each [`AccountNotice`], one for each occasion of a code.
pub const ACCOUNT_SMS_TEMPLATES: [SmsTemplate; 21] = [
    SmsTemplate {
        name: "claimed_again",
        id: "SK-2001-1",
        text: "【Sealkey】有人以与{name}相同的企业名称或代码注册。如贵单位的资质材料尚未通过审核，请尽快提交：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "qualification_approved",
        id: "SK-2002-1",
        text: "【Sealkey】{name}的资质材料已通过审核，现在可以登录选购：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "qualification_sent_back",
        id: "SK-2003-1",
        text: "【Sealkey】{name}的资质材料需要修改，请查看原因并重新提交：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "taken_over",
        id: "SK-2004-1",
        text: "【Sealkey】另一账户的资质材料已通过审核，{name}的名称和代码归其使用，请改用该账户登录：{url} 如有异议请联系我们。我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "contact_changed",
        id: "SK-2005-1",
        text: "【Sealkey】{name}的联系方式已变更。如非贵单位操作，请立即修改密码并退出全部登录：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "person_added",
        id: "SK-2006-1",
        text: "【Sealkey】{name}已为您开通登录，账号：{account}。如与您无关请忽略；登录前请用企业名称和手机号设置密码：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "password_changed",
        id: "SK-2007-1",
        text: "【Sealkey】{name}的登录密码已修改。如非本人操作，请立即重新设置：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "unbound",
        id: "SK-2008-1",
        text: "【Sealkey】{name}的证书已解绑，全部登录已退出。如非贵单位操作，请立即撤销或联系我们：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "unbinding_disputed",
        id: "SK-2009-1",
        text: "【Sealkey】{name}的证书解绑已撤销。请用密钥登录，并修改邮箱密码和登录密码：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "recovery_waiting",
        id: "SK-2010-1",
        text: "【Sealkey】有人申请更换{name}的联系方式并解绑证书，24小时后生效。如非贵单位申请，请立即提出异议或联系我们：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "recovery_done",
        id: "SK-2011-1",
        text: "【Sealkey】{name}的新联系方式已生效，证书已解绑，请用账号和密码登录：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "recovery_refused",
        id: "SK-2012-1",
        text: "【Sealkey】您为{name}提交的更换联系方式的申请未通过，可修改后重新申请：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "recovery_objected",
        id: "SK-2013-1",
        text: "【Sealkey】{name}的原联系人对更换联系方式提出异议，申请已终止，请先与原联系人核实，仍需更换可重新申请：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "staff_invited",
        id: "SK-2014-1",
        text: "【Sealkey】{name}，请在72小时内打开链接设置后台密码和动态验证码，请勿转发：{url} 我们不会向您索取验证码。",
    },
    SmsTemplate {
        name: "code_registration",
        id: "SK-2101-1",
        text: "【Sealkey】验证码{code}，用于注册企业账户，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，请忽略。",
    },
    SmsTemplate {
        name: "code_password_reset",
        id: "SK-2102-1",
        text: "【Sealkey】验证码{code}，用于设置新的登录密码，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，请忽略，原密码不变。",
    },
    SmsTemplate {
        name: "code_login",
        id: "SK-2103-1",
        text: "【Sealkey】验证码{code}，用于登录企业账户，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，密码已泄露，请立即修改。",
    },
    SmsTemplate {
        name: "code_contact",
        id: "SK-2104-1",
        text: "【Sealkey】验证码{code}，用于更换企业联系方式，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，请忽略。",
    },
    SmsTemplate {
        name: "code_unbinding",
        id: "SK-2105-1",
        text: "【Sealkey】验证码{code}，用于证书解绑，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本单位操作，不填写即不会解绑。",
    },
    SmsTemplate {
        name: "code_recovery",
        id: "SK-2106-1",
        text: "【Sealkey】验证码{code}，用于申请设置新的联系方式，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，请忽略。",
    },
    SmsTemplate {
        name: "code_activation",
        id: "SK-2107-1",
        text: "【Sealkey】验证码{code}，用于启用新密钥，{minutes}分钟内有效。我们不会索取验证码，请勿告知任何人。如非本人操作，密码已泄露，请立即修改。",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::code::{LIFETIME_MINUTES, Target};

    use super::*;
    use crate::notice_text::{SMS_TEMPLATES, fill, sms_template};

    const SITE: &str = "https://keys.example.cn/";

    fn message(notice: AccountNotice) -> Message {
        let note = match notice {
            AccountNotice::QualificationSentBack => qualification_note(&[
                refusal(
                    QualificationItem::CompanyName,
                    RefusalReason::DataMismatch,
                    "",
                ),
                refusal(
                    QualificationItem::Licence,
                    RefusalReason::Unreadable,
                    "右下角\n被遮挡",
                ),
                refusal(
                    QualificationItem::LegalRepresentative,
                    RefusalReason::Other,
                    "请填写姓名全称",
                ),
            ]),
            AccountNotice::RecoveryRefused => "授权书缺少盖章".to_owned(),
            AccountNotice::PersonAdded => "lilei".to_owned(),
            AccountNotice::ContactChanged => "手机 138****8000 → 139****9000".to_owned(),
            _ => String::new(),
        };
        let name = match notice {
            AccountNotice::StaffInvited => "韩梅梅",
            _ => "南京示例科技有限公司",
        };
        Message {
            notice,
            target: Target::mail("li.lei@example.com"),
            name: name.to_owned(),
            note,
            link: None,
        }
    }

    fn refusal(item: QualificationItem, reason: RefusalReason, note: &str) -> QualificationRefusal {
        QualificationRefusal {
            item,
            reason,
            note: note.to_owned(),
        }
    }

    /// The whole address that the message of this kind has.
    fn link(notice: AccountNotice) -> Option<&'static str> {
        match notice {
            AccountNotice::Unbound | AccountNotice::RecoveryWaiting => {
                Some("https://keys.example.cn/objection#ob_01arz3ndektsv4rrffq69g5fav.c2VjcmV0")
            }
            AccountNotice::StaffInvited => Some(
                "https://keys.example.cn/console/invite#in_01arz3ndektsv4rrffq69g5fav.c2VjcmV0",
            ),
            _ => None,
        }
    }

    fn text_message((name, values): (&'static str, Vec<(&'static str, String)>)) -> String {
        let template = sms_template(name).unwrap();
        format!("{}: {}", template.id, fill(template, &values).unwrap())
    }

    #[test]
    fn mails_with_codes() {
        let all: Vec<String> = CodePurpose::ALL
            .into_iter()
            .map(|purpose| {
                let (subject, text) = code_mail(purpose, "012345", LIFETIME_MINUTES);
                assert!(text.contains("：012345\n") && !subject.contains("012345"));
                assert!(text.contains("不会向您索取验证码"));
                format!("## {}\n{subject}\n\n{text}", purpose.as_str())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn text_messages_with_codes() {
        let all: Vec<String> = CodePurpose::ALL
            .into_iter()
            .map(|purpose| {
                let text = text_message(code_sms(purpose, "012345", LIFETIME_MINUTES));
                assert!(text.contains("验证码012345，") && text.contains("不会索取验证码"));
                format!("{}: {text}", purpose.as_str())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn mails() {
        let all: Vec<String> = AccountNotice::ALL
            .into_iter()
            .map(|notice| {
                let (subject, text) = message_mail(&message(notice), link(notice), SITE);
                let url = link(notice).unwrap_or("https://keys.example.cn/");
                assert!(text.contains(&format!("\n{url}")), "{text}");
                assert!(text.contains("不会向您索取密码或验证码"));
                format!("## {}\n{subject}\n\n{text}", notice.as_str())
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn text_messages() {
        let all: Vec<String> = AccountNotice::ALL
            .into_iter()
            .map(|notice| {
                let text = text_message(message_sms(&message(notice), link(notice), SITE));
                let url = link(notice).unwrap_or("https://keys.example.cn/");
                assert!(text.contains(&format!("：{url}")), "{text}");
                assert!(text.ends_with("我们不会向您索取验证码。"), "{text}");
                text
            })
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn without_its_link_a_message_tells_another_way() {
        for notice in AccountNotice::ALL {
            let (_, text) = message_mail(&message(notice), None, SITE);
            assert!(!text.contains("链接撤销") && !text.contains("link above"));
            text_message(message_sms(&message(notice), None, SITE));
        }
        let (_, text) = message_mail(&message(AccountNotice::Unbound), None, SITE);
        assert!(text.contains("请立即与我们联系。"), "{text}");
    }

    #[test]
    fn templates_say_the_same_hours_as_the_rules() {
        let template = |name: &str| sms_template(name).unwrap().text;
        assert!(template("recovery_waiting").contains(&format!("{OBJECTION_HOURS}小时")));
        assert!(template("staff_invited").contains(&format!("{INVITE_HOURS}小时")));
        let english = |notice| message_text(&message(notice), true).english;
        assert!(
            english(AccountNotice::RecoveryWaiting).contains(&format!("{OBJECTION_HOURS} hours"))
        );
        assert!(english(AccountNotice::StaffInvited).contains(&format!("{INVITE_HOURS} hours")));
    }

    #[test]
    fn names_and_ids_of_templates_are_unique() {
        let all = || SMS_TEMPLATES.iter().chain(&ACCOUNT_SMS_TEMPLATES);
        let names: BTreeSet<_> = all().map(|template| template.name).collect();
        let ids: BTreeSet<_> = all().map(|template| template.id).collect();
        assert_eq!((names.len(), ids.len()), (all().count(), all().count()));
        let used: BTreeSet<_> = AccountNotice::ALL
            .into_iter()
            .map(AccountNotice::as_str)
            .chain(CodePurpose::ALL.map(|purpose| code_text(purpose).template))
            .collect();
        let known: BTreeSet<_> = ACCOUNT_SMS_TEMPLATES.iter().map(|t| t.name).collect();
        assert_eq!(used, known);
    }

    #[test]
    fn a_name_that_somebody_typed_never_becomes_a_link() {
        let mut added = message(AccountNotice::PersonAdded);
        added.name = "中奖 https://evil.cn/x?a@b.cn\n（集团）Co., Ltd.".to_owned();
        added.note = "www.evil.cn".to_owned();
        let mail = message_mail(&added, None, SITE).1;
        let sms = text_message(message_sms(&added, None, SITE));
        for text in [mail, sms] {
            assert!(
                !text.contains("evil.cn") && !text.contains("b.cn"),
                "{text}"
            );
            assert!(
                text.contains("evil cn x?a b cn （集团）Co., Ltd."),
                "{text}"
            );
            assert!(text.contains("账号：请向贵单位询问"), "{text}");
        }
        added.note = String::new();
        assert!(text_message(message_sms(&added, None, SITE)).contains("账号：企业名称。"));
        assert!(!message_mail(&added, None, SITE).1.contains("账号："));
    }
}
