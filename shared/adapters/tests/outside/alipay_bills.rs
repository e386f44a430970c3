//! Alipay: trade bills.

use std::io::{Cursor, Write};

use crate::alipay::{Keys, NUMBER, no, now, pairs};
use crate::support::Server;
use adapters::ports::{Bill, BillKind, BillRow, GatewayError, PaymentGateway};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const DAY: Date = date(2026, 11, 21);

/// A bill packed by another implementation (Python's `zipfile`), with names in GBK as Alipay's are.
const PACKED: &str = "UEsDBBQAAAAIAABAdl3RRSgUeAAAAIYAAAAsAAAAMjA4ODAwMDAwMDAwMDAwMV8yMDI2MTEyMV/Stc7xw/fPuCi749fcKS5jc3ZTvrZ8x7aNyy5tPfdx9+Prdza9vLiel+vw0a2vNj7YdVQHxDj8e/Mxnb27L13ftnLr0ut3Np469Vfn7On975C4IObeD9veLV5xZdXilTonz+y5dGrrqasQLi/XrvN7jnHqcOoYAqGRiYGegQGU4uVS3vvw1A9eLgBQSwMEFAAAAAgAAEB2XcDbbwvWAQAATgQAACYAAAAyMDg4MDAwMDAwMDAwMDAxXzIwMjYxMTIxX9K1zvHD98+4LmNzdp1TbW/SUBT+DAn/oQlfdLnoPRfaUH7GvprF/2bjYMaEXaAtK62o2K5rBQa2JVtmMhO/yF6yhWRbNmO8tytaJyTobdN7Xp578txz+uSjalujm2N1cNm7HrYb30b1XDYf+oatGM8ILpfx7wUYRGmDpZ0Lz3RD5zCGEOnDFCB4T8ANBYwr8bshCEIURjt/o0gaxWoVVl1ziu/26dmqZ3LZ++tZnfHEsNHex05V21JfMpNXe3u832cxR+/dNR3Ualk1j5pfUX/a3IuNnq1O6TEDcyPGNA4m1wFFUaixBiEt0K3Q71QRr2ldaOdKLXilbLGS5thTvTBx7ykYp9vfk4BZ1yO6+Uf2k935nDqdct264Q9vU9XdekyFw3jN4Z0+SmW7tQeBvt89t29bA8N+unuyO2O09R+DS32UpPXInSUmbU9e5LJ8VAAECGEDL8VjzyCCQQZMilguiiBjXCLPWZR3FTmzsdo7CrocRKQCQIGAQKBSxBVRXhjLJM+a/+YRiPIaW6JE8GNUlPATjOfb0k9mmf1P5HlflpIvsb+TLIwtJV8AErOY7yvRX0BtHR7c6f8UYn3xblZTSD4Wx9B0FAOop7zmjUm5Ow1CPYZSzeYVV8UCNZd/qfknUEsBAhQDFAAAAAgAAEB2XdFFKBR4AAAAhgAAACwAAAAAAAAAAAAAAIABAAAAADIwODgwMDAwMDAwMDAwMDFfMjAyNjExMjFf0rXO8cP3z7gou+PX3CkuY3N2UEsBAhQDFAAAAAgAAEB2XcDbbwvWAQAATgQAACYAAAAAAAAAAAAAAIABwgAAADIwODgwMDAwMDAwMDAwMDFfMjAyNjExMjFf0rXO8cP3z7guY3N2UEsFBgAAAAACAAIArgAAANwCAAAAAA==";

const HEADER: &str =
    "支付宝交易号,商户订单号,业务类型,商品名称,完成时间,订单金额(元),退款批次号/请求号";
const PAID: &str =
    "2026112122001400001\t,201910230935190042_1\t,交易,企业密钥\t,2026-11-21 21:30:59,360.00,\t";
const BACK: &str = "2026112122001400001\t,201910230935190042_1\t,退款,企业密钥\t,2026-11-21 21:40:02,-120.00,201910230935190042_R1\t";

fn rows() -> Vec<BillRow> {
    let paid = BillRow {
        kind: BillKind::Paid,
        out_trade_no: NUMBER.to_owned(),
        trade_no: "2026112122001400001".to_owned(),
        amount: Money::from_fen(36_000),
        at: "2026-11-21T13:30:59Z".parse().unwrap(),
    };
    let back = BillRow {
        kind: BillKind::Refunded {
            out_refund_no: "201910230935190042_R1".to_owned(),
        },
        amount: Money::from_fen(12_000),
        at: "2026-11-21T13:40:02Z".parse().unwrap(),
        ..paid.clone()
    };
    vec![paid, back]
}

