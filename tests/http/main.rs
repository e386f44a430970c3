//! The API from outside, as a stranger meets it.

use anyhow::Result;
use contract::error::ErrorCode;
use contract::routes::{Access, ROUTES};
use reqwest::Method;
use serde_json::json;
use system_tests::job::CompanyAt;
use system_tests::people::Person;
use system_tests::stack::Stack;

fn filled(path: &str, order: &str) -> String {
    path.replace("{order}", order)
        .replace("{line}", "1")
        .replace("{unit}", "1")
        .replace("{storefront}", "mall")
}

#[tokio::test]
async fn no_route_but_the_public_ones_answers_without_a_session() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let nobody = Person::at(&stack.web)?;
    for route in ROUTES
        .iter()
        .filter(|route| !matches!(route.access, Access::Public | Access::Signed))
    {
        let path = filled(route.path, "202611210000000000");
        let answer = nobody
            .with_body(
                Method::from_bytes(route.method.as_bytes())?,
                &path,
                &json!({}),
            )
            .await?;
        assert_eq!(
            answer.code()?,
            ErrorCode::LoginRequired,
            "{} {path}",
            route.method
        );
    }
    Ok(())
}

#[tokio::test]
async fn nobody_gets_past_the_cdn() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let direct = Person::at(&stack.gateway)?;
    for route in ROUTES {
        let path = filled(route.path, "202611210000000000");
        let method = Method::from_bytes(route.method.as_bytes())?;
        let path = path
            .strip_prefix("/api")
            .filter(|_| stack.gateway.ends_with("/api"))
            .unwrap_or(&path)
            .to_owned();
        let answer = direct.with_body(method, &path, &json!({})).await?;
        assert_eq!(
            answer.code()?,
            ErrorCode::Forbidden,
            "{} {path}",
            route.method
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_strangers_order_is_not_there() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let owner = CompanyAt::buyer(&stack).await?;
    let stranger = CompanyAt::buyer(&stack).await?;
    let order = owner.order(1).await?.id;
    for route in ROUTES
        .iter()
        .filter(|route| route.access == Access::Company && route.path.contains("{order}"))
    {
        let body = match route.operation {
            "changeOrder" => CompanyAt::draft(1),
            "startPayment" => json!({"method": "alipay"}),
            "submitMaterials" => json!({"basic": CompanyAt::basic(), "papers": []}),
            "announcePaper" => {
                json!({"kind": "seal_sheet", "file_name": "a.png", "format": "image/png", "length": 5, "sha256": "0".repeat(64)})
            }
            _ => json!({}),
        };
        let method = Method::from_bytes(route.method.as_bytes())?;
        let path = filled(route.path, order.as_str());
        let theirs = stranger
            .person
            .with_body(method.clone(), &path, &body)
            .await?;
        let nobodys = stranger
            .person
            .with_body(method, &filled(route.path, "209912312359590000"), &body)
            .await?;
        assert_eq!(theirs.code()?, ErrorCode::NotFound, "{path}");
        let (mut theirs, mut nobodys) = (theirs.problem()?, nobodys.problem()?);
        theirs.request_id.clear();
        nobodys.request_id.clear();
        assert_eq!(
            theirs, nobodys,
            "the answer tells that the order exists: {path}"
        );
    }
    let list: contract::order::OrderList = stranger.person.get("/api/orders").await?.ok()?;
    assert!(list.orders.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let answer = company
        .person
        .client()
        .post(format!("{}/api/orders", stack.web))
        .json(&CompanyAt::draft(1))
        .send()
        .await?;
    assert_eq!(answer.status().as_u16(), 403);
    assert!(
        answer
            .text()
            .await?
            .contains(ErrorCode::NotFromOurPage.as_str())
    );
    Ok(())
}
