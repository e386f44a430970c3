//! Other issuers, written down for a stage.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ca::{CHAIN_KEY, ELSEWHERE_KEY, OtherIssuerConfig, elsewhere};
use adapters::ports::{ListContent, Objects as _};
use domain::catalog::Medium;
use jiff::{SignedDuration, Timestamp};
use operator::issuers::install;
use serde_json::{Value, json};
use testkit::objects::MemoryObjects;
use testkit::pki;
use testkit::power::PowerCut;

fn now() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

async fn stage() -> (MemoryObjects, Arc<pki::PublishedLists>) {
    let bucket = MemoryObjects::new(PowerCut::never());
    let chain = pki::chain().as_bytes().to_vec();
    let written = bucket.write(CHAIN_KEY, "application/x-pem-file", chain);
    written.await.unwrap();
    let lists = Arc::<pki::PublishedLists>::default();
    let list = ListContent {
        number: 1,
        this_update: now(),
        next_update: now() + SignedDuration::from_hours(1),
        listed: Vec::new(),
    };
    let list = pki::list_elsewhere(&list).await;
    lists.publish(pki::OTHER_LIST, Some(list));
    (bucket, lists)
}

fn other() -> OtherIssuerConfig {
    pki::other_issuer(Medium::Cpp).config
}

fn document(configs: &[OtherIssuerConfig]) -> Vec<u8> {
    serde_json::to_vec(configs).unwrap()
}

#[tokio::test]
async fn what_is_written_down_is_what_functions_read_and_may_be_taken_away_again() {
    let (bucket, lists) = stage().await;
    assert!(elsewhere(&bucket).await.unwrap().is_empty());
    let names = install(&bucket, lists.clone(), document(&[other()]), now()).await;
    assert_eq!(names.unwrap(), [pki::OTHER_NAME]);
    let read = elsewhere(&bucket).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].config.medium, Medium::Cpp);
    install(&bucket, lists, document(&[]), now()).await.unwrap();
    assert!(elsewhere(&bucket).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_used_changes_nothing() {
    let (bucket, lists) = stage().await;
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = json!([other()]);
        change(&mut value[0]);
        serde_json::to_vec(&value).unwrap()
    };
    let root_first = |config: &mut Value| {
        let chain = config["chain"].as_str().unwrap();
        let second = chain.rfind("-----BEGIN").unwrap();
        config["chain"] = json!(format!("{}{}", &chain[second..], &chain[..second]));
    };
    for (what, document) in [
        ("no JSON", b"[".to_vec()),
        (
            "our own CA",
            changed(&|it| it["chain"] = json!(pki::chain())),
        ),
        ("twice", document(&[other(), other()])),
        ("no chain", changed(&|it| it["chain"] = json!(""))),
        ("in another order", changed(&root_first)),
        ("no name", changed(&|it| it["name"] = json!(" "))),
        (
            "a medium that is none",
            changed(&|it| it["medium"] = json!("usb")),
        ),
        ("a field too many", changed(&|it| it["lists"] = json!([]))),
        (
            "a list that is not there",
            changed(&|it| it["list"] = json!("http://crl.example.cn/none.crl")),
        ),
    ] {
        let answer = install(&bucket, lists.clone(), document, now()).await;
        assert!(answer.is_err(), "{what}");
        assert_eq!(bucket.info(ELSEWHERE_KEY).await.unwrap(), None, "{what}");
    }
    // A list that has ended.
    let later = now() + SignedDuration::from_hours(1);
    let answer = install(&bucket, lists, document(&[other()]), later).await;
    let why = format!("{:#}", answer.unwrap_err());
    assert!(
        why.contains(pki::OTHER_NAME) && why.contains(pki::OTHER_LIST),
        "{why}"
    );
}
