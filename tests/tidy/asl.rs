//! The state machines against what Rust says of them.

use std::collections::{BTreeMap, BTreeSet};

use contract::error::ErrorCode;
use contract::step::{InvoiceStep, LineStep, RefundStep};
use domain::order::{InvoiceStage, LineStage, OrderStage, RefundStage};
use domain::work::{Execution, wait_key};
use serde_json::{Value, json};

use crate::support::{Faults, none, read, says};

const READ: &str = "aws-sdk:dynamodb:getItem";
const WAIT: &str = "aws-sdk:dynamodb:updateItem.waitForTaskToken";
const STEP: &str = "lambda:invoke";
const ARN: &str = "arn:${Partition}:states:::";
const WAS_THERE_FIRST: &str = "DynamoDb.ConditionalCheckFailedException";

/// A stage that a machine knows.
struct Stage {
    name: &'static str,
    waits: bool,
}

/// A state machine, and what Rust knows of it.
pub struct Machine {
    /// Its name: that of the file before `.asl.json`.
    pub name: &'static str,
    /// The file, parsed.
    pub definition: Value,
    stages: Vec<Stage>,
    execution: Execution,
    /// In which round it reads itself.
    round: u32,
}

/// All machines.
pub fn machines() -> Vec<Machine> {
    let order = OrderStage::ALL.iter().map(|stage| Stage {
        name: stage.as_str(),
        waits: stage.is_wait(),
    });
    let line = LineStage::ALL.iter().map(|stage| Stage {
        name: stage.as_str(),
        waits: stage.is_wait(),
    });
    let refund = RefundStage::ALL.iter().map(|stage| Stage {
        name: stage.as_str(),
        waits: stage.is_wait(),
    });
    let invoice = InvoiceStage::ALL.iter().map(|stage| Stage {
        name: stage.as_str(),
        waits: stage.is_wait(),
    });
    // A part of the order, or none: the order itself.
    let execution = |part: Option<(&str, u32)>| {
        let mut execution = json!({"order": ORDER, "line": null, "run": 3});
        if let Some((name, no)) = part {
            execution[name] = json!(no);
        }
        serde_json::from_value(execution).unwrap()
    };
    vec![
        machine("order", order.collect(), execution(None), 1),
        machine("line", line.collect(), execution(Some(("line", 7))), 5),
        machine(
            "refund",
            refund.collect(),
            execution(Some(("refund", 2))),
            4,
        ),
        machine(
            "invoice",
            invoice.collect(),
            execution(Some(("invoice", 3))),
            2,
        ),
    ]
}

const ORDER: &str = "202611210000000017";

fn machine(name: &'static str, stages: Vec<Stage>, execution: Execution, round: u32) -> Machine {
    let definition = serde_json::from_str(&read(&format!("stepfunctions/{name}.asl.json")));
    let definition =
        definition.unwrap_or_else(|error| panic!("stepfunctions/{name}.asl.json: {error}"));
    Machine {
        name,
        definition,
        stages,
        execution,
        round,
    }
}

impl Machine {
    fn fault(&self, state: &str, what: impl std::fmt::Display) -> String {
        format!("stepfunctions/{}.asl.json: {state}: {what}", self.name)
    }

