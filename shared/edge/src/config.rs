//! The environment of a function, read once at start. Everything in it comes from `infra/template.yaml`.

use std::fmt;

/// A variable that the template must set and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingVariable(pub &'static str);

impl fmt::Display for MissingVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "environment variable {} is not set; infra/template.yaml sets it",
            self.0
        )
    }
}

impl std::error::Error for MissingVariable {}

/// A variable that must be there.
///
/// # Errors
/// [`MissingVariable`] when it is absent or empty.
pub fn required(name: &'static str) -> Result<String, MissingVariable> {
    optional(name).ok_or(MissingVariable(name))
}

/// A variable that may be there.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
