//! Texts that are signed: how they are put together, and how they are cut out of what came.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// How deep an answer may nest.
const DEPTH: usize = 32;

/// How many members an answer may have at its top. Alipay sends two, with certificates three.
const MEMBERS: usize = 16;

/// Parameters by name: the order in which they are signed.
pub(super) type Params = BTreeMap<String, String>;

/// Alipay's signed text: `k=v` joined by `&`, sorted by name, values raw and not URL-encoded.
///
/// Alipay OpenAPI: on a request everything but `sign` is signed, `sign_type` too; on an async notify `sign`
/// *and* `sign_type` are left out of the signed text (Alipay OpenAPI, requests and notices). Empty values of a
/// notify stay as `k=`; requests of ours have none.
pub(super) fn signed_text(params: &Params, left_out: &[&str]) -> String {
    let mut text = String::new();
    for (name, value) in params {
        if left_out.contains(&name.as_str()) {
            continue;
        }
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// Reads a form, decoding each value exactly once: values hold `%`, `+` and JSON of their own
/// (Alipay OpenAPI, notices). `None` when a name comes twice, for nobody could say which one is signed.
pub(super) fn read_form(body: &[u8]) -> Option<Params> {
    let mut params = Params::new();
    for (name, value) in form_urlencoded::parse(body) {
        if params
            .insert(name.into_owned(), value.into_owned())
            .is_some()
        {
            return None;
        }
    }
    Some(params)
}

/// The member of an answer that holds what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// The method's own.
    Response,
    /// `error_response`: the gateway itself refuses.
    Error,
}

/// An answer, cut but not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// Under which name it came.
    pub(super) root: Root,
    /// The object, byte for byte as received. This text is what is signed, so it is never written anew:
    /// a `\/` in it stays (Alipay OpenAPI, answers: 不可使用JSON反序列化工具).
    pub(super) text: &'a str,
    /// The signature, base64; none when there is none or it is empty.
    pub(super) sign: Option<String>,
}

/// Cuts an answer to `method` into signed text and signature.
///
/// `None` when it is no JSON object of a sane shape, when any member comes twice (Alipay's `EasySDK`
/// refuses a root node that does), when there is no root or more than one, or when the root is no object.
pub(super) fn cut<'a>(body: &'a str, method: &str) -> Option<Answer<'a>> {
    let own = format!("{}_response", method.replace('.', "_"));
    let members = members(body)?;
    let (mut found, mut sign) = (None, None);
    for (index, (name, value)) in members.iter().enumerate() {
        if members.iter().take(index).any(|(known, _)| known == name) {
            return None;
        }
        let root = match *name {
            "sign" => {
                sign = Some(serde_json::from_str::<String>(value).ok()?);
                continue;
            }
            "error_response" => Root::Error,
            name if name == own => Root::Response,
            _ => continue,
        };
        if found.is_some() || !value.starts_with('{') {
            return None;
        }
        found = Some((root, *value));
    }
    let (root, text) = found?;
    Some(Answer {
        root,
        text,
        sign: sign.filter(|sign| !sign.is_empty()),
    })
}

/// The members of a JSON object: name without its quotes, and value, both as they stand in the text.
fn members(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut cursor = Cursor { text, at: 0 };
    let mut members = Vec::new();
    cursor.blanks();
    cursor.eat(b'{')?;
    cursor.blanks();
    if cursor.eat(b'}').is_none() {
        loop {
            cursor.blanks();
            let quoted = cursor.string()?;
            let name = quoted.get(1..quoted.len().checked_sub(1)?)?;
            cursor.blanks();
            cursor.eat(b':')?;
            cursor.blanks();
            members.push((name, cursor.value()?));
            if members.len() > MEMBERS {
                return None;
            }
            cursor.blanks();
            if cursor.eat(b',').is_none() {
                cursor.eat(b'}')?;
                break;
            }
        }
    }
    cursor.blanks();
    (cursor.at == text.len()).then_some(members)
}

