// Texts of function types are read without harm for every ABI, what they say is laid out within
// itself, and what is written of it is read again as the same.
#pragma once

#include <string>
#include <vitte/loader/ffi/signature.hpp>

#include "../require.hpp"

namespace {
namespace ffi = vitte::loader::ffi;

/// Returns how many types `t` is made of.
std::size_t walked(const ffi::type& t) {
    require(t.size <= ffi::max_size && t.depth <= ffi::max_depth && t.parts <= ffi::max_parts);
    require(t.alignment != 0 && (t.alignment & (t.alignment - 1)) == 0 && t.size % t.alignment == 0);
    require(t.natural_alignment <= t.alignment);
    std::size_t parts = 1, end = 0;
    for (const ffi::field& f : t.fields) {
        require(f.of->depth < t.depth && f.offset >= (t.kind == ffi::kind::union_ ? 0 : end));
        require(f.end() >= f.offset && f.end() <= t.size);
        end = f.end();
        parts += walked(*f.of);
    }
    if (t.element != nullptr) {
        require(t.element->depth < t.depth && t.count * t.element->size == t.size);
        parts += walked(*t.element);
    }
    require(parts == t.parts);
    return parts;
}
std::string written(const ffi::function_type& f) {
    std::string text(ffi::write_text(f, {}), ' ');
    ffi::write_text(f, text);
    return text;
}
}  // namespace

inline void fuzz_signatures(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return;
    const auto abi = static_cast<ffi::abi_kind>(data[0] % (static_cast<unsigned>(ffi::abi_kind::other) + 1));
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    // The text that is written may be longer.
    ffi::type_pool pool, other(2 * ffi::type_pool::usual_limit);
    const auto made = ffi::read_function_type(text, pool, abi);
    if (!made) {
        require(made.error().offset <= text.size() && *made.error().reason != 0);
        return;
    }
    require(made->fixed <= made->parameters.size() && (made->variadic || made->fixed == made->parameters.size()));
    walked(*made->result);
    for (const ffi::type* const parameter : made->parameters) walked(*parameter);
    const std::string canonical = written(*made);
    const auto again = ffi::read_function_type(canonical, other, abi);
    require(again && *again == *made && written(*again) == canonical);
}
