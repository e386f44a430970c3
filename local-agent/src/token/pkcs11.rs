//! The driver for modules that speak PKCS#11.
//!
//! A module is loaded when it is first needed, and again when it was missing or broken before: it may be installed
//! while the agent runs. Its calls take turns. Slots are only numbers of the moment, so that each call looks for
//! the serial number first; events of slots are not used, since hardly any module tells them.

use std::collections::BTreeSet;
use std::ffi::c_ulong;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{
    Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use der::{Decode as _, Encode as _};
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::EncodePublicKey as _;
use x509_cert::der;
use zeroize::Zeroizing;

use super::profile::{Hotplug, Profile, SerialField, SignatureForm, VENDOR};
use super::{
    Certificate, DataObject, ModuleState, OfficerSession, Pin, Present, PrivateKey, Purpose,
    TokenDriver, TokenError, Tries, UserSession,
};

/// P-256, as DER of its object identifier.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// Bytes of a point that is not compressed.
const POINT: usize = 65;
/// What stands before a point that is wrapped into an octet string, as most modules do.
const WRAPPED: [u8; 2] = [0x04, 65];
/// Bytes of a secret agreed on P-256.
const SECRET: c_ulong = 32;

/// Every module of the profiles.
#[derive(Debug)]
pub struct Pkcs11Driver {
    modules: Vec<Arc<Module>>,
}

impl Pkcs11Driver {
    /// Uses these profiles. Loads nothing yet.
    pub fn new(profiles: Vec<Profile>) -> Self {
        let modules = profiles
            .into_iter()
            .map(|profile| {
                Arc::new(Module {
                    path: profile.module_path(),
                    profile,
                    state: Mutex::default(),
                })
            })
            .collect();
        Self { modules }
    }

    /// The module with this key. It is not held: who goes on looks for the key again.
    fn owner(&self, serial: &str) -> Result<&Arc<Module>, TokenError> {
        let mut owners = Vec::new();
        let mut others = false;
        let mut broken = None;
        for module in &self.modules {
            match module.turn().and_then(|turn| turn.tokens()) {
                Ok(tokens) => {
                    for token in tokens {
                        if token.serial.as_deref() == Some(serial) {
                            owners.push(module);
                        } else {
                            others = true;
                        }
                    }
                }
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        match (owners.as_slice(), others, broken) {
            ([module], _, _) => Ok(*module),
            // Nobody could say which of them was meant.
            ([_, _, ..], _, _) => Err(TokenError::Unsupported("two keys with one serial number")),
            ([], true, _) => Err(TokenError::WrongToken {
                serial: serial.to_owned(),
            }),
            ([], false, Some(error)) => Err(error),
            ([], false, None) => Err(TokenError::NoToken),
        }
    }

    /// Does something with a key while nobody is logged in at its module.
    fn alone<T>(
        &self,
        serial: &str,
        act: impl FnOnce(&mut Turn<'_>, &Found) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut turn = self.owner(serial)?.turn()?;
        if turn.state.in_session {
            return Err(TokenError::Busy);
        }
        let found = turn.find(serial)?;
        act(&mut turn, &found)
    }

    /// Reads from a key without a PIN.
    fn read<T>(
        &self,
        serial: &str,
        act: impl FnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, TokenError> {
        let turn = self.owner(serial)?.turn()?;
        let found = turn.find(serial)?;
        let session = turn.context.open_ro_session(found.slot).map_err(failed)?;
        act(&session).map_err(failed)
    }

    /// Does something as the security officer. Tries the SO PIN once, whatever happens: it locks as well.
    fn as_officer(
        &self,
        serial: &str,
        so_pin: &Pin,
        new: &Pin,
        lengths: impl FnOnce(&Profile, Option<&TokenInfo>) -> (usize, usize),
        act: impl FnOnce(&Session) -> Result<(), Error>,
    ) -> Result<(), TokenError> {
        self.alone(serial, |turn, found| {
            fits(new, lengths(&turn.module.profile, found.info.as_ref()))?;
            let session = turn.context.open_rw_session(found.slot).map_err(failed)?;
            session
                .login(UserType::So, Some(&auth(so_pin)))
                .map_err(|error| officer_failed(&error))?;
            let done = act(&session).map_err(|error| match &error {
                Error::Pkcs11(RvError::PinLenRange | RvError::PinInvalid, _) => {
                    length_error(pin_lengths(&turn.module.profile, found.info.as_ref()))
                }
                _ => officer_failed(&error),
            });
            // The session ends here in any case, and with it the login.
            let _ = session.logout();
            done
        })
    }
}

impl TokenDriver for Pkcs11Driver {
    fn modules(&self) -> Vec<ModuleState> {
        self.modules
            .iter()
            .map(|module| ModuleState {
                profile: module.profile.name.clone(),
                path: module.path.clone(),
                keys: module
                    .turn()
                    .and_then(|turn| turn.tokens())
                    .map(|tokens| tokens.len()),
            })
            .collect()
    }

    fn present(&self) -> Vec<Present> {
        self.modules
            .iter()
            .filter_map(|module| {
                let tokens = module.turn().and_then(|turn| turn.tokens()).ok()?;
                let mut present: Vec<_> = tokens
                    .into_iter()
                    .map(|found| found.present(module))
                    .collect();
                module.state().believe(&mut present);
                Some(present)
            })
            .flatten()
            .collect()
    }

    fn certificates(&self, serial: &str) -> Result<Vec<Certificate>, TokenError> {
        self.read(serial, certificates)
    }

    fn data(&self, serial: &str) -> Result<Vec<DataObject>, TokenError> {
        self.read(serial, data)
    }

    fn login(&self, serial: &str, pin: &Pin) -> Result<Box<dyn UserSession>, TokenError> {
        let module = Arc::clone(self.owner(serial)?);
        let mut turn = module.turn()?;
        if turn.state.in_session {
            return Err(TokenError::Busy);
        }
        let found = turn.find(serial)?;
        let info = found.info.as_ref();
        let (min, max) = pin_lengths(&module.profile, info);
        // A key made elsewhere may have a shorter PIN than it would take now; an empty or a longer one is a slip.
        if pin.is_empty() || pin.len() > max {
            return Err(length_error((min, max)));
        }
        if info.is_some_and(|info| !info.user_pin_initialized()) {
            return Err(TokenError::PinNotSet);
        }
        let session = turn.context.open_rw_session(found.slot).map_err(failed)?;
        let on_reader = info.is_some_and(TokenInfo::protected_authentication_path);
        let pin = (!on_reader).then(|| auth(pin));
        // What the login answers counts, not what the token says of itself: some say "locked" long after.
        let login = session.login(UserType::User, pin.as_ref());
        let login = login.map_err(|error| turn.user_failed(&error, &found));
        let says_locked = info.is_some_and(TokenInfo::user_pin_locked);
        if says_locked && login.is_ok() {
            turn.state.let_in.insert(serial.to_owned());
        } else if login == Err(TokenError::PinLocked) {
            turn.state.let_in.remove(serial);
        }
        login?;
        turn.state.in_session = true;
        drop(turn);
        Ok(Box::new(LoggedIn {
            module,
            serial: serial.to_owned(),
            slot: found.slot,
            session: Some(session),
        }))
    }

    fn initialise(&self, serial: &str, so_pin: &Pin, label: &str) -> Result<String, TokenError> {
        if label.len() > 32 {
            return Err(TokenError::Unsupported("a label of more than 32 bytes"));
        }
        self.alone(serial, |turn, found| {
            let lengths = turn.module.profile.so_pin;
            fits(so_pin, (lengths.min, lengths.max))?;
            let before: Vec<_> = serials(turn.tokens()?);
            turn.context
                .init_token(found.slot, &auth(so_pin), label)
                .map_err(|error| officer_failed(&error))?;
            // Slots may have other numbers now, and the key another serial number.
            turn.look_again()?;
            let after = serials(turn.tokens()?);
            if !serial.is_empty() && after.iter().any(|one| one == serial) {
                return Ok(serial.to_owned());
            }
            let mut new = after
                .into_iter()
                .filter(|one| !one.is_empty() && !before.contains(one));
            match (new.next(), new.next()) {
                (Some(new), None) => Ok(new),
                _ => Err(TokenError::Removed),
            }
        })
    }

    fn rotate_so_pin(&self, serial: &str, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.as_officer(
            serial,
            old,
            new,
            |profile, _| (profile.so_pin.min, profile.so_pin.max),
            |session| session.set_pin(&auth(old), &auth(new)),
        )
    }

    fn set_user_pin(&self, serial: &str, so_pin: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.as_officer(serial, so_pin, new, pin_lengths, |session| {
            session.init_pin(&auth(new))
        })
    }

    fn login_officer(
        &self,
        serial: &str,
        so_pin: &Pin,
    ) -> Result<Box<dyn OfficerSession>, TokenError> {
        let module = Arc::clone(self.owner(serial)?);
        let mut turn = module.turn()?;
        if turn.state.in_session {
            return Err(TokenError::Busy);
        }
        let found = turn.find(serial)?;
        let lengths = module.profile.so_pin;
        // One made elsewhere may be shorter; none at all, or a longer one, is no SO PIN.
        if so_pin.is_empty() || so_pin.len() > lengths.max {
            return Err(length_error((lengths.min, lengths.max)));
        }
        let session = turn.context.open_rw_session(found.slot).map_err(failed)?;
        session
            .login(UserType::So, Some(&auth(so_pin)))
            .map_err(|error| officer_failed(&error))?;
        turn.state.in_session = true;
        drop(turn);
        Ok(Box::new(LoggedIn {
            module,
            serial: serial.to_owned(),
            slot: found.slot,
            session: Some(session),
        }))
    }
}

/// One module.
#[derive(Debug)]
struct Module {
    profile: Profile,
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The module, once it is loaded and started.
    context: Option<Pkcs11>,
    /// Whether a [`LoggedIn`] lives. A module knows only one login a token, so there is only one of these.
    in_session: bool,
    /// Serial numbers of keys that let their users in while they called themselves locked.
    let_in: BTreeSet<String>,
}

impl State {
    /// Some modules call a key locked long after it was unlocked. What its login answered counts for more.
    fn believe(&mut self, present: &mut [Present]) {
        for key in present {
            if key.tries != Tries::Locked {
                self.let_in.remove(&key.serial);
            } else if self.let_in.contains(&key.serial) {
                key.tries = Tries::Unknown;
            }
        }
    }
}

impl Module {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody calls the module, and makes sure that it is there and sees what is plugged in now.
    fn turn(&self) -> Result<Turn<'_>, TokenError> {
        let mut state = self.state();
        let path = self
            .path
            .as_deref()
            .ok_or(TokenError::Unsupported("no module for this system"))?;
        let context = match state.context.clone() {
            Some(context) if self.profile.hotplug == Hotplug::Restart && !state.in_session => {
                state.context = None;
                // It ends with whatever answer: what counts is whether it starts.
                let _ = context.clone().finalize();
                start(&context, path)?;
                context
            }
            Some(context) => context,
            None => {
                if !path.is_file() {
                    return Err(TokenError::NoModule(path.to_owned()));
                }
                let context =
                    Pkcs11::new(path).map_err(|_| TokenError::ModuleBroken(path.to_owned()))?;
                start(&context, path)?;
                context
            }
        };
        state.context = Some(context.clone());
        Ok(Turn {
            module: self,
            state,
            context,
        })
    }
}

fn start(context: &Pkcs11, path: &Path) -> Result<(), TokenError> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(_) => Err(TokenError::ModuleBroken(path.to_owned())),
    }
}

/// Somebody's turn at a module.
struct Turn<'a> {
    module: &'a Module,
    state: MutexGuard<'a, State>,
    context: Pkcs11,
}

/// A token in a slot.
struct Found {
    slot: Slot,
    /// `None` when it has one but it cannot be read: then nothing is known of it.
    info: Option<TokenInfo>,
    serial: Option<String>,
}

impl Turn<'_> {
    /// Every token, also such as cannot be read.
    fn tokens(&self) -> Result<Vec<Found>, TokenError> {
        let slots = self.context.get_slots_with_token().map_err(failed)?;
        let mut tokens = Vec::new();
        for slot in slots {
            let info = match self.context.get_token_info(slot) {
                Ok(info) => Some(info),
                // Gone since it was listed.
                Err(error) if is_removed(&error) => continue,
                // Some write their clock in a form of their own, and nothing of them can be read.
                Err(_) => None,
            };
            let serial = info.as_ref().map(|info| self.module.serial(info));
            tokens.push(Found { slot, info, serial });
        }
        Ok(tokens)
    }

    fn find(&self, serial: &str) -> Result<Found, TokenError> {
        let mut tokens = self.tokens()?;
        let at = tokens
            .iter()
            .position(|token| token.serial.as_deref() == Some(serial));
        match at {
            Some(at) => Ok(tokens.swap_remove(at)),
            None if tokens.is_empty() => Err(TokenError::Removed),
            None => Err(TokenError::WrongToken {
                serial: serial.to_owned(),
            }),
        }
    }

    /// Starts the module anew if it needs that to see a change.
    fn look_again(&mut self) -> Result<(), TokenError> {
        if self.module.profile.hotplug == Hotplug::Restart
            && let Some(path) = &self.module.path
        {
            self.state.context = None;
            let _ = self.context.clone().finalize();
            start(&self.context, path)?;
            self.state.context = Some(self.context.clone());
        }
        Ok(())
    }

    /// What a failed login of a user means.
    fn user_failed(&self, error: &Error, found: &Found) -> TokenError {
        match error {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _) => {
                let info = self.context.get_token_info(found.slot).ok();
                TokenError::PinWrong(info.as_ref().map_or(Tries::Unknown, tries))
            }
            Error::Pkcs11(RvError::PinLocked, _) => TokenError::PinLocked,
            Error::Pkcs11(RvError::UserPinNotInitialized, _) => TokenError::PinNotSet,
            Error::Pkcs11(RvError::PinLenRange, _) => {
                length_error(pin_lengths(&self.module.profile, found.info.as_ref()))
            }
            error => explain(error),
        }
    }
}

