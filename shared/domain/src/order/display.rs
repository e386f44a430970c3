//! The words a person reads: one function of the state, the same in lists, filters and details.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// 待上传资料.
    AwaitingMaterials,
    /// 需修改资料.
    ChangesRequested,
    /// 待审核 (R20).
    UnderReview,
    /// 制作中 (R20).
    InProduction,
    /// 已发货.
    Shipped,
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
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::AwaitingPayment,
        Self::ChangesRequested,
        Self::AwaitingMaterials,
        Self::UnderReview,
        Self::InProduction,
        Self::Shipped,
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
            Self::AwaitingMaterials => "awaiting_materials",
            Self::ChangesRequested => "changes_requested",
            Self::UnderReview => "under_review",
            Self::InProduction => "in_production",
            Self::Shipped => "shipped",
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
            Self::UnderReview => 2,
            Self::InProduction => 3,
            Self::Shipped => 4,
            Self::Draft
            | Self::AwaitingPayment
            | Self::Completed
            | Self::Refunding
            | Self::Refunded
            | Self::Cancelled => 5,
        }
    }
}

impl Order {
    /// What a person reads for the order.
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
            LineStage::AwaitProduction | LineStage::BookShipment | LineStage::AwaitCollection => {
                DisplayState::InProduction
            }
            LineStage::AwaitDelivery => DisplayState::Shipped,
            LineStage::Completed => DisplayState::Completed,
            LineStage::Cancelled => DisplayState::Cancelled,
        }
    }
}
