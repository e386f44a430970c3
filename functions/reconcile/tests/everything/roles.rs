//! Every route of the table against everybody who might call it. The table is walked, so a new route is
//! tested the day it stands there.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use axum::body::Body;
use contract::error::ErrorCode;
use contract::routes::{Access, Body as Body_, ROUTES, Route};
use domain::actor::Role;
use domain::company::User;
use domain::ids::OrderId;
use domain::order::Order;
use domain::session::SessionLevel;
use domain::staff::Staff;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, Point, key_with_seal};
use testkit::web::{Answer, Client};
use testkit::world::World;

use crate::apis::Apis;

/// Nobody has this order.
const NOBODYS: &str = "201910230935190042";

/// A body that the operation can read. None where it takes none.
fn body(operation: &str) -> Option<Value> {
    let draft = json!({
        "storefront": "mall",
        "lines": [{"sku": "key-with-seal", "quantity": 1}],
        "urgency": "none",
        "delivery": {"kind": "courier_prepaid", "address": orders::address()},
        "invoice": null,
    });
    Some(match operation {
        "register" => json!({
            "storefront": "mall", "account": "newcomer", "password": "correct horse battery",
            "company_name": "南京新来科技有限公司", "credit_code": orders::credit_code(900),
            "contact": orders::company(900).contact, "human": "",
        }),
        "resendRegistrationCode" | "resendRecoveryCodes" => json!({"human": ""}),
        "confirmRegistration" | "confirmUnbinding" | "confirmOperation" => {
            json!({"code": "000000"})
        }
        "login" => {
            json!({"storefront": "mall", "name": "nobody", "password": "nothing", "human": ""})
        }
        "loginByCode" => json!({"id": id("cd_"), "code": "000000"}),
        "requestPasswordReset" => {
            json!({"company_name": "南京", "mobile": "13800138000", "human": ""})
        }
        "resetPassword" => json!({"code": "000000", "password": "correct horse battery"}),
        "changePassword" => json!({"current": "nothing", "password": "correct horse battery"}),
        "staffLogin" => {
            json!({"mail": "nobody@sealkey.example", "password": "nothing", "code": "000000"})
        }
        "changeBasics" => json!({
            "version": 1, "name": "南京", "credit_code": orders::credit_code(1),
            "legal_representative": "王芳", "registered_address": "", "phone": "",
        }),
        "changeContact" => json!({"version": 1, "contact": orders::company(1).contact}),
        "confirmContact" | "confirmRecovery" => {
            json!({"mobile_code": "000000", "mail_code": "000000"})
        }
        "addInvoiceTitle" | "changeInvoiceTitle" => {
            json!({"version": 1, "kind": "ordinary", "title": "南京", "tax_number": orders::credit_code(1)})
        }
        "addAddress" | "changeAddress" => json!({"version": 1, "address": orders::address()}),
        "addPerson" | "changePerson" => {
            json!({"name": "韩梅梅", "mobile": "13900139000", "account": "hanmeimei", "version": 1})
        }
        "submitQualification" => json!({"version": 1, "papers": [id("pa_")]}),
        "requestUnbinding" => json!({"mail": "a@example.cn", "human": ""}),
        "beginRecovery" => json!({
            "storefront": "mall", "company_name": "南京", "credit_code": orders::credit_code(1),
            "contact": orders::company(1).contact, "consent": "2026-11", "human": "",
        }),
        "submitRecovery" => json!({"papers": [id("pa_")]}),
        "showObjection" | "confirmObjection" | "showInvite" => json!({"token": "none"}),
        "approveQualification" => json!({"version": 1}),
        "rejectQualification" => json!({
            "version": 1,
            "refusals": [{"item": "licence", "reason": "unreadable", "note": ""}],
        }),
        "decideRecovery" => json!({"approve": false, "note": "不符"}),
        "inviteStaff" => json!({
            "name": "新人", "mail": "new@sealkey.example", "roles": ["support"], "reason": "入职",
        }),
        "changeRoles" => json!({"version": 1, "roles": ["support"], "reason": "转岗"}),
        "suspendStaff" | "resumeStaff" | "resetStaff" | "declineStaffRequest" => {
            json!({"reason": "离职"})
        }
        "acceptInvite" => {
            json!({"token": "none", "password": "correct horse battery", "code": "000000"})
        }
        "addBranch" | "changeBranch" => {
            json!({"name": "网点", "address": "南京", "phone": "025-80000000", "version": 1})
        }
        "exportAudit" => json!({"from": "2026-11-01", "to": "2026-11-02"}),
        "quote" => {
            json!({"storefront": "mall", "lines": [{"sku": "key-with-seal", "quantity": 1}], "urgency": "none"})
        }
        "createOrder" | "changeOrder" => draft,
        "submitMaterials" => json!({"basic": orders::basic(), "papers": []}),
        "startPayment" => json!({"method": "alipay"}),
        "announcePaper" | "announceCompanyPaper" | "announceRecoveryPaper" => json!({
            "kind": "business_licence", "file_name": "a.png", "format": "image/png", "length": 9,
            "sha256": "0".repeat(64),
        }),
        "rejectReview" => json!({"refusals": [orders::refusal()]}),
        "scrapUnit" => json!({"attempt": 1, "reason": "damaged"}),
        "scrapStock" => json!({"reason": "damaged"}),
        "addStock" => json!({"medium": "cpp", "serials": ["CPP-9"]}),
        "offerEnrolment" => json!({"name": "工位"}),
        "requestActivation" => json!({"password": "wrong"}),
        "loginByKey" => json!({"operation": id("op_"), "code": "none"}),
        "reportLoss" => json!({"reason": "lost"}),
        "offerService" => json!({"id_number": "11010519491231002X"}),
        "addEscrow" => {
            json!({"medium": "bjca", "keys": [{"serial": "K-1", "so_pin": "factory-pin"}]})
        }
        "offerOperation" => json!({"verb": "test", "key_serial": null}),
        "releaseInvoice" => json!({"kind": "electronic_ordinary"}),
        "changeInvoiceBuyer" => json!({"title": id("ti_")}),
        "returnToReview" => json!({"reason": "照片不清"}),
        "askExit" => json!({"reason": "密钥无法制作"}),
        "changeProduct" => json!({
            "kind": "new_key", "name": {"zh": "密钥", "en": "Key"}, "description": {"zh": "密钥", "en": "Key"},
            "medium": "bjca", "seal": true, "seal_price": null, "term_years": 1, "price": "100.00",
            "surcharges": {}, "position": 1, "effective_from": "2026-11-24T00:00:00Z", "withdrawn": false,
        }),
        _ => return None,
    })
}

