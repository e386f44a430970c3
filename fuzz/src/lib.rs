//! What must hold of everything that comes from a payment gateway, whatever it is.
//!
//! Each function takes bytes of nobody, checks what must hold, and panics when it does not. Two call them: the
//! fuzz targets of this package, and `shared/adapters/tests/corpus.rs`, which has this file for a module and runs
//! the corpus through it on every run of the tests.
//!
//! Random bytes never get past a signature. So the gateways' keys are made here, and what lies behind a signature
//! or a cipher is reached by signing and encrypting the bytes first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Cursor, Write};
use std::sync::LazyLock;

use adapters::payment::alipay::{self, Alipay};
use adapters::payment::wechatpay::{self, WechatPay};
use adapters::ports::{
    BillRow, GatewayError, NotifyError, PaymentGateway, PaymentNotice, RawNotice, RefundRequest,
    RefundStatus, TradeStatus, VerifiedNotice,
};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use url::form_urlencoded;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A check. It answers whether the bytes were taken: a seed whose name begins with `ok` must be, one whose name
/// begins with `no` must not.
pub type Check = fn(&[u8]) -> bool;

/// All of them, each under the name of its target and of its folder in the corpus.
pub const CHECKS: [(&str, Check); 6] = [
    ("alipay_notice", alipay_notice),
    ("alipay_answer", alipay_answer),
    ("alipay_bill", alipay_bill),
    ("wechatpay_notice", wechatpay_notice),
    ("wechatpay_resource", wechatpay_resource),
    ("wechatpay_bill", wechatpay_bill),
];

const APP: &str = "2021000000000001";
const SELLER: &str = "2088000000000001";
const WECHAT_APP: &str = "wxd678efh567hg6787";
const MERCHANT: &str = "1900000109";
const KEY_ID: &str = "PUB_KEY_ID_0119000001092026112200000000000001";
const API_V3_KEY: &[u8; 32] = b"0123456789abcdefghijABCDEFGHIJ==";
const NONCE: &[u8; 12] = b"fdasflkja484";
const KIND: &str = "WECHATPAY2-SHA256-RSA2048";

/// 2026-11-22, noon in China.
const NOW: Timestamp = Timestamp::constant(1_795_320_000, 0);
/// By how many seconds a notice may differ.
const WINDOW: u64 = 300;

const NUMBER: &str = "201910230935190042_1";
const REFUND: &str = "201910230935190042_R1";
/// What the refund is about, and its payment, in fen.
const SUMS: (i64, i64) = (12_000, 36_000);

/// The longest notice that is read.
const MOST: usize = 64 * 1024;
/// How deep an answer of Alipay's may nest, and how many members it may have.
const DEPTH: usize = 32;
const MEMBERS: usize = 16;

struct World {
    alipay: Alipay,
    wechatpay: WechatPay,
    /// Both gateways'.
    key: KeyPair,
    /// A signature of theirs, over something else.
    other: String,
    refund: RefundRequest,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let key = || KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let (ours, key) = (key(), key());
    let private: Pkcs8V1Der<'_> = ours.as_der().expect("DER");
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().expect("DER");
    let private = STANDARD.encode(private.as_ref());
    let public = STANDARD.encode(public.as_ref());
    let alipay = json!({
        "gateway_url": "https://alipay.example/gateway.do", "app_id": APP, "seller_id": SELLER,
        "app_private_key": private, "alipay_public_key": public, "notify_url": "https://keys.example/a",
    });
    let wechatpay = json!({
        "gateway_url": "https://wechatpay.example", "appid": WECHAT_APP, "mchid": MERCHANT,
        "merchant_serial": "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C", "merchant_private_key": private,
        "api_v3_key": String::from_utf8_lossy(API_V3_KEY), "notify_url": "https://keys.example/w",
        "refund_notify_url": "https://keys.example/r", "wechatpay_keys": { KEY_ID: public },
        "wechatpay_serial": KEY_ID,
    });
    World {
        alipay: Alipay::from_secret(&alipay.to_string()).expect("a gateway"),
        wechatpay: WechatPay::from_secret(&wechatpay.to_string()).expect("a gateway"),
        other: sign_with(&key, b"something else"),
        key,
        refund: RefundRequest {
            number: REFUND.parse().expect("a number"),
            payment: NUMBER.parse().expect("a number"),
            amount: Money::from_fen(SUMS.0),
            total: Money::from_fen(SUMS.1),
            reason: String::new(),
        },
    }
});

fn sign_with(key: &KeyPair, text: &[u8]) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text,
        &mut signature,
    )
    .expect("a signature");
    STANDARD.encode(signature)
}