/// A place in a JSON text. It knows quotes, escapes and brackets and nothing else: what it cuts out is
/// parsed properly later.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.eat(b'"')?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at)
    }

    /// A value of any kind.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        match self.peek()? {
            b'"' => return self.string(),
            b'{' | b'[' => self.nested()?,
            _ => {
                while !matches!(
                    self.peek()?,
                    b',' | b'}' | b']' | b':' | b'"' | b' ' | b'\t' | b'\r' | b'\n'
                ) {
                    self.at += 1;
                }
                if self.at == start {
                    return None;
                }
            }
        }
        self.text.get(start..self.at)
    }

    /// An object or array: up to the bracket that closes the first one.
    fn nested(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => open.push(b'}'),
                b'[' => open.push(b']'),
                b'}' | b']' => {
                    open.pop().filter(|close| *close == byte)?;
                }
                _ => {}
            }
            self.at += 1;
            if open.is_empty() {
                return Some(());
            }
            if open.len() > DEPTH {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const METHOD: &str = "alipay.trade.query";

    fn cut_text(body: &str) -> Option<&str> {
        cut(body, METHOD).map(|answer| answer.text)
    }

    #[test]
    fn the_object_is_cut_out_byte_for_byte() {
        let inner =
            r#"{"code":"10000", "qr":"https:\/\/qr.alipay.com\/a}\"{","n":{"a":[1,{"b":"]"}]}}"#;
        let body = format!("{{\"alipay_trade_query_response\":{inner},\"sign\":\"a\\/b==\"}}");
        let answer = cut(&body, METHOD).unwrap();
        assert_eq!(
            answer,
            Answer {
                root: Root::Response,
                text: inner,
                sign: Some("a/b==".to_owned())
            }
        );
    }

    #[test]
    fn order_and_blanks_do_not_matter_and_other_members_are_left_alone() {
        let body = "\r\n { \"sign\" : \"x\" , \"alipay_cert_sn\":\"1\", \"t\":true,\"alipay_trade_query_response\" : { } } ";
        assert_eq!(cut_text(body), Some("{ }"));
        let unsigned = r#"{"error_response":{"code":"40002"},"sign":""}"#;
        let answer = cut(unsigned, METHOD).unwrap();
        assert_eq!((answer.root, answer.sign), (Root::Error, None));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let root = r#""alipay_trade_query_response""#;
        for body in [
            format!(r#"{{{root}:{{}},{root}:{{}},"sign":"x"}}"#),
            format!(r#"{{{root}:{{}},"sign":"x","sign":"y"}}"#),
            format!(r#"{{{root}:{{}},"error_response":{{}},"sign":"x"}}"#),
            format!(r#"{{{root}:"{{}}","sign":"x"}}"#),
            format!(r#"{{{root}:{{}},"sign":7}}"#),
            format!(r#"{{{root}:{{}},"sign":"x"}}{{}}"#),
            format!("{{{root}:{{}},}}"),
            format!("{{{root}:{{]}}}}"),
            format!(r#"{{{root}:{{"a":"\"}}}}"#),
            format!("{{{root}:{}{}}}", "[".repeat(40), "]".repeat(40)),
            r#"{"sign":"x"}"#.to_owned(),
            r#"{"x":{"alipay_trade_query_response":{}},"sign":"x"}"#.to_owned(),
            r#"{"alipay_trade_close_response":{},"sign":"x"}"#.to_owned(),
            r"{}".to_owned(),
            "[]".to_owned(),
            String::new(),
            "{\"".to_owned(),
            "{\"a\\".to_owned(),
        ] {
            assert_eq!(cut(&body, METHOD), None, "{body}");
        }
    }

    #[test]
    fn requests_sign_sign_type_and_notifies_do_not() {
        let params = read_form(b"b=2+%252B%26&sign_type=RSA2&sign=x&a=&B=1").unwrap();
        assert_eq!(
            signed_text(&params, &["sign"]),
            "B=1&a=&b=2 %2B&&sign_type=RSA2"
        );
        assert_eq!(
            signed_text(&params, &["sign", "sign_type"]),
            "B=1&a=&b=2 %2B&"
        );
        assert_eq!(read_form(b"a=1&b=2&a=1"), None);
        assert_eq!(read_form(b"a=1&%61=2"), None);
    }

    proptest! {
        #[test]
        fn cutting_never_panics(body in "\\PC*") {
            let _ = cut(&body, METHOD);
        }

        #[test]
        fn cutting_near_misses_never_panics(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("{"), Just("}"), Just("["), Just("]"), Just("\""), Just("\\"), Just(":"), Just(","),
                    Just("\"sign\""), Just("\"alipay_trade_query_response\""), Just("\"error_response\""),
                    Just(" "), Just("密"), Just("1"), Just("null"),
                ],
                0..40,
            )
        ) {
            let body = parts.concat();
            if let Some(answer) = cut(&body, METHOD) {
                prop_assert!(body.contains(answer.text));
                let whole = answer.text.starts_with('{') && answer.text.ends_with('}');
                prop_assert!(whole);
            }
        }

        /// Whatever a value holds, the text that was signed is the text that is cut out.
        #[test]
        fn what_is_written_is_cut_out_again(value in "\\PC*", escape in any::<bool>()) {
            let mut inner = serde_json::json!({ "code": "10000", "v": value }).to_string();
            if escape {
                inner = inner.replace('/', "\\/");
            }
            let body = format!("{{\"alipay_trade_query_response\":{inner},\"sign\":\"x\"}}");
            prop_assert_eq!(cut_text(&body), Some(inner.as_str()));
        }

        #[test]
        fn forms_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_form(&body);
        }
    }
}
