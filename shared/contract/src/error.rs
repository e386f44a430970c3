//! The codes of errors: one enum for the API, the state machines, the page and the metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese, the first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The language that an `Accept-Language` header asks for first; Chinese unless it says English.
    pub fn from_header(header: Option<&str>) -> Self {
        let first = header
            .and_then(|h| h.split(',').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if first.starts_with("en") {
            Self::En
        } else {
            Self::Zh
        }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $retry:literal, $zh:literal, $en:literal;)+) => {
        /// Why something did not work. `as_str` is what API, state machines and metrics say.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $code)] $variant,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status that it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// May the very same call succeed a little later?
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retry,)+ }
            }

            /// What a person reads: what happened and the way out.
            pub fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::Zh) => $zh,
                      (Self::$variant, Language::En) => $en,)+
                }
            }
        }
    };
}

error_codes! {
    /// The body, a path part or a query does not parse.
    MalformedRequest = "malformed_request", 400, false,
        "请求格式不正确，请刷新页面后重试。", "The request could not be read. Reload the page and try again.";
    /// Fields are wrong; `errors` names each.
    InvalidFields = "invalid_fields", 422, false,
        "有些内容需要修改，请查看标出的各项。", "Some entries need correcting; see the marked fields.";
    /// No session, or an ended one.
    LoginRequired = "login_required", 401, false,
        "请先登录。您填写的内容不会丢失。", "Please log in. What you typed is kept.";
    /// Name or password wrong; never says which.
    LoginFailed = "login_failed", 401, false,
        "账号或密码不正确。", "The account or the password is wrong.";
    /// Logged in, but not for this.
    Forbidden = "forbidden", 403, false,
        "您没有进行此操作的权限。", "You may not do this.";
    /// The header that every write carries is missing: not from our page.
    NotFromOurPage = "not_from_our_page", 403, false,
        "请从本网站的页面操作。", "Please use the pages of this site.";
    /// Nothing there that the caller may know of.
    NotFound = "not_found", 404, false,
        "没有找到。", "Not found.";
    /// This method does not exist here.
    MethodNotAllowed = "method_not_allowed", 405, false,
        "不支持此操作。", "This operation does not exist.";
    /// The account name is taken.
    AccountTaken = "account_taken", 409, false,
        "该账号名已被使用，请换一个。", "This account name is taken; choose another.";
    /// The one-time code is wrong, used, too old or tried too often; never says which.
    CodeWrong = "code_wrong", 422, false,
        "验证码不正确或已失效，请核对后再试，或重新获取验证码。", "The code is wrong or no longer valid. Check it, or ask for a new one.";
    /// The human check was not done, is too old or was used before.
    HumanCheckFailed = "human_check_failed", 422, true,
        "人机验证未完成或已过期，请重新验证。", "The human check is missing or has expired. Do it again.";
    /// The name is being tried by strangers: a browser not seen before does the longer check.
    HumanCheckHarder = "human_check_harder", 422, true,
        "为保护账号安全，此浏览器首次登录需要完成一次较长的人机验证，请稍候。",
        "To protect the account, a browser that is new to it does a longer human check first.";
    /// A limited session may not do this: log in by key, or unbind.
    KeyLoginRequired = "key_login_required", 403, false,
        "贵单位证书已绑定密钥：此操作需要使用密钥登录，或先办理证书解绑。",
        "The company is bound to a key: log in by key for this, or unbind first.";
    /// The storefront sells only to companies whose papers were approved.
    QualificationRequired = "qualification_required", 403, false,
        "企业资料审核通过后才能购买，请先提交企业资料。", "Buying opens when the company's papers are approved. Hand them in first.";
    /// An unbinding froze it for 24 hours.
    Frozen = "frozen", 409, false,
        "证书解绑后 24 小时内不能修改联系方式和已支付订单的收货地址。",
        "For 24 hours after an unbinding, contact and address of paid orders cannot be changed.";
    /// Another person has to do this.
    SecondPerson = "second_person", 409, false,
        "此操作需要另一位人员确认，不能由同一人完成。", "A second person has to do this.";
    /// Nobody decides about their own company.
    OwnCompany = "own_company", 409, false,
        "不能办理本人所在企业的业务，请转交同事。", "You cannot decide about your own company. Pass it to a colleague.";
    /// Name or code belong to a company whose papers are approved.
    NameOwned = "name_owned", 409, false,
        "该企业名称或统一社会信用代码已属于另一家审核通过的企业记录，请退回并说明，或走“邮箱或手机已停用”流程。",
        "Name or code belong to another record whose papers are approved. Send it back, or use the road for lost contacts.";
    /// A link was used or is too old.
    LinkExpired = "link_expired", 410, false,
        "该链接已使用或已过期。", "This link was used or has expired.";
    /// The list is full.
    TooMany = "too_many", 409, false,
        "数量已达上限，请先删除不再使用的项。", "The limit is reached. Remove what is no longer used first.";
    /// Somebody else changed it in between.
    ChangedMeanwhile = "changed_meanwhile", 409, false,
        "内容刚刚被更新过，请查看最新内容后再操作。", "It was changed in the meantime. Look at the new state and try again.";
    /// The order or line is not in a state for this.
    NotInThisState = "not_in_this_state", 409, false,
        "当前状态不能进行此操作，请刷新后查看。", "This is not possible in the present state. Reload to see it.";
    /// Reviewer, maker and hand-over must be different people.
    SamePerson = "same_person", 409, false,
        "同一订单的审核、制证和交接必须由不同人员完成，请转交同事。",
        "Review, production and hand-over of one order need different people. Pass it to a colleague.";
    /// Another reviewer has taken the line.
    ClaimedByOther = "claimed_by_other", 409, false,
        "其他审核人员正在处理该资料。", "Another reviewer is working on these papers.";
    /// Required papers are missing or were not replaced.
    PapersMissing = "papers_missing", 422, false,
        "资料不齐：请上传所有要求的资料，被退回的资料需重新上传。",
        "Papers are missing: upload all that are asked for, and replace those sent back.";
    /// An announced paper has not arrived in full.
    PaperNotUploaded = "paper_not_uploaded", 409, true,
        "有文件尚未上传完成，请重新上传该文件。", "A file has not been uploaded completely. Upload it again.";
    /// The time left on this key was taken for a price before, or is about to be.
    CreditTaken = "credit_taken", 409, false,
        "该证书的剩余年限已经折算过，或已被另一笔未支付的订单占用，不能再次折算。",
        "The time left on this certificate was credited before, or is reserved by another unpaid order.";
    /// The product is not on sale as asked for.
    NotOnSale = "not_on_sale", 422, false,
        "所选商品或加急方式已下架，请重新选择。", "This product or speed is no longer on sale. Choose again.";
    /// The certificate request cannot be used.
    BadCertificateRequest = "bad_certificate_request", 422, false,
        "证书请求（CSR）无法使用：需要 PKCS#10 格式，P-256 密钥，且自签名有效。",
        "The certificate request cannot be used: it must be PKCS#10 with a P-256 key and a valid signature of its own.";
    /// For this key a certificate was issued on another request.
    CertificateAlreadyIssued = "certificate_already_issued", 409, false,
        "该密钥已用另一个证书请求签发过证书。", "A certificate was already issued for this key on another request.";
    /// The ticket was not claimed in time, or taken back.
    TicketExpired = "ticket_expired", 410, false,
        "本次操作已过期或已取消，请回到网站重新发起。", "This has expired or was taken back. Start it again on the site.";
    /// Another agent has claimed it.
    TicketTaken = "ticket_taken", 409, false,
        "本次操作已在另一台电脑上开始。如果不是您本人所为，请立即修改登录密码并联系客服。",
        "Another computer has begun this already. If that was not you, change your password now and tell support.";
    /// The ticket is none of ours.
    BadTicket = "bad_ticket", 400, false,
        "该操作凭证无效，请回到网站重新发起。", "This ticket is not valid. Start again on the site.";
    /// A call that its operation's key did not sign.
    NotTheHolder = "not_the_holder", 403, false,
        "本次操作不属于这台电脑，请回到网站重新发起。", "This does not belong to this computer. Start again on the site.";
    /// The agent's clock is off.
    ClockWrong = "clock_wrong", 409, false,
        "这台电脑的日期或时间不正确，请校准后重试。", "The date or time of this computer is wrong. Set it right and try again.";
    /// The agent is too old.
    AgentTooOld = "agent_too_old", 426, false,
        "密钥助手版本过旧，请从网站下载安装新版本后重试。", "The agent is too old. Install the new one from the site and try again.";
    /// The company has not confirmed on the site the code that its agent shows.
    NotConfirmed = "not_confirmed", 409, true,
        "请在网站上输入密钥助手显示的六位确认码。", "Type on the site the six digits that the agent shows.";
    /// The code typed on the site is not the one that the agent shows.
    WrongConfirmation = "wrong_confirmation", 422, false,
        "确认码与密钥助手显示的不一致，请核对后重新输入。如果您的电脑上没有显示确认码，请立即停止操作。",
        "This is not the code that the agent shows. Compare and type it again. If your own computer shows none, stop.";
    /// The ID-card number is not the one on file, or none is on file.
    WrongIdNumber = "wrong_id_number", 422, false,
        "身份证号与贵单位档案不一致，请核对后重新输入。", "This is not the ID-card number on file. Check it and type it again.";
    /// Nobody can unlock the key any more.
    NoUnlock = "no_unlock", 409, false,
        "该密钥无法在线解锁，请联系客服改为补办。", "This key cannot be unlocked any more. Ask the order service to replace it instead.";
    /// It ended before.
    OperationEnded = "operation_ended", 409, false,
        "本次操作已经结束，请回到网站查看结果。", "This has ended. See the result on the site.";
    /// The certificate on the key is none that counts here.
    UnknownIssuer = "unknown_issuer", 422, false,
        "密钥中的证书不是本系统认可的机构签发的。", "The certificate on the key is from no issuer that counts here.";
    /// Whether the certificate still counts its issuer does not say now.
    IssuerSilent = "issuer_silent", 503, true,
        "暂时查不到签发机构的吊销列表，无法确认证书是否有效，请稍后再试；多次失败请联系客服。", "The issuer's revocation list cannot be read now, so nobody knows whether the certificate counts. Try again later; contact the service desk if it goes on.";
    /// The certificate has ended.
    CertificateEnded = "certificate_ended", 422, false,
        "密钥中的证书已到期，没有剩余年限。", "The certificate on the key has ended: no time is left on it.";
    /// The certificate was revoked or suspended.
    CertificateRevoked = "certificate_revoked", 422, false,
        "密钥中的证书已吊销或已挂失。", "The certificate on the key was revoked or suspended.";
    /// The key belongs to another company, or to none here.
    NotYourKey = "not_your_key", 422, false,
        "这不是贵单位的密钥，请换成网站上列出的密钥。", "This is not a key of your company. Use one that the site lists.";
    /// It is another key than the ticket names.
    WrongKey = "wrong_key", 422, false,
        "插入的不是本次操作指定的密钥，请更换后重试。", "This is another key than the one meant. Change it and try again.";
    /// What was signed does not fit the certificate.
    NoPossession = "no_possession", 422, false,
        "密钥未能证明持有证书对应的私钥，请重新插拔密钥后重试。", "The key did not prove that it holds the certificate's private key. Plug it in again and retry.";
    /// The computer is no desk, or no longer one.
    DeskUnknown = "desk_unknown", 403, false,
        "这台电脑不是已登记的制证工位，请联系管理员登记后重试。", "This computer is not enrolled as a desk. Ask an administrator to enrol it.";
    /// The token is not in stock, or was used before.
    KeyNotBlank = "key_not_blank", 422, false,
        "这把密钥不在空白库存中或已被使用，请换一把，或先登记入库。", "This key is not in the stock of blank ones, or was used before. Take another one, or take it into the stock first.";
    /// The token is of another medium than the product.
    KeyOfOtherMedium = "key_of_other_medium", 422, false,
        "这把密钥的介质与订单不符，请换成订单要求的介质。", "This key is of another medium than the order asks for. Take one of that medium.";
    /// The unit on a token was given up meanwhile, or is another desk's.
    UnitGone = "unit_gone", 409, false,
        "这把密钥的制作已作废或正由另一工位进行，请换一把空白密钥。", "The work on this key was given up, or another desk does it. Take another blank key.";
    /// No key of the line is left to begin.
    NothingToMake = "nothing_to_make", 409, false,
        "该商品没有待制作的密钥。", "No key of this line is left to be made.";
    /// A key is begun and neither made nor given up.
    KeyBegun = "key_begun", 409, false,
        "有一把密钥已开始写入，请先完成它，或将它作废。", "A key is begun: finish it, or give it up first.";
    /// The payment gateway did not answer or refused.
    GatewayUnavailable = "gateway_unavailable", 503, true,
        "支付平台暂时没有响应，请稍后重试。未扣款的订单不会受影响。",
        "The payment platform does not answer right now. Try again shortly; nothing was charged.";
    /// The courier did not answer or refused.
    CourierUnavailable = "courier_unavailable", 503, true,
        "快递平台暂时没有响应，系统会自动重试。", "The courier does not answer right now; this is retried by itself.";
    /// Too much at once.
    TooManyRequests = "too_many_requests", 429, true,
        "操作过于频繁，请稍后再试。", "Too many requests. Try again a little later.";
    /// Too long.
    TooLarge = "too_large", 413, false,
        "内容过大。", "Too large.";
    /// A part of ours does not answer right now.
    Unavailable = "unavailable", 503, true,
        "系统繁忙，请稍后重试。您填写的内容不会丢失。", "The system is busy. Try again shortly; nothing you typed is lost.";
    /// A defect of ours.
    Internal = "internal", 500, false,
        "系统出现错误，我们已收到通知。请稍后重试，或联系客服并提供请求编号。",
        "Something went wrong on our side, and we have been told. Try again later, or tell support the request id.";
}

