//! What all SDK clients share.

use aws_smithy_runtime_api::client::result::SdkError;

/// Describes a failure without a service answer: what kind it was, never what was sent.
pub(crate) fn describe<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "request could not be built",
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "connection timeout",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "answer could not be read",
        _ => "refused",
    }
}

/// An SDK error as a port error: throttling and outages are unavailable, the rest is a defect. Only the
/// service's code is kept, never its message, which may repeat what was sent.
#[cfg(any(feature = "kms", feature = "s3", feature = "secrets", feature = "sfn"))]
pub(crate) fn port_error<E, R>(
    what: &'static str,
    error: &SdkError<E, R>,
) -> crate::ports::PortError
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    use crate::ports::PortError;
    let SdkError::ServiceError(service) = error else {
        return PortError::unavailable(what, describe(error));
    };
    let code = service.err().code().unwrap_or("unknown").to_owned();
    let transient = [
        "Throttl",
        "TooManyRequests",
        "Unavailable",
        "InternalError",
        "InternalFailure",
        "InternalException",
        "SlowDown",
        "Timeout",
        "LimitExceeded",
    ];
    if transient.iter().any(|part| code.contains(part)) {
        PortError::unavailable(what, code)
    } else {
        PortError::defect(what, code)
    }
}
