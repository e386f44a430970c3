//! Step Functions in memory: executions by name, tokens that wake once, and the machines walked as
//! their ASL does: read the stage, wait or call a step, read again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::ports::{ExecutionStatus, Executions, PortError, Wake};
use async_trait::async_trait;
use contract::step::{InvoiceStep, LineStep, RefundStep};
use domain::order::{InvoiceStage, LineStage, OrderStage, RefundStage};
use domain::work::{Execution, ExecutionInput, wait_key};

use crate::lock;
use crate::power::PowerCut;
use crate::store::MemoryStore;

/// The functions that the machines `line`, `refund` and `invoice` call.
#[async_trait]
pub trait Steps: Send + Sync {
    /// Calls the function of a state. The error is its name, as the machine matches it.
    async fn call(&self, state: LineStage, input: LineStep) -> Result<(), String>;

    /// Calls the function of the machine `refund`.
    async fn refund(&self, input: RefundStep) -> Result<(), String>;

    /// Calls the function of the machine `invoice`.
    async fn invoice(&self, input: InvoiceStep) -> Result<(), String>;
}

/// No step functions: machines stay where they would call one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSteps;

#[async_trait]
impl Steps for NoSteps {
    async fn call(&self, _: LineStage, _: LineStep) -> Result<(), String> {
        Err("unavailable".to_owned())
    }

    async fn refund(&self, _: RefundStep) -> Result<(), String> {
        Err("unavailable".to_owned())
    }

    async fn invoice(&self, _: InvoiceStep) -> Result<(), String> {
        Err("unavailable".to_owned())
    }
}

/// The names that `Retry` of the steps lists.
const RETRIED: [&str; 3] = ["unavailable", "courier_unavailable", "changed_meanwhile"];
/// More turns than any machine takes; a machine that takes them goes in circles.
const TURNS: u32 = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    /// About to read the table.
    Reading,
    /// Until somebody has this token.
    Waiting(String),
    /// Ended well, in this state.
    Succeeded(&'static str),
    /// Ended as a defect.
    Failed(String),
}

#[derive(Debug, Clone)]
struct Run {
    input: ExecutionInput,
    at: Where,
    starts: u32,
}

#[derive(Debug, Default)]
struct State {
    runs: BTreeMap<String, Run>,
    tokens: u32,
}

/// Step Functions.
#[derive(Debug, Default)]
pub struct FakeStates {
    power: Arc<PowerCut>,
    state: Mutex<State>,
}