impl Module {
    fn serial(&self, info: &TokenInfo) -> String {
        let field = match self.profile.serial {
            SerialField::Serial => info.serial_number(),
            SerialField::Label => info.label(),
        };
        field.trim_matches([' ', '\0']).to_owned()
    }
}

impl Found {
    fn present(self, module: &Module) -> Present {
        let (pin_min, pin_max) = pin_lengths(&module.profile, self.info.as_ref());
        let profile = module.profile.name.clone();
        let Some(info) = self.info else {
            return Present {
                serial: String::new(),
                label: String::new(),
                model: String::new(),
                manufacturer: String::new(),
                profile,
                medium: None,
                initialised: None,
                pin_set: None,
                tries: Tries::Unknown,
                so_tries: Tries::Unknown,
                pin_min,
                pin_max,
                pin_pad: false,
                free_memory: None,
            };
        };
        Present {
            serial: self.serial.unwrap_or_default(),
            label: info.label().to_owned(),
            model: info.model().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            profile,
            medium: module.profile.medium.medium(
                info.label(),
                info.model(),
                info.manufacturer_id(),
            ),
            initialised: Some(info.token_initialized()),
            pin_set: Some(info.user_pin_initialized()),
            tries: tries(&info),
            so_tries: so_tries(&info),
            pin_min,
            pin_max,
            pin_pad: info.protected_authentication_path(),
            free_memory: info.free_public_memory(),
        }
    }
}

