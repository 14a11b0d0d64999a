//! What makes a WebAssembly module of a plugin in Rust: `vitte/plugin/wasm.h` in Rust. `crate::PLUGIN` is its table.
use crate::vitte::*;
use core::ffi::c_void;
use std::alloc::{alloc, dealloc, Layout};

mod host {
    #[link(wasm_import_module = "vitte")]
    extern "C" {
        pub fn log(level: i32, text: *const u8, size: usize);
        pub fn set_error(text: *const u8, size: usize);
        pub fn write(bytes: *const u8, size: usize) -> i32;
        pub fn get_service(name: *const u8, size: usize, version: u32) -> usize;
        pub fn call_service(number: usize, input: *const u8, size: usize) -> i32;
        pub fn get_options() -> i32;
        pub fn kept_size() -> usize;
        pub fn take(to: *mut u8);
        pub fn register_service(name: *const u8, size: usize, version: u32, number: *const super::Service) -> i32;
    }
}

const HEAD: usize = 16;
unsafe extern "C" fn allocate(_: *mut c_void, size: usize) -> *mut c_void {
    let layout = match size.checked_add(HEAD).and_then(|all| Layout::from_size_align(all, HEAD).ok()) {
        Some(layout) => layout,
        None => return core::ptr::null_mut(),
    };
    let made = alloc(layout);
    if made.is_null() {
        return core::ptr::null_mut();
    }
    *(made as *mut usize) = layout.size();
    made.add(HEAD) as *mut c_void
}
unsafe extern "C" fn release(_: *mut c_void, memory: *mut c_void) {
    if !memory.is_null() {
        let made = (memory as *mut u8).sub(HEAD);
        dealloc(made, Layout::from_size_align_unchecked(*(made as *mut usize), HEAD));
    }
}
unsafe extern "C" fn log(_: *mut c_void, level: i32, text: *const u8, size: usize) {
    host::log(level, text, size)
}
unsafe extern "C" fn set_error(_: *mut c_void, text: *const u8, size: usize) {
    host::set_error(text, size)
}
unsafe fn length(name: *const u8) -> usize {
    (0..).find(|&i| *name.add(i) == 0).unwrap()
}
/// Writes to `to` what the host keeps.
unsafe fn pass(status: i32, to: *mut Output) -> i32 {
    let mut kept = vec![0u8; host::kept_size()];
    if kept.is_empty() {
        return status;
    }
    host::take(kept.as_mut_ptr());
    let written = (*to).put(&kept);
    if status != OK { status } else { written }
}
unsafe extern "C" fn call(number: *mut c_void, input: *const u8, size: usize, output: *mut Output) -> i32 {
    pass(host::call_service(number as usize, input, size), output)
}
static mut SERVICES: Vec<Box<Service>> = Vec::new();
unsafe extern "C" fn get_service(_: *mut c_void, name: *const u8, version: u32) -> *const Service {
    let number = host::get_service(name, length(name), version) as *mut c_void;
    if number.is_null() {
        return core::ptr::null();
    }
    let known = &mut *core::ptr::addr_of_mut!(SERVICES);
    if let Some(one) = known.iter().find(|one| one.state == number) {
        return &**one;
    }
    known.push(Box::new(Service { size: core::mem::size_of::<Service>() as u32, zero: 0, state: number, call: Some(call) }));
    &**known.last().unwrap()
}
unsafe extern "C" fn register_service(_: *mut c_void, name: *const u8, version: u32, service: *const Service) -> i32 {
    host::register_service(name, length(name), version, service)
}
unsafe extern "C" fn get_options(_: *mut c_void, to: *mut Output) -> i32 {
    pass(host::get_options(), to)
}
unsafe extern "C" fn write(_: *mut c_void, bytes: *const u8, size: usize) -> i32 {
    host::write(bytes, size)
}
fn output() -> Output {
    Output { size: core::mem::size_of::<Output>() as u32, zero: 0, context: core::ptr::null_mut(), write }
}

static mut HOST: Host = Host {
    size: 0,
    abi: ABI,
    context: core::ptr::null_mut(),
    log,
    allocate,
    release,
    set_error,
    get_service,
    register_service,
    get_options: Some(get_options),
};
static mut STATE: *mut c_void = core::ptr::null_mut();

#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_init(functions: u32) -> i32 {
    let host = &mut *core::ptr::addr_of_mut!(HOST);
    let first = core::ptr::addr_of!(host.log) as usize - host as *const Host as usize;
    let shown = first + (functions.min(64) as usize) * core::mem::size_of::<usize>();
    host.size = shown.min(core::mem::size_of::<Host>()) as u32;
    (crate::PLUGIN.init)(host, core::ptr::addr_of_mut!(STATE))
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_execute(input: *const u8, size: usize) -> i32 {
    crate::PLUGIN.execute.map_or(NOT_SUPPORTED, |execute| execute(STATE, input, size, &mut output()))
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_shutdown() {
    if let Some(shutdown) = crate::PLUGIN.shutdown {
        shutdown(STATE)
    }
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_save() -> i32 {
    crate::PLUGIN.save.map_or(NOT_SUPPORTED, |save| save(STATE, &mut output()))
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_restore(saved: *const u8, size: usize) -> i32 {
    crate::PLUGIN.restore.map_or(NOT_SUPPORTED, |restore| restore(STATE, saved, size))
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_allocate(size: usize) -> *mut c_void {
    allocate(core::ptr::null_mut(), size)
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_release(memory: *mut c_void) {
    release(core::ptr::null_mut(), memory)
}
#[no_mangle]
pub unsafe extern "C" fn vitte_plugin_serve(service: *const Service, input: *const u8, size: usize) -> i32 {
    (*service).call.map_or(NOT_SUPPORTED, |call| call((*service).state, input, size, &mut output()))
}