fn sign(text: &[u8]) -> String {
    sign_with(&WORLD.key, text)
}

/// What a gateway makes of a notice; the same when it is asked again.
fn verify(
    gateway: &dyn PaymentGateway,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<VerifiedNotice, NotifyError> {
    let notice = RawNotice { headers, body };
    let told = gateway.verify(&notice, NOW);
    assert_eq!(told, gateway.verify(&notice, NOW), "read twice");
    told
}

// ---------------------------------------------------------------- Alipay: notices

/// A notice of Alipay: a form without `sign` and `sign_type`, which are added here.
pub fn alipay_notice(data: &[u8]) -> bool {
    let alipay = &WORLD.alipay;
    verify(alipay, &[], data).expect_err("nobody signed it");

    let pairs: Vec<(String, String)> = form_urlencoded::parse(data).into_owned().collect();
    let params: BTreeMap<&str, &str> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let twice = params.len() < pairs.len()
        || params.contains_key("sign")
        || params.contains_key("sign_type");
    let text: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let signed = |signature: &str| {
        let mut body = data.to_vec();
        body.extend(b"&sign_type=RSA2&sign=");
        body.extend(form_urlencoded::byte_serialize(signature.as_bytes()).flat_map(str::bytes));
        body
    };
    verify(alipay, &[], &signed(&WORLD.other)).expect_err("the signature is of something else");
    let body = signed(&sign(text.join("&").as_bytes()));
    let told = verify(alipay, &[], &body);
    if twice || body.len() > MOST {
        assert_eq!(told, Err(NotifyError::Malformed));
    }
    let notice = match &told {
        Err(NotifyError::Malformed | NotifyError::OtherMerchant) => return false,
        Err(fault) => panic!("it is Alipay's, and of no time: {fault}"),
        Ok(notice) => notice.notice(),
    };
    let value = |name: &str| params.get(name).copied().unwrap_or_default();
    assert_eq!((value("app_id"), value("seller_id")), (APP, SELLER));
    match notice {
        PaymentNotice::Paid {
            out_trade_no,
            receipt,
        } => {
            assert_eq!(out_trade_no, value("out_trade_no"));
            assert_eq!(receipt.trade_no, value("trade_no"));
            assert_eq!(Ok(receipt.amount), value("total_amount").parse());
            assert!(receipt.amount >= Money::from_fen(1));
            let status = value("trade_status");
            assert!(matches!(status, "TRADE_SUCCESS" | "TRADE_FINISHED"));
            // A refund says the same once more, and is no payment.
            assert_eq!((value("gmt_refund"), value("out_biz_no")), ("", ""));
        }
        PaymentNotice::Other { status } => assert!(value("trade_status").starts_with(status)),
        PaymentNotice::Refunded { .. } => panic!("Alipay has no notices of refunds"),
    }
    true
}

// ---------------------------------------------------------------- Alipay: answers

/// An object of JSON, member by member, also those that come twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Reader)
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(values) => values.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or_default()
}

const ROOT: &str = "alipay_trade_query_response";
const REFUND_ROOT: &str = "alipay_trade_fastpay_refund_query_response";
const ERROR_ROOT: &str = "error_response";

/// Does a proper reader of JSON see the same in it that is cut out of it?
fn cut_as_read(body: &str) -> bool {
    let cut = alipay::fuzzing::cut(body);
    assert_eq!(cut, alipay::fuzzing::cut(body), "read twice");
    if let Some(cut) = &cut {
        let (from, to) = (body.as_bytes().as_ptr_range(), cut.text.as_bytes());
        let inside = from.contains(&to.as_ptr()) && to.as_ptr_range().end <= from.end;
        assert!(inside, "the text is not the body's own");
        assert!(cut.text.starts_with('{') && cut.text.ends_with('}'));
        assert!(cut.sign.as_deref() != Some(""));
    }
    // What is no JSON may be cut, and is refused later.
    let Ok(Members(members)) = serde_json::from_str(body) else {
        return cut.is_some();
    };
    let roots: Vec<&(String, Value)> = members
        .iter()
        .filter(|(name, _)| name == ROOT || name == ERROR_ROOT)
        .collect();
    let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    if let ([(name, value)], Some(cut)) = (roots.as_slice(), &cut) {
        assert_eq!(
            serde_json::from_str::<Value>(cut.text).ok().as_ref(),
            Some(value)
        );
        assert_eq!(cut.is_error, name == ERROR_ROOT);
    }
    // Escapes in names are not looked through, so what has any is out of this.
    let sane = !body.contains('\\')
        && names.len() == members.len()
        && members.len() <= MEMBERS
        && members.iter().all(|(_, value)| depth(value) <= DEPTH)
        && members
            .iter()
            .all(|(name, value)| name != "sign" || value.is_string());
    if sane {
        let good = matches!(roots.as_slice(), [(_, value)] if value.is_object());
        assert_eq!(cut.is_some(), good, "a sane answer");
    }
    cut.is_some()
}

