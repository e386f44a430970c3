//! The OpenAPI document, made from the table of routes.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::error::Problem;
use crate::routes::{Access, Body, ROUTES, Route};

/// The document, OpenAPI 3.1.
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let mut operation = json!({
            "operationId": route.operation,
            "summary": route.summary,
            "tags": [route.function],
            "x-access": access(route.access),
        });
        let mut parameters = path_parameters(route);
        if let Body::Json(schema) = route.query {
            let schema = schema(&mut generator);
            parameters.push(json!({"name": "query", "in": "query", "style": "form", "explode": true, "schema": schema}));
        }
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        match route.request {
            Body::None => {}
            Body::Json(schema) => {
                let schema = schema(&mut generator);
                operation["requestBody"] =
                    json!({"required": true, "content": {"application/json": {"schema": schema}}});
            }
            Body::Raw(media) => {
                operation["requestBody"] =
                    json!({"required": true, "content": {media: {"schema": {"type": "string"}}}});
            }
        }
        let mut done = json!({"description": "Done."});
        match route.response {
            Body::None => {}
            Body::Json(schema) => {
                let schema = schema(&mut generator);
                done["content"] = json!({"application/json": {"schema": schema}});
            }
            Body::Raw(media) => done["content"] = json!({media: {"schema": {"type": "string"}}}),
        }
        let mut responses = Map::new();
        responses.insert(route.status.to_string(), done);
        if route.access != Access::Signed {
            responses.insert(
                "default".to_owned(),
                json!({"description": "Not done, and why.", "content": {"application/problem+json": {"schema": problem}}}),
            );
        }
        operation["responses"] = Value::Object(responses);
        let entry = paths
            .entry(route.path.to_owned())
            .or_insert_with(|| json!({}));
        entry[route.method.to_ascii_lowercase()] = operation;
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Sealkey", "version": env!("CARGO_PKG_VERSION"), "description": "Every write carries the header `x-sealkey-request: 1`. Errors are `application/problem+json`."},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn access(access: Access) -> Value {
    match access {
        Access::Public => json!("public"),
        Access::Company => json!("company"),
        Access::CompanyFull => json!("company_full"),
        Access::Staff => json!("staff"),
        Access::Signed => json!("signed"),
        Access::Roles(roles) => json!(roles),
    }
}

fn path_parameters(route: &Route) -> Vec<Value> {
    route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = match name {
                "line" | "unit" => json!({"type": "integer", "minimum": 1}),
                _ => json!({"type": "string"}),
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_there_once_and_every_operation_has_its_own_name() {
        let document = document();
        let mut names = BTreeSet::new();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
            assert_eq!(operation["operationId"], route.operation);
            assert!(names.insert(route.operation), "{} twice", route.operation);
        }
        let count: usize = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|p| p.as_object().unwrap().len())
            .sum();
        assert_eq!(
            count,
            ROUTES.len(),
            "a path and method stands twice in the table"
        );
    }

    #[test]
    fn only_the_known_routes_need_no_session() {
        let open: Vec<_> = ROUTES
            .iter()
            .filter(|r| matches!(r.access, Access::Public | Access::Signed))
            .map(|r| format!("{} {}", r.method, r.path))
            .collect();
        assert_eq!(
            open,
            [
                "GET /api/challenge",
                "POST /api/registrations",
                "POST /api/registrations/{registration}/code",
                "POST /api/registrations/{registration}/confirm",
                "POST /api/session",
                "POST /api/session/code",
                "POST /api/session/key-login",
                "POST /api/session/key",
                "POST /api/password-resets",
                "POST /api/password-resets/{code}/confirm",
                "POST /api/console/session",
                "POST /api/agent/claims",
                "POST /api/agent/obstacles",
                "POST /api/agent/evidence",
                "POST /api/agent/endings",
                "POST /api/agent/desks",
                "POST /api/agent/keys",
                "POST /api/agent/keys/made",
                "POST /api/agent/keys/scrapped",
                "POST /api/agent/transport-pins",
                "POST /api/agent/so-pins",
                "POST /api/agent/renewals",
                "POST /api/agent/certificates",
                "POST /api/agent/seals",
                "POST /api/unbindings",
                "POST /api/unbindings/{code}/confirm",
                "POST /api/recoveries",
                "GET /api/recovery",
                "POST /api/recovery/codes",
                "POST /api/recovery/confirm",
                "POST /api/recovery/papers",
                "POST /api/recovery/submit",
                "POST /api/objections",
                "POST /api/objections/confirm",
                "GET /api/catalog/{storefront}",
                "POST /api/webhooks/alipay",
                "POST /api/webhooks/wechatpay",
                "POST /api/webhooks/wechatpay/refund",
                "POST /api/console/invites",
                "POST /api/console/invites/accept",
                "POST /api/webhooks/courier",
            ]
        );
    }
}
