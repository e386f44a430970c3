//! The trade bills of both gateways.

use std::io::Read;

use encoding_rs::GBK;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use sandbox::crypto::sha1_hex;
use serde_json::{Value, json};

use crate::support::*;
use crate::wx::{self, APPID, Call, MCHID};

fn number(bytes: &[u8], at: usize, length: usize) -> usize {
    let bytes = &bytes[at..at + length];
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum * 256 + usize::from(*byte))
}

/// The files of a ZIP by its directory, each checked against its sum.
fn unzip(zip: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let end = zip.len() - 22;
    assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
    let count = number(zip, end + 10, 2);
    let mut at = number(zip, end + 16, 4);
    let mut files = Vec::new();
    for _ in 0..count {
        assert_eq!(&zip[at..at + 4], b"PK\x01\x02");
        assert_eq!(number(zip, at + 8, 2), 0, "names are not said to be UTF-8");
        let (crc, packed, size) = (
            number(zip, at + 16, 4),
            number(zip, at + 20, 4),
            number(zip, at + 24, 4),
        );
        let length = number(zip, at + 28, 2);
        let local = number(zip, at + 42, 4);
        let name = zip[at + 46..at + 46 + length].to_vec();
        assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
        assert_eq!(&zip[local + 30..local + 30 + length], name);
        let start = local + 30 + length;
        let mut bytes = Vec::new();
        DeflateDecoder::new(&zip[start..start + packed])
            .read_to_end(&mut bytes)
            .expect("well-formed");
        let mut sum = Crc::new();
        sum.update(&bytes);
        assert_eq!((sum.sum() as usize, bytes.len()), (crc, size));
        files.push((name, bytes));
        at += 46 + length;
    }
    files
}

fn gbk(bytes: &[u8]) -> String {
    let (text, _, wrong) = GBK.decode(bytes);
    assert!(!wrong);
    text.into_owned()
}

async fn alipay_url(world: &World, date: &str) -> Answer {
    let content = json!({ "bill_type": "trade", "bill_date": date });
    let method = "alipay.data.dataservice.bill.downloadurl.query";
    world.call(method, content).await
}

/// Lines of Alipay's bill by column name.
async fn alipay_rows(world: &World, date: &str) -> Vec<Value> {
    let answer = alipay_url(world, date).await;
    let url = answer.get("bill_download_url").to_owned();
    let zip = world.http.get(&url).send().await.expect("well-formed");
    assert_eq!(zip.status(), StatusCode::OK);
    let files = unzip(&zip.bytes().await.expect("well-formed"));
    let day = date.replace('-', "");
    let names: Vec<_> = files.iter().map(|(name, _)| gbk(name)).collect();
    assert_eq!(
        names,
        [
            format!("{SELLER_ID}_{day}_业务明细.csv"),
            format!("{SELLER_ID}_{day}_业务明细(汇总).csv")
        ]
    );
    let text = gbk(&files[0].1);
    assert!(text.starts_with("#支付宝业务明细查询\r\n"));
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<_> = lines.next().expect("well-formed").split(',').collect();
    assert_eq!(columns.len(), 25);
    let row = |line: &str| {
        let values: Vec<_> = line.split(',').collect();
        assert_eq!(values.len(), columns.len());
        assert!(values[..24].iter().all(|value| value.ends_with('\t')));
        let pairs = columns.iter().zip(values);
        Value::Object(
            pairs
                .map(|(name, value)| ((*name).to_owned(), json!(value.trim_end_matches('\t'))))
                .collect(),
        )
    };
    lines.map(row).collect()
}