/// An answer of Alipay's: as a whole, and as the object of an answer that is signed here.
pub fn alipay_answer(data: &[u8]) -> bool {
    let world = &*WORLD;
    let number = &world.refund.payment;
    let query = |body: &str| {
        let told = alipay::fuzzing::queried(&world.alipay, number, body.as_bytes());
        let again = alipay::fuzzing::queried(&world.alipay, number, body.as_bytes());
        assert_eq!(told, again, "read twice");
        told
    };
    let Ok(text) = std::str::from_utf8(data) else {
        let told = alipay::fuzzing::queried(&world.alipay, number, data);
        assert_eq!(told, Err(GatewayError::Forged));
        return false;
    };
    let taken = cut_as_read(text);
    query(text).expect_err("nobody signed it");

    let inner = text.trim_matches([' ', '\t', '\r', '\n']);
    let content: Value = match serde_json::from_str(inner) {
        Ok(value @ Value::Object(_)) if depth(&value) <= DEPTH => value,
        _ => return taken,
    };
    let wrap = |root: &str, sign: &str| format!("{{\"{root}\": {inner} ,\"sign\":\"{sign}\"}}");
    let signature = sign(inner.as_bytes());
    let body = wrap(ROOT, &signature);
    let cut = alipay::fuzzing::cut(&body).expect("an answer");
    assert_eq!((cut.text, cut.sign.as_deref()), (inner, Some(&*signature)));
    for unsigned in [&*world.other, "", "x"] {
        let told = query(&wrap(ROOT, unsigned));
        assert_eq!(told, Err(GatewayError::Forged), "not signed");
        query(&wrap(ERROR_ROOT, unsigned)).expect_err("an error is no answer");
    }
    query(&wrap(ERROR_ROOT, &signature)).expect_err("an error is no answer");
    let member = |name: &str| content[name].as_str().unwrap_or_default();

    let told = query(&body);
    match &told {
        Err(GatewayError::Forged) => {
            let named = member("out_trade_no");
            assert!(!named.is_empty() && named != NUMBER, "it is Alipay's");
        }
        Ok(TradeStatus::Paid(receipt)) => {
            assert_eq!((member("code"), member("out_trade_no")), ("10000", NUMBER));
            assert_eq!(Ok(receipt.amount), member("total_amount").parse());
            assert!(receipt.amount >= Money::from_fen(1));
            assert_eq!(receipt.trade_no, member("trade_no"));
        }
        Ok(TradeStatus::Unknown) => assert_eq!(member("code"), "40004"),
        Ok(_) => assert_eq!(member("out_trade_no"), NUMBER),
        Err(_) => {}
    }

    let body = wrap(REFUND_ROOT, &signature);
    let refund =
        || alipay::fuzzing::refund_queried(&world.alipay, &world.refund, NOW, body.as_bytes());
    let back = refund();
    assert_eq!(back, refund(), "read twice");
    if let Ok(RefundStatus::Done { receipt, .. }) = &back {
        assert_eq!(member("code"), "10000");
        assert_eq!(
            (member("out_trade_no"), member("out_request_no")),
            (NUMBER, REFUND)
        );
        assert_eq!(member("refund_status"), "REFUND_SUCCESS");
        assert_eq!(member("refund_amount").parse(), Ok(Money::from_fen(SUMS.0)));
        assert_eq!(receipt, member("trade_no"));
    }
    // Without a word of a refund, there is none: that is no more than silence.
    taken || told.is_ok() || back.is_ok_and(|status| status != RefundStatus::Unknown)
}

// ---------------------------------------------------------------- bills

fn sane_rows(rows: &[BillRow], lines: usize) {
    assert!(rows.len() <= lines, "more rows than lines");
    for row in rows {
        assert!(row.amount > Money::ZERO);
        assert!(!row.trade_no.is_empty() && row.trade_no.bytes().all(|b| b.is_ascii_graphic()));
    }
}

fn lines(text: &[u8]) -> usize {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).count()
}

fn pack(file: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("bill.csv", stored).expect("a file");
    zip.write_all(file).expect("its bytes");
    zip.finish().expect("an archive").into_inner()
}

