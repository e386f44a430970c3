//! A door for the fuzz targets (folder `fuzz`): a bill comes by HTTP, so there is no public path that takes
//! its bytes. Notices need none, for [`super::WechatPay`] verifies them as bytes.

use super::bill;
use crate::ports::{BillRow, GatewayError};

/// The rows of a bill under its hash.
pub fn bill_rows(text: &[u8], sha1: &[u8]) -> Result<Vec<BillRow>, GatewayError> {
    Ok(bill::rows(text, sha1)?)
}
