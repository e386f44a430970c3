//! What the outside world remembers, in memory and on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::alipay;
use crate::courier::Shipments;
use crate::outbox::Outbox;
use crate::tax::Taxes;
use crate::wechatpay;

/// All that survives a restart.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct World {
    /// Alipay's orders and trades.
    pub alipay: alipay::ledger::Ledger,
    /// WeChat Pay's orders.
    pub wechatpay: wechatpay::ledger::Ledger,
    /// The courier's shipments.
    pub courier: Shipments,
    /// The tax platform's invoices.
    pub tax: Taxes,
    /// Notifies and events, sent and to be sent.
    pub outbox: Outbox,
}

/// The world behind a lock, written through to one file.
pub struct Store {
    inner: Mutex<Inner>,
    path: Option<PathBuf>,
}

struct Inner {
    world: World,
    written: Vec<u8>,
}

impl Store {
    /// Reads `state.json` in `dir`, which is made if missing; without `dir` nothing is kept.
    pub fn open(dir: Option<&Path>) -> io::Result<Self> {
        let mut world = World::default();
        let path = match dir {
            None => None,
            Some(dir) => {
                fs::create_dir_all(dir)?;
                let path = dir.join("state.json");
                match fs::read(&path) {
                    Ok(bytes) => world = serde_json::from_slice(&bytes)?,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
                Some(path)
            }
        };
        let written = Vec::new();
        Ok(Self {
            inner: Mutex::new(Inner { world, written }),
            path,
        })
    }

    /// Looks at the world.
    pub fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        look(&self.lock().world)
    }

    /// Changes the world and writes it down before anyone hears of the change.
    pub fn update<R>(&self, change: impl FnOnce(&mut World) -> R) -> io::Result<R> {
        let mut inner = self.lock();
        let result = change(&mut inner.world);
        if let Some(path) = &self.path {
            let bytes = serde_json::to_vec(&inner.world)?;
            if bytes != inner.written {
                write_atomically(path, &bytes)?;
                inner.written = bytes;
            }
        }
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replaces `path` by `bytes`, so that a reader sees the old file or the new one.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}
