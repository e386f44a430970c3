//! A virtual USB key: kryoptic as a PKCS#11 module. It locks after ten wrong PINs and the SO PIN unlocks it, as
//! real keys do. For tests and the laptop; nothing of it is deployed.
//!
//! kryoptic is a token without a case. What a key has from its factory and from its reader is added here:
//!
//! - a serial number that outlives initialisation (kryoptic draws a new one each time), and the maker's name,
//! - a size: a full key answers `CKR_DEVICE_MEMORY` and says how much is free,
//! - a reader: a key that is pulled out is gone from the list, and every call of an open session answers
//!   `CKR_DEVICE_REMOVED`, at once and without asking the token.
//!
//! The configuration is kryoptic's own, named by `KRYOPTIC_CONF`, with two conventions: a slot's `description` is
//! `SERIAL` or `SERIAL ROOM` (bytes), its `manufacturer` is the maker. The token lies beside the configuration in
//! `SERIAL.sql`. It is out of the reader while there is a file `SERIAL.out`; `SERIAL.plugged` changes each time that
//! it is plugged in, and what was open before is lost. A key with a file `SERIAL.clock` writes its clock as some real
//! ones do, against the standard.
#![expect(unsafe_code, reason = "a PKCS#11 module is C at its edge")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use kryoptic_lib::fns::general::fn_get_function_list;
use kryoptic_lib::pkcs11::{
    CK_ATTRIBUTE_PTR, CK_BBOOL, CK_BYTE_PTR, CK_CHAR_PTR, CK_FLAGS, CK_FUNCTION_LIST,
    CK_FUNCTION_LIST_PTR_PTR, CK_MECHANISM_PTR, CK_NOTIFY, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE_PTR,
    CK_RV, CK_SESSION_HANDLE, CK_SESSION_HANDLE_PTR, CK_SESSION_INFO, CK_SLOT_ID, CK_SLOT_ID_PTR,
    CK_SLOT_INFO, CK_TOKEN_INFO_PTR, CK_ULONG, CK_ULONG_PTR, CK_USER_TYPE, CK_UTF8CHAR_PTR,
    CK_VOID_PTR, CKF_CLOCK_ON_TOKEN, CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_DEVICE_MEMORY,
    CKR_DEVICE_REMOVED, CKR_FUNCTION_FAILED, CKR_FUNCTION_NOT_SUPPORTED, CKR_OK,
    CKR_TOKEN_NOT_PRESENT,
};

/// What a key pair takes: two objects of about a page each.
const KEY_PAIR: CK_ULONG = 8192;
/// What an object takes besides its attributes.
const OBJECT: CK_ULONG = 1024;

/// kryoptic's functions, and those that stand before them.
struct Lists {
    theirs: CK_FUNCTION_LIST,
    ours: CK_FUNCTION_LIST,
}

static LISTS: OnceLock<Option<Lists>> = OnceLock::new();
/// Which plugging-in of its key each session belongs to.
static SESSIONS: Mutex<Option<HashMap<CK_SESSION_HANDLE, String>>> = Mutex::new(None);

fn lists() -> Option<&'static Lists> {
    LISTS
        .get_or_init(|| {
            let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
            if fn_get_function_list(&raw mut list) != CKR_OK || list.is_null() {
                return None;
            }
            // SAFETY: kryoptic answers with the address of a list that lives as long as the program.
            let theirs = unsafe { *list };
            let mut ours = theirs;
            ours.C_GetFunctionList = Some(C_GetFunctionList);
            ours.C_GetSlotList = Some(slot_list);
            ours.C_GetTokenInfo = Some(token_info);
            ours.C_InitToken = Some(init_token);
            ours.C_OpenSession = Some(open_session);
            ours.C_InitPIN = Some(init_pin);
            ours.C_SetPIN = Some(set_pin);
            ours.C_Login = Some(login);
            ours.C_Logout = Some(logout);
            ours.C_CreateObject = Some(create_object);
            ours.C_DestroyObject = Some(destroy_object);
            ours.C_GetAttributeValue = Some(get_attribute_value);
            ours.C_FindObjectsInit = Some(find_objects_init);
            ours.C_FindObjects = Some(find_objects);
            ours.C_SignInit = Some(sign_init);
            ours.C_Sign = Some(sign);
            ours.C_DecryptInit = Some(decrypt_init);
            ours.C_Decrypt = Some(decrypt);
            ours.C_GenerateKeyPair = Some(generate_key_pair);
            ours.C_DeriveKey = Some(derive_key);
            Some(Lists { theirs, ours })
        })
        .as_ref()
}