/// What is wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// Empty.
    Required,
    /// Too long.
    TooLong,
    /// Too short.
    TooShort,
    /// Not of the form it must have.
    Invalid,
    /// The check character does not fit.
    CheckCharacter,
    /// Outside what is allowed.
    OutOfRange,
    /// Not on offer.
    NotOffered,
    /// Known to everybody, or contains the account's or company's name.
    WeakPassword,
    /// Too few were given.
    NotEnough,
    /// It is taken.
    Taken,
    /// More seals than keys (R58).
    MoreThanKeys,
    /// It may only be bought alone (R37).
    SoldAlone,
    /// Another line is about the same key.
    KeyTwice,
    /// Too early to renew.
    TooEarly,
    /// Too late to renew.
    TooLate,
    /// The certificate on the key has ended.
    KeyExpired,
    /// The key was reported lost or stolen.
    KeySuspended,
    /// The certificate on the key was revoked.
    KeyRevoked,
    /// The key is not of the medium that this is for (R35).
    WrongMedium,
    /// The key was made elsewhere, or its SO PIN is not ours any more: nobody here can unlock it.
    NoEscrow,
    /// Another issuer's certificate is on the key: that one renews and replaces it.
    IssuedElsewhere,
    /// The time left on the key was not read, or longer than a day ago (R36).
    NotInspected,
    /// The time left is worth more than the price, and that was not accepted.
    LossNotAccepted,
}

