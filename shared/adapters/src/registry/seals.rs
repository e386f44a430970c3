//! E-seals: which pictures were approved for a line, and which seals were made.

use domain::ids::{LineNo, OrderId};
use domain::seal::{ApprovedSeals, MadeSeal};

use super::order_partition;
use crate::ports::{Kept, Key};

/// The approved pictures of a line.
pub fn approved_seals(order: &OrderId, line: LineNo) -> Key {
    Key::new(order_partition(order), format!("SEALS#{:02}", line.0))
}

impl Kept for ApprovedSeals {
    fn key(&self) -> Key {
        approved_seals(&self.order, self.line)
    }
}

/// The seal that names a certificate, by that one's serial number.
pub fn made_seal(certificate_serial: &str) -> Key {
    Key::new(format!("CERTIFICATE#{certificate_serial}"), "SEAL")
}

impl Kept for MadeSeal {
    fn key(&self) -> Key {
        made_seal(&self.certificate_serial)
    }
}