/// Lines of WeChat Pay's bill by column name, and the line of sums.
async fn wechat_rows(world: &World, query: &str) -> (Vec<Value>, Value) {
    let answer = world.wx_get(&format!("/v3/bill/tradebill?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.raw);
    assert_eq!(answer.body["hash_type"], "SHA1");
    let url = answer.body["download_url"].as_str().expect("well-formed");
    let path = url
        .strip_prefix(&format!("{}/wechatpay", world.url))
        .expect("on the host that was called");
    let unsigned = world.http.get(url).send().await.expect("well-formed");
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    let file = Call::new(world, Method::GET, path, None)
        .sign()
        .send(world)
        .await
        .expect("well-formed");
    assert_eq!(
        file.header("wechatpay-signature"),
        "",
        "files are not signed"
    );
    // reqwest takes a byte order mark for what it is and drops it.
    let with_mark = format!("\u{feff}{}", file.raw.trim_start_matches('\u{feff}'));
    assert_eq!(answer.body["hash_value"], sha1_hex(with_mark.as_bytes()));
    let text = file.raw.trim_start_matches('\u{feff}');
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    let row = |head: &str, line: &str| {
        let names: Vec<_> = head.split(',').collect();
        let values: Vec<_> = line
            .strip_prefix('`')
            .expect("well-formed")
            .split(",`")
            .collect();
        assert_eq!(values.len(), names.len(), "{line}");
        let pairs = names.iter().zip(values);
        Value::Object(
            pairs
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect(),
        )
    };
    let (rows, sums) = lines[1..].split_at(lines.len() - 3);
    let rows = rows.iter().map(|line| row(lines[0], line)).collect();
    (rows, row(sums[0], sums[1]))
}

#[tokio::test]
async fn alipays_bill_is_a_zip_of_gbk_with_payments_and_refunds_of_the_day() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    for date in ["2026-11-21", "2026-11-22"] {
        assert_eq!(
            alipay_url(&world, date).await.outcome(),
            "isp.bill_not_exist"
        );
    }
    for date in ["2026-11", "2026-11-31", "20261121", ""] {
        assert_eq!(
            alipay_url(&world, date).await.outcome(),
            "ACQ.INVALID_PARAMETER"
        );
    }
    let content =
        json!({ "out_trade_no": "7001_1", "total_amount": "88.80", "subject": "密钥, 二" });
    let answer = world
        .call_with(
            "alipay.trade.precreate",
            content,
            Some(&merchant.notify_url()),
        )
        .await;
    let (_, paid) = world.pay(answer.get("qr_code")).await;
    merchant.next().await;
    world
        .precreate("7001_2", "1.00", &merchant.notify_url())
        .await;
    // Past midnight in China.
    world.clock.forward(SignedDuration::from_hours(5));
    let content = json!({
        "out_trade_no": "7001_1", "refund_amount": "8.80", "out_request_no": "7001_R1",
    });
    world.call("alipay.trade.refund", content).await;

    let rows = alipay_rows(&world, "2026-11-21").await;
    assert_eq!(rows.len(), 1);
    for (name, value) in [
        ("支付宝交易号", paid["trade_no"].as_str().unwrap()),
        ("商户订单号", "7001_1"),
        ("业务类型", "交易"),
        ("商品名称", "密钥， 二"),
        ("完成时间", "2026-11-21 20:00:00"),
        ("订单金额（元）", "88.80"),
        ("商家实收（元）", "88.80"),
        ("退款批次号/请求号", ""),
        ("备注", ""),
    ] {
        assert_eq!(rows[0][name], value, "{name}");
    }
    let rows = alipay_rows(&world, "2026-11-22").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["业务类型"], "退款");
    assert_eq!(rows[0]["订单金额（元）"], "-8.80");
    assert_eq!(rows[0]["退款批次号/请求号"], "7001_R1");
    assert_eq!(rows[0]["完成时间"], "2026-11-22 01:00:00");

    let answer = alipay_url(&world, "2026-11-22").await;
    let url = answer.get("bill_download_url").to_owned();
    world.clock.forward(SignedDuration::from_secs(30));
    let late = world.http.get(url).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn wechat_pays_bill_is_a_csv_named_by_its_hash() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "")]).await;
    let ask = async |query: &str| {
        let answer = world.wx_get(&format!("/v3/bill/tradebill?{query}")).await;
        let (status, code) = answer.outcome();
        (status, code.to_owned())
    };
    let none = (400, "NO_STATEMENT_EXIST".to_owned());
    assert_eq!(ask("bill_date=2026-11-21&bill_type=ALL").await, none);
    let wrong = (400, "PARAM_ERROR".to_owned());
    for query in [
        "",
        "bill_date=2026-11-22",
        "bill_date=2026-08-20",
        "bill_date=20261121",
        "bill_date=2026-11-21&bill_type=X",
        "bill_date=2026-11-21&tar_type=GZIP",
    ] {
        assert_eq!(ask(query).await, wrong, "{query}");
    }
    let knob = json!({ "errors": { "wechatpay.tradebill": ["STATEMENT_CREATING"] } });
    world.turn(knob).await;
    let creating = (400, "STATEMENT_CREATING".to_owned());
    assert_eq!(ask("bill_date=2026-11-21").await, creating);

    world.wx_paid("bill2_1", 8880, &mut merchant).await;
    world.native("bill2_2", 100, &merchant).await;
    let body = wx::refund("bill2_1", "bill2_R1", 880, 8880, &merchant);
    world.wx_refund(body).await;
    merchant.next().await;
    world.turn(json!({ "refund": "processing" })).await;
    let body = wx::refund("bill2_1", "bill2_R2", 1, 8880, &merchant);
    world.wx_refund(body).await;

    let (rows, sums) = wechat_rows(&world, "bill_date=2026-11-21&bill_type=ALL").await;
    assert_eq!(rows.len(), 3);
    for (name, value) in [
        ("交易时间", "2026-11-21 20:00:00"),
        ("公众账号ID", APPID),
        ("商户号", MCHID),
        ("商户订单号", "bill2_1"),
        ("交易类型", "NATIVE"),
        ("交易状态", "SUCCESS"),
        ("货币种类", "CNY"),
        ("应结订单金额", "88.80"),
        ("订单金额", "88.80"),
        ("商户退款单号", "0"),
        ("退款金额", "0.00"),
        ("商品名称", "企业密钥 <一>, 二"),
    ] {
        assert_eq!(rows[0][name], value, "{name}");
    }
    for (name, value) in [
        ("交易状态", "REFUND"),
        ("商户订单号", "bill2_1"),
        ("商户退款单号", "bill2_R1"),
        ("退款金额", "8.80"),
        ("申请退款金额", "8.80"),
        ("退款状态", "SUCCESS"),
        ("应结订单金额", "0.00"),
    ] {
        assert_eq!(rows[1][name], value, "{name}");
    }
    assert_eq!(rows[2]["退款状态"], "PROCESSING");
    assert_eq!(sums["总交易单数"], "3");
    assert_eq!(sums["订单总金额"], "88.80");
    assert_eq!(sums["退款总金额"], "8.81");
    let (rows, _) = wechat_rows(&world, "bill_date=2026-11-21&bill_type=REFUND").await;
    assert_eq!(rows.len(), 2);

    let answer = world
        .wx_get("/v3/bill/tradebill?bill_date=2026-11-21")
        .await;
    let url = answer.body["download_url"].as_str().unwrap();
    let path = url
        .strip_prefix(&format!("{}/wechatpay", world.url))
        .unwrap();
    world.clock.forward(SignedDuration::from_mins(5));
    assert_eq!(
        world.wx_get(path).await.outcome(),
        (404, "RESOURCE_NOT_EXISTS")
    );
}