/// A logged-in user, or security officer.
struct LoggedIn {
    module: Arc<Module>,
    serial: String,
    slot: Slot,
    /// There until it is dropped.
    session: Option<Session>,
}

impl Drop for LoggedIn {
    fn drop(&mut self) {
        let mut state = self.module.state();
        if let Some(session) = self.session.take() {
            // A key that was pulled out has forgotten the login by itself.
            let _ = session.logout();
        }
        state.in_session = false;
    }
}

impl LoggedIn {
    /// Calls the module in turn, if the very same key still sits in the slot.
    fn call<T>(
        &self,
        act: impl FnOnce(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let turn = self.module.turn()?;
        match turn.context.get_token_info(self.slot) {
            Ok(info) if self.module.serial(&info) == self.serial => {}
            Ok(_) => {
                return Err(TokenError::WrongToken {
                    serial: self.serial.clone(),
                });
            }
            Err(error) => return Err(explain(&error)),
        }
        act(self.session.as_ref().ok_or(TokenError::Removed)?)
    }
}

impl UserSession for LoggedIn {
    fn serial(&self) -> &str {
        &self.serial
    }

    fn keys(&self) -> Result<Vec<PrivateKey>, TokenError> {
        self.call(|session| private_keys(session).map_err(failed))
    }

