//! The repository held to its rules: state machines, template, dependencies and sources, read and compared.
//! Nothing is started. Each rule says the place and the mend, and has a test that a broken sample fails it.
//!
//! - [`asl`]: the state machines against the stages, codes and steps of Rust.
//! - [`template`]: `infra/template.yaml` against routes, state machines, functions and their rights.
//! - [`dependencies`]: which package may know which; licences.
//! - [`source`]: words and literals that stand nowhere.
//! - [`policies`]: the storefronts' data, and who may call what.

#[cfg(test)]
mod asl;
#[cfg(test)]
mod code;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod source;
#[cfg(test)]
mod support;
#[cfg(test)]
mod template;
#[cfg(test)]
mod yaml;