/// What a module is asked for first: its functions.
///
/// # Safety
/// `list` is null or points to a place for a pointer, as PKCS#11 says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let Some(lists) = lists() else {
        return CKR_FUNCTION_FAILED;
    };
    // SAFETY: not null; the list lives as long as the program and nobody may write to it.
    unsafe { *list = (&raw const lists.ours).cast_mut() };
    CKR_OK
}

/// Calls kryoptic.
macro_rules! theirs {
    ($function:ident($($argument:expr),* $(,)?)) => {
        match lists().and_then(|lists| lists.theirs.$function) {
            // SAFETY: the caller's arguments, for the same function.
            Some(function) => unsafe { function($($argument),*) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

/// A key as the configuration tells of it.
struct Key {
    serial: String,
    maker: String,
    /// How many bytes its file may have; without a bound otherwise.
    room: Option<CK_ULONG>,
}

impl Key {
    fn at(slot: CK_SLOT_ID) -> Option<Self> {
        let mut info = CK_SLOT_INFO::default();
        if theirs!(C_GetSlotInfo(slot, &raw mut info)) != CKR_OK {
            return None;
        }
        let description = text(&info.slotDescription);
        let mut words = description.split_ascii_whitespace();
        Some(Self {
            serial: words.next()?.to_owned(),
            maker: text(&info.manufacturerID),
            room: words.next().and_then(|room| room.parse().ok()),
        })
    }

    fn of_session(session: CK_SESSION_HANDLE) -> Option<Self> {
        let mut info = CK_SESSION_INFO::default();
        if theirs!(C_GetSessionInfo(session, &raw mut info)) != CKR_OK {
            return None;
        }
        Self::at(info.slotID)
    }

    fn file(&self, ending: &str) -> Option<PathBuf> {
        let configuration = PathBuf::from(std::env::var_os("KRYOPTIC_CONF")?);
        Some(configuration.with_file_name(format!("{}.{ending}", self.serial)))
    }

    fn is_out(&self) -> bool {
        self.file("out").is_some_and(|file| file.exists())
    }

    /// Which time this is that it is plugged in.
    fn plugged(&self) -> String {
        let file = self.file("plugged");
        file.and_then(|file| std::fs::read_to_string(file).ok())
            .unwrap_or_default()
    }

    /// Bytes in use: the pages of its database that are not on the free list.
    fn used(&self) -> CK_ULONG {
        let header = || {
            use std::io::Read as _;
            let mut header = [0_u8; 40];
            let mut file = std::fs::File::open(self.file("sql")?).ok()?;
            file.read_exact(&mut header).ok()?;
            let number = |at: usize| {
                let bytes: [u8; 4] = header.get(at..at + 4)?.try_into().ok()?;
                Some(CK_ULONG::from(u32::from_be_bytes(bytes)))
            };
            let page = CK_ULONG::from(u16::from_be_bytes([header[16], header[17]]));
            Some(page * number(28)?.saturating_sub(number(36)?))
        };
        header().unwrap_or(0)
    }

    fn has_room_for(&self, bytes: CK_ULONG) -> bool {
        self.room
            .is_none_or(|room| self.used().saturating_add(bytes) <= room)
    }
}

/// A padded field without its padding.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field)
        .trim_matches(['\0', ' '])
        .to_owned()
}

fn fill(field: &mut [u8], text: &str) {
    field.fill(b' ');
    for (place, byte) in field.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
}

/// Whether a session's key is out, or was since it was opened.
fn is_out(session: CK_SESSION_HANDLE) -> bool {
    Key::of_session(session).is_some_and(|key| is_out_of(&key, session))
}

fn is_out_of(key: &Key, session: CK_SESSION_HANDLE) -> bool {
    let sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let then = sessions
        .as_ref()
        .and_then(|sessions| sessions.get(&session));
    key.is_out() || then.is_some_and(|then| *then != key.plugged())
}

unsafe extern "C" fn slot_list(
    _with_token: CK_BBOOL,
    slots: CK_SLOT_ID_PTR,
    count: CK_ULONG_PTR,
) -> CK_RV {
    if count.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let mut all: CK_ULONG = 0;
    let answer = theirs!(C_GetSlotList(0, std::ptr::null_mut(), &raw mut all));
    if answer != CKR_OK {
        return answer;
    }
    let mut ids: Vec<CK_SLOT_ID> = vec![0; usize::try_from(all).unwrap_or(0)];
    let answer = theirs!(C_GetSlotList(0, ids.as_mut_ptr(), &raw mut all));
    if answer != CKR_OK {
        return answer;
    }
    // A key is its own reader, as a USB stick is: both leave together.
    ids.retain(|id| Key::at(*id).is_some_and(|key| !key.is_out()));
    ids.sort_unstable();
    // SAFETY: not null, and the caller's.
    let places = unsafe { std::mem::replace(&mut *count, ids.len() as CK_ULONG) };
    if slots.is_null() {
        return CKR_OK;
    }
    if places < ids.len() as CK_ULONG {
        return CKR_BUFFER_TOO_SMALL;
    }
    // SAFETY: the caller says that there are that many places.
    unsafe { std::ptr::copy_nonoverlapping(ids.as_ptr(), slots, ids.len()) };
    CKR_OK
}

unsafe extern "C" fn token_info(slot: CK_SLOT_ID, info: CK_TOKEN_INFO_PTR) -> CK_RV {
    let Some(key) = Key::at(slot) else {
        return theirs!(C_GetTokenInfo(slot, info));
    };
    if key.is_out() {
        return CKR_TOKEN_NOT_PRESENT;
    }
    let answer = theirs!(C_GetTokenInfo(slot, info));
    if answer == CKR_OK {
        // SAFETY: kryoptic has just written there.
        let info = unsafe { &mut *info };
        fill(&mut info.serialNumber, &key.serial);
        fill(&mut info.manufacturerID, &key.maker);
        fill(&mut info.model, "soft");
        if key.file("clock").is_some_and(|file| file.exists()) {
            info.flags |= CKF_CLOCK_ON_TOKEN;
            fill(&mut info.utcTime, "19:46:10");
        }
        if let Some(room) = key.room {
            info.ulTotalPublicMemory = room;
            info.ulFreePublicMemory = room.saturating_sub(key.used());
        }
    }
    answer
}

unsafe extern "C" fn init_token(
    slot: CK_SLOT_ID,
    pin: CK_UTF8CHAR_PTR,
    length: CK_ULONG,
    label: CK_UTF8CHAR_PTR,
) -> CK_RV {
    if Key::at(slot).is_some_and(|key| key.is_out()) {
        return CKR_TOKEN_NOT_PRESENT;
    }
    theirs!(C_InitToken(slot, pin, length, label))
}

unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: CK_VOID_PTR,
    notify: CK_NOTIFY,
    session: CK_SESSION_HANDLE_PTR,
) -> CK_RV {
    let Some(key) = Key::at(slot) else {
        return theirs!(C_OpenSession(slot, flags, application, notify, session));
    };
    if key.is_out() {
        return CKR_TOKEN_NOT_PRESENT;
    }
    let answer = theirs!(C_OpenSession(slot, flags, application, notify, session));
    if answer == CKR_OK {
        // SAFETY: kryoptic has just written there.
        let session = unsafe { *session };
        SESSIONS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default()
            .insert(session, key.plugged());
    }
    answer
}

unsafe extern "C" fn create_object(
    session: CK_SESSION_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
    object: CK_OBJECT_HANDLE_PTR,
) -> CK_RV {
    if let Some(key) = Key::of_session(session) {
        if is_out_of(&key, session) {
            return CKR_DEVICE_REMOVED;
        }
        let attributes = match usize::try_from(count) {
            // SAFETY: the caller says that there are that many.
            Ok(count) if !template.is_null() => unsafe {
                std::slice::from_raw_parts(template, count)
            },
            _ => &[],
        };
        let size: CK_ULONG = attributes.iter().map(|one| one.ulValueLen).sum();
        if !key.has_room_for(OBJECT.saturating_add(size)) {
            return CKR_DEVICE_MEMORY;
        }
    }
    theirs!(C_CreateObject(session, template, count, object))
}

unsafe extern "C" fn generate_key_pair(
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
    public: CK_ATTRIBUTE_PTR,
    public_count: CK_ULONG,
    private: CK_ATTRIBUTE_PTR,
    private_count: CK_ULONG,
    public_key: CK_OBJECT_HANDLE_PTR,
    private_key: CK_OBJECT_HANDLE_PTR,
) -> CK_RV {
    if let Some(key) = Key::of_session(session) {
        if is_out_of(&key, session) {
            return CKR_DEVICE_REMOVED;
        }
        if !key.has_room_for(KEY_PAIR) {
            return CKR_DEVICE_MEMORY;
        }
    }
    theirs!(C_GenerateKeyPair(
        session,
        mechanism,
        public,
        public_count,
        private,
        private_count,
        public_key,
        private_key
    ))
}

/// Functions that only need the key to be there.
macro_rules! while_in_reader {
    ($($ours:ident = $theirs:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $ours(session: CK_SESSION_HANDLE, $($argument: $kind),*) -> CK_RV {
            if is_out(session) {
                return CKR_DEVICE_REMOVED;
            }
            theirs!($theirs(session, $($argument),*))
        }
    )*};
}

while_in_reader! {
    init_pin = C_InitPIN(pin: CK_UTF8CHAR_PTR, length: CK_ULONG);
    set_pin = C_SetPIN(old: CK_UTF8CHAR_PTR, old_length: CK_ULONG, new: CK_UTF8CHAR_PTR, new_length: CK_ULONG);
    login = C_Login(user: CK_USER_TYPE, pin: CK_CHAR_PTR, length: CK_ULONG);
    logout = C_Logout();
    destroy_object = C_DestroyObject(object: CK_OBJECT_HANDLE);
    get_attribute_value = C_GetAttributeValue(object: CK_OBJECT_HANDLE, template: CK_ATTRIBUTE_PTR, count: CK_ULONG);
    find_objects_init = C_FindObjectsInit(template: CK_ATTRIBUTE_PTR, count: CK_ULONG);
    find_objects = C_FindObjects(objects: CK_OBJECT_HANDLE_PTR, most: CK_ULONG, count: CK_ULONG_PTR);
    sign_init = C_SignInit(mechanism: CK_MECHANISM_PTR, key: CK_OBJECT_HANDLE);
    sign = C_Sign(data: CK_BYTE_PTR, length: CK_ULONG, signature: CK_BYTE_PTR, signature_length: CK_ULONG_PTR);
    decrypt_init = C_DecryptInit(mechanism: CK_MECHANISM_PTR, key: CK_OBJECT_HANDLE);
    decrypt = C_Decrypt(data: CK_BYTE_PTR, length: CK_ULONG, plain: CK_BYTE_PTR, plain_length: CK_ULONG_PTR);
    derive_key = C_DeriveKey(mechanism: CK_MECHANISM_PTR, key: CK_OBJECT_HANDLE, template: CK_ATTRIBUTE_PTR, count: CK_ULONG, derived: CK_OBJECT_HANDLE_PTR);
}
