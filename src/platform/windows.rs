//! All calls into the Windows API: consoles and ETW.
#![expect(unsafe_code, reason = "calls into the Windows API")]

use crate::platform::event_descriptor::EventDescriptor;
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
                EVENT_CONTROL_CODE_DISABLE_PROVIDER, EVENT_CONTROL_CODE_ENABLE_PROVIDER,
                EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR, EVENT_FILTER_DESCRIPTOR, EventProviderSetTraits,
                EventRegister, EventSetInformation, EventUnregister, EventWriteTransfer, REGHANDLE,
            },
        },
    },
    core::GUID,
};

/// Returns whether a handle belongs to a console. A console is written in UTF-16 (`WriteConsoleW`), not in
/// bytes.
pub(crate) fn is_console(handle: BorrowedHandle<'_>) -> bool {
    let mut mode = 0;
    // SAFETY: the handle is open as long as it is borrowed, and `mode` is writable.
    unsafe { GetConsoleMode(handle.as_raw_handle(), &mut mode) != 0 }
}

/// The maximum number of UTF-16 units in one call of `WriteConsoleW`. Old versions of Windows fail at 64 KiB.
const CONSOLE_CHUNK: usize = 8 * 1024;

/// Writes a text to a console.
pub(crate) fn write_console(handle: BorrowedHandle<'_>, text: &str) -> io::Result<()> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let chunk = rest.get(..CONSOLE_CHUNK).unwrap_or(rest);
        // A surrogate pair must not be split between two calls.
        let chunk = match chunk.split_last() {
            Some((0xd800..=0xdbff, whole)) if !whole.is_empty() => whole,
            _ => chunk,
        };
        let mut written = 0;
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is open as long as it is borrowed; `chunk` has `length` units, and
        // `written` is writable. The last parameter must be null.
        let done = unsafe {
            WriteConsoleW(handle.as_raw_handle(), chunk.as_ptr(), length, &mut written, ptr::null())
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        // Without progress, the loop would never end.
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(written as usize..).unwrap_or_default();
    }
    Ok(())
}

/// A registered ETW provider for events with one descriptor. Dropping it unregisters the provider.
#[derive(Debug)]
pub(crate) struct Provider {
    handle: REGHANDLE,
    /// The state that ETW's callback updates. It is in an `Arc`, because the callback holds its address.
    state: Arc<ProviderState>,
}

/// Whether trace sessions want a provider's event.
#[derive(Debug)]
struct ProviderState {
    descriptor: EventDescriptor,
    /// Whether any session wants the event.
    is_listening: AtomicBool,
}

/// Why an event was not written.
#[derive(Debug)]
pub(crate) enum EtwError {
    /// The event is larger than a session's buffers, or larger than an event may be.
    TooLarge(io::Error),
    /// Any other error of `EventWriteTransfer`.
    Other(io::Error),
}

impl Provider {
    /// Registers a provider (`EventRegister`).
    pub(crate) fn register(guid: u128, descriptor: EventDescriptor) -> io::Result<Self> {
        let state = Arc::new(ProviderState { descriptor, is_listening: AtomicBool::new(false) });
        let context = Arc::as_ptr(&state).cast::<c_void>();
        let mut handle = 0;
        // SAFETY: the GUID and `handle` live during the call. The context is the state. It is only used
        // through shared references, and lives until `drop` has unregistered the provider; after that, ETW no
        // longer calls the callback. If the call fails, ETW never calls it.
        let status =
            unsafe { EventRegister(&GUID::from_u128(guid), Some(enable_callback), context, &mut handle) };
        if status == ERROR_SUCCESS { Ok(Self { handle, state }) } else { Err(os_error(status)) }
    }

    /// Sets the provider traits, which contain the name of a self-describing provider
    /// (`EventProviderSetTraits`).
    pub(crate) fn set_traits(&self, traits: &[u8]) -> io::Result<()> {
        let length = u32::try_from(traits.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is registered as long as `self` lives. `traits` has `length` bytes, which are
        // only read during the call.
        let status = unsafe {
            EventSetInformation(self.handle, EventProviderSetTraits, traits.as_ptr().cast::<c_void>(), length)
        };
        if status == ERROR_SUCCESS { Ok(()) } else { Err(os_error(status)) }
    }

    /// Returns whether any session wants the event.
    pub(crate) fn is_listening(&self) -> bool {
        self.state.is_listening.load(Relaxed)
    }

    /// Writes an event that consists of these parts, each with its type (`EVENT_DATA_DESCRIPTOR.Type`).
    /// Windows accepts at most 128 parts.
    pub(crate) fn write<'a>(
        &self,
        parts: impl Iterator<Item = (u32, &'a [u8])>,
        activity: u128,
        related: Option<u128>,
    ) -> Result<(), EtwError> {
        let EventDescriptor { id, version, channel, level, opcode, task, keyword } = self.state.descriptor;
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
        // SAFETY: the handle is registered as long as `self` lives. Descriptor, ids and parts live during the
        // call, and the bytes that the parts point to are borrowed. Everything is only read.
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
        // SAFETY: the handle is registered, and is not used after this call.
        unsafe { EventUnregister(self.handle) };
    }
}

/// Returns the error for a Win32 status code.
fn os_error(status: u32) -> io::Error {
    io::Error::from_raw_os_error(i32::from_ne_bytes(status.to_ne_bytes()))
}

/// ETW's callback (`EnableCallback`): a session enabled or disabled the provider, or changed its level or
/// keywords.
///
/// # Safety
///
/// `context` must be null or point to a [`ProviderState`] that lives during the call and is shared by
/// reference only.
unsafe extern "system" fn enable_callback(
    _source: *const GUID,
    control: u32,
    level: u8,
    any: u64,
    all: u64,
    _filter: *const EVENT_FILTER_DESCRIPTOR,
    context: *mut c_void,
) {
    // SAFETY: `Provider::register` passes its state, which lives until ETW no longer calls the callback.
    let Some(state) = (unsafe { context.cast::<ProviderState>().as_ref() }) else { return };
    match control {
        EVENT_CONTROL_CODE_DISABLE_PROVIDER => state.is_listening.store(false, Relaxed),
        EVENT_CONTROL_CODE_ENABLE_PROVIDER => {
            state.is_listening.store(state.descriptor.is_wanted(level, any, all), Relaxed)
        }
        // `EVENT_CONTROL_CODE_CAPTURE_STATE` (2) does not change who listens.
        _ => {}
    }
}
