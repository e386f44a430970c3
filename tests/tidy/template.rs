//! `infra/template.yaml` against routes, state machines and functions.

use std::collections::{BTreeMap, BTreeSet};

use contract::routes::ROUTES;
use serde_json::{Value, json};

use crate::dependencies::adapter_features;
use crate::support::{Faults, function_folders, none, pascal, read, says};
use crate::{asl, code, yaml};

/// Rights on everything, or on what no resource can name: who, which action, on what, why. Nothing else may be
/// that wide, and each of these is used.
const WIDE: &[(&str, &str, &str, &str)] = &[
    ("*Machine", "logs:CreateLogDelivery", "*", NO_RESOURCE),
    ("*Machine", "logs:GetLogDelivery", "*", NO_RESOURCE),
    ("*Machine", "logs:UpdateLogDelivery", "*", NO_RESOURCE),
    ("*Machine", "logs:DeleteLogDelivery", "*", NO_RESOURCE),
    ("*Machine", "logs:ListLogDeliveries", "*", NO_RESOURCE),
    ("*Machine", "logs:PutResourcePolicy", "*", NO_RESOURCE),
    (
        "*Machine",
        "logs:DescribeResourcePolicies",
        "*",
        NO_RESOURCE,
    ),
    ("*Machine", "logs:DescribeLogGroups", "*", NO_RESOURCE),
    ("DispatchFunction", "dynamodb:ListStreams", "*", NO_RESOURCE),
    ("CrlFunction", "dynamodb:ListStreams", "*", NO_RESOURCE),
    (
        "DispatchFunction",
        "states:SendTaskSuccess",
        "*",
        NO_RESOURCE,
    ),
    (
        "ReconcileFunction",
        "states:SendTaskSuccess",
        "*",
        NO_RESOURCE,
    ),
    (
        "DispatchFunction",
        "ses:SendEmail",
        "* if IsLocal",
        "MiniStack asks for *",
    ),
    (
        "ReconcileFunction",
        "ses:SendEmail",
        "* if IsLocal",
        "MiniStack asks for *",
    ),
    (
        "DispatchFunction",
        "sns:Publish",
        "not arn:${AWS::Partition}:sns:*:*:*",
        "to phone numbers, which have no ARN, and to no topic",
    ),
    (
        "ReconcileFunction",
        "sns:Publish",
        "not arn:${AWS::Partition}:sns:*:*:*",
        "to phone numbers, which have no ARN, and to no topic",
    ),
];
const NO_RESOURCE: &str = "the action knows no resource";

/// Actions, and the calls in `shared/adapters` that ask for them; others are called by their own name.
const CALLED_AS: &[(&str, &[&str])] = &[
    ("dynamodb:PutItem", &["put_item", "Put"]),
    ("dynamodb:UpdateItem", &["update_item", "Update"]),
    ("dynamodb:DeleteItem", &["delete_item", "Delete"]),
    ("dynamodb:ConditionCheckItem", &["ConditionCheck"]),
    // Only the operator's program walks over the whole table, by rights of its own.
    ("dynamodb:Scan", &["no function"]),
    ("s3:GetObject", &["get_object", "head_object"]),
    ("s3:ListBucket", &["head_object", "get_object"]),
];

/// What Lambda itself does for an event source.
const STREAM_ACTIONS: [&str; 4] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
];

/// What S3 asks of a bucket's key for whoever writes into it.
const ASKED_BY_S3: &str = "kms:GenerateDataKey";

/// Features of `adapters`, and the service whose rights they need. A secret's name is its feature's.
const FEATURE_SERVICES: &[(&str, &str)] = &[
    ("dynamodb", "dynamodb"),
    ("kms", "kms"),
    ("s3", "s3"),
    ("secrets", "secretsmanager"),
    ("ses", "ses"),
    ("sfn", "states"),
    ("sns", "sns"),
];

/// The secrets that belong to one adapter.
const SECRET_FEATURES: &[(&str, &str)] = &[
    ("alipay", "alipay"),
    ("wechatpay", "wechatpay"),
    ("courier", "courier"),
    ("seal-maker", "seal-maker"),
    ("smtp", "smtp"),
    ("sms", "sms-http"),
];

/// Features that one function alone may have, for it holds what only it may use.
const SOLE_FEATURES: &[(&str, &str)] = &[("seal-maker", "seal-maker")];

/// Set by Lambda, or by MiniStack in Lambda's place.
const GIVEN_BY_LAMBDA: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
];

/// The template with all that it is compared with.
struct World {
    template: Value,
    machines: Vec<asl::Machine>,
    /// Folders of `functions/`.
    folders: Vec<String>,
    reads: BTreeMap<String, BTreeSet<String>>,
    features: BTreeMap<String, BTreeSet<String>>,
    /// Calls that adapters make.
    calls: BTreeSet<String>,
    faults: Faults,
}

fn world() -> World {
    let template = yaml::parse(&read("infra/template.yaml"))
        .unwrap_or_else(|why| panic!("infra/template.yaml: {why}"));
    let environment = code::environment();
    World {
        template,
        machines: asl::machines(),
        folders: function_folders(),
        reads: environment.reads,
        features: adapter_features(),
        calls: code::methods("shared/adapters/src"),
        faults: environment.faults,
    }
}

/// One right: an action on something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    action: String,
    on: String,
}

fn fault(place: &str, what: impl std::fmt::Display) -> String {
    format!("infra/template.yaml: {place}: {what}")
}

/// A value as text: `!Ref X` and `!GetAtt X.Arn` as `!Sub` would write them. Both ways of an `!If`, each with its
/// condition.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(parts) => parts.iter().flat_map(texts).collect(),
        Value::Object(parts) if parts.len() == 1 => {
            let (name, inner) = parts.iter().next().unwrap();
            match (name.as_str(), inner) {
                ("Ref" | "Fn::GetAtt", Value::String(text)) => vec![format!("${{{text}}}")],
                ("Fn::Sub", Value::String(text)) => vec![text.clone()],
                ("Fn::If", Value::Array(parts)) if parts.len() == 3 => {
                    let condition = parts[0].as_str().unwrap_or_default();
                    let yes = texts(&parts[1])
                        .into_iter()
                        .map(|text| format!("{text} if {condition}"));
                    let no = texts(&parts[2])
                        .into_iter()
                        .map(|text| format!("{text} if not {condition}"));
                    yes.chain(no).collect()
                }
                _ => vec![value.to_string()],
            }
        }
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn text(value: &Value) -> String {
    texts(value).join(" ")
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(parts) => parts.iter().collect(),
        other => vec![other],
    }
}