    fn public_key(&self, id: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.call(|session| {
            let key = one(session, ObjectClass::PUBLIC_KEY, id)?;
            spki(session, key)
        })
    }

    fn sign_sha256(&self, id: &[u8], digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let number = self.module.profile.mechanisms.sign;
        let mechanism = vendors_own(number, None::<&()>)?.unwrap_or(Mechanism::Ecdsa);
        self.call(|session| {
            let key = one(session, ObjectClass::PRIVATE_KEY, id)?;
            let signature = session
                .sign(&mechanism, key, digest)
                .map_err(|error| explain_for(&error, "ECDSA"))?;
            let signature = match self.module.profile.signature {
                SignatureForm::Raw => Signature::from_slice(&signature),
                SignatureForm::Der => Signature::from_der(&signature),
            };
            match signature {
                Ok(signature) => Ok(signature.to_der().as_bytes().to_vec()),
                Err(_) => Err(TokenError::Unsupported("a signature on P-256")),
            }
        })
    }

    fn derive(&self, id: &[u8], peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        if VerifyingKey::from_sec1_bytes(peer).is_err() || peer.len() != POINT {
            return Err(TokenError::Unsupported("a point that is not on P-256"));
        }
        let parameters = Ecdh1DeriveParams::new(EcKdf::null(), peer);
        let mechanism = match vendors_own(self.module.profile.mechanisms.derive, Some(&parameters))?
        {
            Some(own) => own,
            None => Mechanism::Ecdh1Derive(parameters),
        };
        self.call(|session| {
            let key = one(session, ObjectClass::PRIVATE_KEY, id)?;
            let secret = session
                .derive_key(
                    &mechanism,
                    key,
                    &[
                        Attribute::Class(ObjectClass::SECRET_KEY),
                        Attribute::KeyType(KeyType::GENERIC_SECRET),
                        Attribute::ValueLen(SECRET.into()),
                        Attribute::Token(false),
                        Attribute::Sensitive(false),
                        Attribute::Extractable(true),
                    ],
                )
                .map_err(|error| explain_for(&error, "ECDH"))?;
            let value = read_bytes(session, secret, AttributeType::Value);
            // It would go with the session; its time is over now.
            let _ = session.destroy_object(secret);
            match value.map_err(failed)? {
                Some(value) => Ok(Zeroizing::new(value)),
                None => Err(TokenError::Unsupported("ECDH")),
            }
        })
    }