#[tokio::test]
async fn a_bill_differs_from_what_happened_as_the_knob_wants() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    for order in ["bill3_1", "bill3_2"] {
        world.wx_paid(order, 100, &mut merchant).await;
        let qr_code = world.precreate(order, "1.00", &merchant.notify_url()).await;
        world.pay(&qr_code).await;
        merchant.next().await;
    }
    let bill = json!({
        "hide": ["bill3_1"],
        "add": [
            { "out_trade_no": "bill3_9", "amount": "7.00" },
            { "out_trade_no": "bill3_2", "amount": "0.50", "refund_no": "bill3_R9" },
        ],
    });
    world
        .turn(json!({ "wechatpay": { "bill": bill }, "alipay": { "bill": bill } }))
        .await;
    let (rows, _) = wechat_rows(&world, "bill_date=2026-11-21").await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| [&row["商户订单号"], &row["订单金额"], &row["商户退款单号"]])
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["bill3_2", "1.00", "0"],
            ["bill3_9", "7.00", "0"],
            ["bill3_2", "0.00", "bill3_R9"]
        ])
    );
    let rows = alipay_rows(&world, "2026-11-21").await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| [&row["商户订单号"], &row["订单金额（元）"]])
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["bill3_2", "1.00"],
            ["bill3_9", "7.00"],
            ["bill3_2", "-0.50"]
        ])
    );
}
