//! The agent's package, installed: what it leaves where, what starts it, what it is told by a link, what stays of it.
//!
//! `SEALKEY_PACKAGES` names a folder of packages: `bare`, which knows of no stage, `configured`, and `again`, the same
//! made a second time. Nothing of them gets onto this machine: dpkg unpacks them into a folder, and what has to run as
//! installed runs in a mount namespace where that folder's `etc` and `usr` lie over this machine's.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "what a test stands on is there, or it fails"
)]

mod files;
mod running;
mod support;