/// An id that nobody has.
fn id(prefix: &str) -> String {
    format!("{prefix}{}", orders::ulid(9_999))
}

fn path(route: &Route, order: &OrderId) -> String {
    let mut path = route
        .path
        .replace("{order}", order.as_str())
        .replace("{line}", "1")
        .replace("{unit}", "1")
        .replace("{refund}", "1")
        .replace("{invoice}", "1")
        .replace("{format}", "pdf")
        .replace("{day}", "2026-11-22")
        .replace("{method}", "alipay")
        .replace("{storefront}", "mall")
        .replace("{sku}", "key-with-seal")
        .replace("{serial}", "CPP-NOBODY");
    for (name, prefix) in [
        ("{registration}", "rg_"),
        ("{code}", "cd_"),
        ("{session}", "se_"),
        ("{change}", "cc_"),
        ("{title}", "ti_"),
        ("{address}", "ad_"),
        ("{user}", "us_"),
        ("{company}", "co_"),
        ("{recovery}", "rc_"),
        ("{staff}", "st_"),
        ("{request}", "sr_"),
        ("{branch}", "br_"),
        ("{operation}", "op_"),
        ("{desk}", "dk_"),
    ] {
        path = path.replace(name, &id(prefix));
    }
    assert!(!path.contains('{'), "{path}");
    if route.method == "DELETE" && !matches!(route.query, Body_::None) {
        path.push_str("?version=1");
    }
    if route.operation == "listStock" {
        path.push_str("?state=blank&medium=cpp");
    }
    path
}

async fn call(client: &Client, route: &Route, order: &OrderId) -> Answer {
    let method: Method = route.method.parse().unwrap();
    let path = path(route, order);
    match body(route.operation) {
        Some(body) => {
            let headers = [("content-type", "application/json")];
            client
                .send(method, &path, &headers, Body::from(body.to_string()))
                .await
        }
        None => client.send(method, &path, &[], Body::empty()).await,
    }
}

fn code(answer: &Answer) -> Option<ErrorCode> {
    (!answer.status.is_success()).then(|| answer.problem().code)
}

/// A fresh world for each call: one call must not make another possible.
async fn scene(point: Point) -> (World, Apis, Order) {
    let world = World::new().await;
    world.stock().await;
    let apis = Apis::new(&world);
    let order = world.order(1, &[(key_with_seal(), 1)], point).await;
    (world, apis, order)
}

