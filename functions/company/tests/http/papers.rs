//! Handing in what reviewers look at.

use adapters::registry;
use contract::company::{CompanyFile, CompanyPaperRequest};
use contract::error::ErrorCode;
use contract::upload::PaperUploadView;
use domain::company::{Company, CompanyEventKind, LegalRepresentative};
use domain::ids::PaperId;
use domain::paper::{PaperFormat, RefusalReason};
use domain::qualification::{
    CompanyPaper, CompanyPaperKind, MAX_FILES_PER_PAPER, QualificationItem, QualificationRefusal,
    QualificationState,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;
use testkit::web::Client;

use crate::desk::{Desk, file, history, newest, with};

fn announcement(kind: &str, bytes: &[u8]) -> Value {
    json!({
        "kind": kind,
        "file_name": "营业执照.png",
        "format": "image/png",
        "length": bytes.len(),
        "sha256": "ab".repeat(32),
    })
}

/// A file that was announced and put.
async fn put(desk: &Desk, client: &Client, kind: &str, bytes: Vec<u8>) -> PaperId {
    let view: PaperUploadView = client
        .post_json("/api/company/papers", &announcement(kind, &bytes))
        .await
        .json();
    let now = adapters::ports::Clock::now(&*desk.world.clock);
    assert!(
        desk.world
            .objects
            .upload(&view.url, "image/png", bytes, now)
    );
    view.paper
}

/// A newcomer who has told who represents it.
async fn represented(desk: &Desk, no: u32) -> Client {
    let client = desk.newcomer(no).await;
    let told = Company {
        legal_representative: Some(LegalRepresentative {
            name: "王强".to_owned(),
            id_number: None,
        }),
        ..desk.stored(no).await
    };
    desk.store(told).await;
    client
}

async fn submit(client: &Client, papers: &[PaperId]) -> testkit::web::Answer {
    let version = file(client).await.version;
    let body = json!({"version": version, "papers": papers});
    client.post_json("/api/company/qualification", &body).await
}

/// covers: R2, R3
#[tokio::test]
async fn papers_are_handed_in_once_with_images_for_the_reviewer() {
    let desk = Desk::new().await;
    let client = represented(&desk, 1).await;
    let licence = put(&desk, &client, "business_licence", orders::png()).await;
    let letter = put(&desk, &client, "authorisation_letter", orders::png()).await;
    let papers = [licence.clone(), letter];
    let version = file(&client).await.version;
    let body = json!({"version": version, "papers": papers});
    let answer = client.post_json("/api/company/qualification", &body).await;
    let after: CompanyFile = answer.json();
    assert_eq!(after.qualification.state, QualificationState::Submitted);
    assert_eq!(after.qualification.papers.len(), 2);
    assert_eq!(after.qualification.papers[0].file_name, "营业执照.png");
    assert!(after.qualification.submitted_at.is_some());
    assert_eq!(
        newest(&client).await.0,
        CompanyEventKind::QualificationSubmitted
    );
    let owner = orders::company(1).id;
    let image = format!("images/{owner}/{licence}/1.jpg");
    assert!(desk.world.objects.keys().contains(&image));
    let paper: CompanyPaper = desk
        .load(&registry::company_paper(owner.as_str(), &licence))
        .await
        .unwrap();
    assert_eq!((paper.previews, paper.version), (vec![image], 2));

    // The same again after a lost answer changes nothing; anything else has to wait for the reviewer.
    let again = client.post_json("/api/company/qualification", &body).await;
    assert_eq!(again.json::<CompanyFile>().version, after.version);
    assert_eq!(history(&client).await.events.len(), 1);
    submit(&client, &[licence])
        .await
        .refused(ErrorCode::NotInThisState);
    client
        .post_json(
            "/api/company/papers",
            &announcement("business_licence", &orders::png()),
        )
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn papers_that_are_not_whole_are_not_taken() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let licence = put(&desk, &client, "business_licence", orders::png()).await;
    submit(&client, std::slice::from_ref(&licence))
        .await
        .wrong_fields(&["legal_representative"]);

    let client = represented(&desk, 2).await;
    submit(&client, &[]).await.refused(ErrorCode::PapersMissing);
    submit(&client, &[licence])
        .await
        .wrong_fields(&["papers.0"]);
    let own = put(&desk, &client, "business_licence", orders::png()).await;
    let letter = put(&desk, &client, "authorisation_letter", orders::png()).await;
    submit(&client, std::slice::from_ref(&letter))
        .await
        .refused(ErrorCode::PapersMissing);
    submit(&client, &[own.clone(), own.clone()])
        .await
        .wrong_fields(&["papers.1"]);
    let announced: PaperUploadView = client
        .post_json(
            "/api/company/papers",
            &announcement("business_licence", &orders::png()),
        )
        .await
        .json();
    submit(&client, &[own.clone(), announced.paper])
        .await
        .refused(ErrorCode::PaperNotUploaded);
    let torn = put(
        &desk,
        &client,
        "business_licence",
        orders::png()[..40].to_vec(),
    )
    .await;
    let page = put(&desk, &client, "business_licence", b"<html>".to_vec()).await;
    submit(&client, &[torn, own.clone(), page])
        .await
        .wrong_fields(&["papers.0", "papers.2"]);
    let mut many = vec![own.clone()];
    for _ in 0..MAX_FILES_PER_PAPER {
        many.push(put(&desk, &client, "business_licence", orders::png()).await);
    }
    submit(&client, &many).await.refused(ErrorCode::TooMany);
    let stale = json!({"version": 1, "papers": [own]});
    client
        .post_json("/api/company/qualification", &stale)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    assert_eq!(
        file(&client).await.qualification.state,
        QualificationState::Open
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_announced_file_is_named() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let good = announcement("business_licence", &orders::png());
    for (typed, field) in [
        (json!({"kind": "legal_representative_id"}), "kind"),
        (json!({"file_name": ""}), "file_name"),
        (json!({"length": 0}), "length"),
        (json!({"length": 20 * 1024 * 1024 + 1}), "length"),
        (json!({"sha256": "zz"}), "sha256"),
    ] {
        client
            .post_json("/api/company/papers", &with(good.clone(), &typed))
            .await
            .wrong_fields(&[field]);
    }
    let request: CompanyPaperRequest = serde_json::from_value(good.clone()).unwrap();
    assert_eq!(request.format, PaperFormat::Png);
    for _ in 0..40 {
        client
            .post_json("/api/company/papers", &good)
            .await
            .json::<PaperUploadView>();
    }
    let problem = client
        .post_json("/api/company/papers", &good)
        .await
        .refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(24 * 60 * 60));
    desk.world.clock.advance(SignedDuration::from_hours(24));
    let client = desk.logged_in(1).await;
    client
        .post_json("/api/company/papers", &good)
        .await
        .json::<PaperUploadView>();
}

/// covers: R3
#[tokio::test]
async fn a_licence_that_was_sent_back_is_replaced() {
    let desk = Desk::new().await;
    let client = represented(&desk, 1).await;
    let licence = put(&desk, &client, "business_licence", orders::png()).await;
    submit(&client, std::slice::from_ref(&licence))
        .await
        .json::<CompanyFile>();
    let mut sent_back = desk.stored(1).await;
    sent_back.qualification.state = QualificationState::ChangesRequested;
    sent_back.qualification.refusals = vec![QualificationRefusal {
        item: QualificationItem::Licence,
        reason: RefusalReason::Unreadable,
        note: String::new(),
    }];
    desk.store(sent_back).await;
    submit(&client, std::slice::from_ref(&licence))
        .await
        .refused(ErrorCode::PapersMissing);
    let better = put(&desk, &client, "business_licence", orders::png()).await;
    let after: CompanyFile = submit(&client, &[licence, better]).await.json();
    assert_eq!(after.qualification.state, QualificationState::Submitted);
    assert_eq!(
        after.qualification.refusals.len(),
        1,
        "the reviewer looks at that first"
    );
    assert_eq!(
        after.qualification.papers[0].kind,
        CompanyPaperKind::BusinessLicence
    );
}
