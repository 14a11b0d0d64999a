// Where a generator takes its decisions from, and how it writes bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>
#include <vitte/core/leb128.hpp>
#include <vitte/core/xoshiro.hpp>

namespace wasm_fuzz {

/// Decisions by a seed, or by the bytes of a fuzzer: when these have ended, every decision is the first one.
class choices {
public:
    explicit choices(std::uint64_t seed) noexcept : random_(seed) {}
    explicit choices(std::span<const std::uint8_t> input) noexcept : random_(0), input_(input), given_(true) {}

    /// A number below `bound`, which is neither zero nor above 2^16.
    std::uint32_t below(std::uint32_t bound) noexcept {
        if (!given_) return static_cast<std::uint32_t>(random_.below(bound));
        std::uint32_t made = byte();
        if (bound > 256) made |= byte() << 8;
        return made % bound;
    }
    bool one_in(std::uint32_t n) noexcept { return below(n) == n - 1; }
    std::uint64_t bits() noexcept {
        if (!given_) return random_();
        std::uint64_t made = 0;
        for (unsigned i = 0; i < 8; ++i) made = made << 8 | byte();
        return made;
    }
    template <class Range>
    decltype(auto) one_of(const Range& range) noexcept {
        return range[below(static_cast<std::uint32_t>(std::size(range)))];
    }

private:
    std::uint32_t byte() noexcept {
        if (input_.empty()) return 0;
        const std::uint32_t made = input_[0];
        input_ = input_.subspan(1);
        return made;
    }
    vitte::xoshiro256 random_;
    std::span<const std::uint8_t> input_;
    bool given_ = false;
};

/// Appends elements of the binary format.
class writer {
public:
    std::vector<std::byte> bytes;

    template <class... Byte>
    void put(Byte... each) {
        (bytes.push_back(static_cast<std::byte>(each)), ...);
    }
    void number(std::uint64_t value) { encode(value); }
    void signed_number(std::int64_t value) { encode(value); }
    void fixed(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) put(value >> (8 * i) & 0xff);
    }
    void name(std::string_view text) {
        number(text.size());
        for (const char c : text) put(c);
    }
    void append(const std::vector<std::byte>& other) { bytes.insert(bytes.end(), other.begin(), other.end()); }
    /// `content` behind its length.
    void sized(const writer& content) {
        number(content.bytes.size());
        append(content.bytes);
    }

private:
    template <class T>
    void encode(T value) {
        std::byte buffer[10];
        const std::size_t length = vitte::encode_leb128(value, buffer);
        bytes.insert(bytes.end(), buffer, buffer + length);
    }
};

}  // namespace wasm_fuzz
