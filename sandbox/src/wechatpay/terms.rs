//! Errors in WeChat Pay's words.

use std::borrow::Cow;

/// An error: HTTP status, code, and a text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Such as `ORDER_NOT_EXIST`.
    pub code: &'static str,
    /// In Chinese, as WeChat Pay's are.
    pub message: &'static str,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $text:literal;)*) => {
        impl Refusal {
            $(
                $(#[$doc])*
                pub const $name: Self = Self { status: $status, code: $code, message: $text };
            )*
        }
    };
}

refusals! {
    /// The header `Authorization` is missing or not understood.
    AUTHORIZATION = 401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
    /// The merchant's clock is wrong, or somebody sends an old request again.
    CLOCK = 401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
    /// Not this merchant's number or certificate.
    CERTIFICATE = 401, "SIGN_ERROR", "商户证书序列号有误，请使用签名私钥匹配的证书序列号";
    /// The signature is not one over this request.
    SIGNATURE = 401, "SIGN_ERROR", "签名错误，请检查后再试";
    /// WeChat Pay has no key of the serial that the merchant wants.
    SERIAL = 400, "PARAM_ERROR", "请求头Wechatpay-Serial有误";
    /// The headers do not speak of JSON.
    MEDIA = 400, "PARAM_ERROR", "请求头Content-Type与Accept须为application/json";
    /// No such call.
    NO_CALL = 404, "RESOURCE_NOT_EXISTS", "请求的资源不存在";
    /// App and merchant do not belong together.
    APPID = 400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配";
    /// No such order.
    NOT_EXIST = 404, "ORDER_NOT_EXIST", "订单不存在";
    /// Paid already.
    PAID = 400, "ORDERPAID", "该订单已支付";
    /// Closed already.
    CLOSED = 400, "ORDER_CLOSED", "该订单已关闭";
    /// The number belongs to an order that was paid and refunded.
    USED = 403, "OUT_TRADE_NO_USED", "商户订单号重复";
    /// The same number with something else.
    CHANGED = 400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致";
    /// Too late for another code.
    LATE = 400, "INVALID_REQUEST", "订单已超过支付截止时间";
    /// The refund's order is not there.
    NO_ORDER = 404, "RESOURCE_NOT_EXISTS", "订单不存在";
    /// Nothing was paid.
    UNPAID = 400, "INVALID_REQUEST", "订单未支付，不可申请退款";
    /// More than is left.
    TOO_MUCH = 400, "INVALID_REQUEST", "申请退款金额大于可退款金额";
    /// Another total, or the same refund number with something else.
    REFUND_CHANGED = 400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试";
    /// Fifty refunds were taken already.
    TOO_MANY = 400, "INVALID_REQUEST", "部分退款次数超限";
    /// Paid more than a year ago.
    TOO_LATE = 400, "INVALID_REQUEST", "订单已超过可退款的最大期限";
    /// The merchant's balance is too small.
    NOT_ENOUGH = 403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起";
    /// Never.
    NOT_ALLOWED = 400, "INVALID_REQUEST", "当前订单不支持退款";
    /// No such refund.
    NO_REFUND = 404, "RESOURCE_NOT_EXISTS", "退款单不存在";
    /// Nothing happened on that day.
    NO_BILL = 400, "NO_STATEMENT_EXIST", "账单文件不存在";
    /// The address of a bill is not good any more.
    NO_FILE = 404, "RESOURCE_NOT_EXISTS", "下载地址已失效";
    /// The code has run out, at the phone.
    EXPIRED = 409, "SANDBOX.CODE_EXPIRED", "二维码已失效";
    /// No such code, at the phone.
    NO_CODE = 404, "SANDBOX.NO_SUCH_CODE", "二维码不存在";
}

/// Why a call is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// One of the known ones.
    Refusal(Refusal),
    /// A parameter is missing or wrong.
    Parameter(Cow<'static, str>),
    /// What a knob wants.
    Knob(String),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl Problem {
    /// A parameter is wrong.
    pub fn parameter(name: &'static str) -> Self {
        Self::Parameter(Cow::Borrowed(name))
    }

    /// Status, code and message.
    pub fn tell(&self) -> (u16, &str, Cow<'_, str>) {
        match self {
            Self::Refusal(refusal) => (refusal.status, refusal.code, refusal.message.into()),
            Self::Parameter(name) => (400, "PARAM_ERROR", format!("参数错误：{name}").into()),
            Self::Knob(code) => (status(code), code, "沙箱开关指定的错误".into()),
        }
    }
}

/// The HTTP status that goes with a code.
fn status(code: &str) -> u16 {
    match code {
        "SIGN_ERROR" => 401,
        "NOT_ENOUGH"
        | "NO_AUTH"
        | "USER_ACCOUNT_ABNORMAL"
        | "OUT_TRADE_NO_USED"
        | "RULE_LIMIT"
        | "TRADE_ERROR"
        | "ACCOUNT_ERROR" => 403,
        "ORDER_NOT_EXIST" | "RESOURCE_NOT_EXISTS" | "MCH_NOT_EXISTS" => 404,
        "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED" => 429,
        "SYSTEM_ERROR" | "BANK_ERROR" => 500,
        _ => 400,
    }
}