    fn generate_key_pair(
        &self,
        purpose: Purpose,
        id: &[u8],
        label: &str,
    ) -> Result<Vec<u8>, TokenError> {
        let number = self.module.profile.mechanisms.key_pair;
        let mechanism = vendors_own(number, None::<&()>)?.unwrap_or(Mechanism::EccKeyPairGen);
        let named = |class| {
            [
                Attribute::Class(class),
                Attribute::KeyType(KeyType::EC),
                Attribute::Token(true),
                Attribute::Id(id.to_vec()),
                Attribute::Label(label.as_bytes().to_vec()),
            ]
        };
        let mut public = named(ObjectClass::PUBLIC_KEY).to_vec();
        public.push(Attribute::Private(false));
        public.push(Attribute::EcParams(P256.to_vec()));
        let mut private = named(ObjectClass::PRIVATE_KEY).to_vec();
        private.push(Attribute::Private(true));
        private.push(Attribute::Sensitive(true));
        private.push(Attribute::Extractable(false));
        match purpose {
            Purpose::Sign => {
                public.push(Attribute::Verify(true));
                private.push(Attribute::Sign(true));
                private.push(Attribute::Derive(false));
            }
            Purpose::Encrypt => {
                public.push(Attribute::Verify(false));
                private.push(Attribute::Sign(false));
                private.push(Attribute::Derive(true));
            }
        }
        self.call(|session| {
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                if !of_id(session, class, id).map_err(failed)?.is_empty() {
                    return Err(TokenError::Taken);
                }
            }
            let (public, _) = session
                .generate_key_pair(&mechanism, &public, &private)
                .map_err(|error| explain_for(&error, "key pairs on P-256"))?;
            spki(session, public)
        })
    }

