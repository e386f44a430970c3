//! The plan of a line: which steps it has. Made once, at submit, from product and policy; stored on the
//! line; Rust and the state machine choose on it and on nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::ProductKind;
use crate::policy::{DeliveryKind, MaterialsWhen, OnRejection, StorefrontPolicy};

/// Where the key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Make {
    /// At our production desk, by a maker.
    Desk,
    /// At the company's own desk, by its agent: the key is there already.
    Agent,
}

/// How the finished key leaves us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// By courier.
    Courier,
    /// Somebody of the company fetches it at a branch.
    Branch,
    /// Nothing leaves us: the key is with the company, or goes with another line.
    None,
}

/// The steps of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// When it asks for papers; none when it asks for none.
    pub materials: Option<MaterialsWhen>,
    /// What a rejection leads to.
    pub on_rejection: OnRejection,
    /// Where the key is made.
    pub make: Make,
    /// How it leaves.
    pub handover: Handover,
    /// Days after which what was handed over counts as received if the company says nothing (R64); none where the
    /// hand-over itself ends the line.
    #[serde(default)]
    pub receipt_days: Option<u16>,
}

impl Plan {
    /// The plan for a product, by a storefront's policy and the way it is to be received.
    pub fn for_line(kind: ProductKind, policy: &StorefrontPolicy, delivery: DeliveryKind) -> Self {
        let handover = if delivery.by_courier() {
            Handover::Courier
        } else {
            Handover::Branch
        };
        match kind {
            // Replacement and upgrade ask for papers as a new key does (R34, R42).
            ProductKind::NewKey | ProductKind::Replacement | ProductKind::Upgrade => Self {
                materials: Some(policy.materials),
                on_rejection: policy.on_rejection,
                make: Make::Desk,
                handover,
                receipt_days: policy.receipt_days,
            },
            // R24, R32: no papers, no review, and nothing to carry.
            ProductKind::Renewal | ProductKind::Unlock => Self {
                materials: None,
                on_rejection: policy.on_rejection,
                make: Make::Agent,
                handover: Handover::None,
                receipt_days: None,
            },
        }
    }

    /// The plan for a replacement that a paid line becomes: whatever the storefront's policy, its papers are
    /// asked for after payment and uploaded again when they are refused, for it cannot be a draft again.
    pub fn for_converted(policy: &StorefrontPolicy, delivery: DeliveryKind) -> Self {
        Self {
            materials: Some(MaterialsWhen::AfterPayment),
            on_rejection: OnRejection::UploadAgain,
            ..Self::for_line(ProductKind::Replacement, policy, delivery)
        }
    }

    /// The plan for the year that an upgrade carries over: a maker writes it into the new key (R40).
    pub fn for_carried(policy: &StorefrontPolicy) -> Self {
        Self {
            materials: None,
            on_rejection: policy.on_rejection,
            make: Make::Desk,
            handover: Handover::None,
            receipt_days: None,
        }
    }

    /// Are its papers part of the draft?
    pub fn papers_before_submit(&self) -> bool {
        self.materials == Some(MaterialsWhen::BeforeSubmit)
    }
}