fn pack(files: &[&[u8]]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, file) in files.iter().enumerate() {
        let name = format!("{index}.csv");
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(file).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn pack_text(text: &str) -> Vec<u8> {
    pack(&[&encoding_rs::GBK.encode(text).0])
}

/// A gateway with this bill.
async fn gateway(keys: &Keys, file: impl IntoResponse, address: Option<&str>) -> Server {
    let (head, body) = file.into_response().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let (keys, address) = (keys.clone(), address.map(str::to_owned));
    Server::start(move |seen| {
        if seen.uri.path() == "/downloadBillFile.resource" {
            return Response::from_parts(head.clone(), body.clone().into());
        }
        let host = seen.headers["host"].to_str().unwrap();
        let here = format!("http://{host}/downloadBillFile.resource?userId=X&fileId=1");
        let inner = json!({
            "code": "10000",
            "msg": "Success",
            "bill_download_url": address.clone().unwrap_or(here),
        });
        let inner = inner.to_string().replace('/', "\\/");
        let sign = keys.sign("alipay", &inner);
        let root = "alipay_data_dataservice_bill_downloadurl_query_response";
        format!("{{\"{root}\":{inner},\"sign\":\"{sign}\"}}").into_response()
    })
    .await
}

async fn read(keys: &Keys, packed: Vec<u8>) -> Result<Bill, GatewayError> {
    let server = gateway(keys, packed, None).await;
    keys.alipay(&server.url).bill(DAY, now()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_a_list_in_an_archive() {
    let keys = Keys::make("alipay_bill");
    let packed = STANDARD.decode(PACKED).unwrap();
    let server = gateway(&keys, packed, None).await;
    let bill = keys.alipay(&server.url).bill(DAY, now()).await;
    assert_eq!(bill, Ok(Bill::Rows(rows())));
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    let query = pairs(seen[0].uri.query().unwrap().as_bytes());
    assert_eq!(
        query["method"],
        "alipay.data.dataservice.bill.downloadurl.query"
    );
    assert_eq!(
        pairs(&seen[0].body)["biz_content"],
        r#"{"bill_type":"trade","bill_date":"2026-11-21"}"#
    );
    assert_eq!(seen[1].uri, "/downloadBillFile.resource?userId=X&fileId=1");
    assert_eq!(seen[1].method, "GET");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_bill_is_one_to_wait_for_until_noon() {
    let keys = Keys::make("alipay_bill_none");
    let root = "alipay_data_dataservice_bill_downloadurl_query_response";
    let answer = |inner: &str| {
        format!(
            "{{\"{root}\":{inner},\"sign\":\"{}\"}}",
            keys.sign("alipay", inner)
        )
    };
    let body = answer(&no("isp.bill_not_exist"));
    let server = Server::start(move |_| (StatusCode::OK, body.clone())).await;
    let alipay = keys.alipay(&server.url);
    for (now, expected) in [
        ("2026-11-21T13:00:00Z", Bill::NotReady),
        ("2026-11-22T03:59:59Z", Bill::NotReady),
        ("2026-11-22T04:00:00Z", Bill::Rows(Vec::new())),
        ("2026-12-22T00:00:00Z", Bill::Rows(Vec::new())),
    ] {
        let now: Timestamp = now.parse().unwrap();
        assert_eq!(alipay.bill(DAY, now).await, Ok(expected), "{now}");
    }
    for (inner, told) in [
        (no("isv.invalid-arguments"), "Err(Refused"),
        (no("ACQ.SYSTEM_ERROR"), "Err(Unavailable("),
        (r#"{"code":"10000"}"#.to_owned(), "Err(Unavailable("),
    ] {
        let body = answer(&inner);
        let server = Server::start(move |_| (StatusCode::OK, body.clone())).await;
        let said = format!("{:?}", keys.alipay(&server.url).bill(DAY, now()).await);
        assert!(said.starts_with(told), "{inner}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_strangers_do_not_move_columns() {
    let keys = Keys::make("alipay_bill_texts");
    for name in [
        "\"企业密钥, 两把\"\t",
        "\"企业\"\"密钥\"\"\"\t",
        "企业密钥, 两把, 红\t",
        "5\" 屏",
        "",
    ] {
        let text = format!(
            "#头\r\n{HEADER}\r\n{}\r\n{BACK}\r\n#尾\r\n",
            PAID.replace("企业密钥\t", name)
        );
        assert_eq!(
            read(&keys, pack_text(&text)).await,
            Ok(Bill::Rows(rows())),
            "{name}"
        );
    }
    // Columns in another order, brackets of the other width, more than one list.
    let turn = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let wide = HEADER.replace("(元)", "（元）");
    let text = format!("{}\n{}\n", turn(&wide), turn(PAID));
    let other = format!("{HEADER}\n{BACK}\n");
    let [text, other] = [text, other].map(|text| encoding_rs::GBK.encode(&text).0.into_owned());
    let packed = pack(&[b"", &text, &other, b"a,b\n1,2\n"]);
    assert_eq!(read(&keys, packed).await, Ok(Bill::Rows(rows())));
    assert_eq!(
        read(&keys, pack_text(HEADER)).await,
        Ok(Bill::Rows(Vec::new()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_read_to_its_last_row_or_not_at_all() {
    let keys = Keys::make("alipay_bill_broken");
    let whole = format!("{HEADER}\r\n{PAID}\r\n{BACK}\r\n");
    let swallowed = PAID.replace("企业密钥\t", "\"x") + "\r\n" + &BACK.replace("企业密钥\t", "y\"");
    let mut files: Vec<Vec<u8>> = [
        String::new(),
        whole.replace("商户订单号", "订单号"),
        whole.replace("商户订单号", "完成时间"),
        whole.replace("交易,", "转账,"),
        whole.replace("交易,", "退款,"),
        whole.replace("退款,", "交易,"),
        whole.replace(",360.00", ",360.001"),
        whole.replace(",360.00", ",0.00"),
        whole.replace(",360.00", ","),
        whole.replace("-120.00", "--120.00"),
        whole.replace("2026-11-21 21:30:59", "昨天"),
        whole.replace("2026112122001400001\t", "\t"),
        whole.replace(",-120.00,201910230935190042_R1\t", ""),
        format!("{HEADER}\r\n{swallowed}\r\n"),
    ]
    .iter()
    .map(|text| pack_text(text))
    .collect();
    let good = pack_text(&whole);
    files.push(Vec::new());
    files.push(b"<html>".to_vec());
    files.push(good[..good.len() - 10].to_vec());
    let mut damaged = good.clone();
    damaged[60] ^= 0xff;
    files.push(damaged);
    files.push(pack(&[b"\xff\xff\xff"]));
    files.push(pack(&[b"a\n" as &[u8]; 17]));
    // A bomb: two files, each half of what may be, and a byte.
    let half = vec![b' '; 16 * 1024 * 1024 + 1];
    let bomb = pack(&[&half, &half]);
    assert!(bomb.len() < 64 * 1024);
    files.push(bomb);
    for (index, packed) in files.into_iter().enumerate() {
        let error = read(&keys, packed).await.unwrap_err();
        assert!(
            matches!(error, GatewayError::Unavailable(ref why) if why.starts_with("a bill that cannot be read: ")),
            "{index}: {error}"
        );
    }
    assert_eq!(read(&keys, good.clone()).await, Ok(Bill::Rows(rows())));
    let long = vec![b' '; 32 * 1024 * 1024 + 1];
    let error = read(&keys, long).await.unwrap_err();
    assert_eq!(
        error,
        GatewayError::Unavailable("the answer is too long".to_owned())
    );
    let moved = (
        StatusCode::FOUND,
        [("location", "/downloadBillFile.resource?x")],
        "",
    );
    let server = gateway(&keys, moved, None).await;
    let error = keys.alipay(&server.url).bill(DAY, now()).await.unwrap_err();
    assert_eq!(
        error,
        GatewayError::Unavailable("bill: HTTP 302".to_owned())
    );
    for address in [
        "ftp://127.0.0.1/x",
        "http://bill.example:81/x",
        "https://u@bill.example/",
        "",
    ] {
        let server = gateway(&keys, good.clone(), Some(address)).await;
        let error = keys.alipay(&server.url).bill(DAY, now()).await.unwrap_err();
        assert!(matches!(error, GatewayError::Unavailable(_)), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}