    /// The states, in the file's order.
    pub fn states(&self) -> Vec<(&str, &Value)> {
        self.definition["States"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, state)| (name.as_str(), state))
            .collect()
    }

    fn state(&self, name: &str) -> Option<&Value> {
        self.definition["States"].get(name)
    }

    fn start(&self) -> &str {
        self.definition["StartAt"].as_str().unwrap_or_default()
    }

    fn choice(&self) -> &str {
        self.state(self.start())
            .and_then(|state| state["Next"].as_str())
            .unwrap_or_default()
    }

    /// What an expression may use, with a value for each.
    fn known(&self) -> BTreeMap<&'static str, Value> {
        let mut known = BTreeMap::from([
            (
                "$states.context.Execution.Name",
                json!(self.execution.name()),
            ),
            (
                "$states.context.Execution.Input.order",
                json!(self.execution.order),
            ),
            (
                "$states.context.Execution.Input.run",
                json!(self.execution.run),
            ),
            ("$states.context.Task.Token", json!("the token")),
            ("$states.input.stage", json!("Stage")),
            ("$states.input.run", json!(self.execution.run)),
            ("$states.result.Item.stage.S", json!("Stage")),
            (
                "$states.result.Item.run.N",
                json!(self.execution.run.to_string()),
            ),
        ]);
        let part = [
            (
                "$states.context.Execution.Input.line",
                self.execution.line.map(|line| json!(line)),
            ),
            (
                "$states.context.Execution.Input.refund",
                self.execution.refund.map(|refund| json!(refund)),
            ),
            (
                "$states.context.Execution.Input.invoice",
                self.execution.invoice.map(|invoice| json!(invoice)),
            ),
        ];
        for (name, part) in part {
            let Some(part) = part else { continue };
            known.insert(name, part);
            known.insert("$states.input.round", json!(self.round));
            known.insert("$states.result.Item.round.N", json!(self.round.to_string()));
        }
        known
    }

    /// A value with its expressions worked out.
    fn evaluate(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match text
                .strip_prefix("{%")
                .and_then(|rest| rest.strip_suffix("%}"))
            {
                None => value.clone(),
                Some(expression) => Expression {
                    rest: expression,
                    known: &self.known(),
                }
                .whole()?,
            },
            Value::Array(parts) => Value::Array(
                parts
                    .iter()
                    .map(|part| self.evaluate(part))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(parts) => {
                let evaluated = parts
                    .iter()
                    .map(|(key, part)| Ok((key.clone(), self.evaluate(part)?)));
                Value::Object(evaluated.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }
}

/// The little of `JSONata` that is allowed here: literals, the known paths, three functions and `&`.
struct Expression<'a> {
    rest: &'a str,
    known: &'a BTreeMap<&'static str, Value>,
}

impl Expression<'_> {
    fn whole(mut self) -> Result<Value, String> {
        let value = self.joined()?;
        self.skip();
        if self.rest.is_empty() {
            Ok(value)
        } else {
            Err(format!("`{}` is no known expression", self.rest.trim()))
        }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, what: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(what);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn wants(&mut self, what: &str) -> Result<(), String> {
        if self.takes(what) {
            Ok(())
        } else {
            Err(format!("`{what}` is missing before `{}`", self.rest))
        }
    }

    fn joined(&mut self) -> Result<Value, String> {
        let mut value = self.term()?;
        while self.takes("&") {
            value = Value::String(text(&value) + &text(&self.term()?));
        }
        Ok(value)
    }

    fn literal(&mut self) -> Result<String, String> {
        self.wants("'")?;
        let (literal, rest) = self.rest.split_once('\'').ok_or("a literal does not end")?;
        self.rest = rest;
        Ok(literal.to_owned())
    }

    fn term(&mut self) -> Result<Value, String> {
        self.skip();
        if self.rest.starts_with('\'') {
            return Ok(Value::String(self.literal()?));
        }
        if self.takes("$string(") {
            let value = self.joined()?;
            self.wants(")")?;
            return Ok(Value::String(text(&value)));
        }
        if self.takes("$number(") {
            let value = self.joined()?;
            self.wants(")")?;
            return text(&value)
                .parse::<u64>()
                .map(Value::from)
                .map_err(|error| format!("$number: {error}"));
        }
        if self.takes("$formatNumber(") {
            let value = self.joined()?;
            self.wants(",")?;
            let picture = self.literal()?;
            self.wants(")")?;
            if !picture.bytes().all(|byte| byte == b'0') {
                return Err(format!(
                    "$formatNumber with `{picture}`: only zeros are known"
                ));
            }
            return Ok(Value::String(format!(
                "{:0>1$}",
                text(&value),
                picture.len()
            )));
        }
        let length = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"$._".contains(c));
        let (path, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = rest;
        self.known.get(path).cloned().ok_or_else(|| {
            format!("`{path}` is no known expression: only ids, run, round, stage and token")
        })
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn kind(state: &Value) -> &str {
    state["Type"].as_str().unwrap_or_default()
}

fn resource(state: &Value) -> &str {
    state["Resource"]
        .as_str()
        .and_then(|arn| arn.strip_prefix(ARN))
        .unwrap_or_default()
}

fn entries<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    value[key]
        .as_array()
        .map(|entries| entries.iter().collect())
        .unwrap_or_default()
}

fn targets(state: &Value) -> Vec<&str> {
    let nested = entries(state, "Choices")
        .into_iter()
        .chain(entries(state, "Catch"));
    let nested = nested.map(|entry| &entry["Next"]);
    [&state["Next"], &state["Default"]]
        .into_iter()
        .chain(nested)
        .filter_map(Value::as_str)
        .collect()
}

// ---------------------------------------------------------------- rules

fn targets_exist(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    if machine.state(machine.start()).is_none() {
        faults.push(machine.fault("StartAt", format!("there is no state {}", machine.start())));
    }
    for (name, state) in machine.states() {
        for target in targets(state) {
            if machine.state(target).is_none() {
                faults.push(machine.fault(
                    name,
                    format!("goes to {target}, which does not exist; name a state"),
                ));
            }
        }
        let ends = matches!(kind(state), "Succeed" | "Fail");
        if ends != targets(state).is_empty() {
            faults.push(machine.fault(name, "must go on, unless it is Succeed or Fail"));
        }
    }
    faults
}

fn all_reachable_and_ending(machine: &Machine) -> Faults {
    let forward = |from: &str| machine.state(from).map(targets).unwrap_or_default();
    let backward = |to: &str| {
        let sources = machine
            .states()
            .into_iter()
            .filter(|(_, state)| targets(state).contains(&to));
        sources.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let reached = closure(vec![machine.start()], forward);
    let ends = machine
        .states()
        .into_iter()
        .filter(|(_, state)| kind(state) == "Succeed")
        .map(|(name, _)| name);
    let ending = closure(ends.collect(), backward);
    let mut faults = Vec::new();
    for (name, state) in machine.states() {
        if !reached.contains(name) {
            faults.push(machine.fault(
                name,
                "is never reached; let a state go there or take it out",
            ));
        }
        if kind(state) != "Fail" && !ending.contains(name) {
            faults.push(machine.fault(name, "never comes to a Succeed"));
        }
    }
    faults
}

fn closure<'a>(mut open: Vec<&'a str>, next: impl Fn(&str) -> Vec<&'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if seen.insert(name) {
            open.extend(next(name));
        }
    }
    seen
}