impl FakeStates {
    /// Nothing runs yet.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self {
            power,
            state: Mutex::default(),
        }
    }

    /// Lets every execution go on until none can.
    ///
    /// # Panics
    /// When a machine goes in circles.
    pub async fn drive(&self, store: &MemoryStore, steps: &dyn Steps) {
        for _ in 0..TURNS {
            let reading: Vec<String> = {
                let state = lock(&self.state);
                state
                    .runs
                    .iter()
                    .filter(|(_, run)| run.at == Where::Reading)
                    .map(|(name, _)| name.clone())
                    .collect()
            };
            let mut moved = false;
            for name in reading {
                moved |= self.turn(&name, store, steps).await;
            }
            if !moved {
                return;
            }
        }
        panic!(
            "a state machine goes in circles: {:?}",
            lock(&self.state).runs
        );
    }

    /// One turn of one execution. `false` when it stays where it is.
    async fn turn(&self, name: &str, store: &MemoryStore, steps: &dyn Steps) -> bool {
        let Some(run) = lock(&self.state).runs.get(name).cloned() else {
            return false;
        };
        let execution = &run.input.execution;
        let next = match (execution.line, execution.refund, execution.invoice) {
            (_, None, Some(invoice)) => {
                let Some(now) = store.invoice_projection(&execution.order, invoice) else {
                    return self.set(name, Where::Failed("the invoice is not there".to_owned()));
                };
                let stage = InvoiceStage::ALL
                    .iter()
                    .find(|stage| stage.as_str() == now.stage)
                    .copied();
                match stage {
                    _ if now.run != execution.run => Where::Succeeded("Superseded"),
                    Some(InvoiceStage::Completed) => Where::Succeeded("InvoiceCompleted"),
                    Some(stage) if stage.is_wait() => {
                        self.wait(execution, stage.as_str(), now.round, store)
                    }
                    Some(InvoiceStage::IssueInvoice | InvoiceStage::ReverseInvoice) => {
                        let step = InvoiceStep {
                            order: execution.order.clone(),
                            invoice,
                            run: execution.run,
                        };
                        match steps.invoice(step).await {
                            Ok(()) => return true,
                            Err(error) if RETRIED.contains(&error.as_str()) => return false,
                            Err(error) => Where::Failed(error),
                        }
                    }
                    _ => Where::Failed(format!("UnknownStage {}", now.stage)),
                }
            }
            (_, Some(refund), _) => {
                let Some(now) = store.refund_projection(&execution.order, refund) else {
                    return self.set(name, Where::Failed("the refund is not there".to_owned()));
                };
                let stage = RefundStage::ALL
                    .iter()
                    .find(|stage| stage.as_str() == now.stage)
                    .copied();
                match stage {
                    _ if now.run != execution.run => Where::Succeeded("Superseded"),
                    Some(RefundStage::Completed) => Where::Succeeded("RefundCompleted"),
                    Some(stage) if stage.is_wait() => {
                        self.wait(execution, stage.as_str(), now.round, store)
                    }
                    Some(RefundStage::RefundPayment) => {
                        let step = RefundStep {
                            order: execution.order.clone(),
                            refund,
                            run: execution.run,
                        };
                        match steps.refund(step).await {
                            Ok(()) => return true,
                            Err(error) if RETRIED.contains(&error.as_str()) => return false,
                            Err(error) => Where::Failed(error),
                        }
                    }
                    _ => Where::Failed(format!("UnknownStage {}", now.stage)),
                }
            }
            (None, None, None) => self.order_turn(execution, store),
            (Some(line), None, None) => {
                let Some(now) = store.line_projection(&execution.order, line) else {
                    return self.set(name, Where::Failed("the line is not there".to_owned()));
                };
                let stage = LineStage::ALL
                    .iter()
                    .find(|stage| stage.as_str() == now.stage)
                    .copied();
                match stage {
                    _ if now.run != execution.run => Where::Succeeded("Superseded"),
                    Some(LineStage::NotStarted) => Where::Succeeded("NotStarted"),
                    Some(LineStage::Completed) => Where::Succeeded("LineCompleted"),
                    Some(LineStage::Cancelled) => Where::Succeeded("LineCancelled"),
                    Some(stage) if stage.is_wait() => {
                        self.wait(execution, stage.as_str(), now.round, store)
                    }
                    Some(stage @ (LineStage::CheckPapers | LineStage::BookShipment)) => {
                        let step = LineStep {
                            order: execution.order.clone(),
                            line,
                            run: execution.run,
                        };
                        match steps.call(stage, step).await {
                            Ok(()) => return true,
                            Err(error) if RETRIED.contains(&error.as_str()) => return false,
                            Err(error) => Where::Failed(error),
                        }
                    }
                    _ => Where::Failed(format!("UnknownStage {}", now.stage)),
                }
            }
        };
        self.set(name, next)
    }

    fn order_turn(&self, execution: &Execution, store: &MemoryStore) -> Where {
        let Some(now) = store.order_projection(&execution.order) else {
            return Where::Failed("the order is not there".to_owned());
        };
        let stage = OrderStage::ALL
            .iter()
            .find(|stage| stage.as_str() == now.stage)
            .copied();
        match stage {
            _ if now.run != execution.run => Where::Succeeded("Superseded"),
            Some(OrderStage::Draft) => Where::Succeeded("Draft"),
            Some(OrderStage::Completed) => Where::Succeeded("OrderCompleted"),
            Some(OrderStage::Cancelled) => Where::Succeeded("OrderCancelled"),
            Some(stage) if stage.is_wait() => self.wait(execution, stage.as_str(), 1, store),
            _ => Where::Failed(format!("UnknownStage {}", now.stage)),
        }
    }

    /// `updateItem.waitForTaskToken`: the token is set unless the fact is there first.
    fn wait(&self, execution: &Execution, state: &str, round: u32, store: &MemoryStore) -> Where {
        let token = {
            let mut state = lock(&self.state);
            state.tokens += 1;
            format!("token-{}", state.tokens)
        };
        if store.offer_token(&wait_key(execution, state, round), &token) {
            Where::Waiting(token)
        } else {
            Where::Reading
        }
    }

    fn set(&self, name: &str, at: Where) -> bool {
        if let Some(run) = lock(&self.state).runs.get_mut(name) {
            run.at = at;
        }
        true
    }

    /// The names of all executions, how often each was asked to start, and how it fares.
    pub fn runs(&self) -> Vec<(String, u32, ExecutionStatus)> {
        let state = lock(&self.state);
        state
            .runs
            .iter()
            .map(|(name, run)| (name.clone(), run.starts, status(&run.at)))
            .collect()
    }

    /// In which state an execution ended, if it did.
    pub fn ended_in(&self, name: &str) -> Option<String> {
        match &lock(&self.state).runs.get(name)?.at {
            Where::Succeeded(state) => Some((*state).to_owned()),
            Where::Failed(why) => Some(format!("failed: {why}")),
            Where::Reading | Where::Waiting(_) => None,
        }
    }

    /// All running executions fail, as in an outage; their tokens are worth nothing any more.
    pub fn lose_everything(&self) {
        for run in lock(&self.state).runs.values_mut() {
            if matches!(run.at, Where::Reading | Where::Waiting(_)) {
                run.at = Where::Failed("outage".to_owned());
            }
        }
    }
}

