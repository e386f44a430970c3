//! Failures of sending, without a word of what was sent.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::ports::PortError;

/// Parts of the codes by which SES and SNS ask to come again.
const LATER: [&str; 6] = [
    "Throttl",
    "TooManyRequests",
    "LimitExceeded",
    "Internal",
    "Unavailable",
    "Timeout",
];

/// Throttling, timeouts and 5xx may pass; refusals, wrong rights and wrong parameters are defects. Only the
/// service's code is kept: its message may name the recipient ("Email address is not verified: …").
pub(crate) fn port_error<E: ProvideErrorMetadata>(
    what: &'static str,
    error: &SdkError<E, HttpResponse>,
) -> PortError {
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown").to_owned();
            let status = service.raw().status().as_u16();
            if status >= 500 || status == 429 || LATER.iter().any(|part| code.contains(part)) {
                PortError::unavailable(what, code)
            } else {
                PortError::defect(what, code)
            }
        }
        SdkError::ConstructionFailure(_) => PortError::defect(what, crate::sdk::describe(error)),
        _ => PortError::unavailable(what, crate::sdk::describe(error)),
    }
}
