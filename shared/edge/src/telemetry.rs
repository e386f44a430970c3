//! Logs: one JSON line an event, to standard output, where Lambda collects them.
//!
//! What never stands in a log: bodies, headers, names of people, numbers of identity, passwords, tokens.
//! What does: function, operation, order number, error code, request id.

/// Sets the log up. Call once, first thing in `main`. `RUST_LOG` chooses the level, `info` without it.
pub fn init() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("info,aws_smithy_runtime=warn,lambda_runtime=warn")
    });
    // A second call in one process (tests) keeps the first.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_env_filter(filter)
        .try_init();
}
