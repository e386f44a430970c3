//! E-seals (电子印章).
//!
//! [`cut`] finds the stamps on the scan of a seal sheet and cuts each to a transparent picture of its measured
//! size. Nothing here reads a file or asks the time: pixels in, pictures out.

pub mod cut;
