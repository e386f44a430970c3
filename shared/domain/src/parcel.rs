//! Parcels: what the courier carries.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{LineNo, OrderId};

/// Where a parcel is, as the courier tells it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ParcelStatus {
    /// Booked, still with us.
    Booked,
    /// With the courier.
    Collected,
    /// On its way.
    InTransit,
    /// On the last van.
    OutForDelivery,
    /// In the recipient's hands.
    Delivered,
    /// On its way back or back with us.
    Returned,
    /// Given up by the courier.
    Lost,
}

impl ParcelStatus {
    /// Does it say that the courier has had the parcel in hand?
    pub fn left_us(self) -> bool {
        self != Self::Booked
    }
}

/// One thing the courier told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParcelEvent {
    /// The courier's own name for this message; the same in every resend.
    pub event_id: String,
    /// What it says.
    pub status: ParcelStatus,
    /// When it happened.
    pub at: Timestamp,
    /// Where.
    pub place: String,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// Of which order.
    pub order: OrderId,
    /// With the keys of which line.
    pub line: LineNo,
    /// The courier's number (快递单号).
    pub waybill: String,
    /// The last status by the courier's own time, not by arrival.
    pub status: ParcelStatus,
    /// All that the courier told, in the order of `at`.
    pub events: Vec<ParcelEvent>,
    /// Raised by every change.
    pub version: u64,
}

impl Parcel {
    /// Takes one message in. `false` when it was there already. A late message finds its place in the
    /// history and does not turn the status back.
    pub fn take(&mut self, event: ParcelEvent) -> bool {
        if self
            .events
            .iter()
            .any(|known| known.event_id == event.event_id)
        {
            return false;
        }
        self.events.push(event);
        self.events.sort_by_key(|event| (event.at, event.status));
        if let Some(last) = self.events.last() {
            self.status = last.status;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: ParcelStatus, second: i64) -> ParcelEvent {
        ParcelEvent {
            event_id: id.into(),
            status,
            at: Timestamp::from_second(second).unwrap(),
            place: "南京".into(),
        }
    }

    #[test]
    fn late_and_repeated_messages_do_not_turn_a_parcel_back() {
        let mut parcel = Parcel {
            order: "201910230935190042".parse().unwrap(),
            line: LineNo(1),
            waybill: "SF1".into(),
            status: ParcelStatus::Booked,
            events: vec![],
            version: 1,
        };
        assert!(parcel.take(event("c", ParcelStatus::Delivered, 30)));
        assert!(parcel.take(event("a", ParcelStatus::Collected, 10)));
        assert!(!parcel.take(event("a", ParcelStatus::Collected, 10)));
        assert_eq!(parcel.status, ParcelStatus::Delivered);
        assert_eq!(
            parcel
                .events
                .iter()
                .map(|e| e.event_id.as_str())
                .collect::<Vec<_>>(),
            ["a", "c"]
        );
    }
}
