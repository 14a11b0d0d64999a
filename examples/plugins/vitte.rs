//! `vitte/plugin.h` in Rust, for plugins natively and, with `vitte_wasm.rs`, for WebAssembly. See `tally.rs`.
#![allow(dead_code)]
use core::ffi::c_void;

pub const ABI: u32 = 1;
pub const OK: i32 = 0;
pub const INVALID_ARGUMENT: i32 = -2;
pub const NOT_FOUND: i32 = -3;
pub const NOT_SUPPORTED: i32 = -4;
pub const OUT_OF_MEMORY: i32 = -5;
pub const INFO: i32 = 1;

pub type Call = unsafe extern "C" fn(*mut c_void, *const u8, usize, *mut Output) -> i32;

#[repr(C)]
pub struct Output {
    pub size: u32,
    pub zero: u32,
    pub context: *mut c_void,
    pub write: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> i32,
}
impl Output {
    pub fn put(&mut self, bytes: &[u8]) -> i32 {
        unsafe { (self.write)(self.context, bytes.as_ptr(), bytes.len()) }
    }
}

#[repr(C)]
pub struct Service {
    pub size: u32,
    pub zero: u32,
    pub state: *mut c_void,
    pub call: Option<Call>,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi: u32,
    pub context: *mut c_void,
    pub log: unsafe extern "C" fn(*mut c_void, i32, *const u8, usize),
    pub allocate: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub release: unsafe extern "C" fn(*mut c_void, *mut c_void),
    pub set_error: unsafe extern "C" fn(*mut c_void, *const u8, usize),
    pub get_service: unsafe extern "C" fn(*mut c_void, *const u8, u32) -> *const Service,
    pub register_service: unsafe extern "C" fn(*mut c_void, *const u8, u32, *const Service) -> i32,
    pub get_options: Option<unsafe extern "C" fn(*mut c_void, *mut Output) -> i32>,
}
impl Host {
    pub fn log(&self, text: &str) {
        unsafe { (self.log)(self.context, INFO, text.as_ptr(), text.len()) }
    }
    pub fn fail(&self, why: &str, status: i32) -> i32 {
        unsafe { (self.set_error)(self.context, why.as_ptr(), why.len()) }
        status
    }
    /// `name` ends with a NUL.
    pub fn service(&self, name: &[u8], version: u32) -> Option<&Service> {
        unsafe { (self.get_service)(self.context, name.as_ptr(), version).as_ref() }
    }
    /// Whether the host is one that has options to give.
    pub fn has_options(&self) -> bool {
        self.size as usize >= core::mem::size_of::<Host>()
    }
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi: u32,
    pub name: *const u8,
    pub version: *const u8,
    pub needs: *const u8,
    pub init: unsafe extern "C" fn(*const Host, *mut *mut c_void) -> i32,
    pub execute: Option<Call>,
    pub shutdown: Option<unsafe extern "C" fn(*mut c_void)>,
    pub save: Option<unsafe extern "C" fn(*mut c_void, *mut Output) -> i32>,
    pub restore: Option<unsafe extern "C" fn(*mut c_void, *const u8, usize) -> i32>,
}
unsafe impl Sync for Plugin {}

/// The bytes at a pointer that may be null if there are none.
pub unsafe fn bytes<'a>(at: *const u8, size: usize) -> &'a [u8] {
    if size == 0 {
        &[]
    } else {
        core::slice::from_raw_parts(at, size)
    }
}
