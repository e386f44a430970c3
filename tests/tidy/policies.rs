//! The storefronts' data, and the table of who may call what.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use contract::routes::{Access, ROUTES};
use domain::actor::Role;
use domain::notice::{Channel, NoticeKind};
use domain::policy::{OnRejection, Policies, StorefrontPolicy};

use crate::support::{Faults, none, says};

fn notices_go_somewhere(policy: &StorefrontPolicy) -> Faults {
    let mut faults = Faults::new();
    for (notice, channels) in &policy.notices {
        let distinct: BTreeSet<&Channel> = channels.iter().collect();
        if channels.is_empty() {
            faults.push(format!(
                "policies/{}.json: notices.{}: has no channel; name one, or leave the notice out",
                policy.id,
                notice.as_str()
            ));
        }
        if distinct.len() != channels.len() {
            faults.push(format!(
                "policies/{}.json: notices.{}: names a channel twice; it would be sent twice",
                policy.id,
                notice.as_str()
            ));
        }
    }
    // What a company must learn of, for money or papers of its own depend on it.
    let refused = match policy.on_rejection {
        OnRejection::UploadAgain => NoticeKind::PapersRefused,
        OnRejection::RefundToDraft => NoticeKind::OrderReturned,
    };
    for notice in [
        NoticeKind::OrderPaid,
        NoticeKind::OrderExpired,
        NoticeKind::PaymentToRefund,
        NoticeKind::LineEnded,
        NoticeKind::PromiseMissed,
        refused,
    ] {
        if !policy.notices.contains_key(&notice) {
            faults.push(format!(
                "policies/{}.json: notices.{}: is missing; the company would not learn of it",
                policy.id,
                notice.as_str()
            ));
        }
    }
    faults
}

#[test]
fn every_notice_of_a_policy_has_channels() {
    none(
        &Policies::shipped()
            .unwrap()
            .iter()
            .flat_map(notices_go_somewhere)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_notice_without_channel_is_found() {
    let mut policy = Policies::shipped()
        .unwrap()
        .iter()
        .find(|policy| policy.on_rejection == OnRejection::UploadAgain)
        .unwrap()
        .clone();
    policy.notices.insert(NoticeKind::LineShipped, Vec::new());
    policy.notices.insert(
        NoticeKind::LineDelivered,
        vec![Channel::Mail, Channel::Mail],
    );
    policy.notices.remove(&NoticeKind::PapersRefused);
    let found = notices_go_somewhere(&policy);
    says(&found, "notices.line_shipped: has no channel");
    says(&found, "notices.line_delivered: names a channel twice");
    says(&found, "notices.papers_refused: is missing");
}

/// Every policy file is shipped, under its own name.
#[test]
fn every_policy_file_is_shipped() {
    let mut files: Vec<String> = crate::support::committed()
        .into_iter()
        .filter_map(|path| {
            path.strip_prefix("shared/domain/policies/")?
                .strip_suffix(".json")
                .map(ToOwned::to_owned)
        })
        .collect();
    files.sort();
    let shipped: Vec<String> = Policies::shipped()
        .unwrap()
        .storefronts()
        .map(|storefront| storefront.id.0.clone())
        .collect();
    assert_eq!(
        files, shipped,
        "shared/domain/policies/ (left) and Policies::shipped() (right) differ"
    );
}

/// Who may call what, reviewed like code: a change here is a change of rights.
#[test]
fn the_table_of_rights_is_reviewed_like_code() {
    let roles: Vec<Role> = Role::ALL.to_vec();
    let name = |role: &Role| {
        serde_json::to_value(role)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let heads: Vec<String> = roles.iter().map(name).collect();
    let mut table = format!(
        "nobody | limited | company | {} | signed | route\n",
        heads.join(" | ")
    );
    for route in ROUTES {
        let mark = |may: bool, width: usize| format!("{:^width$}", if may { "x" } else { "-" });
        let staff = |role: &Role| match route.access {
            Access::Public | Access::Staff => true,
            Access::Roles(roles) => roles.contains(role),
            Access::Company | Access::CompanyFull | Access::Signed => false,
        };
        let mut row = vec![
            mark(route.access == Access::Public, "nobody".len()),
            mark(
                matches!(route.access, Access::Public | Access::Company),
                "limited".len(),
            ),
            mark(
                matches!(
                    route.access,
                    Access::Public | Access::Company | Access::CompanyFull
                ),
                "company".len(),
            ),
        ];
        row.extend(
            roles
                .iter()
                .zip(&heads)
                .map(|(role, head)| mark(staff(role), head.len())),
        );
        row.push(mark(route.access == Access::Signed, "signed".len()));
        writeln!(
            table,
            "{} | {} {} ({})",
            row.join(" | "),
            route.method,
            route.path,
            route.function
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

/// One method and path, and one operation name, belong to one route.
#[test]
fn no_route_stands_twice() {
    let routes: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.method, route.path))
        .collect();
    let operations: BTreeSet<_> = ROUTES.iter().map(|route| route.operation).collect();
    assert_eq!(
        (routes.len(), operations.len()),
        (ROUTES.len(), ROUTES.len()),
        "contract/src/routes.rs has a route or an operation twice"
    );
}