fn rights_of(statements: &[&Value]) -> Vec<Right> {
    let mut rights = Vec::new();
    for statement in statements
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
    {
        let not = texts(&statement["NotResource"])
            .into_iter()
            .map(|text| format!("not {text}"));
        let on: Vec<String> = texts(&statement["Resource"])
            .into_iter()
            .chain(not)
            .collect();
        // Whatever is not a plain `Action` is everything.
        let actions = if statement.get("Action").is_some() {
            texts(&statement["Action"])
        } else {
            vec!["*".to_owned()]
        };
        for action in actions {
            rights.extend(on.iter().map(|on| Right {
                action: action.clone(),
                on: on.clone(),
            }));
        }
    }
    rights
}

fn function_statements(properties: &Value) -> Vec<&Value> {
    let policies = list(&properties["Policies"]).into_iter();
    policies
        .flat_map(|policy| list(&policy["Statement"]))
        .collect()
}

impl World {
    fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.template["Resources"].as_object().unwrap();
        all.iter()
            .filter(|(_, it)| it["Type"] == kind)
            .map(|(id, it)| (id.as_str(), &it["Properties"]))
            .collect()
    }

    fn resource(&self, kind: &str, id: &str) -> Option<&Value> {
        self.resources(kind)
            .into_iter()
            .find(|(found, _)| *found == id)
            .map(|(_, properties)| properties)
    }

    /// Id and name of each function.
    fn functions(&self) -> Vec<(&str, String, &Value)> {
        let functions = self.resources("AWS::Serverless::Function").into_iter();
        functions
            .map(|(id, properties)| {
                let name = text(&properties["FunctionName"]);
                (
                    id,
                    name.strip_prefix("sealkey-${Stage}-")
                        .unwrap_or(&name)
                        .to_owned(),
                    properties,
                )
            })
            .collect()
    }

    fn role_statements(&self, id: &str) -> Vec<&Value> {
        let role = self.resource("AWS::IAM::Role", id).unwrap_or(&Value::Null);
        list(&role["Policies"])
            .into_iter()
            .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
            .collect()
    }

    /// Every role of the stack: of functions by the function's id, others by their own without `Role`.
    fn roles(&self) -> Vec<(String, Vec<Right>)> {
        let functions = self.functions().into_iter();
        let functions = functions.map(|(id, _, properties)| {
            (id.to_owned(), rights_of(&function_statements(properties)))
        });
        let others = self.resources("AWS::IAM::Role").into_iter();
        let others = others.map(|(id, _)| {
            (
                id.trim_end_matches("Role").to_owned(),
                rights_of(&self.role_statements(id)),
            )
        });
        functions.chain(others).collect()
    }

    fn variables(&self, properties: &Value) -> BTreeMap<String, Value> {
        let globals = &self.template["Globals"]["Function"]["Environment"]["Variables"];
        let own = &properties["Environment"]["Variables"];
        let all = [globals, own]
            .into_iter()
            .filter_map(Value::as_object)
            .flatten();
        all.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

// ---------------------------------------------------------------- rules

fn folders_are_functions(world: &World) -> Faults {
    let mut faults = Faults::new();
    let functions = world.functions();
    for folder in &world.folders {
        if functions
            .iter()
            .filter(|(_, name, _)| name == folder)
            .count()
            != 1
        {
            faults.push(fault(
                &format!("{}Function", pascal(folder)),
                format!("functions/{folder} must be exactly one function here"),
            ));
        }
    }
    for (id, name, properties) in functions {
        if !world.folders.contains(&name) {
            faults.push(fault(id, format!("there is no folder functions/{name}")));
        }
        if id != format!("{}Function", pascal(&name)) {
            faults.push(fault(
                id,
                format!("must be called {}Function", pascal(&name)),
            ));
        }
        if properties["CodeUri"] != format!("../.local/build/{name}.zip") {
            faults.push(fault(
                id,
                format!("CodeUri must be ../.local/build/{name}.zip"),
            ));
        }
    }
    faults
}

fn routes_agree(world: &World) -> Faults {
    let mut faults = Faults::new();
    let routes = world.resources("AWS::ApiGatewayV2::Route");
    for route in ROUTES {
        let key = format!("{} {}", route.method, route.path);
        let found: Vec<_> = routes
            .iter()
            .filter(|(_, it)| it["RouteKey"] == key)
            .collect();
        let [(id, it)] = found.as_slice() else {
            faults.push(fault(
                &key,
                format!(
                    "{} routes of this key instead of one; run: cargo xtask gen",
                    found.len()
                ),
            ));
            continue;
        };
        let function = format!("{}Function", pascal(route.function));
        let target = text(&it["Target"]);
        let integration = target
            .strip_prefix("integrations/${")
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or_default();
        match world.resource("AWS::ApiGatewayV2::Integration", integration) {
            None => faults.push(fault(id, format!("its Target {target} is no integration"))),
            Some(integrated) => {
                let expected = json!({
                    "ApiId": {"Ref": "HttpApi"}, "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": {"Fn::GetAtt": format!("{function}.Arn")}, "PayloadFormatVersion": "2.0",
                });
                if *integrated != expected {
                    faults.push(fault(
                        integration,
                        format!("{key} must reach {function} by {expected}"),
                    ));
                }
            }
        }
        if it["ApiId"] != json!({"Ref": "HttpApi"}) {
            faults.push(fault(id, "ApiId must be HttpApi"));
        }
    }
    let known: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    for (id, it) in &routes {
        let key = text(&it["RouteKey"]);
        if !known.contains(&key) {
            faults.push(fault(
                id,
                format!("{key} is not in contract::ROUTES; take it out or add it there"),
            ));
        }
    }
    let serving: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| format!("{}Function", pascal(route.function)))
        .collect();
    let permissions = world.resources("AWS::Lambda::Permission");
    for function in &serving {
        let expected = json!({
            "FunctionName": {"Ref": function}, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*/*"},
        });
        if permissions
            .iter()
            .filter(|(_, it)| **it == expected)
            .count()
            != 1
        {
            faults.push(fault(
                function,
                format!("needs exactly one Lambda permission {expected}"),
            ));
        }
    }
    for (id, it) in permissions {
        let function = it["FunctionName"]["Ref"].as_str().unwrap_or_default();
        if !serving.contains(function) {
            faults.push(fault(
                id,
                format!("lets somebody call {function}, which no route reaches"),
            ));
        }
    }
    for (id, it) in world.resources("AWS::ApiGatewayV2::Integration") {
        let function = text(&it["IntegrationUri"])
            .trim_start_matches("${")
            .trim_end_matches(".Arn}")
            .to_owned();
        if !serving.contains(&function) {
            faults.push(fault(
                id,
                format!("integrates {function}, which no route reaches"),
            ));
        }
    }
    faults
}

/// Who calls a function: routes, a state machine, a schedule or a stream, and never two of them.
fn one_kind_of_trigger(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, name, properties) in world.functions() {
        let arn = json!({"Fn::GetAtt": format!("{id}.Arn")});
        let mut kinds = Vec::new();
        if ROUTES.iter().any(|route| route.function == name) {
            kinds.push("routes");
        }
        let called = world.machines.iter().flat_map(asl::called_functions);
        if called
            .into_iter()
            .any(|called| called == format!("${{{id}Arn}}"))
        {
            kinds.push("a state machine");
        }
        if world
            .resources("AWS::Scheduler::Schedule")
            .iter()
            .any(|(_, it)| it["Target"]["Arn"] == arn)
        {
            kinds.push("a schedule");
        }
        if world
            .resources("AWS::Lambda::EventSourceMapping")
            .iter()
            .any(|(_, it)| it["FunctionName"]["Ref"] == *id)
        {
            kinds.push("a stream");
        }
        if kinds.len() != 1 {
            faults.push(fault(
                id,
                format!("is called by {kinds:?}; each function has one kind of trigger"),
            ));
        }
        for field in ["Events", "FunctionUrlConfig"] {
            if properties.get(field).is_some() {
                faults.push(fault(
                    id,
                    format!("has {field}; triggers are resources of their own here"),
                ));
            }
        }
    }
    faults
}

fn machine_id(machine: &asl::Machine) -> String {
    format!("{}Machine", pascal(machine.name))
}

fn substitutions_agree(world: &World) -> Faults {
    let mut faults = Faults::new();
    for machine in &world.machines {
        let id = machine_id(machine);
        let Some(it) = world.resource("AWS::Serverless::StateMachine", &id) else {
            faults.push(fault(
                &id,
                format!(
                    "stepfunctions/{}.asl.json has no state machine here",
                    machine.name
                ),
            ));
            continue;
        };
        if it["DefinitionUri"] != format!("../stepfunctions/{}.asl.json", machine.name) {
            faults.push(fault(
                &id,
                format!(
                    "DefinitionUri must be ../stepfunctions/{}.asl.json",
                    machine.name
                ),
            ));
        }
        let text = machine.definition.to_string();
        let used: BTreeSet<&str> = text
            .split("${")
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let given: BTreeMap<&str, &Value> = it["DefinitionSubstitutions"]
            .as_object()
            .map(|map| {
                map.iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect()
            })
            .unwrap_or_default();
        for name in &used {
            let expected = match name.strip_suffix("FunctionArn") {
                Some(function) => json!({"Fn::GetAtt": format!("{function}Function.Arn")}),
                None if *name == "Partition" => json!({"Ref": "AWS::Partition"}),
                None => json!({"Ref": name}),
            };
            if given.get(name) != Some(&&expected) {
                let found = given
                    .get(name)
                    .map_or("nothing".to_owned(), ToString::to_string);
                faults.push(fault(
                    &id,
                    format!("DefinitionSubstitutions.{name} must be {expected}, is {found}"),
                ));
            }
        }
        for name in given.keys().filter(|name| !used.contains(*name)) {
            faults.push(fault(
                &id,
                format!(
                    "DefinitionSubstitutions.{name} is used nowhere in {}.asl.json",
                    machine.name
                ),
            ));
        }
    }
    let known: Vec<String> = world.machines.iter().map(machine_id).collect();
    for (id, _) in world.resources("AWS::Serverless::StateMachine") {
        if !known.iter().any(|known| known == id) {
            faults.push(fault(
                id,
                "this test knows no such machine; add it to asl::machines",
            ));
        }
    }
    faults
}

fn machines_may_what_they_do(world: &World) -> Faults {
    let mut faults = Faults::new();
    for machine in &world.machines {
        let id = machine_id(machine);
        let role = format!("{id}Role");
        let it = world
            .resource("AWS::Serverless::StateMachine", &id)
            .unwrap_or(&Value::Null);
        if it["Role"] != json!({"Fn::GetAtt": format!("{role}.Arn")}) {
            faults.push(fault(
                &id,
                format!("Role must be its own: !GetAtt {role}.Arn"),
            ));
        }
        let given = |placeholder: &str| {
            let name = placeholder.trim_start_matches("${").trim_end_matches('}');
            let value = text(&it["DefinitionSubstitutions"][name]);
            if value == "${Table}" {
                "${Table.Arn}".to_owned()
            } else {
                value
            }
        };
        let needed: BTreeSet<Right> = asl::rights(machine)
            .into_iter()
            .map(|(action, on)| Right {
                action,
                on: given(&on),
            })
            .collect();
        let has: BTreeSet<Right> = rights_of(&world.role_statements(&role))
            .into_iter()
            .filter(|right| !right.action.starts_with("logs:"))
            .collect();
        for right in needed.difference(&has) {
            faults.push(fault(
                &role,
                format!(
                    "lacks {} on {}, which {}.asl.json does",
                    right.action, right.on, machine.name
                ),
            ));
        }
        for right in has.difference(&needed) {
            faults.push(fault(
                &role,
                format!(
                    "has {} on {}, which {}.asl.json never does",
                    right.action, right.on, machine.name
                ),
            ));
        }
        let trust = &world
            .resource("AWS::IAM::Role", &role)
            .unwrap_or(&Value::Null)["AssumeRolePolicyDocument"]["Statement"];
        if list(trust)
            .iter()
            .any(|statement| statement["Principal"] != json!({"Service": "states.amazonaws.com"}))
        {
            faults.push(fault(&role, "may be assumed by Step Functions only"));
        }
    }
    faults
}

fn machines_log_without_data(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, it) in world.resources("AWS::Serverless::StateMachine") {
        if it["Logging"]["IncludeExecutionData"] != false {
            faults.push(fault(id, "Logging.IncludeExecutionData must be false"));
        }
        if it["Type"] != "STANDARD" {
            faults.push(fault(id, "Type must be STANDARD: it waits for months"));
        }
        if !has_alarm(
            world,
            "AWS/States",
            "ExecutionsFailed",
            &json!([{"Name": "StateMachineArn", "Value": {"Ref": id}}]),
        ) {
            faults.push(fault(
                id,
                "has no alarm on ExecutionsFailed that tells AlarmTopic",
            ));
        }
    }
    faults
}

fn has_alarm(world: &World, namespace: &str, metric: &str, dimensions: &Value) -> bool {
    world
        .resources("AWS::CloudWatch::Alarm")
        .iter()
        .any(|(_, it)| {
            it["Namespace"] == namespace
                && it["MetricName"] == metric
                && it["Dimensions"] == *dimensions
                && it["AlarmActions"] == json!([{"Ref": "AlarmTopic"}])
        })
}

fn schedules_and_streams_have_their_permission(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, it) in world.resources("AWS::Scheduler::Schedule") {
        let target = text(&it["Target"]["Arn"]);
        let role = text(&it["Target"]["RoleArn"])
            .trim_start_matches("${")
            .trim_end_matches(".Arn}")
            .to_owned();
        let needed = vec![Right {
            action: "lambda:InvokeFunction".to_owned(),
            on: target.clone(),
        }];
        if rights_of(&world.role_statements(&role)) != needed {
            faults.push(fault(
                id,
                format!(
                    "its role {role} must allow lambda:InvokeFunction on {target}, and nothing else"
                ),
            ));
        }
        let trust = &world
            .resource("AWS::IAM::Role", &role)
            .unwrap_or(&Value::Null)["AssumeRolePolicyDocument"]["Statement"];
        if list(trust).iter().any(|statement| {
            statement["Principal"] != json!({"Service": "scheduler.amazonaws.com"})
        }) {
            faults.push(fault(&role, "may be assumed by the scheduler only"));
        }
    }
    for (id, it) in world.resources("AWS::Lambda::EventSourceMapping") {
        let function = it["FunctionName"]["Ref"].as_str().unwrap_or_default();
        let stream = text(&it["EventSourceArn"]);
        let table = stream
            .trim_start_matches("${")
            .trim_end_matches(".StreamArn}");
        let streams = world
            .resource("AWS::DynamoDB::Table", table)
            .is_some_and(|table| table.get("StreamSpecification").is_some());
        if !streams {
            faults.push(fault(id, format!("{stream} is no stream of a table here")));
        }
        let properties = world
            .resource("AWS::Serverless::Function", function)
            .unwrap_or(&Value::Null);
        let rights = rights_of(&function_statements(properties));
        for action in STREAM_ACTIONS {
            let on = if action == "dynamodb:ListStreams" {
                "*"
            } else {
                &stream
            };
            if !rights.contains(&Right {
                action: action.to_owned(),
                on: on.to_owned(),
            }) {
                faults.push(fault(
                    function,
                    format!("lacks {action} on {on}, which its event source {id} needs"),
                ));
            }
        }
    }
    for (role, rights) in world.roles() {
        let reads_stream = rights
            .iter()
            .any(|right| STREAM_ACTIONS.contains(&right.action.as_str()));
        let mapped = world
            .resources("AWS::Lambda::EventSourceMapping")
            .iter()
            .any(|(_, it)| it["FunctionName"]["Ref"] == role);
        if reads_stream && !mapped {
            faults.push(fault(
                &role,
                "may read the stream, but no event source feeds it",
            ));
        }
    }
    faults
}

fn only_movers_reach_executions(world: &World) -> Faults {
    let movers = ["DispatchFunction", "ReconcileFunction"];
    let mut faults = Faults::new();
    for (role, rights) in world.roles() {
        for right in rights
            .iter()
            .filter(|right| right.action.starts_with("states:"))
        {
            if !movers.contains(&role.as_str()) {
                faults.push(fault(
                    &role,
                    format!(
                        "may {}; only dispatch and reconcile speak to Step Functions",
                        right.action
                    ),
                ));
            }
        }
    }
    faults
}

/// Keys that sign, and the one that PINs of tokens follow from, each with the functions that may and what they do:
/// whatever a role is given, no other does. One function for each key, but for the CA's: certificates are issued at a
/// call, lists of those that do not count are made by themselves.
const SIGNERS: [(&str, &[&str], &str); 4] = [
    ("CaKey", &["CaFunction", "CrlFunction"], "kms:Sign"),
    ("AuditKey", &["ReconcileFunction"], "kms:Sign"),
    ("TicketKey", &["TicketFunction"], "kms:Sign"),
    ("KeySecretsKey", &["TicketFunction"], "kms:GenerateMac"),
];

fn each_key_signs_for_its_functions(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (role, rights) in world.roles() {
        for right in rights {
            let key = SIGNERS
                .iter()
                .find(|(key, ..)| right.on.contains(&format!("${{{key}")));
            let foreign = key.is_some_and(|(_, signers, _)| !signers.contains(&role.as_str()));
            if foreign || (key.is_none() && right.action == "kms:Sign") {
                faults.push(fault(
                    &role,
                    format!(
                        "may {} on {}; each key that signs is its own functions'",
                        right.action, right.on
                    ),
                ));
            }
        }
    }
    for (id, _, properties) in world.functions() {
        let told = world.variables(properties);
        for (key, ..) in SIGNERS
            .iter()
            .filter(|(_, signers, _)| !signers.contains(&id))
        {
            let name = format!("${{{key}");
            if told.values().any(|value| text(value).contains(&name)) {
                faults.push(fault(id, format!("is told {key}; it may not use it")));
            }
        }
    }
    for (key, signers, action) in SIGNERS {
        let policy =
            &world.resource("AWS::KMS::Key", key).unwrap_or(&Value::Null)["KeyPolicy"]["Statement"];
        let denies = list(policy).into_iter().any(|statement| {
            let others = texts(&statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]);
            let of = |signer: &str| format!("/${{AWS::StackName}}-{signer}Role-");
            let known = |arn: &str| signers.iter().any(|signer| arn.contains(&of(signer)));
            let named = |signer: &str| others.iter().any(|arn| arn.contains(&of(signer)));
            statement["Effect"] == "Deny"
                && statement["Action"] == action
                && statement["Principal"] == json!({"AWS": "*"})
                && others.iter().all(|arn| known(arn))
                && signers.iter().all(|signer| named(signer))
        });
        if !denies {
            faults.push(fault(
                key,
                format!(
                    "its key policy must deny {action} to everybody but the roles of {}",
                    signers.join(" and ")
                ),
            ));
        }
        for statement in list(policy)
            .into_iter()
            .filter(|statement| statement["Effect"] == "Allow")
        {
            if !text(&statement["Principal"]["AWS"]).ends_with(":root") {
                faults.push(fault(
                    key,
                    "its key policy may allow the account only (its roles then by IAM)",
                ));
            }
        }
    }
    faults
}

fn own_roles_with_exact_rights(world: &World) -> Faults {
    let mut faults = Faults::new();
    let mut used = BTreeSet::new();
    for (id, _, properties) in world.functions() {
        if properties.get("Role").is_some() {
            faults.push(fault(
                id,
                "has a Role; leave it out, then SAM makes one of its own from Policies",
            ));
        }
        let policies = list(&properties["Policies"]);
        if policies.is_empty()
            || policies
                .iter()
                .any(|policy| policy.get("Statement").is_none())
        {
            faults.push(fault(
                id,
                "Policies must be statements of its own, no name of a managed policy",
            ));
        }
    }
    if world.template["Globals"]["Function"]
        .get("Policies")
        .is_some()
        || world.template["Globals"]["Function"].get("Role").is_some()
    {
        faults.push(fault("Globals.Function", "rights are each function's own"));
    }
    for (role, it) in world.resources("AWS::IAM::Role") {
        if it.get("ManagedPolicyArns").is_some() {
            faults.push(fault(role, "has a managed policy; write the statements"));
        }
    }
    for (role, rights) in world.roles() {
        for right in rights {
            if right.action.contains('*') || !right.action.contains(':') {
                faults.push(fault(
                    &role,
                    format!("Action {}: name each action", right.action),
                ));
            }
            // arn:partition:service:region:account:resource
            let everything = right
                .on
                .replace("AWS::", "AWS.")
                .splitn(6, ':')
                .nth(5)
                .is_some_and(|resource| resource.starts_with('*'));
            if right.on.starts_with("* ")
                || right.on == "*"
                || right.on.starts_with("not ")
                || everything
            {
                let allowed = WIDE.iter().position(|(who, action, on, _)| {
                    let who = role == *who
                        || who.strip_prefix('*').is_some_and(|end| role.ends_with(end));
                    who && right.action == *action && right.on == *on
                });
                match allowed {
                    Some(at) => drop(used.insert(at)),
                    None => faults.push(fault(&role, format!("{} on {}: name the resource, or add it with its reason to WIDE in tests/tidy/template.rs", right.action, right.on))),
                }
            }
        }
    }
    for (at, (who, action, on, _)) in WIDE.iter().enumerate() {
        if !used.contains(&at) {
            faults.push(format!("tests/tidy/template.rs: WIDE: {who} no longer has {action} on {on}; take the row out"));
        }
    }
    faults
}

/// A right that no adapter uses is a right too many.
fn every_right_is_used(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, _, properties) in world.functions() {
        let rights: BTreeSet<String> = rights_of(&function_statements(properties))
            .into_iter()
            .map(|right| right.action)
            .collect();
        for action in rights
            .iter()
            .filter(|action| !STREAM_ACTIONS.contains(&action.as_str()) && *action != ASKED_BY_S3)
        {
            let name = action.split(':').nth(1).unwrap_or_default();
            let mut own = String::new();
            for letter in name.chars() {
                if letter.is_uppercase() && !own.is_empty() {
                    own.push('_');
                }
                own.extend(letter.to_lowercase());
            }
            let called_as = CALLED_AS.iter().find(|(known, _)| known == action);
            let called = called_as.map_or(vec![own.as_str()], |(_, names)| names.to_vec());
            if !called.iter().any(|name| world.calls.contains(*name)) {
                faults.push(fault(id, format!("may {action}, but nothing in shared/adapters/src calls {}; take the right out", called.join(" or "))));
            }
        }
    }
    faults
}

/// A function enables only what its role allows, and its role allows only what it enables.
fn features_and_rights_agree(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, name, properties) in world.functions() {
        let Some(features) = world.features.get(&name) else {
            continue;
        };
        let rights = rights_of(&function_statements(properties));
        let services: BTreeSet<&str> = rights
            .iter()
            .filter(|right| right.action != ASKED_BY_S3)
            .filter_map(|right| right.action.split(':').next())
            .collect();
        for (feature, service) in FEATURE_SERVICES {
            match (features.contains(*feature), services.contains(service)) {
                (true, false) => faults.push(fault(id, format!("functions/{name}/Cargo.toml enables `{feature}` of adapters, but its policies allow nothing of {service}:"))),
                (false, true) => faults.push(fault(id, format!("its policies allow {service}: actions, but functions/{name}/Cargo.toml does not enable `{feature}` of adapters"))),
                _ => {}
            }
        }
        for service in services
            .iter()
            .filter(|service| FEATURE_SERVICES.iter().all(|(_, known)| known != *service))
        {
            faults.push(fault(
                id,
                format!("its policies allow {service}: actions, which no feature of adapters uses"),
            ));
        }
        for (feature, sole) in SOLE_FEATURES {
            if features.contains(*feature) && name != *sole {
                faults.push(fault(id, format!("functions/{name}/Cargo.toml enables `{feature}` of adapters, which only {sole} may")));
            }
        }
        for (secret, feature) in SECRET_FEATURES {
            let reads = rights.iter().any(|right| {
                right
                    .on
                    .contains(&format!(":secret:sealkey/${{Stage}}/{secret}-"))
            });
            match (features.contains(*feature), reads) {
                (true, false) => faults.push(fault(id, format!("functions/{name}/Cargo.toml enables `{feature}` of adapters, but it may not read the secret {secret}"))),
                (false, true) => faults.push(fault(id, format!("may read the secret {secret}, but functions/{name}/Cargo.toml does not enable `{feature}` of adapters"))),
                _ => {}
            }
        }
    }
    faults
}

fn logs_and_alarms(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, name, properties) in world.functions() {
        let logs = properties["LoggingConfig"]["LogGroup"]["Ref"]
            .as_str()
            .unwrap_or_default();
        let group = world
            .resource("AWS::Logs::LogGroup", logs)
            .unwrap_or(&Value::Null);
        let expected = format!("/aws/lambda/sealkey-${{Stage}}-{name}");
        if text(&group["LogGroupName"]) != expected {
            faults.push(fault(
                id,
                format!("must log into a group {expected} of its own; run: cargo xtask gen"),
            ));
        }
        if !has_alarm(
            world,
            "AWS/Lambda",
            "Errors",
            &json!([{"Name": "FunctionName", "Value": {"Ref": id}}]),
        ) {
            faults.push(fault(
                id,
                "has no alarm on Errors that tells AlarmTopic; run: cargo xtask gen",
            ));
        }
    }
    for (id, group) in world.resources("AWS::Logs::LogGroup") {
        if group.get("RetentionInDays").is_none() {
            faults.push(fault(id, "keeps its logs for ever; set RetentionInDays"));
        }
    }
    for (id, alarm) in world.resources("AWS::CloudWatch::Alarm") {
        if alarm["AlarmActions"] != json!([{"Ref": "AlarmTopic"}]) {
            faults.push(fault(id, "tells nobody; AlarmActions must be AlarmTopic"));
        }
    }
    faults
}

fn the_table_is_safe(world: &World) -> Faults {
    let mut faults = Faults::new();
    let tables = world.resources("AWS::DynamoDB::Table");
    if tables.len() != 1 {
        faults.push(fault(
            "Table",
            format!("{} tables instead of one", tables.len()),
        ));
    }
    for (id, it) in tables {
        let mut expect = |path: &str, expected: Value| {
            if it.pointer(path) != Some(&expected) {
                faults.push(fault(
                    id,
                    format!(
                        "{} must be {expected}",
                        path.trim_start_matches('/').replace('/', ".")
                    ),
                ));
            }
        };
        expect(
            "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
            json!(true),
        );
        expect(
            "/TimeToLiveSpecification",
            json!({"AttributeName": "ttl", "Enabled": true}),
        );
        expect(
            "/StreamSpecification/StreamViewType",
            json!("NEW_AND_OLD_IMAGES"),
        );
        expect("/SSESpecification/SSEEnabled", json!(true));
        expect(
            "/DeletionProtectionEnabled",
            json!({"Fn::If": ["IsProd", true, false]}),
        );
    }
    for kind in ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"] {
        for (id, _) in world.resources(kind) {
            let it = &world.template["Resources"][id];
            if it["DeletionPolicy"] != "RetainExceptOnCreate"
                || it["UpdateReplacePolicy"] != "Retain"
            {
                faults.push(fault(
                    id,
                    "holds data: DeletionPolicy RetainExceptOnCreate, UpdateReplacePolicy Retain",
                ));
            }
        }
    }
    faults
}

fn buckets_are_private(world: &World) -> Faults {
    let mut faults = Faults::new();
    let shut = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true});
    for (id, it) in world.resources("AWS::S3::Bucket") {
        if it["PublicAccessBlockConfiguration"] != shut {
            faults.push(fault(
                id,
                "PublicAccessBlockConfiguration must block all four",
            ));
        }
        if it["OwnershipControls"] != json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        {
            faults.push(fault(id, "OwnershipControls must be BucketOwnerEnforced"));
        }
        if it.get("BucketEncryption").is_none() {
            faults.push(fault(id, "has no BucketEncryption"));
        }
    }
    for (id, it) in world.resources("AWS::S3::BucketPolicy") {
        for statement in list(&it["PolicyDocument"]["Statement"]) {
            let distribution = statement["Principal"]
                == json!({"Service": "cloudfront.amazonaws.com"})
                && statement["Action"] == "s3:GetObject"
                && text(&statement["Condition"]["StringEquals"]["aws:SourceArn"])
                    .ends_with(":distribution/${Distribution}");
            if statement["Effect"] != "Deny" && !distribution {
                faults.push(fault(
                    id,
                    "may let in nobody but our own distribution, to read",
                ));
            }
            if statement["Effect"] == "Allow" && it["Bucket"] == json!({"Ref": "PapersBucket"}) {
                faults.push(fault(
                    id,
                    "nobody is let into the papers but functions and presigned URLs",
                ));
            }
        }
    }
    faults
}

fn variables_agree(world: &World) -> Faults {
    let mut faults = world.faults.clone();
    let nothing = BTreeSet::new();
    for (id, name, properties) in world.functions() {
        let given = world.variables(properties);
        let reads = world.reads.get(&name).unwrap_or(&nothing);
        for variable in reads
            .iter()
            .filter(|variable| !GIVEN_BY_LAMBDA.contains(&variable.as_str()))
        {
            if !given.contains_key(variable) {
                faults.push(fault(
                    id,
                    format!("functions/{name} reads {variable}, which is not given to it"),
                ));
            }
        }
        for variable in given.keys().filter(|variable| !reads.contains(*variable)) {
            faults.push(fault(
                id,
                format!("is given {variable}, which functions/{name} never reads; take it out"),
            ));
        }
    }
    faults
}

/// Partition, region and account come from the stack, so that one template serves `aws` and `aws-cn`.
fn no_partition_or_region_by_name(world: &World) -> Faults {
    let mut faults = Faults::new();
    for (id, it) in world.template["Resources"].as_object().unwrap() {
        let text = it.to_string();
        for word in [
            "arn:aws:",
            "arn:aws-cn:",
            "us-east-1",
            "cn-north-1",
            "cn-northwest-1",
            "ap-southeast-1",
            ".amazonaws.com.cn",
        ] {
            if text.contains(word) {
                faults.push(fault(
                    id,
                    format!("names {word}; use AWS::Partition, AWS::Region, AWS::URLSuffix"),
                ));
            }
        }
    }
    for machine in &world.machines {
        if machine.definition.to_string().contains("arn:aws") {
            faults.push(format!(
                "stepfunctions/{}.asl.json: names a partition; use ${{Partition}}",
                machine.name
            ));
        }
    }
    faults
}

/// What `samconfig.toml` gives to a stage is a parameter of the template, with a value that it may have.
fn stages_give_known_parameters(template: &Value, samconfig: &str) -> Faults {
    let mut faults = Faults::new();
    let mut stage = "";
    for line in samconfig.lines().map(str::trim) {
        stage = line
            .strip_prefix('[')
            .and_then(|rest| rest.split('.').next())
            .unwrap_or(stage);
        let given = line
            .strip_prefix('"')
            .and_then(|rest| rest.split('"').next())
            .and_then(|given| given.split_once('='));
        let Some((name, value)) = given else { continue };
        let parameter = &template["Parameters"][name];
        if parameter.is_null() {
            faults.push(format!(
                "samconfig.toml: {stage}: {name} is no parameter of infra/template.yaml"
            ));
        }
        let allowed = parameter["AllowedValues"].as_array();
        if allowed.is_some_and(|allowed| allowed.iter().all(|allowed| *allowed != value)) {
            faults.push(format!(
                "samconfig.toml: {stage}: {name}={value}; infra/template.yaml allows {}",
                parameter["AllowedValues"]
            ));
        }
    }
    faults
}

#[test]
fn every_stage_gives_what_the_template_knows() {
    let samconfig = read("samconfig.toml");
    let template = world().template;
    none(&stages_give_known_parameters(&template, &samconfig));
    let broken =
        "[prod.deploy.parameters]\nparameter_overrides = [\n  \"Spare=1\",\n  \"Stage=moon\",\n]";
    let found = stages_give_known_parameters(&template, broken);
    says(&found, "prod: Spare is no parameter");
    says(&found, "prod: Stage=moon");
}

// ---------------------------------------------------------------- tests

fn hold(rule: fn(&World) -> Faults) {
    none(&rule(&world()));
}

#[test]
fn each_folder_is_a_function_and_the_other_way_round() {
    hold(folders_are_functions);
}

#[test]
fn routes_integrations_and_permissions_are_those_of_the_contract() {
    hold(routes_agree);
}

#[test]
fn each_function_has_one_kind_of_trigger() {
    hold(one_kind_of_trigger);
}

#[test]
fn every_placeholder_of_a_machine_is_given() {
    hold(substitutions_agree);
}

#[test]
fn a_machine_may_what_it_does_and_nothing_more() {
    hold(machines_may_what_they_do);
}

#[test]
fn machines_log_no_data_and_alarm() {
    hold(machines_log_without_data);
}

#[test]
fn schedules_and_streams_have_their_permissions() {
    hold(schedules_and_streams_have_their_permission);
}

#[test]
fn only_dispatch_and_reconcile_reach_step_functions() {
    hold(only_movers_reach_executions);
}

#[test]
fn only_ca_uses_the_key_of_the_ca() {
    hold(each_key_signs_for_its_functions);
}

#[test]
fn every_function_has_a_role_of_its_own_with_exact_rights() {
    hold(own_roles_with_exact_rights);
}

#[test]
fn no_right_is_unused() {
    hold(every_right_is_used);
}

#[test]
fn features_of_adapters_and_rights_agree() {
    hold(features_and_rights_agree);
}

#[test]
fn every_function_has_logs_that_end_and_an_alarm() {
    hold(logs_and_alarms);
}

#[test]
fn the_table_and_all_that_holds_data_is_safe() {
    hold(the_table_is_safe);
}

#[test]
fn every_bucket_is_private() {
    hold(buckets_are_private);
}

#[test]
fn every_variable_is_given_and_read() {
    hold(variables_agree);
}

#[test]
fn one_template_for_all_partitions() {
    hold(no_partition_or_region_by_name);
}

/// Takes a part out of a JSON value.
fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.shift_remove(key).unwrap()),
        Value::Array(list) => drop(list.remove(key.parse().unwrap())),
        other => panic!("{other}"),
    }
}

/// Gives a function one more statement.
fn allow(world: &mut World, function: &str, action: &str, resource: &Value) {
    let statements = format!("/Resources/{function}/Properties/Policies/0/Statement");
    let statements = world
        .template
        .pointer_mut(&statements)
        .unwrap()
        .as_array_mut()
        .unwrap();
    statements.push(json!({"Effect": "Allow", "Action": action, "Resource": resource}));
}

fn set(world: &mut World, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    world.template.pointer_mut(parent).unwrap()[key] = value;
}

#[test]
#[rustfmt::skip] // one case a line
fn each_rule_finds_its_fault() {
    type Case = (fn(&World) -> Faults, fn(&mut World), &'static str);
    let cases: &[Case] = &[
        (folders_are_functions, |w| w.folders.push("cashbox".to_owned()), "CashboxFunction: functions/cashbox must be"),
        (folders_are_functions, |w| drop(w.folders.remove(0)), "there is no folder functions/"),
        (folders_are_functions, |w| { set(w, "/Resources/PayFunction/Properties/CodeUri", json!("x.zip")); }, "PayFunction: CodeUri"),
        (routes_agree, |w| remove(&mut w.template, "/Resources/GetSessionRoute"), "GET /api/session: 0 routes"),
        (routes_agree, |w| { set(w, "/Resources/GetSessionRoute/Properties/RouteKey", json!("GET /api/spare")); }, "GET /api/spare is not in"),
        (routes_agree, |w| { set(w, "/Resources/Twice", w.template["Resources"]["GetSessionRoute"].clone()); }, "GET /api/session: 2 routes"),
        (routes_agree, |w| { set(w, "/Resources/GetSessionRoute/Properties/Target", json!({"Fn::Sub": "integrations/${PayIntegration}"})); }, "GET /api/session must reach AccountFunction"),
        (routes_agree, |w| remove(&mut w.template, "/Resources/PayPermission"), "PayFunction: needs exactly one"),
        (routes_agree, |w| { set(w, "/Resources/PayPermission/Properties/FunctionName", json!({"Ref": "DispatchFunction"})); }, "lets somebody call DispatchFunction"),
        (routes_agree, |w| { set(w, "/Resources/PayIntegration/Properties/IntegrationUri", json!({"Fn::GetAtt": "DispatchFunction.Arn"})); }, "integrates DispatchFunction"),
        (one_kind_of_trigger, |w| { set(w, "/Resources/EachMinute/Properties/Target/Arn", json!({"Fn::GetAtt": "PayFunction.Arn"})); }, "ReconcileFunction: is called by []"),
        (one_kind_of_trigger, |w| { set(w, "/Resources/EachMinute/Properties/Target/Arn", json!({"Fn::GetAtt": "PayFunction.Arn"})); }, "PayFunction: is called by [\"routes\", \"a schedule\"]"),
        (one_kind_of_trigger, |w| { set(w, "/Resources/PayFunction/Properties/FunctionUrlConfig", json!({"AuthType": "NONE"})); }, "has FunctionUrlConfig"),
        (substitutions_agree, |w| { remove(&mut w.template, "/Resources/LineMachine/Properties/DefinitionSubstitutions/Table"); }, "DefinitionSubstitutions.Table must be"),
        (substitutions_agree, |w| { set(w, "/Resources/LineMachine/Properties/DefinitionSubstitutions/Spare", json!("x")); }, "DefinitionSubstitutions.Spare is used nowhere"),
        (substitutions_agree, |w| { set(w, "/Resources/LineMachine/Properties/DefinitionSubstitutions/PaperCheckFunctionArn", json!({"Fn::GetAtt": "PayFunction.Arn"})); }, "DefinitionSubstitutions.PaperCheckFunctionArn must be"),
        (machines_may_what_they_do, |w| { remove(&mut w.template, "/Resources/LineMachineRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource/1"); }, "lacks lambda:InvokeFunction on ${BookShipmentFunction.Arn}"),
        (machines_may_what_they_do, |w| { set(w, "/Resources/OrderMachineRole/Properties/Policies/0/PolicyDocument/Statement/0/Action", json!(["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"])); }, "has dynamodb:DeleteItem on ${Table.Arn}"),
        (machines_may_what_they_do, |w| { set(w, "/Resources/OrderMachine/Properties/Role", json!({"Fn::GetAtt": "LineMachineRole.Arn"})); }, "Role must be its own"),
        (machines_log_without_data, |w| { set(w, "/Resources/LineMachine/Properties/Logging/IncludeExecutionData", json!(true)); }, "LineMachine: Logging.IncludeExecutionData"),
        (machines_log_without_data, |w| remove(&mut w.template, "/Resources/LineExecutionsFailed"), "LineMachine: has no alarm"),
        (schedules_and_streams_have_their_permission, |w| { set(w, "/Resources/EachMinuteRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource", json!({"Fn::GetAtt": "PayFunction.Arn"})); }, "EachMinute: its role"),
        (schedules_and_streams_have_their_permission, |w| { remove(&mut w.template, "/Resources/DispatchFunction/Properties/Policies/0/Statement/0"); }, "lacks dynamodb:GetRecords"),
        (schedules_and_streams_have_their_permission, |w| { remove(&mut w.template, "/Resources/Table/Properties/StreamSpecification"); }, "is no stream"),
        (schedules_and_streams_have_their_permission, |w| allow(w, "PayFunction", "dynamodb:GetRecords", &json!("x")), "PayFunction: may read the stream"),
        (only_movers_reach_executions, |w| { allow(w, "PayFunction", "states:StartExecution", &json!({"Ref": "OrderMachine"})); }, "PayFunction: may states:StartExecution"),
        (each_key_signs_for_its_functions, |w| { allow(w, "PayFunction", "kms:GetPublicKey", &json!({"Fn::GetAtt": "CaKey.Arn"})); }, "PayFunction: may kms:GetPublicKey"),
        (each_key_signs_for_its_functions, |w| { set(w, "/Resources/PayFunction/Properties/Environment/Variables/CA_KEY_ID", json!({"Ref": "CaKey"})); }, "PayFunction: is told CaKey"),
        (each_key_signs_for_its_functions, |w| { remove(&mut w.template, "/Resources/CaKey/Properties/KeyPolicy/Statement/1"); }, "CaKey: its key policy must deny kms:Sign"),
        (each_key_signs_for_its_functions, |w| { remove(&mut w.template, "/Resources/TicketKey/Properties/KeyPolicy/Statement/1"); }, "TicketKey: its key policy must deny kms:Sign"),
        (each_key_signs_for_its_functions, |w| { remove(&mut w.template, "/Resources/KeySecretsKey/Properties/KeyPolicy/Statement/1"); }, "KeySecretsKey: its key policy must deny kms:GenerateMac"),
        (each_key_signs_for_its_functions, |w| { allow(w, "PayFunction", "kms:Sign", &json!({"Fn::GetAtt": "FieldKey.Arn"})); }, "PayFunction: may kms:Sign"),
        (own_roles_with_exact_rights, |w| { allow(w, "PayFunction", "dynamodb:*", &json!({"Fn::GetAtt": "Table.Arn"})); }, "PayFunction: Action dynamodb:*"),
        (own_roles_with_exact_rights, |w| allow(w, "PayFunction", "s3:GetObject", &json!("*")), "PayFunction: s3:GetObject on *"),
        (own_roles_with_exact_rights, |w| { allow(w, "PayFunction", "s3:GetObject", &json!({"Fn::Sub": "arn:${AWS::Partition}:s3:::*"})); }, "PayFunction: s3:GetObject on arn"),
        (own_roles_with_exact_rights, |w| set(w, "/Resources/PayFunction/Properties/Role", json!("x")), "PayFunction: has a Role"),
        (own_roles_with_exact_rights, |w| { set(w, "/Resources/PayFunction/Properties/Policies", json!(["AdministratorAccess"])); }, "no name of a managed policy"),
        (own_roles_with_exact_rights, |w| { remove(&mut w.template, "/Resources/ReconcileFunction/Properties/Policies"); }, "WIDE: ReconcileFunction no longer has"),
        (every_right_is_used, |w| { allow(w, "PayFunction", "dynamodb:Scan", &json!({"Fn::GetAtt": "Table.Arn"})); }, "PayFunction: may dynamodb:Scan, but"),
        (features_and_rights_agree, |w| { allow(w, "PayFunction", "kms:Decrypt", &json!({"Fn::GetAtt": "FieldKey.Arn"})); }, "PayFunction: its policies allow kms:"),
        (features_and_rights_agree, |w| { w.features.get_mut("catalog").unwrap().insert("sfn".to_owned()); }, "CatalogFunction: functions/catalog/Cargo.toml enables `sfn`"),
        (features_and_rights_agree, |w| { w.features.get_mut("pay").unwrap().remove("alipay"); }, "PayFunction: may read the secret alipay"),
        (features_and_rights_agree, |w| { w.features.get_mut("catalog").unwrap().insert("courier".to_owned()); }, "it may not read the secret courier"),
        (features_and_rights_agree, |w| { w.features.get_mut("catalog").unwrap().insert("seal-maker".to_owned()); }, "which only seal-maker may"),
        (logs_and_alarms, |w| remove(&mut w.template, "/Resources/PayLogs"), "PayFunction: must log into"),
        (logs_and_alarms, |w| { remove(&mut w.template, "/Resources/PayLogs/Properties/RetentionInDays"); }, "PayLogs: keeps its logs for ever"),
        (logs_and_alarms, |w| remove(&mut w.template, "/Resources/PayErrors"), "PayFunction: has no alarm"),
        (logs_and_alarms, |w| set(w, "/Resources/PayErrors/Properties/AlarmActions", json!([])), "PayErrors: tells nobody"),
        (the_table_is_safe, |w| { remove(&mut w.template, "/Resources/Table/Properties/PointInTimeRecoverySpecification"); }, "PointInTimeRecoveryEnabled must be true"),
        (the_table_is_safe, |w| { set(w, "/Resources/Table/Properties/TimeToLiveSpecification/AttributeName", json!("expires")); }, "TimeToLiveSpecification must be"),
        (the_table_is_safe, |w| { set(w, "/Resources/Table/Properties/SSESpecification/SSEEnabled", json!(false)); }, "SSEEnabled must be true"),
        (the_table_is_safe, |w| remove(&mut w.template, "/Resources/PapersBucket/DeletionPolicy"), "PapersBucket: holds data"),
        (buckets_are_private, |w| { set(w, "/Resources/SiteBucket/Properties/PublicAccessBlockConfiguration/BlockPublicPolicy", json!(false)); }, "SiteBucket: PublicAccessBlock"),
        (buckets_are_private, |w| { set(w, "/Resources/SiteBucketPolicy/Properties/PolicyDocument/Statement/0/Principal", json!("*")); }, "SiteBucketPolicy: may let in nobody"),
        (variables_agree, |w| { remove(&mut w.template, "/Resources/OrderFunction/Properties/Environment/Variables/PAPERS_BUCKET"); }, "functions/order reads PAPERS_BUCKET, which is not given"),
        (variables_agree, |w| { remove(&mut w.template, "/Resources/PayFunction/Properties/Environment/Variables/TABLE"); }, "functions/pay reads TABLE, which is not given"),
        (variables_agree, |w| { remove(&mut w.template, "/Resources/PayFunction/Properties/Environment/Variables/SECRETS_PREFIX"); }, "functions/pay reads SECRETS_PREFIX, which is not given"),
        (variables_agree, |w| { remove(&mut w.template, "/Globals/Function/Environment/Variables/RUST_LOG"); }, "functions/pay reads RUST_LOG, which is not given"),
        (variables_agree, |w| { set(w, "/Resources/PayFunction/Properties/Environment/Variables/SPARE", json!("x")); }, "PayFunction: is given SPARE"),
        (no_partition_or_region_by_name, |w| { set(w, "/Resources/PayFunction/Properties/Layers", json!(["arn:aws:lambda:x"])); }, "PayFunction: names arn:aws:"),
    ];
    for (rule, change, what) in cases {
        let mut broken = world_for_breaking();
        change(&mut broken);
        says(&rule(&broken), what);
    }
}

/// Reads the files once; parsing the sources for every case would take minutes.
fn world_for_breaking() -> World {
    static READ: std::sync::OnceLock<World> = std::sync::OnceLock::new();
    let read = READ.get_or_init(world);
    World {
        template: read.template.clone(),
        machines: asl::machines(),
        folders: read.folders.clone(),
        reads: read.reads.clone(),
        features: read.features.clone(),
        calls: read.calls.clone(),
        faults: read.faults.clone(),
    }
}