    fn write_certificate(&self, id: &[u8], label: &str, der: &[u8]) -> Result<(), TokenError> {
        let unreadable = |_| TokenError::Unsupported("a certificate that cannot be read");
        let certificate = x509_cert::Certificate::from_der(der).map_err(unreadable)?;
        let certificate = certificate.tbs_certificate();
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Id(id.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Subject(certificate.subject().to_der().map_err(unreadable)?),
            Attribute::Issuer(certificate.issuer().to_der().map_err(unreadable)?),
            Attribute::SerialNumber(certificate.serial_number().to_der().map_err(unreadable)?),
            Attribute::Value(der.to_vec()),
        ];
        self.call(|session| {
            one(session, ObjectClass::PRIVATE_KEY, id)?;
            let mut there = certificates(session).map_err(failed)?;
            there.retain(|certificate| certificate.id == id);
            match there.as_slice() {
                [] => session.create_object(&template).map(drop).map_err(failed),
                [same] if same.der == der => Ok(()),
                _ => Err(TokenError::Taken),
            }
        })
    }

    fn write_data(&self, application: &str, label: &str, value: &[u8]) -> Result<(), TokenError> {
        let mut template = data_named(application, label);
        template.push(Attribute::Private(false));
        template.push(Attribute::Value(value.to_vec()));
        self.call(|session| {
            let mut there = data(session).map_err(failed)?;
            there.retain(|one| one.application == application && one.label == label);
            match there.as_slice() {
                [] => session.create_object(&template).map(drop).map_err(failed),
                [same] if same.value == value => Ok(()),
                _ => Err(TokenError::Taken),
            }
        })
    }

    fn delete(&self, id: &[u8]) -> Result<usize, TokenError> {
        if id.is_empty() {
            // It would find what has no id at all.
            return Err(TokenError::NoSuchKey);
        }
        self.call(|session| {
            let mut count = 0;
            // The private key last: while it is there, an interrupted deletion is seen and can go on.
            for class in [
                ObjectClass::CERTIFICATE,
                ObjectClass::PUBLIC_KEY,
                ObjectClass::PRIVATE_KEY,
            ] {
                for object in of_id(session, class, id).map_err(failed)? {
                    session.destroy_object(object).map_err(failed)?;
                    count += 1;
                }
            }
            Ok(count)
        })
    }

    fn delete_data(&self, application: &str, label: &str) -> Result<usize, TokenError> {
        self.call(|session| {
            let objects = session
                .find_objects(&data_named(application, label))
                .map_err(failed)?;
            for object in &objects {
                session.destroy_object(*object).map_err(failed)?;
            }
            Ok(objects.len())
        })
    }

    fn change_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        let turn = self.module.turn()?;
        let found = turn.find(&self.serial)?;
        drop(turn);
        let lengths = pin_lengths(&self.module.profile, found.info.as_ref());
        fits(new, lengths)?;
        let changed = self.call(|session| Ok(session.set_pin(&auth(old), &auth(new))))?;
        changed.map_err(|error| match error {
            Error::Pkcs11(RvError::PinInvalid, _) => length_error(lengths),
            error => match self.module.turn() {
                Ok(turn) => turn.user_failed(&error, &found),
                Err(error) => error,
            },
        })
    }
}

impl OfficerSession for LoggedIn {
    fn change_so_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        let lengths = self.module.profile.so_pin;
        let lengths = (lengths.min, lengths.max);
        fits(new, lengths)?;
        self.call(|session| {
            let changed = session.set_pin(&auth(old), &auth(new));
            changed.map_err(|error| match error {
                Error::Pkcs11(RvError::PinLenRange | RvError::PinInvalid, _) => {
                    length_error(lengths)
                }
                error => officer_failed(&error),
            })
        })
    }

    fn set_user_pin(&self, new: &Pin) -> Result<(), TokenError> {
        let turn = self.module.turn()?;
        let found = turn.find(&self.serial)?;
        drop(turn);
        let lengths = pin_lengths(&self.module.profile, found.info.as_ref());
        fits(new, lengths)?;
        self.call(|session| {
            let set = session.init_pin(&auth(new));
            set.map_err(|error| match error {
                Error::Pkcs11(RvError::PinLenRange | RvError::PinInvalid, _) => {
                    length_error(lengths)
                }
                error => officer_failed(&error),
            })
        })
    }
}