impl From<domain::key::NoService> for FieldCode {
    fn from(why: domain::key::NoService) -> Self {
        use domain::key::NoService;
        match why {
            NoService::Revoked => Self::KeyRevoked,
            NoService::Suspended => Self::KeySuspended,
            NoService::TooEarly => Self::TooEarly,
            NoService::TooLate => Self::TooLate,
            NoService::Expired => Self::KeyExpired,
            NoService::Medium => Self::WrongMedium,
            NoService::NoEscrow => Self::NoEscrow,
            NoService::Elsewhere => Self::IssuedElsewhere,
        }
    }
}

impl FieldCode {
    /// What a person reads beside the field.
    pub fn text(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Required => ("请填写此项", "This is required"),
            Self::TooLong => ("内容太长", "Too long"),
            Self::TooShort => ("内容太短", "Too short"),
            Self::Invalid => ("格式不正确", "Not in the right form"),
            Self::CheckCharacter => (
                "校验位不正确，请核对是否输错",
                "The check character does not fit; look for a typing error",
            ),
            Self::NotEnough => ("填写的内容不足", "Too few were given"),
            Self::Taken => ("已被使用，请换一个", "Taken; choose another"),
            Self::MoreThanKeys => (
                "签章数量必须小于等于证书数量",
                "There cannot be more seals than certificates",
            ),
            Self::SoldAlone => (
                "该商品不可与其他商品一起购买，请单独下单",
                "This cannot be bought together with anything else; order it alone",
            ),
            Self::KeyTwice => (
                "同一把密钥已在本订单中选择过",
                "This order is about the same key already",
            ),
            Self::TooEarly => (
                "还不能续期：证书到期前的续期窗口尚未开放",
                "Too early to renew: wait until the certificate is nearer to its end",
            ),
            Self::TooLate => (
                "已超过可续期的时间，请改为办理新密钥",
                "Too late to renew; order a new key instead",
            ),
            Self::KeyExpired => (
                "该密钥的证书已到期，不能办理此项服务",
                "The certificate on this key has ended; this is not to be had for it",
            ),
            Self::KeySuspended => (
                "该密钥已挂失，请办理补办",
                "This key was reported lost or stolen; order a replacement",
            ),
            Self::NoEscrow => (
                "该密钥不能在线解锁，请办理补办",
                "This key cannot be unlocked from here; order a replacement",
            ),
            Self::IssuedElsewhere => (
                "该密钥的证书由其他机构签发，请向该机构办理，或在此申办新密钥",
                "Another issuer's certificate is on this key: turn to that one, or order a new key here",
            ),
            Self::KeyRevoked => (
                "该密钥的证书已吊销",
                "The certificate on this key was revoked",
            ),
            Self::WrongMedium => (
                "只有蓝色CPP介质的密钥可以升级",
                "Only keys of the blue CPP medium can be upgraded",
            ),
            Self::NotInspected => (
                "请插入密钥并点击“检测年限”；检测结果 24 小时内有效",
                "Plug the key in and have its remaining time read; that holds for 24 hours",
            ),
            Self::LossNotAccepted => (
                "剩余年限的价值超过商品价格，超出部分将作废，请确认接受",
                "The time left is worth more than the price, and the rest is lost; accept that first",
            ),
            Self::OutOfRange => ("超出允许的范围", "Outside the allowed range"),
            Self::NotOffered => ("不在可选范围内", "Not on offer"),
            Self::WeakPassword => (
                "密码过于常见或包含账号、企业名称，请换一个",
                "Too common, or contains the account's or company's name",
            ),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Its path in the body, for example `lines.0.quantity`.
    pub field: String,
    /// What is wrong.
    pub code: FieldCode,
    /// The same for people.
    pub message: String,
}

/// The body of every error answer (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A URI for the kind of problem: `urn:sealkey:error:<code>`.
    #[serde(rename = "type")]
    pub type_: String,
    /// What happened and the way out, in the caller's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: ErrorCode,
    /// What to tell support.
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// More about this one case, in the caller's language; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// After how many seconds to try again, where one has to wait. Also in the header `Retry-After`.
    #[serde(
        rename = "retryAfter",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after: Option<u32>,
    /// The wrong fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_errors_is_reviewed_like_code() {
        let mut table = String::from("code | status | retry | zh | en\n");
        for code in ErrorCode::ALL {
            use std::fmt::Write as _;
            writeln!(
                table,
                "{} | {} | {} | {} | {}",
                code.as_str(),
                code.status(),
                code.is_retryable(),
                code.text(Language::Zh),
                code.text(Language::En)
            )
            .unwrap();
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn the_language_is_chinese_unless_english_is_asked_for_first() {
        assert_eq!(Language::from_header(None), Language::Zh);
        assert_eq!(Language::from_header(Some("en-GB,zh;q=0.8")), Language::En);
        assert_eq!(Language::from_header(Some("zh-CN,en;q=0.8")), Language::Zh);
        assert_eq!(Language::from_header(Some("fr")), Language::Zh);
    }
}
