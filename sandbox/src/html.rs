//! The few pages: one frame, everything escaped.

use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};

const STYLE: &str = "\
:root{color-scheme:light}*{box-sizing:border-box}\
body{margin:0;background:#f0f2f5;color:#1f1f1f;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}\
main{max-width:420px;margin:0 auto;min-height:100vh;background:#fff;padding:0 0 32px}\
main.wide{max-width:960px}\
main.wechat header{background:#06793c}main.wechat button{background:#06793c;border-color:#06793c}\
main.wechat .plain{color:#06793c;border-color:#06793c}\
header{background:#1355b8;color:#fff;padding:16px 20px;font-size:18px}\
section{padding:20px}h2{font-size:17px;margin:20px 0 8px}\
.amount{font-size:40px;font-weight:600;text-align:center;margin:20px 0 4px}\
.state{text-align:center;font-size:20px;margin:28px 0 8px}\
.note{color:#595959;font-size:14px}.center{text-align:center}\
dl{margin:16px 0;display:grid;grid-template-columns:6em 1fr;gap:8px}dt{color:#595959}dd{margin:0;overflow-wrap:anywhere}\
button,.button{display:block;width:100%;padding:13px;margin:12px 0 0;border:1px solid #1355b8;border-radius:8px;background:#1355b8;color:#fff;font:inherit;font-size:18px;text-align:center;text-decoration:none;cursor:pointer}\
.plain{background:#fff;color:#1355b8}\
button:focus-visible,a:focus-visible{outline:3px solid #f0a020;outline-offset:2px}\
.small button{display:inline-block;width:auto;padding:4px 12px;margin:4px 8px 0 0;font-size:15px}\
article{border:1px solid #d9d9d9;border-radius:8px;padding:12px 16px;margin:0 0 16px}\
ol{margin:8px 0;padding-left:1.5em}code{overflow-wrap:anywhere}";

/// `text` as HTML text or attribute value.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// `text` as part of a path.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A whole page; `class` is `wide`, `wechat` or nothing, `body` is HTML.
pub fn page(title: &str, class: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main class=\"{class}\"><header>{title}</header><section>{body}</section></main></body></html>"
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (headers, Html(html)).into_response()
}

/// The page at `/`.
pub fn index(cdn: Option<&str>) -> Response {
    let site = cdn.map_or_else(String::new, |url| {
        let url = escape(url);
        format!("<li><a href=\"{url}\">{url}</a> 网站（CDN）/ the site behind the CDN</li>")
    });
    let body = format!(
        "<p>这里是 Sealkey 的「外部世界」：在本机扮演支付宝、微信支付、快递公司和 CDN。没有真钱，也没有真快递。</p>\
         <p lang=\"en\">This is the world outside Sealkey, played on this machine: Alipay, WeChat Pay, a courier and \
         a CDN. \
         No real money moves and no parcel leaves.</p><ul>{site}\
         <li><a href=\"/courier/\">/courier/</a> 快递单 / shipments</li>\
         <li><a href=\"/tax/\">/tax/</a> 发票 / invoices</li>\
         <li><a href=\"/alipay/trades\">/alipay/trades</a> 支付宝交易 / trades (JSON)</li>\
         <li><a href=\"/alipay/notifies\">/alipay/notifies</a> 支付宝异步通知 / notifies sent (JSON)</li>\
         <li><a href=\"/wechatpay/trades\">/wechatpay/trades</a> 微信支付订单 / orders (JSON)</li>\
         <li><a href=\"/wechatpay/notifies\">/wechatpay/notifies</a> 微信支付通知 / notifies sent (JSON)</li>\
         <li><a href=\"/wechatpay/refunds\">/wechatpay/refunds</a> 微信支付退款 / refunds (JSON)</li>\
         <li><a href=\"/books\">/books</a> 收退款合计 / sums paid and refunded (JSON)</li>\
         <li><a href=\"/knobs\">/knobs</a> 故障开关 / knobs (JSON; GET, PUT)</li></ul>\
         <p class=\"note\">网关 / gateways: <code>POST /alipay/gateway.do</code>, \
         <code>/wechatpay/v3/…</code>, <code>POST /courier/v1/shipments</code></p>"
    );
    page("Sealkey 沙箱 · Sandbox", "wide", &body)
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            super::escape(r#"<b a="1" c='2'>&"#),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"
        );
    }
}
