//! The plugin of tally.c, in Rust; rustc --crate-type=cdylib -C panic=abort tally.rs, also with --target
//! wasm32-unknown-unknown.
#![cfg_attr(not(target_arch = "wasm32"), no_std)]
use core::ffi::c_void;

mod vitte;
#[cfg(target_arch = "wasm32")]
mod vitte_wasm;
use vitte::*;

#[cfg(not(target_arch = "wasm32"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

const TEXT: &[u8] = br#"{"name": "acme/tally", "version": "1.0.0", "abi": 1,
 "needs": [{"service": "acme/echo", "version": 1, "optional": true}],
 "provides": [{"service": "acme/tally", "version": 1}]}"#;
#[cfg_attr(target_os = "macos", link_section = "__TEXT,vitte_plugin")]
#[cfg_attr(windows, link_section = ".vitplug")]
#[cfg_attr(not(any(target_os = "macos", windows)), link_section = "vitte.plugin")]
#[no_mangle]
#[used]
pub static vitte_plugin_info: [u8; TEXT.len()] = *as_array(TEXT);
const fn as_array<const N: usize>(of: &[u8]) -> &[u8; N] {
    unsafe { &*(of.as_ptr() as *const [u8; N]) }
}

struct Tally {
    host: &'static Host,
    count: u64,
    service: Service,
}

/// The service: the count, as 8 bytes, the lowest first. `save` writes the same.
unsafe extern "C" fn tell(state: *mut c_void, _: *const u8, _: usize, output: *mut Output) -> i32 {
    (*output).put(&(*(state as *const Tally)).count.to_le_bytes())
}
unsafe extern "C" fn init(host: *const Host, state: *mut *mut c_void) -> i32 {
    let host = &*host;
    let room = (host.allocate)(host.context, core::mem::size_of::<Tally>()) as *mut Tally;
    if room.is_null() {
        return OUT_OF_MEMORY;
    }
    let service = Service {
        size: core::mem::size_of::<Service>() as u32,
        zero: 0,
        state: room as *mut c_void,
        call: Some(tell),
    };
    room.write(Tally { host, count: 0, service });
    let status = (host.register_service)(host.context, b"acme/tally\0".as_ptr(), 1, &(*room).service);
    if status != OK {
        (host.release)(host.context, room as *mut c_void);
        return status;
    }
    host.log("started");
    *state = room as *mut c_void;
    OK
}
unsafe extern "C" fn shutdown(state: *mut c_void) {
    let host = (*(state as *const Tally)).host;
    host.log("ended");
    (host.release)(host.context, state);
}
/// "options" and "echo" ask the host; everything else comes back in capitals.
unsafe extern "C" fn execute(state: *mut c_void, input: *const u8, size: usize, output: *mut Output) -> i32 {
    let this = &mut *(state as *mut Tally);
    let text = bytes(input, size);
    match text {
        b"" => this.host.fail("there is nothing to count", INVALID_ARGUMENT),
        b"options" if this.host.has_options() => {
            this.host.get_options.map_or(NOT_SUPPORTED, |get| get(this.host.context, output))
        }
        b"options" => NOT_SUPPORTED,
        b"echo" => match this.host.service(b"acme/echo\0", 1) {
            Some(Service { call: Some(call), state, .. }) => call(*state, input, size, output),
            _ => NOT_FOUND,
        },
        _ => {
            this.count += size as u64;
            for byte in text {
                let status = (*output).put(&[byte.to_ascii_uppercase()]);
                if status != OK {
                    return status;
                }
            }
            OK
        }
    }
}
unsafe extern "C" fn save(state: *mut c_void, output: *mut Output) -> i32 {
    tell(state, core::ptr::null(), 0, output)
}
unsafe extern "C" fn restore(state: *mut c_void, saved: *const u8, size: usize) -> i32 {
    match <[u8; 8]>::try_from(bytes(saved, size)) {
        Ok(count) => (*(state as *mut Tally)).count = u64::from_le_bytes(count),
        Err(_) => return INVALID_ARGUMENT,
    }
    OK
}

pub const PLUGIN: Plugin = Plugin {
    size: core::mem::size_of::<Plugin>() as u32,
    abi: ABI,
    name: b"acme/tally\0".as_ptr(),
    version: b"1.0.0\0".as_ptr(),
    needs: b"[{\"service\": \"acme/echo\", \"version\": 1, \"optional\": true}]\0".as_ptr(),
    init,
    execute: Some(execute),
    shutdown: Some(shutdown),
    save: Some(save),
    restore: Some(restore),
};
#[cfg(not(target_arch = "wasm32"))]
#[no_mangle]
pub static vitte_plugin: Plugin = PLUGIN;
