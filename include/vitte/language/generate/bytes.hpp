/// Writes the binary form of WebAssembly.
#pragma once

#include <string_view>
#include <vector>
#include <vitte/core/leb128.hpp>

namespace vitte::language {

/// WebAssembly's names for what it has.
namespace wasm_code {
enum instruction : unsigned char {
    i32 = 0x7f,
    i64 = 0x7e,
    f32 = 0x7d,
    f64 = 0x7c,
    unreachable = 0x00,
    block = 0x02,
    loop = 0x03,
    if_ = 0x04,
    else_ = 0x05,
    end = 0x0b,
    br = 0x0c,
    give = 0x0f,
    call = 0x10,
    local_get = 0x20,
    local_set = 0x21,
    local_tee = 0x22,
    i32_load = 0x28,
    i64_load = 0x29,
    f32_load = 0x2a,
    f64_load = 0x2b,
    i64_store = 0x37,
    f32_store = 0x38,
    f64_store = 0x39,
    i32_load8_u = 0x2d,
    i32_store = 0x36,
    i32_store8 = 0x3a,
    memory_size = 0x3f,
    i32_clz = 0x67,
    memory_grow = 0x40,
    prefix = 0xfc,
    i32_const = 0x41,
    i64_const = 0x42,
    f32_const = 0x43,
    f64_const = 0x44,
    i32_eqz = 0x45,
    i32_eq = 0x46,
    i64_eqz = 0x50,
    i64_eq = 0x51,
    f32_eq = 0x5b,
    f64_eq = 0x61,
    f64_lt = 0x63,
    f64_gt = 0x64,
    f64_ge = 0x66,
    i32_add = 0x6a,
    i64_add = 0x7c,
    f32_add = 0x92,
    f64_add = 0xa0,
    f32_neg = 0x8c,
    f64_neg = 0x9a,
    i32_wrap = 0xa7,
    i32_trunc_f64_s = 0xaa,
    i32_trunc_f64_u = 0xab,
    i64_extend_s = 0xac,
    i64_extend_u = 0xad,
    i64_trunc_f64_s = 0xb0,
    i64_trunc_f64_u = 0xb1,
    f32_convert_i32_s = 0xb2,
    f32_demote = 0xb6,
    f64_convert_i32_s = 0xb7,
    f64_promote = 0xbb,
    i32_extend8 = 0xc0,
    i32_extend16 = 0xc1,
    i64_extend32 = 0xc4,
    no_type = 0x40,
};
/// Of integer instructions, counted from the comparison or addition of a type.
enum : unsigned {
    eq = 0,
    ne = 1,
    lt_s = 2,
    lt_u = 3,
    gt_s = 4,
    gt_u = 5,
    le_s = 6,
    le_u = 7,
    ge_s = 8,
    ge_u = 9,
    add = 0,
    sub = 1,
    mul = 2,
    div_s = 3,
    div_u = 4,
    rem_s = 5,
    rem_u = 6,
    and_ = 7,
    or_ = 8,
    xor_ = 9,
    shl = 10,
    shr_s = 11,
    shr_u = 12,
};
}  // namespace wasm_code

/// Bytes that grow.
class wasm_bytes {
public:
    void byte(unsigned value) { all_.push_back(static_cast<std::byte>(value)); }
    void number(std::uint64_t value) { leb(value); }
    void signed_number(std::int64_t value) { leb(value); }
    /// The bytes of a number in little-endian order.
    void fixed(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) byte(static_cast<unsigned>(value >> (8 * i)) & 0xff);
    }
    void name(std::string_view text) {
        number(text.size());
        for (const char c : text) byte(static_cast<unsigned char>(c));
    }
    void append(const wasm_bytes& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }
    /// Another's bytes after their size.
    void sized(const wasm_bytes& other) {
        number(other.size());
        append(other);
    }
    void section(unsigned id, const wasm_bytes& content) {
        byte(id);
        sized(content);
    }
    std::size_t size() const noexcept { return all_.size(); }
    std::vector<std::byte> take() noexcept { return std::move(all_); }

private:
    template <class T>
    void leb(T value) {
        std::byte buffer[leb128_limit(64)];
        all_.insert(all_.end(), buffer, buffer + encode_leb128(value, buffer));
    }
    std::vector<std::byte> all_;
};

}  // namespace vitte::language