/// A mechanism of the vendor's own, when the number is one.
fn vendors_own<T>(
    number: u32,
    parameters: Option<&T>,
) -> Result<Option<Mechanism<'_>>, TokenError> {
    if number < VENDOR {
        return Ok(None);
    }
    let kind = MechanismType::new_vendor_defined(c_ulong::from(number))
        .map_err(|_| TokenError::Unsupported("a mechanism of this number"))?;
    let own = VendorDefinedMechanism::new(kind, parameters);
    Ok(Some(Mechanism::VendorDefined(own)))
}

fn serials(tokens: Vec<Found>) -> Vec<String> {
    tokens
        .into_iter()
        .filter_map(|token| token.serial)
        .collect()
}

/// The lengths of a user PIN: both of the profile and of the module must like it.
fn pin_lengths(profile: &Profile, info: Option<&TokenInfo>) -> (usize, usize) {
    let own = profile.pin;
    let Some(info) = info else {
        return (own.min, own.max);
    };
    let min = own.min.max(info.min_pin_length());
    // Without a bound it says 0 or the largest number there is.
    let max = match info.max_pin_length() {
        0 => own.max,
        max => own.max.min(max),
    };
    (min, max.max(min))
}

fn fits(pin: &Pin, (min, max): (usize, usize)) -> Result<(), TokenError> {
    if (min..=max).contains(&pin.len()) {
        Ok(())
    } else {
        Err(length_error((min, max)))
    }
}

fn length_error((min, max): (usize, usize)) -> TokenError {
    TokenError::PinLength { min, max }
}

fn auth(pin: &Pin) -> AuthPin {
    // A box of its exact size: a growing string would leave copies behind.
    AuthPin::new(Box::from(pin.expose()))
}

fn tries(info: &TokenInfo) -> Tries {
    if !info.user_pin_initialized() {
        Tries::Unknown
    } else if info.user_pin_locked() {
        Tries::Locked
    } else if info.user_pin_final_try() {
        Tries::Last
    } else if info.user_pin_count_low() {
        Tries::Few
    } else {
        Tries::Many
    }
}

fn so_tries(info: &TokenInfo) -> Tries {
    if info.so_pin_locked() {
        Tries::Locked
    } else if info.so_pin_final_try() {
        Tries::Last
    } else if info.so_pin_count_low() {
        Tries::Few
    } else {
        Tries::Many
    }
}

fn certificates(session: &Session) -> Result<Vec<Certificate>, Error> {
    let objects = session.find_objects(&[
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::Token(true),
    ])?;
    let mut certificates = Vec::new();
    for object in objects {
        let Some(der) = read_bytes(session, object, AttributeType::Value)? else {
            continue;
        };
        certificates.push(Certificate {
            id: read_bytes(session, object, AttributeType::Id)?.unwrap_or_default(),
            label: read_text(session, object, AttributeType::Label)?,
            der,
        });
    }
    Ok(certificates)
}

fn data(session: &Session) -> Result<Vec<DataObject>, Error> {
    let objects =
        session.find_objects(&[Attribute::Class(ObjectClass::DATA), Attribute::Token(true)])?;
    let mut data = Vec::new();
    for object in objects {
        data.push(DataObject {
            application: read_text(session, object, AttributeType::Application)?,
            label: read_text(session, object, AttributeType::Label)?,
            value: read_bytes(session, object, AttributeType::Value)?.unwrap_or_default(),
        });
    }
    Ok(data)
}

