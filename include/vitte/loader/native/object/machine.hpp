/// Which CPU's objects are linked into this program.
#pragma once

#include <type_traits>

#include <vitte/loader/native/machine.hpp>
#include <vitte/loader/native/object/aarch64.hpp>
#include <vitte/loader/native/object/riscv64.hpp>
#include <vitte/loader/native/object/x86_64.hpp>

namespace vitte::loader::native::object {

namespace detail {
template <elf::machine Number>
struct linkable {
    using type = void;
};
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

/// The rules for this program's machine; `void` if its objects cannot be linked.
using cpu = std::conditional_t<native::machine::supported, detail::linkable<native::machine::number>::type, void>;
inline constexpr bool supported = !std::is_void_v<cpu>;

}  // namespace vitte::loader::native::object
