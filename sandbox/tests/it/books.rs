//! The gateways' own sums, and payers who pay another sum.

use serde_json::json;

use crate::support::*;
use crate::wx;

#[tokio::test]
async fn the_books_say_what_moved_in_all_and_for_each_order() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let nothing = json!({ "paid": "0.00", "refunded": "0.00", "pending": "0.00", "trades": 0 });
    let books = world.get("/books").await;
    assert_eq!(books, json!({ "alipay": nothing, "wechatpay": nothing }));

    let (one, two) = ("202611210000000001", "202611210000000012");
    for number in [format!("{one}_1"), format!("{two}_1")] {
        let qr_code = world
            .precreate(&number, "10.00", &merchant.notify_url())
            .await;
        world.pay(&qr_code).await;
        merchant.next().await;
    }
    world.wx_paid(&format!("{one}_2"), 550, &mut merchant).await;
    world.native(&format!("{one}_3"), 100, &merchant).await;
    let content = json!({
        "out_trade_no": format!("{one}_1"), "refund_amount": "2.50", "out_request_no": "r1",
    });
    world.call("alipay.trade.refund", content).await;
    world.turn(json!({ "refund": "processing" })).await;
    let number = format!("{one}_2");
    let body = wx::refund(&number, &format!("{one}_R2"), 50, 550, &merchant);
    world.wx_refund(body).await;

    let books = world.get(&format!("/books?order={one}")).await;
    assert_eq!(
        books,
        json!({
            "alipay": { "paid": "10.00", "refunded": "2.50", "pending": "0.00", "trades": 1 },
            "wechatpay": { "paid": "5.50", "refunded": "0.00", "pending": "0.50", "trades": 1 },
        })
    );
    let books = world.get("/books").await;
    assert_eq!(books["alipay"]["paid"], "20.00");
    assert_eq!(books["alipay"]["trades"], 2);
    let shorter = &one[..17];
    let books = world.get(&format!("/books?order={shorter}")).await;
    assert_eq!(books["alipay"], nothing, "an order is named in full");
}

#[tokio::test]
async fn a_payer_may_pay_another_sum() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let qr_code = world
        .precreate("6001_1", "10.00", &merchant.notify_url())
        .await;
    let ask = json!({ "qr_code": qr_code, "amount": "9.99" });
    world.post("/alipay/pay", ask).await;
    assert_eq!(form(&merchant.next().await.body)["total_amount"], "9.99");
    let answer = world
        .call("alipay.trade.query", json!({ "out_trade_no": "6001_1" }))
        .await;
    assert_eq!(answer.get("total_amount"), "9.99");
    assert_eq!(answer.get("buyer_pay_amount"), "9.99");

    world
        .turn(json!({ "wechatpay": { "payer_pays": "0.01" } }))
        .await;
    world.native("order6_1", 1000, &merchant).await;
    let (_, paid) = world
        .post("/wechatpay/pay", json!({ "out_trade_no": "order6_1" }))
        .await;
    assert_eq!(
        (&paid["total_amount"], &paid["paid_amount"]),
        (&json!("10.00"), &json!("0.01"))
    );
    let (_, plain) = wx::opened(&merchant.next().await);
    assert_eq!(plain["amount"]["total"], 1);
    assert_eq!(
        world.wx_query("order6_1").await.body["amount"]["payer_total"],
        1
    );
    let unscanned = world
        .precreate("6001_2", "3.00", &merchant.notify_url())
        .await;
    world.pay(&unscanned).await;
    let told = form(&merchant.next().await.body);
    assert_eq!(told["total_amount"], "3.00", "only WeChat Pay's payer");
    let books = world.get("/books").await;
    assert_eq!(books["alipay"]["paid"], "12.99");
    assert_eq!(books["wechatpay"]["paid"], "0.01");
}
