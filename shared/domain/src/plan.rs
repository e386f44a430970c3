//! The plan of a line: which steps it has. Made once, at submit, from product and policy; stored on the
//! line; Rust and the state machine choose on it and on nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::ProductKind;
use crate::policy::DeliveryKind;

/// Where the key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Make {
    /// At our production desk, by a maker.
    Desk,
}

/// How the finished key leaves us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// By courier.
    Courier,
}

/// The steps of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Does it ask for papers?
    pub materials: bool,
    /// Does somebody review them?
    pub review: bool,
    /// Where the key is made.
    pub make: Make,
    /// How it leaves.
    pub handover: Handover,
}

impl Plan {
    /// The plan for a product and the way it is to be received.
    pub fn for_line(kind: ProductKind, delivery: DeliveryKind) -> Self {
        let handover = match delivery {
            DeliveryKind::CourierPrepaid => Handover::Courier,
        };
        match kind {
            ProductKind::NewKey => Self {
                materials: true,
                review: true,
                make: Make::Desk,
                handover,
            },
        }
    }
}
