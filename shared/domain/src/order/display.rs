//! The words a person reads: one function of the state, the same in lists, filters and details.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Handover;

use super::{Line, LineStage, Order, OrderState};

/// What a list shows of an order or a line. Texts in both languages stand with the pages.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DisplayState {
    /// 待提交.
    Draft,
    /// 待支付.
    AwaitingPayment,
    /// 已提交: what a storefront may call 待支付 (R77).
    Submitted,
    /// 待上传资料.
    AwaitingMaterials,
    /// 需修改资料.
    ChangesRequested,
    /// 待审核 (R20).
    UnderReview,
    /// 制作中 (R20).
    InProduction,
    /// 办理中: approved, to be fetched at a branch (R62).
    Handling,
    /// 待办理: to be done by the company itself, with its key (R25, R31).
    AwaitingAgent,
    /// 已发货.
    Shipped,
    /// 待确认收货: handed over, and the company has not said so yet (R64).
    AwaitingReceipt,
    /// 已完成.
    Completed,
    /// 退款中: given up or ended, and money is on its way back.
    Refunding,
    /// 已退款: given up or ended, and the money is back.
    Refunded,
    /// 已取消.
    Cancelled,
}

impl DisplayState {
    /// Every one, in the order in which an order goes through them.
    pub const ALL: [Self; 15] = [
        Self::Draft,
        Self::AwaitingPayment,
        Self::Submitted,
        Self::ChangesRequested,
        Self::AwaitingMaterials,
        Self::AwaitingAgent,
        Self::UnderReview,
        Self::InProduction,
        Self::Handling,
        Self::Shipped,
        Self::AwaitingReceipt,
        Self::Completed,
        Self::Refunding,
        Self::Refunded,
        Self::Cancelled,
    ];

    /// Its name in index keys and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Submitted => "submitted",
            Self::AwaitingMaterials => "awaiting_materials",
            Self::ChangesRequested => "changes_requested",
            Self::UnderReview => "under_review",
            Self::InProduction => "in_production",
            Self::Handling => "handling",
            Self::AwaitingAgent => "awaiting_agent",
            Self::Shipped => "shipped",
            Self::AwaitingReceipt => "awaiting_receipt",
            Self::Completed => "completed",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Of several lines, the one that an order is shown by: first what waits for the company.
    fn urgency(self) -> u8 {
        match self {
            Self::ChangesRequested => 0,
            Self::AwaitingMaterials => 1,
            Self::AwaitingAgent => 2,
            Self::AwaitingReceipt => 3,
            Self::UnderReview => 4,
            Self::InProduction => 5,
            Self::Handling => 6,
            Self::Shipped => 7,
            Self::Draft
            | Self::AwaitingPayment
            | Self::Submitted
            | Self::Completed
            | Self::Refunding
            | Self::Refunded
            | Self::Cancelled => 8,
        }
    }
}

impl Order {
    /// What a person reads for the order; a storefront may have another word for it
    /// ([`crate::policy::StorefrontPolicy::shown`]).
    pub fn display(&self) -> DisplayState {
        match self.state {
            OrderState::Draft => DisplayState::Draft,
            OrderState::AwaitingPayment => DisplayState::AwaitingPayment,
            OrderState::Completed => DisplayState::Completed,
            OrderState::Cancelled if self.is_refunding() => DisplayState::Refunding,
            OrderState::Cancelled if !self.refunds.is_empty() => DisplayState::Refunded,
            OrderState::Cancelled => DisplayState::Cancelled,
            OrderState::Paid => self
                .lines
                .iter()
                .map(|line| self.line_display(line))
                .min_by_key(|shown| shown.urgency())
                .unwrap_or(DisplayState::InProduction),
        }
    }

    /// What a person reads for a line (R20: the state stands on the line).
    pub fn line_display(&self, line: &Line) -> DisplayState {
        match self.line_stage(line) {
            LineStage::NotStarted if self.state == OrderState::Draft => DisplayState::Draft,
            LineStage::NotStarted => DisplayState::AwaitingPayment,
            LineStage::AwaitMaterials if line.refusals.is_empty() => {
                DisplayState::AwaitingMaterials
            }
            LineStage::AwaitMaterials => DisplayState::ChangesRequested,
            LineStage::CheckPapers | LineStage::AwaitReview => DisplayState::UnderReview,
            // A year that is carried over is as far as the key that it is written into.
            LineStage::AwaitUpgrade => line
                .carried_from
                .and_then(|no| self.line(no))
                .map_or(DisplayState::InProduction, |upgrade| {
                    self.line_display(upgrade)
                }),
            LineStage::AwaitProduction | LineStage::BookShipment | LineStage::AwaitCollection
                if line.plan.handover == Handover::Branch =>
            {
                DisplayState::Handling
            }
            LineStage::AwaitProduction | LineStage::BookShipment | LineStage::AwaitCollection => {
                DisplayState::InProduction
            }
            LineStage::AwaitPickup => DisplayState::Handling,
            LineStage::AwaitReceipt => DisplayState::AwaitingReceipt,
            LineStage::AwaitAgent => DisplayState::AwaitingAgent,
            LineStage::AwaitDelivery => DisplayState::Shipped,
            LineStage::Completed => DisplayState::Completed,
            LineStage::Cancelled => DisplayState::Cancelled,
        }
    }
}