fn private_keys(session: &Session) -> Result<Vec<PrivateKey>, Error> {
    let objects = session.find_objects(&[
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Token(true),
    ])?;
    let mut keys = Vec::new();
    for object in objects {
        let mut key = PrivateKey {
            id: Vec::new(),
            label: String::new(),
            extractable: true,
            never_extractable: false,
        };
        for attribute in session.get_attributes(
            object,
            &[
                AttributeType::Id,
                AttributeType::Label,
                AttributeType::Extractable,
                AttributeType::NeverExtractable,
            ],
        )? {
            match attribute {
                Attribute::Id(id) => key.id = id,
                Attribute::Label(label) => key.label = String::from_utf8_lossy(&label).into_owned(),
                Attribute::Extractable(extractable) => key.extractable = extractable,
                Attribute::NeverExtractable(never) => key.never_extractable = never,
                _ => {}
            }
        }
        keys.push(key);
    }
    Ok(keys)
}

fn data_named(application: &str, label: &str) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Application(application.as_bytes().to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ]
}

fn of_id(session: &Session, class: ObjectClass, id: &[u8]) -> Result<Vec<ObjectHandle>, Error> {
    session.find_objects(&[
        Attribute::Class(class),
        Attribute::Token(true),
        Attribute::Id(id.to_vec()),
    ])
}

/// The only key of an id. Two would be a riddle that nobody should guess at.
fn one(session: &Session, class: ObjectClass, id: &[u8]) -> Result<ObjectHandle, TokenError> {
    match of_id(session, class, id).map_err(failed)?.as_slice() {
        [key] => Ok(*key),
        _ => Err(TokenError::NoSuchKey),
    }
}

fn read_bytes(
    session: &Session,
    object: ObjectHandle,
    kind: AttributeType,
) -> Result<Option<Vec<u8>>, Error> {
    let attributes = session.get_attributes(object, &[kind])?;
    Ok(attributes
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::Value(bytes)
            | Attribute::Id(bytes)
            | Attribute::Label(bytes)
            | Attribute::Application(bytes)
            | Attribute::EcPoint(bytes) => Some(bytes),
            _ => None,
        }))
}

fn read_text(
    session: &Session,
    object: ObjectHandle,
    kind: AttributeType,
) -> Result<String, Error> {
    let bytes = read_bytes(session, object, kind)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A public key as everybody else writes it.
fn spki(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, TokenError> {
    let point = read_bytes(session, key, AttributeType::EcPoint)
        .map_err(failed)?
        .unwrap_or_default();
    // The standard wraps the point; some modules do not.
    let point = match point.strip_prefix(&WRAPPED) {
        Some(inner) if inner.len() == POINT => inner,
        _ => &point,
    };
    let key = VerifyingKey::from_sec1_bytes(point)
        .map_err(|_| TokenError::Unsupported("a public key that is not on P-256"))?;
    match key.to_public_key_der() {
        Ok(der) => Ok(der.as_bytes().to_vec()),
        Err(_) => Err(TokenError::Unsupported("a public key that is not on P-256")),
    }
}

fn is_removed(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::SlotIdInvalid
                | RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn,
            _
        )
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it stands in map_err, everywhere"
)]
fn failed(error: Error) -> TokenError {
    explain(&error)
}

fn explain(error: &Error) -> TokenError {
    explain_for(error, "what was asked")
}

/// What an answer means, where it has to do with no PIN. `what` was asked for.
fn explain_for(error: &Error, what: &'static str) -> TokenError {
    match error {
        error if is_removed(error) => TokenError::Removed,
        Error::Pkcs11(RvError::DeviceMemory, _) => TokenError::Full,
        Error::Pkcs11(RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid, _) => {
            TokenError::NoSuchKey
        }
        Error::Pkcs11(
            RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::CurveNotSupported
            | RvError::FunctionNotSupported
            | RvError::KeyFunctionNotPermitted
            | RvError::KeyTypeInconsistent,
            _,
        )
        | Error::NullFunctionPointer
        | Error::NotSupported => TokenError::Unsupported(what),
        Error::Pkcs11(other, _) => TokenError::Module(name_of(other)),
        // It answered with something that is no number, no text or too large.
        _ => TokenError::Module("something unreadable".to_owned()),
    }
}

fn officer_failed(error: &Error) -> TokenError {
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            TokenError::SoPinWrong
        }
        Error::Pkcs11(RvError::PinLocked, _) => TokenError::SoPinLocked,
        error => explain(error),
    }
}

/// The name by which the standard calls an answer.
fn name_of(answer: &RvError) -> String {
    let mut name = "CKR".to_owned();
    for letter in format!("{answer:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