fn tasks_have_timeouts(machine: &Machine) -> Faults {
    let Some(whole) = machine.definition["TimeoutSeconds"].as_u64() else {
        return vec![machine.fault("machine", "has no TimeoutSeconds")];
    };
    let mut faults = Vec::new();
    for (name, state) in machine
        .states()
        .into_iter()
        .filter(|(_, state)| kind(state) == "Task")
    {
        match state["TimeoutSeconds"].as_u64() {
            None => faults.push(machine.fault(
                name,
                "has no TimeoutSeconds; write a number (an expression crashes MiniStack)",
            )),
            Some(own) if own >= whole => {
                faults.push(machine.fault(name, "its TimeoutSeconds must be below the machine's"));
            }
            Some(own) if resource(state) == STEP && own > 900 => {
                faults.push(machine.fault(
                    name,
                    "no Lambda runs longer than 900 s; lower TimeoutSeconds",
                ));
            }
            Some(_) => {}
        }
    }
    faults
}

fn only_known_kinds(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    if machine.definition["QueryLanguage"] != "JSONata" {
        faults.push(machine.fault("machine", "QueryLanguage must be JSONata"));
    }
    let text = machine.definition.to_string().to_lowercase();
    for word in ["startexecution", "states:::states", ":states:::aws-sdk:sfn"] {
        if text.contains(word) {
            faults.push(machine.fault(
                "machine",
                format!("names {word}; only dispatch and reconcile start executions"),
            ));
        }
    }
    for (name, state) in machine.states() {
        let fields: &[&str] = match kind(state) {
            "Task" => &[
                "Resource",
                "Arguments",
                "Output",
                "TimeoutSeconds",
                "Retry",
                "Catch",
                "Next",
            ],
            "Choice" => &["Choices", "Default"],
            "Succeed" => &[],
            "Fail" => &["Error", "Cause"],
            other => {
                faults.push(machine.fault(
                    name,
                    format!("is a {other}; only Task, Choice, Succeed and Fail are used here"),
                ));
                continue;
            }
        };
        for field in state.as_object().unwrap().keys() {
            if !["Type", "Comment"].contains(&field.as_str()) && !fields.contains(&field.as_str()) {
                faults.push(machine.fault(name, format!("has a field {field}, which this test does not look at; take it out or teach the test")));
            }
        }
        if kind(state) == "Task" && ![READ, WAIT, STEP].contains(&resource(state)) {
            faults.push(machine.fault(
                name,
                format!(
                    "does {}; allowed are {READ}, {WAIT} and {STEP}, as {ARN}…",
                    state["Resource"]
                ),
            ));
        }
    }
    faults
}

