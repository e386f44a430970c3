//! States, and the stages that the state machines wait in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::invoice::{Invoice, InvoiceState, InvoiceTask};
use crate::refund::{Refund, RefundState};

use super::{Line, Order};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name, the same in JSON, DynamoDB and state machines.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

named! {
    /// Where an order stands.
    OrderState {
        /// 待提交: can be changed.
        Draft = "draft",
        /// 待支付.
        AwaitingPayment = "awaiting_payment",
        /// Paid; its lines are on their way.
        Paid = "paid",
        /// Everything is with the company.
        Completed = "completed",
        /// Ended without keys: given up, or nobody paid in time. What was paid goes back.
        Cancelled = "cancelled",
    }
}

named! {
    /// Where a line stands.
    LineState {
        /// Papers are wanted.
        AwaitingMaterials = "awaiting_materials",
        /// 待审核.
        UnderReview = "under_review",
        /// Some papers were sent back.
        ChangesRequested = "changes_requested",
        /// 制作中.
        InProduction = "in_production",
        /// With the courier.
        Shipped = "shipped",
        /// Handed over, as we know; the company has not said so yet (R64).
        Delivered = "delivered",
        /// At a branch, to be fetched.
        ReadyForPickup = "ready_for_pickup",
        /// To be done by the agent beside the company's key.
        AwaitingAgent = "awaiting_agent",
        /// In the company's hands.
        Completed = "completed",
        /// Ended with its order.
        Cancelled = "cancelled",
    }
}

named! {
    /// Where one key stands.
    UnitState {
        /// Not begun.
        Waiting = "waiting",
        /// Its certificate is issued; it is being written.
        Writing = "writing",
        /// Finished, on our desk.
        Made = "made",
        /// With the courier or the company.
        HandedOver = "handed_over",
        /// Given up: it is not to be used, and its certificate is to be revoked.
        Scrapped = "scrapped",
    }
}

named! {
    /// What the machine `order` does next. Its states of these names stand in `order.asl.json`.
    OrderStage {
        /// Nothing runs for a draft.
        Draft = "Draft",
        /// Waits for money, or for the end of waiting.
        AwaitPayment = "AwaitPayment",
        /// Waits until every line has ended.
        AwaitLines = "AwaitLines",
        /// Ended well.
        Completed = "OrderCompleted",
        /// Ended without money.
        Cancelled = "OrderCancelled",
    }
}

named! {
    /// What the machine `line` does next. Its states of these names stand in `line.asl.json`.
    LineStage {
        /// Nothing runs before payment.
        NotStarted = "NotStarted",
        /// Waits for the company's papers.
        AwaitMaterials = "AwaitMaterials",
        /// Looks at them by machine.
        CheckPapers = "CheckPapers",
        /// Waits for a reviewer.
        AwaitReview = "AwaitReview",
        /// Waits until the key that it is written into is made.
        AwaitUpgrade = "AwaitUpgrade",
        /// Waits until every key is made.
        AwaitProduction = "AwaitProduction",
        /// Asks the courier for a waybill.
        BookShipment = "BookShipment",
        /// Waits until the parcel leaves.
        AwaitCollection = "AwaitCollection",
        /// Waits until it arrives.
        AwaitDelivery = "AwaitDelivery",
        /// Waits until somebody of the company fetches it.
        AwaitPickup = "AwaitPickup",
        /// Waits until the company says that it has its keys, or long enough.
        AwaitReceipt = "AwaitReceipt",
        /// Waits for the agent beside the company's key.
        AwaitAgent = "AwaitAgent",
        /// Ended well.
        Completed = "LineCompleted",
        /// Ended with its order.
        Cancelled = "LineCancelled",
    }
}

named! {
    /// What the machine `refund` does next. Its states of these names stand in `refund.asl.json`.
    RefundStage {
        /// Asks the gateway.
        RefundPayment = "RefundPayment",
        /// Waits until it is time to ask again, or the gateway tells by itself.
        AwaitRefund = "AwaitRefund",
        /// Waits for somebody of the finance staff.
        AwaitFinance = "AwaitFinance",
        /// The money is back.
        Completed = "RefundCompleted",
    }
}

named! {
    /// What the machine `invoice` does next. Its states of these names stand in `invoice.asl.json`.
    InvoiceStage {
        /// Waits for customer service (R74).
        AwaitCase = "AwaitCase",
        /// Asks the tax platform to issue it.
        IssueInvoice = "IssueInvoice",
        /// Asks the tax platform to take it back.
        ReverseInvoice = "ReverseInvoice",
        /// Waits until it is time to ask again.
        AwaitTax = "AwaitTax",
        /// Waits until the buyer agrees to the reversal, or it is time to ask.
        AwaitBuyer = "AwaitBuyer",
        /// Waits for somebody of the finance staff.
        AwaitInvoiceDesk = "AwaitInvoiceDesk",
        /// Nothing is left to do.
        Completed = "InvoiceCompleted",
    }
}

