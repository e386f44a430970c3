//! E-seals (电子印章).
//!
//! [`cut`] finds the stamps on the scan of a seal sheet and cuts each to a transparent picture of its measured
//! size; [`seseal`] makes of such a picture a signed seal. Nothing here reads a file or asks the time.

pub mod cut;
pub mod seseal;