fn error_names_are_known(machine: &Machine) -> Faults {
    let known = |name: &str| {
        let ours = ErrorCode::ALL.iter().any(|code| code.as_str() == name);
        ours || ["States.", "Lambda.", "DynamoDb."]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let mut faults = Vec::new();
    for (name, state) in machine.states() {
        let lists = entries(state, "Retry")
            .into_iter()
            .chain(entries(state, "Catch"));
        let names = lists.flat_map(|entry| entries(entry, "ErrorEquals"));
        for error in names.chain(state.get("Error")) {
            if !error.as_str().is_some_and(known) {
                faults.push(machine.fault(name, format!("error name {error} is no ErrorCode and none of AWS; see contract/src/error.rs")));
            }
        }
        // A step that a busy part of ours stopped is tried again, whatever part it was.
        if resource(state) == STEP {
            for code in [ErrorCode::Unavailable, ErrorCode::ChangedMeanwhile] {
                let retried = entries(state, "Retry")
                    .into_iter()
                    .flat_map(|entry| entries(entry, "ErrorEquals"));
                if !retried.into_iter().any(|error| error == code.as_str()) {
                    faults.push(
                        machine.fault(name, format!("does not try again after {}", code.as_str())),
                    );
                }
            }
        }
    }
    faults
}

fn waits_are_race_free(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    for stage in machine.stages.iter().filter(|stage| stage.waits) {
        let name = stage.name;
        let Some(state) = machine.state(name) else {
            faults.push(machine.fault(name, "the stage waits, but there is no state of this name"));
            continue;
        };
        let mut expect = |what: &str, found: &Value, expected: Value| {
            if *found != expected {
                faults.push(machine.fault(name, format!("{what} is {found}, must be {expected}")));
            }
        };
        expect(
            "Resource",
            &state["Resource"],
            json!(format!("{ARN}{WAIT}")),
        );
        let arguments = machine
            .evaluate(&state["Arguments"])
            .unwrap_or_else(|why| json!({"cannot be evaluated": why}));
        expect("TableName", &arguments["TableName"], json!("${Table}"));
        let key = wait_key(&machine.execution, name, machine.round);
        expect(
            "Key (of domain::work::wait_key)",
            &arguments["Key"],
            json!({"pk": {"S": key}, "sk": {"S": "WAIT"}}),
        );
        expect(
            "UpdateExpression",
            &arguments["UpdateExpression"],
            json!("SET #token = :token"),
        );
        expect(
            "ConditionExpression",
            &arguments["ConditionExpression"],
            json!("attribute_not_exists(outcome)"),
        );
        expect(
            "ExpressionAttributeNames",
            &arguments["ExpressionAttributeNames"],
            json!({"#token": "token"}),
        );
        let values = json!({":token": {"S": "the token"}});
        expect(
            "ExpressionAttributeValues",
            &arguments["ExpressionAttributeValues"],
            values,
        );
        let back = json!([{"ErrorEquals": [WAS_THERE_FIRST], "Next": machine.start()}]);
        expect(
            "Catch (the fact was there first: read again)",
            &state["Catch"],
            back,
        );
        expect("Next (read again)", &state["Next"], json!(machine.start()));
    }
    for (name, state) in machine.states() {
        let waits = machine
            .stages
            .iter()
            .any(|stage| stage.name == name && stage.waits);
        if state["Resource"]
            .as_str()
            .is_some_and(|arn| arn.contains("waitForTaskToken"))
            && !waits
        {
            faults.push(machine.fault(name, "waits, but the stage of this name does not (is_wait); nobody would record its outcome"));
        }
    }
    faults
}

fn stages_and_states_agree(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    let helpers = [
        machine.start(),
        machine.choice(),
        "Superseded",
        "UnknownStage",
    ];
    for stage in &machine.stages {
        if machine.state(stage.name).is_none() {
            faults.push(machine.fault(
                stage.name,
                "the enum has this stage, but there is no state of this name",
            ));
        }
    }
    for (name, _) in machine.states() {
        if !helpers.contains(&name) && machine.stages.iter().all(|stage| stage.name != name) {
            faults.push(machine.fault(name, "is no stage of domain/src/order/state.rs"));
        }
    }
    faults
}

fn the_choice_knows_every_stage(machine: &Machine) -> Faults {
    let name = machine.choice();
    let Some(choice) = machine.state(name).filter(|state| kind(state) == "Choice") else {
        return vec![machine.fault(name, "after reading must come a Choice")];
    };
    let mut expected = vec![json!({
        "Condition": "{% $states.input.run != $states.context.Execution.Input.run %}",
        "Next": "Superseded",
    })];
    for stage in &machine.stages {
        let condition = format!("{{% $states.input.stage = '{}' %}}", stage.name);
        expected.push(json!({"Condition": condition, "Next": stage.name}));
    }
    let mut found: Vec<Value> = entries(choice, "Choices").into_iter().cloned().collect();
    for entry in &mut found {
        entry.as_object_mut().unwrap().remove("Comment");
    }
    let mut faults = Vec::new();
    for missing in expected.iter().filter(|entry| !found.contains(entry)) {
        faults.push(machine.fault(name, format!("has no choice {missing}")));
    }
    for beyond in found.iter().filter(|entry| !expected.contains(entry)) {
        faults.push(machine.fault(
            name,
            format!("has a choice that no stage asks for: {beyond}"),
        ));
    }
    if faults.is_empty() && found != expected {
        faults.push(machine.fault(
            name,
            "its choices must stand in this order: superseded, then the stages as in the enum",
        ));
    }
    if choice["Default"] != "UnknownStage" {
        faults.push(machine.fault(name, "its Default must be UnknownStage"));
    }
    let unknown = machine.state("UnknownStage").unwrap_or(&Value::Null);
    if kind(unknown) != "Fail" || unknown["Error"] != ErrorCode::Internal.as_str() {
        faults.push(machine.fault(
            "UnknownStage",
            "must be a Fail with the error `internal`: a defect, which alarms",
        ));
    }
    if machine.state("Superseded").map(kind) != Some("Succeed") {
        faults.push(machine.fault("Superseded", "must be a Succeed: a newer run goes on"));
    }
    faults
}

fn it_reads_like_the_business(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    let said = |value: &Value| value.as_str().is_some_and(|text| text.len() > 10);
    if !said(&machine.definition["Comment"]) {
        faults.push(machine.fault("machine", "has no Comment that says what it is for"));
    }
    for (name, state) in machine.states() {
        let field = match kind(state) {
            "Fail" => "Cause",
            "Choice" => continue,
            _ => "Comment",
        };
        if !said(&state[field]) {
            faults.push(machine.fault(name, format!("has no {field} that says what happens here")));
        }
    }
    let found: Vec<&str> = machine.states().into_iter().map(|(name, _)| name).collect();
    let stages = machine.stages.iter().map(|stage| stage.name);
    let order: Vec<&str> = [machine.start(), machine.choice()]
        .into_iter()
        .chain(stages)
        .chain(["Superseded", "UnknownStage"])
        .filter(|name| found.contains(name))
        .collect();
    let ours: Vec<&str> = found
        .into_iter()
        .filter(|name| order.contains(name))
        .collect();
    if let Some((found, expected)) = ours
        .iter()
        .zip(&order)
        .find(|(found, expected)| found != expected)
    {
        faults.push(machine.fault(
            found,
            format!("{expected} must stand here: the states follow the order of the enum"),
        ));
    }
    faults
}

/// Ids, run, round, stage and token are all that passes: no data of any person is in an execution.
fn nothing_but_ids_passes(machine: &Machine) -> Faults {
    let mut faults = Vec::new();
    for (name, state) in machine.states() {
        for field in ["Arguments", "Output"] {
            if let Some(Err(why)) = state.get(field).map(|value| machine.evaluate(value)) {
                faults.push(machine.fault(name, format!("{field}: {why}")));
            }
        }
        let Ok(arguments) = machine.evaluate(&state["Arguments"]) else {
            continue;
        };
        if resource(state) == STEP {
            let payload = arguments["Payload"].clone();
            let execution = &machine.execution;
            let (wanted, fits) = match (execution.refund, execution.invoice) {
                (Some(_), _) => (
                    "RefundStep",
                    serde_json::from_value::<RefundStep>(payload).err(),
                ),
                (None, Some(_)) => (
                    "InvoiceStep",
                    serde_json::from_value::<InvoiceStep>(payload).err(),
                ),
                (None, None) => (
                    "LineStep",
                    serde_json::from_value::<LineStep>(payload).err(),
                ),
            };
            if let Some(why) = fits {
                faults.push(machine.fault(
                    name,
                    format!("its Payload is no contract::step::{wanted}: {why}"),
                ));
            }
            if arguments
                .as_object()
                .unwrap()
                .keys()
                .any(|key| !["FunctionName", "Payload"].contains(&key.as_str()))
            {
                faults.push(machine.fault(
                    name,
                    "its Arguments hold more than FunctionName and Payload",
                ));
            }
            if state.get("Catch").is_some() {
                faults.push(machine.fault(
                    name,
                    "catches errors; a step's business ends are answers, its failures are defects",
                ));
            }
        }
        let output: Vec<&str> = state["Output"]
            .as_object()
            .map(|map| map.keys().map(String::as_str).collect())
            .unwrap_or_default();
        if let Some(beyond) = output
            .iter()
            .find(|key| !["stage", "run", "round"].contains(key))
        {
            faults.push(machine.fault(
                name,
                format!("its Output holds {beyond}; only stage, run and round may pass"),
            ));
        }
        if resource(state) == READ {
            let pk = format!("ORDER#{ORDER}");
            let execution = &machine.execution;
            let sk = match (execution.line, execution.refund, execution.invoice) {
                (None, None, None) => "ORDER",
                (Some(_), ..) => "LINE#07",
                (None, Some(_), _) => "REFUND#02",
                (None, None, Some(_)) => "INVOICE#03",
            };
            if arguments["Key"] != json!({"pk": {"S": pk}, "sk": {"S": sk}}) {
                faults.push(machine.fault(
                    name,
                    format!("reads {}, must read {pk} {sk}", arguments["Key"]),
                ));
            }
            if arguments["ConsistentRead"] != true {
                faults.push(machine.fault(
                    name,
                    "must read with ConsistentRead: what it waited for was written just now",
                ));
            }
            let read = output
                .iter()
                .map(|key| format!("#{key}"))
                .collect::<Vec<_>>()
                .join(", ");
            if arguments["ProjectionExpression"] != json!(read) {
                faults.push(machine.fault(
                    name,
                    format!("its ProjectionExpression must be `{read}`, what its Output uses"),
                ));
            }
        }
    }
    faults
}

/// The functions that a machine's steps call, by the placeholder of their ARN.
pub fn called_functions(machine: &Machine) -> Vec<String> {
    let steps = machine
        .states()
        .into_iter()
        .filter(|(_, state)| resource(state) == STEP);
    steps
        .map(|(_, state)| {
            state["Arguments"]["FunctionName"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

/// The rights that a machine needs: an action and what it is done to.
pub fn rights(machine: &Machine) -> BTreeSet<(String, String)> {
    let mut rights = BTreeSet::new();
    for (_, state) in machine.states() {
        let arguments = &state["Arguments"];
        let (action, on) = match resource(state) {
            READ => ("dynamodb:GetItem", &arguments["TableName"]),
            WAIT => ("dynamodb:UpdateItem", &arguments["TableName"]),
            STEP => ("lambda:InvokeFunction", &arguments["FunctionName"]),
            _ => continue,
        };
        rights.insert((
            action.to_owned(),
            on.as_str().unwrap_or_default().to_owned(),
        ));
    }
    rights
}

// ---------------------------------------------------------------- tests

fn hold(rule: fn(&Machine) -> Faults) {
    none(&machines().iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn every_target_exists() {
    hold(targets_exist);
}

#[test]
fn every_state_is_reached_and_ends() {
    hold(all_reachable_and_ending);
}

#[test]
fn every_task_has_a_timeout() {
    hold(tasks_have_timeouts);
}

#[test]
fn only_known_kinds_of_states_and_no_nested_executions() {
    hold(only_known_kinds);
}

#[test]
fn every_error_name_is_known() {
    hold(error_names_are_known);
}

#[test]
fn every_wait_is_free_of_races() {
    hold(waits_are_race_free);
}

#[test]
fn every_stage_has_its_state_and_the_other_way_round() {
    hold(stages_and_states_agree);
}

#[test]
fn the_choice_knows_every_stage_and_newer_runs() {
    hold(the_choice_knows_every_stage);
}

#[test]
fn a_person_can_read_it() {
    hold(it_reads_like_the_business);
}

#[test]
fn nothing_but_ids_and_stages_passes_through() {
    hold(nothing_but_ids_passes);
}

/// The machine whose definition the broken samples are made of.
fn line() -> Machine {
    machines()
        .into_iter()
        .find(|machine| machine.name == "line")
        .unwrap()
}

#[test]
#[rustfmt::skip] // one case a line
fn each_rule_finds_its_fault() {
    type Case = (fn(&Machine) -> Faults, fn(&mut Value), &'static str);
    let cases: &[Case] = &[
        (targets_exist, |s| s["AwaitReview"]["Next"] = json!("Nowhere"), "AwaitReview: goes to Nowhere"),
        (targets_exist, |s| s["AwaitReview"]["Catch"][0]["Next"] = json!("Nowhere"), "AwaitReview: goes to Nowhere"),
        (targets_exist, |s| s["RouteLine"]["Default"] = json!("Nowhere"), "RouteLine: goes to Nowhere"),
        (targets_exist, |s| s["RouteLine"]["Choices"][3]["Next"] = json!("Nowhere"), "RouteLine: goes to Nowhere"),
        (targets_exist, |s| drop(s["CheckPapers"].as_object_mut().unwrap().remove("Next")), "CheckPapers: must go on"),
        (all_reachable_and_ending, |s| s["RouteLine"]["Choices"][4]["Next"] = json!("CheckPapers"), "AwaitReview: is never reached"),
        (all_reachable_and_ending, |s| { s["AwaitReview"]["Next"] = json!("AwaitReview"); s["AwaitReview"]["Catch"][0]["Next"] = json!("AwaitReview"); }, "AwaitReview: never comes to a Succeed"),
        (tasks_have_timeouts, |s| { drop(s["BookShipment"].as_object_mut().unwrap().remove("TimeoutSeconds")); }, "BookShipment: has no TimeoutSeconds"),
        (tasks_have_timeouts, |s| s["AwaitReview"]["TimeoutSeconds"] = json!("{% 60 %}"), "AwaitReview: has no TimeoutSeconds"),
        (tasks_have_timeouts, |s| s["BookShipment"]["TimeoutSeconds"] = json!(901), "no Lambda runs longer"),
        (only_known_kinds, |s| s["CheckPapers"]["Type"] = json!("Parallel"), "is a Parallel"),
        (only_known_kinds, |s| { s["CheckPapers"]["Resource"] = json!("arn:${Partition}:states:::states:startExecution"); }, "names startexecution"),
        (only_known_kinds, |s| { s["CheckPapers"]["Resource"] = json!("arn:${Partition}:states:::aws-sdk:dynamodb:deleteItem"); }, "CheckPapers: does"),
        (only_known_kinds, |s| s["CheckPapers"]["Assign"] = json!({}), "has a field Assign"),
        (error_names_are_known, |s| s["CheckPapers"]["Retry"][0]["ErrorEquals"][0] = json!("Unavailable"), "\"Unavailable\" is no ErrorCode"),
        (error_names_are_known, |s| s["CheckPapers"]["Retry"][0]["ErrorEquals"][0] = json!("internal"), "does not try again after unavailable"),
        (error_names_are_known, |s| s["UnknownStage"]["Error"] = json!("oops"), "\"oops\" is no ErrorCode"),
        (waits_are_race_free, |s| drop(s.as_object_mut().unwrap().remove("AwaitReview")), "AwaitReview: the stage waits"),
        (waits_are_race_free, |s| { s["AwaitReview"]["Arguments"]["Key"] = s["AwaitMaterials"]["Arguments"]["Key"].clone(); }, "AwaitReview: Key"),
        (waits_are_race_free, |s| { s["AwaitReview"]["Arguments"]["Key"]["pk"]["S"] = json!("{% 'WAIT#' & $states.context.Execution.Name & '#AwaitReview' %}"); }, "AwaitReview: Key"),
        (waits_are_race_free, |s| { drop(s["AwaitReview"]["Arguments"].as_object_mut().unwrap().remove("ConditionExpression")); }, "ConditionExpression is null"),
        (waits_are_race_free, |s| drop(s["AwaitReview"].as_object_mut().unwrap().remove("Catch")), "AwaitReview: Catch"),
        (waits_are_race_free, |s| s["AwaitReview"]["Next"] = json!("AwaitProduction"), "AwaitReview: Next"),
        (waits_are_race_free, |s| { s["CheckPapers"]["Resource"] = json!("arn:${Partition}:states:::lambda:invoke.waitForTaskToken"); }, "CheckPapers: waits, but"),
        (stages_and_states_agree, |s| drop(s.as_object_mut().unwrap().remove("BookShipment")), "BookShipment: the enum has"),
        (stages_and_states_agree, |s| s["AwaitNobody"] = s["AwaitReview"].clone(), "AwaitNobody: is no stage"),
        (the_choice_knows_every_stage, |s| drop(s["RouteLine"]["Choices"].as_array_mut().unwrap().remove(4)), "has no choice"),
        (the_choice_knows_every_stage, |s| s["RouteLine"]["Choices"].as_array_mut().unwrap().swap(1, 2), "in this order"),
        (the_choice_knows_every_stage, |s| drop(s["RouteLine"]["Choices"].as_array_mut().unwrap().remove(0)), "Superseded"),
        (the_choice_knows_every_stage, |s| s["UnknownStage"]["Type"] = json!("Succeed"), "must be a Fail"),
        (it_reads_like_the_business, |s| drop(s["AwaitReview"].as_object_mut().unwrap().remove("Comment")), "AwaitReview: has no Comment"),
        (it_reads_like_the_business, |s| { let review = s.as_object_mut().unwrap().shift_remove("AwaitReview").unwrap(); s["AwaitReview"] = review; }, "AwaitReview must stand here"),
        (nothing_but_ids_passes, |s| { s["CheckPapers"]["Arguments"]["Payload"]["name"] = json!("{% $states.input.company_name %}"); }, "`$states.input.company_name` is no known"),
        (nothing_but_ids_passes, |s| s["CheckPapers"]["Arguments"]["Payload"]["name"] = json!("x"), "its Payload is no"),
        (nothing_but_ids_passes, |s| s["CheckPapers"]["Arguments"]["Payload"] = json!("{% $states.input %}"), "no known expression"),
        (nothing_but_ids_passes, |s| s["ReadLine"]["Output"] = json!("{% $states.result.Item %}"), "no known expression"),
        (nothing_but_ids_passes, |s| { s["ReadLine"]["Arguments"]["ProjectionExpression"] = json!("#stage, #run, #round, contact"); }, "its ProjectionExpression"),
        (nothing_but_ids_passes, |s| s["ReadLine"]["Arguments"]["ConsistentRead"] = json!(false), "ConsistentRead"),
    ];
    for (rule, change, what) in cases {
        let mut line = line();
        change(&mut line.definition["States"]);
        says(&rule(&line), what);
    }
}

#[test]
fn the_machine_itself_needs_a_timeout_and_a_start() {
    let mut line = line();
    line.definition
        .as_object_mut()
        .unwrap()
        .remove("TimeoutSeconds");
    says(
        &tasks_have_timeouts(&line),
        "machine: has no TimeoutSeconds",
    );
    line.definition["StartAt"] = json!("Nowhere");
    says(&targets_exist(&line), "there is no state Nowhere");
}
