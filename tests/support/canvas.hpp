// Files that tests make by hand: numbers and texts put where a format wants them, in either byte order.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <vitte/loader/format/views.hpp>

#include "stride.hpp"

struct canvas {
    vitte::loader::encoding form;
    std::vector<std::byte> bytes;

    canvas(vitte::loader::encoding e, std::size_t size) : form(e), bytes(size) {}

    template <class T>
    canvas& put(std::size_t at, T value) {
        if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
        vitte::store(bytes.data() + at, value, form.order);
        return *this;
    }
    canvas& put8(std::size_t at, unsigned value) { return put(at, static_cast<std::uint8_t>(value)); }
    canvas& put16(std::size_t at, unsigned value) { return put(at, static_cast<std::uint16_t>(value)); }
    canvas& put32(std::size_t at, std::uint64_t value) { return put(at, static_cast<std::uint32_t>(value)); }
    canvas& word(std::size_t at, std::uint64_t value) { return form.wide ? put(at, value) : put32(at, value); }
    canvas& text(std::size_t at, std::string_view value) {
        for (const char c : value) put8(at++, static_cast<unsigned char>(c));
        return *this;
    }
};

/// Calls `look` with every beginning of `bytes`, and with `bytes` after each change of one bit: it must survive that.
template <class Look>
void damage(std::vector<std::byte> bytes, Look&& look) {
    for (std::size_t length = 0; length < bytes.size(); length += stride) {
        const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        look(std::span(cut));
    }
    for (std::size_t at = 0; at < bytes.size(); at += stride)
        for (unsigned bit = 0; bit < 8; ++bit) {
            bytes[at] ^= static_cast<std::byte>(1u << bit);
            look(std::span<const std::byte>(bytes));
            bytes[at] ^= static_cast<std::byte>(1u << bit);
        }
}
