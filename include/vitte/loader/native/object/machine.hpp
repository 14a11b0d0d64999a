/// Which CPU's objects are linked into this program.
#pragma once

#include <vitte/loader/native/machine.hpp>
#include <vitte/loader/native/object/aarch64.hpp>
#include <vitte/loader/native/object/riscv64.hpp>
#include <vitte/loader/native/object/x86_64.hpp>

namespace vitte::loader::native::object {

namespace detail {
template <elf::machine Number>
struct linkable {};
template <>
struct linkable<elf::machine::x86_64> {
    using type = x86_64;
};
template <>
struct linkable<elf::machine::aarch64> {
    using type = aarch64;
};
template <>
struct linkable<elf::machine::riscv> {
    using type = riscv64;
};
}  // namespace detail

/// Whether objects for this machine can be linked.
inline constexpr bool supported = native::machine::supported && requires { typename detail::linkable<native::machine::number>::type; };

}  // namespace vitte::loader::native::object