/// A bill of Alipay's: as an archive, and as the one file of an archive that is packed here. What is UTF-8 is
/// written in GBK first, so that seeds can be read.
pub fn alipay_bill(data: &[u8]) -> bool {
    let read = |packed: &[u8]| {
        let told = alipay::fuzzing::bill_rows(packed);
        assert_eq!(told, alipay::fuzzing::bill_rows(packed), "read twice");
        told
    };
    let archive = read(data);
    if let Ok(rows) = &archive {
        // How many lines there are is only seen unpacked.
        sane_rows(rows, usize::MAX);
    }
    let file = match std::str::from_utf8(data) {
        Ok(text) => encoding_rs::GBK.encode(text).0,
        Err(_) => data.into(),
    };
    let mut packed = pack(&file);
    let told = read(&packed);
    if let Ok(rows) = &told {
        sane_rows(rows, lines(&file));
        // Behind the header of the file: 30 bytes, its name, and what else is told of it.
        let length = |at: usize| usize::from(u16::from_le_bytes([packed[at], packed[at + 1]]));
        let middle = 30 + length(26) + length(28) + file.len() / 2;
        packed[middle] ^= 1;
        read(&packed).expect_err("an archive that is damaged");
    }
    archive.is_ok() || told.is_ok()
}

/// A bill of WeChat Pay's, whose hash is worked out here.
pub fn wechatpay_bill(data: &[u8]) -> bool {
    /// The header of the sums below the rows. Without it a bill has broken off.
    const END: &str = "总交易单数";
    let hash = |text: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, text).as_ref().to_vec();
    let read = |text: &[u8], sha1: &[u8]| {
        let told = wechatpay::fuzzing::bill_rows(text, sha1);
        assert_eq!(
            told,
            wechatpay::fuzzing::bill_rows(text, sha1),
            "read twice"
        );
        told
    };
    for wrong in [
        hash(b"something else"),
        Vec::new(),
        hash(data)[..19].to_vec(),
    ] {
        read(data, &wrong).expect_err("another hash");
    }
    let told = read(data, &hash(data));
    if let Ok(rows) = &told {
        sane_rows(rows, lines(data));
        let end = data
            .windows(END.len())
            .position(|window| window == END.as_bytes())
            .expect("sums");
        read(&data[..end], &hash(&data[..end])).expect_err("a bill that broke off");
    }
    told.is_ok()
}

// ---------------------------------------------------------------- WeChat Pay: notices

/// A notice of WeChat Pay: headers, an empty line, the body. Headers that are not there are added here, with a
/// signature over what is; without an empty line all is body.
pub fn wechatpay_notice(data: &[u8]) -> bool {
    let gateway = &WORLD.wechatpay;
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (&b""[..], data),
    };
    let told: Vec<(String, String)> = String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    verify(gateway, &told, body).expect_err("nobody signed it");

    let mut headers = told.clone();
    let mut add = |name: &str, value: &dyn Fn() -> String| {
        let found = headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.map_or_else(value, |(_, value)| value.clone());
        if found.is_none() {
            headers.push((name.to_owned(), value.clone()));
        }
        value
    };
    let timestamp = add("Wechatpay-Timestamp", &|| NOW.as_second().to_string());
    let nonce = add("Wechatpay-Nonce", &|| "nonce".to_owned());
    let serial = add("Wechatpay-Serial", &|| KEY_ID.to_owned());
    let text = [timestamp.as_bytes(), nonce.as_bytes(), body, b""].join(&b'\n');
    add("Wechatpay-Signature", &|| sign(&text));
    let kind = add("Wechatpay-Signature-Type", &|| KIND.to_owned());
    let added = verify(gateway, &headers, body);
    match &added {
        Ok(_) => {
            let at: i64 = timestamp.parse().expect("seconds");
            assert!(at.abs_diff(NOW.as_second()) < WINDOW, "not of this time");
            assert!(serial.eq_ignore_ascii_case(KEY_ID), "an unknown key");
            assert_eq!(kind, KIND);
            for name in [
                "timestamp",
                "nonce",
                "serial",
                "signature",
                "signature-type",
            ] {
                let name = format!("wechatpay-{name}");
                let same = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(&name);
                assert_eq!(headers.iter().filter(same).count(), 1, "{name}");
            }
        }
        Err(NotifyError::Signature | NotifyError::Stale) if told.is_empty() => {
            assert!(body.len() > MOST, "it is WeChat Pay's, and of now");
        }
        Err(_) => {}
    }
    added.is_ok()
}