#[tokio::test]
async fn every_route_serves_exactly_those_whom_the_table_names() {
    for route in ROUTES {
        let (world, apis, order) = scene(Point::Checked).await;
        let router = apis.of(route.function);
        let mut callers = vec![("nobody".to_owned(), None, Client::new(router.clone()))];
        for no in [1, 2] {
            callers.push((
                format!("company {no}"),
                None,
                world.as_company(router, no).await,
            ));
        }
        callers.push((
            "limited".to_owned(),
            None,
            world.as_limited(router, 3).await,
        ));
        callers.push((
            "staff without role".to_owned(),
            Some(vec![]),
            world.as_staff(router, 100, &[]).await,
        ));
        for (no, role) in (101..).zip(Role::ALL) {
            let client = world.as_staff(router, no, &[role]).await;
            callers.push((format!("{role:?}"), Some(vec![role]), client));
        }
        for (name, roles, client) in callers {
            let answer = call(&client, route, &order.id).await;
            let who = format!("{name} at {} {}", route.method, route.path);
            if route.access == Access::Signed {
                // Whoever calls: without a signature nothing is believed.
                let refused = answer.status == 403
                    || answer.text() == "fail"
                    || answer.text().contains("FAIL")
                    || answer.text().contains("malformed_request");
                assert!(refused, "{who}: {} {}", answer.status, answer.text());
                continue;
            }
            let refused = code(&answer).filter(|code| {
                matches!(
                    code,
                    ErrorCode::LoginRequired | ErrorCode::Forbidden | ErrorCode::KeyLoginRequired
                )
            });
            let company = name.starts_with("company");
            let limited = name == "limited";
            let expected = match (route.access, &roles) {
                (Access::Public | Access::Signed, _) | (Access::Staff, Some(_)) => None,
                (Access::Company, None) if company || limited => None,
                (Access::CompanyFull, None) if company => None,
                (Access::CompanyFull, None) if limited => Some(ErrorCode::KeyLoginRequired),
                (Access::Roles(wanted), Some(roles))
                    if wanted.iter().any(|role| roles.contains(role)) =>
                {
                    None
                }
                (Access::Roles(_), Some(_)) => Some(ErrorCode::Forbidden),
                _ => Some(ErrorCode::LoginRequired),
            };
            assert_eq!(refused, expected, "{who}");
            assert_ne!(
                code(&answer),
                Some(ErrorCode::Internal),
                "{who} finds a defect"
            );
        }
    }
}

/// 404, word for word as for a number that nobody has: a stranger does not learn that an order exists. At
/// every point of its way, at every route that names an order.
#[tokio::test]
async fn a_strangers_order_is_not_there() {
    let nobodys: OrderId = NOBODYS.parse().unwrap();
    for point in [
        Point::Draft,
        Point::Submitted,
        Point::Paid,
        Point::Checked,
        Point::Shipped,
        Point::Completed,
    ] {
        let (world, apis, order) = scene(point).await;
        let before = world.store.order_projection(&order.id);
        for route in ROUTES.iter().filter(|route| {
            matches!(route.access, Access::Company | Access::CompanyFull)
                && route.path.contains("{order}")
        }) {
            let stranger = world.as_company(apis.of(route.function), 2).await;
            let theirs = call(&stranger, route, &order.id).await;
            theirs.refused(ErrorCode::NotFound);
            let none = call(&stranger, route, &nobodys).await;
            assert_eq!(
                theirs.without_request_id(),
                none.without_request_id(),
                "{} at {point:?}",
                route.operation
            );
            let odd = path(route, &nobodys).replace(NOBODYS, "x");
            let odd = stranger
                .send(route.method.parse().unwrap(), &odd, &[], Body::empty())
                .await;
            // What cannot be a number is not there either; a body that is missing may be told first.
            assert!(matches!(
                code(&odd),
                Some(ErrorCode::NotFound | ErrorCode::MalformedRequest)
            ));
        }
        assert_eq!(world.store.order_projection(&order.id), before);
        // The owner is served: it is the order that is hidden, not the route.
        let owner = world.as_company(&apis.order, 1).await;
        let route = ROUTES
            .iter()
            .find(|route| route.operation == "getOrder")
            .unwrap();
        assert!(call(&owner, route, &order.id).await.status.is_success());
    }
}

#[tokio::test]
async fn no_write_is_taken_that_does_not_come_from_our_pages() {
    for route in ROUTES
        .iter()
        .filter(|route| route.method != "GET" && route.access != Access::Signed)
    {
        let (world, apis, order) = scene(Point::Checked).await;
        let router = apis.of(route.function);
        for client in [
            world.as_company(router, 1).await,
            world.as_staff(router, 100, &Role::ALL).await,
        ] {
            call(&client.from_elsewhere(), route, &order.id)
                .await
                .refused(ErrorCode::NotFromOurPage);
        }
    }
}