fn status(at: &Where) -> ExecutionStatus {
    match at {
        Where::Reading | Where::Waiting(_) => ExecutionStatus::Running,
        Where::Succeeded(_) => ExecutionStatus::Succeeded,
        Where::Failed(_) => ExecutionStatus::Failed,
    }
}

#[async_trait]
impl Executions for FakeStates {
    async fn start(&self, input: &ExecutionInput) -> Result<(), PortError> {
        let ticket = self.power.before("states.start")?;
        let name = input.execution.name();
        {
            let mut state = lock(&self.state);
            let run = state.runs.entry(name).or_insert_with(|| Run {
                input: input.clone(),
                at: Where::Reading,
                starts: 0,
            });
            run.starts += 1;
            if run.input != *input {
                return Err(PortError::defect(
                    "states",
                    "a second start with another input",
                ));
            }
        }
        Ok(self.power.after(&ticket)?)
    }

    async fn wake(&self, token: &str, _: &str) -> Result<Wake, PortError> {
        let ticket = self.power.before("states.wake")?;
        let woken = {
            let mut state = lock(&self.state);
            let waiting = state
                .runs
                .values_mut()
                .find(|run| run.at == Where::Waiting(token.to_owned()));
            match waiting {
                Some(run) => {
                    run.at = Where::Reading;
                    Wake::Woken
                }
                None => Wake::Gone,
            }
        };
        self.power.after(&ticket)?;
        Ok(woken)
    }

    async fn status(&self, execution: &Execution) -> Result<ExecutionStatus, PortError> {
        self.power.read()?;
        let state = lock(&self.state);
        Ok(state
            .runs
            .get(&execution.name())
            .map_or(ExecutionStatus::Missing, |run| status(&run.at)))
    }
}
