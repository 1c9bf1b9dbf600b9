//! What this crate asks of Windows itself: consoles and ETW. All calls of it are here.
#![expect(unsafe_code, reason = "calls into the Windows API")]

use crate::platform::event_descriptor::Descriptor;
use std::{
    ffi::c_void,
    io,
    os::windows::io::{AsRawHandle, BorrowedHandle},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use windows_sys::{
    Win32::{
        Foundation::{ERROR_ARITHMETIC_OVERFLOW, ERROR_MORE_DATA, ERROR_SUCCESS},
        System::{
            Console::{GetConsoleMode, WriteConsoleW},
            Diagnostics::Etw::{
                EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR, EVENT_FILTER_DESCRIPTOR, EventProviderSetTraits,
                EventRegister, EventSetInformation, EventUnregister, EventWriteTransfer, REGHANDLE,
            },
        },
    },
    core::GUID,
};

/// Whether a handle is a console's, which takes UTF-16 and not bytes.
pub(crate) fn is_console(handle: BorrowedHandle<'_>) -> bool {
    let mut mode = 0;
    // SAFETY: the handle is open as long as it is borrowed, and `mode` is ours to be written.
    unsafe { GetConsoleMode(handle.as_raw_handle(), &mut mode) != 0 }
}

/// How many UTF-16 units one call hands to the console; old versions of Windows fail at 64 KiB.
const CHUNK: usize = 8 * 1024;

/// Writes a text to a console.
pub(crate) fn write_console(handle: BorrowedHandle<'_>, text: &str) -> io::Result<()> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let chunk = rest.get(..CHUNK).unwrap_or(rest);
        // A character of two units is not torn apart.
        let chunk = match chunk.split_last() {
            Some((0xd800..=0xdbff, whole)) if !whole.is_empty() => whole,
            _ => chunk,
        };
        let mut written = 0;
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is open as long as it is borrowed; `chunk` has `length` units, and
        // `written` is ours to be written. The last parameter must be null.
        let done = unsafe {
            WriteConsoleW(handle.as_raw_handle(), chunk.as_ptr(), length, &mut written, ptr::null())
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(written as usize..).unwrap_or_default();
    }
    Ok(())
}

/// A provider registered with ETW, for events of one descriptor.
#[derive(Debug)]
pub(crate) struct Provider {
    handle: REGHANDLE,
    /// What the system's callback writes to. Shared, as the callback has its address.
    session: Arc<Session>,
}

/// What trace sessions want of a provider.
#[derive(Debug)]
struct Session {
    descriptor: Descriptor,
    /// Whether any session wants our event.
    is_listening: AtomicBool,
}

/// Why an event was not written.
#[derive(Debug)]
pub(crate) enum EtwError {
    /// It is larger than a session's buffers, or than events may be.
    TooLarge(io::Error),
    Other(io::Error),
}

impl Provider {
    pub(crate) fn register(guid: u128, descriptor: Descriptor) -> io::Result<Self> {
        let session = Arc::new(Session { descriptor, is_listening: AtomicBool::new(false) });
        let context = Arc::as_ptr(&session).cast::<c_void>();
        let mut handle = 0;
        // SAFETY: the GUID and `handle` live during the call. The context is the session, which is
        // only ever shared, and lives until `drop` has unregistered the provider; after that the
        // system calls the callback no more. Where the call fails it never does.
        let status =
            unsafe { EventRegister(&GUID::from_u128(guid), Some(on_enablement), context, &mut handle) };
        if status == ERROR_SUCCESS { Ok(Self { handle, session }) } else { Err(os_error(status)) }
    }

    /// Says what a self-describing provider is called.
    pub(crate) fn set_traits(&self, traits: &[u8]) -> io::Result<()> {
        let length = u32::try_from(traits.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is registered as long as `self` lives, and `traits` has `length` bytes,
        // which are only read during the call.
        let status = unsafe {
            EventSetInformation(self.handle, EventProviderSetTraits, traits.as_ptr().cast::<c_void>(), length)
        };
        if status == ERROR_SUCCESS { Ok(()) } else { Err(os_error(status)) }
    }

    /// Whether any session wants our event.
    pub(crate) fn is_listening(&self) -> bool {
        self.session.is_listening.load(Relaxed)
    }

    /// Writes an event of these parts, each with its type (`EVENT_DATA_DESCRIPTOR.Type`). Windows takes at most 128.
    pub(crate) fn write<'a>(
        &self,
        parts: impl Iterator<Item = (u32, &'a [u8])>,
        activity: u128,
        related: Option<u128>,
    ) -> Result<(), EtwError> {
        let Descriptor { id, version, channel, level, opcode, task, keyword } = self.session.descriptor;
        let descriptor = EVENT_DESCRIPTOR {
            Id: id,
            Version: version,
            Channel: channel,
            Level: level,
            Opcode: opcode,
            Task: task,
            Keyword: keyword,
        };
        let parts: Vec<EVENT_DATA_DESCRIPTOR> = parts
            .map(|(kind, bytes)| {
                let mut part = EVENT_DATA_DESCRIPTOR {
                    Ptr: bytes.as_ptr().addr() as u64,
                    Size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                    ..EVENT_DATA_DESCRIPTOR::default()
                };
                part.Anonymous.Reserved = kind;
                part
            })
            .collect();
        let activity = GUID::from_u128(activity);
        let related = related.map(GUID::from_u128);
        let related = related.as_ref().map_or(ptr::null(), ptr::from_ref);
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is registered as long as `self` lives. Descriptor, ids and parts live
        // during the call, and the bytes that the parts point to are borrowed. All of it is
        // only read.
        let status = unsafe {
            EventWriteTransfer(self.handle, &descriptor, &activity, related, count, parts.as_ptr())
        };
        match status {
            ERROR_SUCCESS => Ok(()),
            ERROR_MORE_DATA | ERROR_ARITHMETIC_OVERFLOW => Err(EtwError::TooLarge(os_error(status))),
            _ => Err(EtwError::Other(os_error(status))),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // SAFETY: the handle is registered, and used no more.
        unsafe { EventUnregister(self.handle) };
    }
}

fn os_error(status: u32) -> io::Error {
    io::Error::from_raw_os_error(i32::from_ne_bytes(status.to_ne_bytes()))
}

/// The system's word that sessions began or ceased to want events, or want others.
///
/// # Safety
///
/// `context` must be null or point to a [`Session`] that lives during the call and is shared by
/// reference only.
unsafe extern "system" fn on_enablement(
    _source: *const GUID,
    control: u32,
    level: u8,
    any: u64,
    all: u64,
    _filter: *const EVENT_FILTER_DESCRIPTOR,
    context: *mut c_void,
) {
    // SAFETY: `Provider::register` hands in its session, which lives until the callback is called no more.
    let Some(session) = (unsafe { context.cast::<Session>().as_ref() }) else { return };
    match control {
        DISABLE => session.is_listening.store(false, Relaxed),
        ENABLE => session.is_listening.store(session.descriptor.is_wanted(level, any, all), Relaxed),
        // To capture state (2) changes nothing.
        _ => {}
    }
}

/// `EVENT_CONTROL_CODE_DISABLE_PROVIDER` and `EVENT_CONTROL_CODE_ENABLE_PROVIDER`.
const DISABLE: u32 = 0;
const ENABLE: u32 = 1;
