//! Keys: what the agent asks of a token, whoever made it.
//!
//! Everything here blocks, some of it for seconds: callers put it on a thread that may. Calls take turns within a
//! module. A key is named by its serial number and looked for anew in every call, so that no call ever reaches
//! another key than the one that was meant.

pub mod pkcs11;
pub mod profile;

use std::fmt;
use std::path::PathBuf;

use domain::catalog::Medium;
use zeroize::Zeroizing;

pub use pkcs11::Pkcs11Driver;
pub use profile::{Profile, ProfileError};

/// A PIN or SO PIN. Wiped when dropped, and never shown.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes over a PIN. What it was copied from is the caller's to wipe.
    pub fn new(pin: String) -> Self {
        Self(Zeroizing::new(pin))
    }

    /// Its length in bytes, which is what modules count.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The PIN, to hand to a module or to compare.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

/// How often a wrong PIN may still be typed, as far as a token tells. A hint to show: only a login shows the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// None was wrong of late.
    Many,
    /// Some were wrong.
    Few,
    /// One more wrong PIN locks it.
    Last,
    /// It is locked.
    Locked,
    /// No PIN is set, or the token does not say.
    Unknown,
}

/// A key that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Its serial number, its name in every other call. Empty when it has none yet or cannot be read.
    pub serial: String,
    /// Its label.
    pub label: String,
    /// The model, in its maker's words.
    pub model: String,
    /// Its maker.
    pub manufacturer: String,
    /// The profile by which it is used.
    pub profile: String,
    /// What it is as a product; not known for a model that the profile cannot tell apart.
    pub medium: Option<Medium>,
    /// Whether it was ever initialised. `None`: it could not be read.
    pub initialised: Option<bool>,
    /// Whether it has a user PIN. `None`: it could not be read.
    pub pin_set: Option<bool>,
    /// Tries left.
    pub tries: Tries,
    /// Tries left of the SO PIN. `Many` of a key that does not say.
    pub so_tries: Tries,
    /// The shortest PIN that it takes, in bytes.
    pub pin_min: usize,
    /// The longest PIN that it takes, in bytes.
    pub pin_max: usize,
    /// Whether the PIN is typed on the reader itself.
    pub pin_pad: bool,
    /// Bytes left for certificates and data, when it says.
    pub free_memory: Option<usize>,
}

/// How the module of a profile does.
#[derive(Debug)]
pub struct ModuleState {
    /// The profile.
    pub profile: String,
    /// Its file; `None` when the profile names none for this system.
    pub path: Option<PathBuf>,
    /// How many keys it sees, or why it sees none.
    pub keys: Result<usize, TokenError>,
}

/// A certificate on a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its `CKA_ID`, shared with its key pair.
    pub id: Vec<u8>,
    /// Its label.
    pub label: String,
    /// DER.
    pub der: Vec<u8>,
}

/// A data object on a key, such as a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataObject {
    /// Whose it is.
    pub application: String,
    /// Its label, one of a kind within an application.
    pub label: String,
    /// What it holds.
    pub value: Vec<u8>,
}

/// A private key on a key, as far as anybody may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// Its `CKA_ID`.
    pub id: Vec<u8>,
    /// Its label.
    pub label: String,
    /// Whether it can leave the token in some form. Ours cannot.
    pub extractable: bool,
    /// Whether it never could. A key that was brought in from outside could.
    pub never_extractable: bool,
}

/// What a key pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It signs.
    Sign,
    /// It agrees on secrets, by which others encrypt to it.
    Encrypt,
}

/// Why a token did not do it. No PIN ever stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The module of a profile is not installed.
    #[error("there is no module {}", .0.display())]
    NoModule(PathBuf),
    /// A file is there, but it is no module, or it does not start.
    #[error("the module {} does not work", .0.display())]
    ModuleBroken(PathBuf),
    /// No key is plugged in.
    #[error("no key is there")]
    NoToken,
    /// Keys are there, but not the one that was asked for; or another one sits in its place.
    #[error("key {serial} is not there, but another one is")]
    WrongToken {
        /// The one that was asked for.
        serial: String,
    },
    /// It was pulled out during a session.
    #[error("the key was pulled out")]
    Removed,
    /// Somebody is logged in at this module, and this cannot be done beside.
    #[error("the key is in use")]
    Busy,
    /// The user PIN was wrong.
    #[error("wrong PIN")]
    PinWrong(Tries),
    /// The user PIN is locked: only the SO PIN helps.
    #[error("the PIN is locked")]
    PinLocked,
    /// A PIN of this length is not taken. No try was spent.
    #[error("a PIN has {min} to {max} bytes")]
    PinLength {
        /// The shortest, in bytes.
        min: usize,
        /// The longest, in bytes.
        max: usize,
    },
    /// No user PIN was set yet.
    #[error("no PIN is set")]
    PinNotSet,
    /// The SO PIN was wrong. Never try it again: it locks as well, and then for ever.
    #[error("wrong SO PIN")]
    SoPinWrong,
    /// The SO PIN is locked: the key must be replaced.
    #[error("the SO PIN is locked")]
    SoPinLocked,
    /// There is no room left.
    #[error("the key is full")]
    Full,
    /// It has no private key of this id.
    #[error("there is no such key pair")]
    NoSuchKey,
    /// Another object has this id or label already.
    #[error("the name is taken by another object")]
    Taken,
    /// This token cannot do it.
    #[error("this key cannot do it: {0}")]
    Unsupported(&'static str),
    /// Anything else, by the name of the PKCS#11 return value.
    #[error("the module answers {0}")]
    Module(String),
}

