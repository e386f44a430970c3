//! Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sfn::types::ExecutionStatus as SfnStatus;
use domain::work::{Execution, ExecutionInput};

use crate::ports::{ExecutionStatus, Executions, PortError, Wake};
use crate::sdk::port_error;

/// The state machines of a stage.
#[derive(Debug, Clone)]
pub struct StateMachines {
    client: Client,
    order_arn: String,
    line_arn: String,
    refund_arn: String,
    invoice_arn: String,
}

impl StateMachines {
    /// The machines `order`, `line`, `refund` and `invoice` by their ARNs, in the account and region of `config`.
    pub fn connect(
        config: &aws_types::SdkConfig,
        [order, line, refund, invoice]: [String; 4],
    ) -> Self {
        Self {
            client: Client::new(config),
            order_arn: order,
            line_arn: line,
            refund_arn: refund,
            invoice_arn: invoice,
        }
    }

    fn machine(&self, execution: &Execution) -> &str {
        match (execution.line, execution.refund, execution.invoice) {
            (_, Some(_), _) => &self.refund_arn,
            (_, None, Some(_)) => &self.invoice_arn,
            (Some(_), None, None) => &self.line_arn,
            (None, None, None) => &self.order_arn,
        }
    }
}

#[async_trait]
impl Executions for StateMachines {
    async fn start(&self, input: &ExecutionInput) -> Result<(), PortError> {
        let json = serde_json::to_string(input)
            .map_err(|error| PortError::defect("states", error.to_string()))?;
        let sent = self
            .client
            .start_execution()
            .state_machine_arn(self.machine(&input.execution))
            .name(input.execution.name())
            .input(json)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(StartExecutionError::is_execution_already_exists) =>
            {
                Ok(())
            }
            Err(error) => Err(port_error("states", &error)),
        }
    }

    async fn wake(&self, token: &str, outcome: &str) -> Result<Wake, PortError> {
        let output = serde_json::json!({ "outcome": outcome }).to_string();
        match self
            .client
            .send_task_success()
            .task_token(token)
            .output(output)
            .send()
            .await
        {
            Ok(_) => Ok(Wake::Woken),
            Err(error)
                if error.as_service_error().is_some_and(|e| {
                    e.is_task_does_not_exist() || e.is_task_timed_out() || e.is_invalid_token()
                }) =>
            {
                Ok(Wake::Gone)
            }
            Err(error) => Err(port_error("states", &error)),
        }
    }

    async fn status(&self, execution: &Execution) -> Result<ExecutionStatus, PortError> {
        // arn:<partition>:states:<region>:<account>:stateMachine:<name> has its executions beside it.
        let arn = self
            .machine(execution)
            .replacen(":stateMachine:", ":execution:", 1);
        let arn = format!("{arn}:{}", execution.name());
        match self
            .client
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
        {
            Ok(answer) => Ok(match answer.status {
                SfnStatus::Running | SfnStatus::PendingRedrive => ExecutionStatus::Running,
                SfnStatus::Succeeded => ExecutionStatus::Succeeded,
                _ => ExecutionStatus::Failed,
            }),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
            {
                Ok(ExecutionStatus::Missing)
            }
            Err(error) => Err(port_error("states", &error)),
        }
    }
}