/// A notice with this in it, encrypted and signed.
fn sealed(event: &str, original: &str, plain: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let key = UnboundKey::new(&AES_256_GCM, API_V3_KEY).expect("a key");
    let mut text = plain.to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(*NONCE),
            Aad::from("notice"),
            &mut text,
        )
        .expect("a ciphertext");
    let body = json!({
        "id": "EV-1", "event_type": event, "resource_type": "encrypt-resource",
        "resource": {
            "original_type": original, "algorithm": "AEAD_AES_256_GCM", "associated_data": "notice",
            "nonce": String::from_utf8_lossy(NONCE), "ciphertext": STANDARD.encode(text),
        },
    })
    .to_string()
    .into_bytes();
    let now = NOW.as_second().to_string();
    let signed = [now.as_bytes(), b"nonce", &body, b""].join(&b'\n');
    let headers = [
        ("wechatpay-timestamp", now),
        ("wechatpay-nonce", "nonce".to_owned()),
        ("wechatpay-serial", KEY_ID.to_owned()),
        ("wechatpay-signature", sign(&signed)),
    ];
    (
        headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body,
    )
}

/// The members of a payment that count. As for whoever reads it, what else is there may be anything.
#[derive(Deserialize)]
struct Payment {
    appid: String,
    mchid: String,
    out_trade_no: String,
    trade_state: String,
    trade_type: Option<String>,
    transaction_id: Option<String>,
    amount: Option<Total>,
}

#[derive(Deserialize)]
struct Total {
    total: Option<i64>,
    currency: Option<String>,
}

/// The members of a refund that count.
#[derive(Deserialize)]
struct Refund {
    mchid: Option<String>,
    out_trade_no: String,
    out_refund_no: String,
    #[serde(rename = "refund_status")]
    status: String,
    amount: Back,
}

#[derive(Deserialize)]
struct Back {
    refund: i64,
}

fn content<T: DeserializeOwned>(plain: &[u8]) -> T {
    serde_json::from_slice(plain).expect("what was taken can be read")
}

/// What a notice of WeChat Pay holds: a line with the event, a line with the type, and the text that is
/// encrypted here.
pub fn wechatpay_resource(data: &[u8]) -> bool {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (event, original, plain) = (part(), part(), part());
    let (event, original) = (
        String::from_utf8_lossy(event),
        String::from_utf8_lossy(original),
    );
    let (headers, body) = sealed(&event, &original, plain);
    let told = verify(&WORLD.wechatpay, &headers, &body);
    let notice = match &told {
        Err(NotifyError::Malformed | NotifyError::OtherMerchant) => return false,
        Err(fault) => panic!("it is WeChat Pay's, and of now: {fault}"),
        Ok(notice) => notice.notice(),
    };
    match notice {
        PaymentNotice::Paid {
            out_trade_no,
            receipt,
        } => {
            assert_eq!(
                (&*event, &*original),
                ("TRANSACTION.SUCCESS", "transaction")
            );
            let content: Payment = content(plain);
            assert_eq!((&*content.appid, &*content.mchid), (WECHAT_APP, MERCHANT));
            assert_eq!(content.trade_state, "SUCCESS");
            assert_eq!(content.trade_type.as_deref(), Some("NATIVE"));
            assert_eq!(*out_trade_no, content.out_trade_no);
            assert_eq!(Some(&receipt.trade_no), content.transaction_id.as_ref());
            let amount = content.amount.expect("money");
            assert_eq!(amount.currency.as_deref(), Some("CNY"));
            assert_eq!(receipt.amount.fen(), amount.total);
            assert!(receipt.amount >= Money::from_fen(1));
        }
        PaymentNotice::Refunded {
            out_refund_no,
            out_trade_no,
            amount,
            status,
        } => {
            assert_eq!(&*original, "refund");
            let content: Refund = content(plain);
            assert_eq!(event.strip_prefix("REFUND."), Some(&*content.status));
            assert!(content.mchid.is_none_or(|mchid| mchid == MERCHANT));
            assert_eq!(*out_refund_no, content.out_refund_no);
            assert_eq!(*out_trade_no, content.out_trade_no);
            assert_eq!(amount.fen(), Some(content.amount.refund));
            assert!(*amount >= Money::from_fen(1));
            let done = matches!(status, RefundStatus::Done { .. });
            assert_eq!(done, content.status == "SUCCESS");
        }
        PaymentNotice::Other { status } if event == "TRANSACTION.SUCCESS" => {
            let content: Payment = content(plain);
            assert!(content.trade_state != "SUCCESS" && content.trade_state.starts_with(status));
        }
        // An event that is nothing to us is not read.
        PaymentNotice::Other { status } => {
            let known = ["REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"];
            assert!(!known.contains(&&*event) && event.starts_with(status));
        }
    }
    true
}
