/// Functions of one module as another one calls them, whatever both are made of.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vitte/core/atomic.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/loader/ffi/callback.hpp>
#include <vitte/loader/ffi/signature.hpp>
#include <vitte/loader/import_source.hpp>
#include <vitte/loader/module.hpp>

namespace vitte::loader::detail {

/// What of 8 bytes a value of `size` bytes is.
constexpr std::size_t low_bytes(std::size_t size) noexcept {
    return std::endian::native == std::endian::big ? 8 - size : 0;
}
constexpr std::size_t size_of(value_type type) noexcept {
    using enum value_type;
    switch (type) {
        case nothing: return 0;
        case i8:
        case u8: return 1;
        case i16:
        case u16: return 2;
        case i32:
        case u32:
        case f32: return 4;
        case pointer:
        case string: return sizeof(void*);
        default: return 8;
    }
}
/// 64 bits of a value at `from`, extended as its type says; see `typed_call`.
inline std::uint64_t widened(value_type type, const void* from) noexcept {
    const auto as = [from]<class T>(T value) {
        __builtin_memcpy(&value, from, sizeof value);
        return static_cast<std::uint64_t>(value);
    };
    using enum value_type;
    switch (type) {
        case nothing: return 0;
        case i8: return as(std::int8_t{});
        case u8: return as(std::uint8_t{});
        case i16: return as(std::int16_t{});
        case u16: return as(std::uint16_t{});
        case i32: return as(std::int32_t{});
        case u32:
        case f32: return as(std::uint32_t{});
        case pointer:
        case string: return as(std::uintptr_t{});
        default: return as(std::uint64_t{});
    }
}

/// Whether a WebAssembly function of the types `wanted` may call a C function of the types `have`.
inline bool fits_numbers(const signature& wanted, const signature& have) noexcept {
    const auto plain = [](value_type t) {
        using enum value_type;
        return t == u64 ? i64 : t >= i8 && t <= u32 ? i32 : t;
    };
    if (plain(wanted.result_type()) != plain(have.result_type()) ||
        wanted.parameters().size() != have.parameters().size())
        return false;
    for (std::size_t i = 0; i < have.parameters().size(); ++i)
        if (plain(wanted.parameters()[i]) != plain(have.parameters()[i])) return false;
    return true;
}

/// A function that was found: of a module that is not native by `entry`, else by a plan and its types in C.
struct bound_function {
    function_entry entry;
    ffi::plan by;
    signature types;

    /// Calls it, as `typed_call` has arguments and result.
    trap_code call(std::uint64_t* values, std::string& reason) const {
        if (entry.enter != nullptr) {
            const auto stopped = entry.enter(entry.context, entry.target, values);
            if (stopped == nullptr) return trap_code::none;
            reason = stopped->message();
            return stopped->code;
        }
        const void* arguments[signature::max_parameters + 1];
        for (std::size_t i = 0; i < types.parameters().size(); ++i)
            arguments[i] = reinterpret_cast<const std::byte*>(values + i) + low_bytes(size_of(types.parameters()[i]));
        std::uint64_t returned = 0;
        ffi::call(by, entry.target, arguments, &returned);
        *values = widened(types.result_type(), &returned);
        return trap_code::none;
    }
};

/// The types of a function in C, and how it is called.
struct c_types {
    signature types;
    ffi::function_type full;

    /// Fails with what is wrong with `text`, or why such functions cannot be called across modules.
    static result<c_types, load_error> read(std::string_view text, ffi::type_pool& pool) {
        constexpr const char* action = "linking";
        const auto wrong = [&](const parse_error& e) {
            return refuse(e.code, action, "the type '" + std::string(text) + "': " + e.reason);
        };
        c_types made;
        const auto types = signature::parse(text);
        if (!types) return wrong(types.error());
        made.types = *types;
        const auto full = ffi::read_function_type(text, pool);
        if (!full) return wrong(full.error());
        made.full = *full;
        return made;
    }
};

}  // namespace vitte::loader::detail
