//! Trade bills.

use super::*;
use adapters::ports::{Bill, BillKind, BillRow, GatewayError};
use jiff::civil::{Date, date};

const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const PAID: &str = "`2026-11-21 21:30:59,`wxd678efh567hg6787,`1900000109,`0,`,`4200002026112100000001,`201910230935190042_1,`oUpF8uMuAJO,`NATIVE,`SUCCESS,`OTHERS,`CNY,`350.00,`10.00,`0,`0,`0.00,`0.00,`,`,`企业密钥,`,`2.16000,`0.60%,`360.00,`0.00,`";
const BACK: &str = "`2026-11-21 21:40:02,`wxd678efh567hg6787,`1900000109,`0,`,`4200002026112100000001,`201910230935190042_1,`oUpF8uMuAJO,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50000000382019052709732678859,`201910230935190042_R1,`116.67,`0.00,`ORIGINAL,`PROCESSING,`企业密钥,`,`-0.72000,`0.60%,`0.00,`120.00,`";
const SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`2,`350.00,`116.67,`0.00,`1.44000,`360.00,`120.00\r\n";
const DAY: Date = date(2026, 11, 21);

fn bill(rows: &[&str]) -> String {
    let rows = [&[HEADER], rows, &[SUMS]].concat();
    format!("\u{feff}{}", rows.join("\r\n"))
}

fn sha1(bytes: &[u8]) -> String {
    let told = openssl_text("dgst -sha1 -r", bytes);
    told.split(' ').next().unwrap().to_owned()
}

/// A gateway with this bill: address and file.
async fn gateway(keys: &Keys, file: Answer, hash: String, address: Option<&str>) -> Server {
    let keys = keys.clone();
    let address = address.map(str::to_owned);
    Server::start(move |seen| {
        if seen.uri.path().ends_with("/file") {
            return file.response();
        }
        let host = seen.headers["host"].to_str().unwrap();
        let here = format!("http://{host}/wechatpay/v3/billdownload/file?token=a%2Fb&tartype=");
        let body = json!({
            "hash_type": "SHA1",
            "hash_value": hash,
            "download_url": address.clone().unwrap_or(here),
        });
        keys.answer(200, &body.to_string()).response()
    })
    .await
}

async fn read(keys: &Keys, text: &str) -> Result<Bill, GatewayError> {
    let hash = sha1(text.as_bytes());
    let server = gateway(keys, Answer::plain(200, text), hash, None).await;
    keys.gateway(&server.url).bill(DAY, now()).await
}

fn paid() -> BillRow {
    BillRow {
        kind: BillKind::Paid,
        out_trade_no: NUMBER.to_owned(),
        trade_no: "4200002026112100000001".to_owned(),
        amount: Money::from_fen(36_000),
        at: "2026-11-21T13:30:59Z".parse().unwrap(),
    }
}

fn back() -> BillRow {
    BillRow {
        kind: BillKind::Refunded {
            out_refund_no: REFUND.to_owned(),
        },
        amount: Money::from_fen(12_000),
        at: "2026-11-21T13:40:02Z".parse().unwrap(),
        ..paid()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_fetched_with_our_signature_and_checked_by_its_hash() {
    let keys = Keys::make("bill");
    let text = bill(&[PAID, BACK]);
    let file = Answer::plain(200, &text);
    let server = gateway(&keys, file.clone(), sha1(text.as_bytes()), None).await;
    let read = keys.gateway(&server.url).bill(DAY, now()).await.unwrap();
    assert_eq!(read, Bill::Rows(vec![paid(), back()]));
    let mut seen = server.seen();
    assert_eq!(seen.len(), 2);
    let target = "/wechatpay/v3/bill/tradebill?bill_date=2026-11-21&bill_type=ALL";
    assert_signed(&keys, &seen[0], target);
    // A download names no key, for nothing signs it.
    seen[1]
        .headers
        .insert("wechatpay-serial", KEY_ID.parse().unwrap());
    assert_signed(
        &keys,
        &seen[1],
        "/wechatpay/v3/billdownload/file?token=a%2Fb&tartype=",
    );

    for (file, hash, address) in [
        (file.clone(), sha1(b"another"), None),
        (file.clone(), "xyz".to_owned(), None),
        (file.clone(), String::new(), None),
        (Answer::plain(404, &text), sha1(text.as_bytes()), None),
        (Answer::plain(500, ""), sha1(text.as_bytes()), None),
        (
            Answer {
                status: 302,
                headers: vec![("location".into(), "/wechatpay/v3/billdownload/file".into())],
                body: Vec::new(),
            },
            sha1(text.as_bytes()),
            None,
        ),
        (
            file.clone(),
            sha1(text.as_bytes()),
            Some("ftp://127.0.0.1/file"),
        ),
        (
            file.clone(),
            sha1(text.as_bytes()),
            Some("http://u:p@127.0.0.1/file"),
        ),
        (file.clone(), sha1(text.as_bytes()), Some("")),
    ] {
        let server = gateway(&keys, file, hash, address).await;
        let error = keys
            .gateway(&server.url)
            .bill(DAY, now())
            .await
            .unwrap_err();
        assert!(matches!(error, GatewayError::Unavailable(_)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_bill_is_one_without_trade_or_one_to_wait_for() {
    let keys = Keys::make("bill_none");
    for (code, told) in [
        ("STATEMENT_CREATING", "Ok(NotReady)"),
        ("NO_STATEMENT_EXIST", "Ok(Rows([]))"),
        ("INVALID_REQUEST", "Err(Refused"),
    ] {
        let answer = keys.answer(400, &json!({"code": code, "message": "x"}).to_string());
        let server = Server::start(move |_| answer.response()).await;
        let bill = keys.gateway(&server.url).bill(DAY, now()).await;
        assert!(format!("{bill:?}").starts_with(told), "{code}: {bill:?}");
    }
    // A bill of nothing but sums.
    assert_eq!(
        read(&keys, &bill(&[])).await.unwrap(),
        Bill::Rows(Vec::new())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_strangers_do_not_move_columns() {
    let keys = Keys::make("bill_texts");
    for name in [
        "`企业密钥, 两把, 红",
        "\"`企业密钥, \"\"两把\"\"\"",
        "`5\" 屏",
        "`",
        "`a`b",
    ] {
        let row = PAID.replace("`企业密钥", name);
        let read = read(&keys, &bill(&[&row, BACK])).await.unwrap();
        assert_eq!(read, Bill::Rows(vec![paid(), back()]), "{name}");
    }
    // Columns are found by name.
    let turn = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let text = format!("{}\n{}\n{SUMS}", turn(HEADER), turn(PAID));
    assert_eq!(read(&keys, &text).await.unwrap(), Bill::Rows(vec![paid()]));
    // Others' rows are rows too; what failed moved no money.
    let other = PAID.replace(NUMBER, "somebody-else|1");
    let revoked = BACK.replace("`REFUND,", "`REVOKED,");
    let failed = BACK.replace("`PROCESSING,", "`FAIL,");
    let Bill::Rows(rows) = read(&keys, &bill(&[&other, &revoked, &failed]))
        .await
        .unwrap()
    else {
        panic!("no rows")
    };
    assert_eq!(rows[0].out_trade_no, "somebody-else|1");
    assert_eq!(rows[1..], [back()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_read_to_its_last_row_or_not_at_all() {
    let keys = Keys::make("bill_broken");
    let whole = bill(&[PAID, BACK]);
    let swallowed = PAID.replace("`企业密钥", "\"`x") + "\r\n" + &BACK.replace("`企业密钥", "y\"");
    for text in [
        String::new(),
        "<html>".to_owned(),
        whole.replace(SUMS, ""),
        whole.replace("订单金额", "金额"),
        whole.replace("商户退款单号", "交易时间"),
        whole.replace("`CNY", "`USD"),
        whole.replace("`360.00,`0.00", "`360.001,`0.00"),
        whole.replace("`360.00,`0.00", "`0.00,`0.00"),
        whole.replace("`360.00,`0.00", "`-360.00,`0.00"),
        whole.replace("`120.00", "`"),
        whole.replace("`2026-11-21 21:30:59", "`yesterday"),
        whole.replace("`SUCCESS", "`HAPPY"),
        whole.replace("`4200002026112100000001", "`"),
        whole.replace(PAID, &PAID[1..]),
        whole.replace(PAID, PAID.rsplit_once(",`").unwrap().0),
        whole.replace(PAID, &format!("{PAID},`")),
        bill(&[&swallowed]),
        whole.replace(&whole[whole.len() / 2..], ""),
    ] {
        let error = read(&keys, &text).await.unwrap_err();
        assert!(
            matches!(error, GatewayError::Unavailable(ref why) if why.starts_with("a bill that cannot be read: ")),
            "{text}: {error}"
        );
    }
    let long = vec![b' '; 33 * 1024 * 1024];
    let file = Answer {
        status: 200,
        headers: Vec::new(),
        body: long,
    };
    let server = gateway(&keys, file, String::new(), None).await;
    let error = keys
        .gateway(&server.url)
        .bill(DAY, now())
        .await
        .unwrap_err();
    assert_eq!(
        error,
        GatewayError::Unavailable("the answer is too long".to_owned())
    );
}
