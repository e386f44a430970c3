//! Functions that no HTTP reaches: steps of state machines, streams, schedules.

use std::future::Future;

use adapters::ports::PortError;
use contract::error::ErrorCode;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Why a step failed: the name that the state machine's `Retry` and `Catch` match, and what to log.
#[derive(Debug)]
pub struct StepError {
    /// The name.
    pub code: ErrorCode,
    /// For the log and the execution's history: never personal data.
    pub why: String,
}

impl From<PortError> for StepError {
    fn from(error: PortError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for StepError {
    fn from(error: ApiError) -> Self {
        Self {
            code: error.code,
            why: error
                .internal
                .unwrap_or_else(|| error.code.as_str().to_owned()),
        }
    }
}

impl From<StepError> for Diagnostic {
    fn from(error: StepError) -> Self {
        Self {
            error_type: error.code.as_str().to_owned(),
            error_message: error.why,
        }
    }
}

/// Runs a step for ever, as Lambda wants it. The runtime turns a panic into an error of its own.
///
/// # Errors
/// Only when the Lambda runtime itself cannot go on.
pub async fn run<I, O, F, R>(step: F) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(I) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Result<O, StepError>> + Send,
{
    lambda_runtime::run(service_fn(move |event: LambdaEvent<I>| {
        let step = step.clone();
        async move {
            let answer = step(event.payload).await;
            if let Err(error) = &answer {
                tracing::error!(code = error.code.as_str(), why = error.why, "step failed");
            }
            answer.map_err(Diagnostic::from)
        }
    }))
    .await
}