/// Tokens of every kind that the agent knows.
///
/// Calls that change a key want it for themselves: while a [`UserSession`] lives they answer `Busy`, as a second
/// login does. Reading goes on beside.
pub trait TokenDriver: Send + Sync {
    /// The modules, and whether they work: for the self-check.
    fn modules(&self) -> Vec<ModuleState>;

    /// Every key that is there. Ask again every second or two: nobody tells when one comes or goes.
    fn present(&self) -> Vec<Present>;

    /// The certificates on a key. Needs no PIN.
    fn certificates(&self, serial: &str) -> Result<Vec<Certificate>, TokenError>;

    /// The data objects on a key that are for everybody. Needs no PIN.
    fn data(&self, serial: &str) -> Result<Vec<DataObject>, TokenError>;

    /// Logs a user in, until the session is dropped.
    fn login(&self, serial: &str, pin: &Pin) -> Result<Box<dyn UserSession>, TokenError>;

    /// Wipes a key and gives it an SO PIN and a label. `serial` is empty for the only blank key that has none.
    /// Answers with the serial number that it has from now on, since not every model keeps the one it had.
    ///
    /// # Errors
    /// `SoPinWrong` when it was initialised before with another SO PIN.
    fn initialise(&self, serial: &str, so_pin: &Pin, label: &str) -> Result<String, TokenError>;

    /// Replaces the SO PIN. One try.
    fn rotate_so_pin(&self, serial: &str, old: &Pin, new: &Pin) -> Result<(), TokenError>;

    /// Sets the user PIN, which unlocks it. One try.
    fn set_user_pin(&self, serial: &str, so_pin: &Pin, new: &Pin) -> Result<(), TokenError>;

    /// Logs the security officer in, until the session is dropped. One try, whatever happens.
    ///
    /// # Errors
    /// `SoPinWrong`, `SoPinLocked`; `NoModule`, `ModuleBroken`, `NoToken`, `WrongToken`, `Busy` and `PinLength` say
    /// that no try was made.
    fn login_officer(
        &self,
        serial: &str,
        so_pin: &Pin,
    ) -> Result<Box<dyn OfficerSession>, TokenError>;
}

/// A key on which its security officer is logged in. Dropping it logs out.
///
/// As with a [`UserSession`], every call looks first whether the very same key still sits there.
pub trait OfficerSession: Send {
    /// Replaces the SO PIN, which is `old`.
    fn change_so_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError>;

    /// Sets the user PIN, which unlocks it.
    fn set_user_pin(&self, new: &Pin) -> Result<(), TokenError>;
}

/// A key on which its user is logged in. Dropping it logs out.
///
/// Every call looks first whether the very same key still sits there. After `Removed` or `WrongToken` a session is
/// of no more use.
pub trait UserSession: Send {
    /// The key's serial number.
    fn serial(&self) -> &str;

    /// Its private keys.
    fn keys(&self) -> Result<Vec<PrivateKey>, TokenError>;

    /// The public key of a pair, as DER of `SubjectPublicKeyInfo`.
    fn public_key(&self, id: &[u8]) -> Result<Vec<u8>, TokenError>;

    /// Signs a SHA-256 digest by ECDSA. The signature is DER.
    fn sign_sha256(&self, id: &[u8], digest: &[u8; 32]) -> Result<Vec<u8>, TokenError>;

    /// The secret that this key and a peer's public key (an uncompressed point) have in common: ECDH without a
    /// derivation function.
    fn derive(&self, id: &[u8], peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError>;

    /// Makes a key pair on P-256 that stays in the token. Answers with DER of `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// `Taken` when the id is in use: what an interrupted run left is deleted first, by who knows that it was one.
    fn generate_key_pair(
        &self,
        purpose: Purpose,
        id: &[u8],
        label: &str,
    ) -> Result<Vec<u8>, TokenError>;

    /// Writes the certificate of a key pair. Writing the same one again does nothing.
    ///
    /// # Errors
    /// `NoSuchKey` when it has no key pair of this id, `Taken` when that has another certificate.
    fn write_certificate(&self, id: &[u8], label: &str, der: &[u8]) -> Result<(), TokenError>;

    /// Writes a data object that everybody may read. Writing the same one again does nothing.
    ///
    /// # Errors
    /// `Taken` when there is another one of this name.
    fn write_data(&self, application: &str, label: &str, value: &[u8]) -> Result<(), TokenError>;

    /// Deletes the keys and certificates of an id. Answers how many objects that were; none is no error.
    fn delete(&self, id: &[u8]) -> Result<usize, TokenError>;

    /// Deletes a data object. Answers how many objects that were; none is no error.
    fn delete_data(&self, application: &str, label: &str) -> Result<usize, TokenError>;

    /// Replaces the user's own PIN.
    fn change_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError>;
}
