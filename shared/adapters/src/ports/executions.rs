//! Executions of state machines.

use async_trait::async_trait;
use domain::work::{Execution, ExecutionInput};

use super::PortError;

/// How an execution fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It runs.
    Running,
    /// It ended as it should.
    Succeeded,
    /// It failed, timed out or was aborted.
    Failed,
    /// There is none of that name.
    Missing,
}

/// What waking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// It goes on.
    Woken,
    /// Nobody waits on this token any more.
    Gone,
}

/// Step Functions.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Starts an execution under its name. A second start of the same name is the first one.
    async fn start(&self, input: &ExecutionInput) -> Result<(), PortError>;

    /// Ends the wait of a task token.
    async fn wake(&self, token: &str, outcome: &str) -> Result<Wake, PortError>;

    /// How it fares.
    async fn status(&self, execution: &Execution) -> Result<ExecutionStatus, PortError>;
}
