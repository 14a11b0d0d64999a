/// The machine code of calls and callbacks, for the machine that this is compiled for.
#pragma once

#include <vitte/loader/ffi/machine/aarch64.hpp>
#include <vitte/loader/ffi/machine/arm.hpp>
#include <vitte/loader/ffi/machine/riscv64.hpp>
#include <vitte/loader/ffi/machine/s390x.hpp>
#include <vitte/loader/ffi/machine/x86_64.hpp>

#if !defined(VITTE_HAS_FFI_MACHINE)
namespace vitte::loader::ffi::detail {
/// There is no plan that this could follow.
[[noreturn]] inline void invoke(const plan&, const void*, std::byte*) { __builtin_trap(); }
}  // namespace vitte::loader::ffi::detail
#endif

#undef VITTE_CFI
#undef VITTE_FFI_CODE