#[tokio::test]
async fn nobody_comes_in_beside_the_cdn() {
    for route in ROUTES {
        let (world, apis, order) = scene(Point::Checked).await;
        let router = apis.of(route.function);
        for origin in [
            None,
            Some(""),
            Some("origin-secret-of-the-test"),
            Some("current"),
        ] {
            for client in [
                world.as_company(router, 1).await,
                world.as_staff(router, 100, &Role::ALL).await,
            ] {
                call(&client.origin(origin), route, &order.id)
                    .await
                    .refused(ErrorCode::Forbidden);
            }
        }
        // The secret of yesterday holds while the new one is rolled out.
        let client = Client::new(router.clone()).origin(Some("origin-secret-of-yesterday"));
        let answer = call(&client, route, &order.id).await;
        let beside = answer.status == 403 && route.access != Access::Signed;
        assert!(!beside, "{} {}", route.operation, answer.text());
    }
}

#[tokio::test]
async fn a_session_that_is_over_planted_or_of_another_kind_is_none() {
    for route in ROUTES
        .iter()
        .filter(|route| !matches!(route.access, Access::Public | Access::Signed))
    {
        let (world, apis, order) = scene(Point::Checked).await;
        let router = apis.of(route.function);
        let company = matches!(route.access, Access::Company | Access::CompanyFull);
        let good = if company {
            world.as_company(router, 1).await
        } else {
            world.as_staff(router, 100, &Role::ALL).await
        };
        let name = if company {
            "__Host-sealkey"
        } else {
            "__Host-sealkey-staff"
        };
        let planted = good.clone().cookie(format!("{name}=planted"));
        call(&planted, route, &order.id)
            .await
            .refused(ErrorCode::LoginRequired);
        let made_up = Client::new(router.clone()).cookie(format!("{name}=made-up"));
        call(&made_up, route, &order.id)
            .await
            .refused(ErrorCode::LoginRequired);
        world.clock.advance(SignedDuration::from_hours(12));
        call(&good, route, &order.id)
            .await
            .refused(ErrorCode::LoginRequired);
    }
}

/// A session that was ended everywhere is over at the next request, at every route; one opened after that
/// is not. A person who was taken away has none.
#[tokio::test]
async fn a_revoked_session_is_none_at_once() {
    for route in ROUTES
        .iter()
        .filter(|route| !matches!(route.access, Access::Public | Access::Signed))
    {
        let (world, apis, order) = scene(Point::Checked).await;
        let router = apis.of(route.function);
        let company = matches!(route.access, Access::Company | Access::CompanyFull);
        let (client, change) = if company {
            let client = world.as_company(router, 1).await;
            let ended = orders::user(1).logged_out();
            (client, Transaction::new(world.clock.now()).change(&ended))
        } else {
            let client = world.as_staff(router, 100, &Role::ALL).await;
            let staff: Option<Staff> = world
                .registry()
                .load(&registry::staff(&orders::staff(100)))
                .await
                .unwrap();
            let ended = staff.unwrap().logged_out();
            (client, Transaction::new(world.clock.now()).change(&ended))
        };
        world.registry().record(&change.unwrap()).await.unwrap();
        call(&client, route, &order.id)
            .await
            .refused(ErrorCode::LoginRequired);
        if company {
            let again =
                Client::new(router.clone()).cookie(world.session(1, SessionLevel::Full).await);
            let code = code(&call(&again, route, &order.id).await);
            assert_ne!(code, Some(ErrorCode::LoginRequired), "{}", route.operation);
            let person: Option<User> = world
                .registry()
                .load(&registry::user(&orders::company(1).id, &orders::user(1).id))
                .await
                .unwrap();
            if let Some(person) = person {
                let gone = Transaction::new(world.clock.now()).remove(&person);
                world.registry().record(&gone).await.unwrap();
                call(&again, route, &order.id)
                    .await
                    .refused(ErrorCode::LoginRequired);
            }
        }
    }
}

/// A role that is taken away is gone at once, not at the end of a session.
#[tokio::test]
async fn a_withdrawn_role_is_gone_at_once() {
    let (world, apis, order) = scene(Point::Checked).await;
    let route = ROUTES
        .iter()
        .find(|route| route.operation == "reviewLine")
        .unwrap();
    let client = world.as_staff(&apis.review, 100, &[Role::Reviewer]).await;
    assert!(call(&client, route, &order.id).await.status.is_success());
    world.staff(100, &[Role::Support]).await;
    call(&client, route, &order.id)
        .await
        .refused(ErrorCode::Forbidden);
}

#[tokio::test]
async fn every_answer_forbids_keeping_and_guessing() {
    for route in ROUTES {
        let (world, apis, order) = scene(Point::Checked).await;
        let client = world.as_company(apis.of(route.function), 1).await;
        let answer = call(&client, route, &order.id).await;
        assert_eq!(
            answer.headers["cache-control"], "no-store",
            "{}",
            route.operation
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-request-id"].len(), 26);
    }
}