impl InvoiceStage {
    /// Does the machine wait here for a fact?
    pub fn is_wait(self) -> bool {
        matches!(
            self,
            Self::AwaitCase | Self::AwaitTax | Self::AwaitBuyer | Self::AwaitInvoiceDesk
        )
    }
}

impl Invoice {
    /// What the machine `invoice` does next.
    pub fn stage(&self) -> InvoiceStage {
        match (self.state, self.task) {
            (InvoiceState::Held, _) => InvoiceStage::AwaitCase,
            (InvoiceState::Asking, InvoiceTask::Issue) => InvoiceStage::IssueInvoice,
            (InvoiceState::Asking, InvoiceTask::Reverse) => InvoiceStage::ReverseInvoice,
            (InvoiceState::Waiting, _) => InvoiceStage::AwaitTax,
            (InvoiceState::AwaitingBuyer, _) => InvoiceStage::AwaitBuyer,
            (InvoiceState::Abnormal, _) => InvoiceStage::AwaitInvoiceDesk,
            (InvoiceState::Issued | InvoiceState::Reversed | InvoiceState::Void, _) => {
                InvoiceStage::Completed
            }
        }
    }
}

impl RefundStage {
    /// Does the machine wait here for a fact?
    pub fn is_wait(self) -> bool {
        matches!(self, Self::AwaitRefund | Self::AwaitFinance)
    }
}

impl Refund {
    /// What the machine `refund` does next.
    pub fn stage(&self) -> RefundStage {
        match self.state {
            RefundState::Asking => RefundStage::RefundPayment,
            RefundState::Waiting => RefundStage::AwaitRefund,
            RefundState::Abnormal => RefundStage::AwaitFinance,
            RefundState::Done | RefundState::Settled => RefundStage::Completed,
        }
    }
}

impl OrderStage {
    /// Does the machine wait here for a fact?
    pub fn is_wait(self) -> bool {
        matches!(self, Self::AwaitPayment | Self::AwaitLines)
    }
}

impl LineStage {
    /// Does the machine wait here for a fact?
    pub fn is_wait(self) -> bool {
        match self {
            Self::AwaitMaterials
            | Self::AwaitReview
            | Self::AwaitProduction
            | Self::AwaitUpgrade
            | Self::AwaitCollection
            | Self::AwaitDelivery
            | Self::AwaitPickup
            | Self::AwaitReceipt
            | Self::AwaitAgent => true,
            Self::NotStarted
            | Self::CheckPapers
            | Self::BookShipment
            | Self::Completed
            | Self::Cancelled => false,
        }
    }
}

impl Order {
    /// What the machine `order` does next. The executions follow the truth: after every wait they ask for
    /// this and go there.
    pub fn stage(&self) -> OrderStage {
        match self.state {
            OrderState::Draft => OrderStage::Draft,
            OrderState::AwaitingPayment => OrderStage::AwaitPayment,
            OrderState::Paid => OrderStage::AwaitLines,
            OrderState::Completed => OrderStage::Completed,
            OrderState::Cancelled => OrderStage::Cancelled,
        }
    }

    /// What the machine `line` does next for a line.
    pub fn line_stage(&self, line: &Line) -> LineStage {
        match (self.state, line.state) {
            (_, LineState::Completed) => LineStage::Completed,
            (_, LineState::Cancelled) | (OrderState::Cancelled, _) => LineStage::Cancelled,
            (OrderState::Draft | OrderState::AwaitingPayment, _) => LineStage::NotStarted,
            (_, LineState::AwaitingMaterials | LineState::ChangesRequested) => {
                LineStage::AwaitMaterials
            }
            (_, LineState::UnderReview) if line.papers_checked => LineStage::AwaitReview,
            (_, LineState::UnderReview) => LineStage::CheckPapers,
            (_, LineState::InProduction) if self.waits_for_upgrade(line) => LineStage::AwaitUpgrade,
            // A key leaves when everything is on it, the year that was carried over too.
            (_, LineState::InProduction) if !line.all_made() || self.has_year_to_write(line) => {
                LineStage::AwaitProduction
            }
            (_, LineState::InProduction) if line.waybill.is_none() => LineStage::BookShipment,
            (_, LineState::InProduction) => LineStage::AwaitCollection,
            (_, LineState::Shipped) => LineStage::AwaitDelivery,
            (_, LineState::ReadyForPickup) => LineStage::AwaitPickup,
            (_, LineState::Delivered) => LineStage::AwaitReceipt,
            (_, LineState::AwaitingAgent) => LineStage::AwaitAgent,
        }
    }
}
