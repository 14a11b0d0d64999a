/// `wasm::cursor`: reads the elements of WebAssembly's binary format (core specification, 5.2) one after the other.
#pragma once

#include <span>
#include <string_view>
#include <vitte/core/endian.hpp>
#include <vitte/core/leb128.hpp>
#include <vitte/core/utf8.hpp>
#include <vitte/loader/format/parse_error.hpp>
#include <vitte/loader/format/wasm/types.hpp>

namespace vitte::loader::wasm {

using bytes = std::span<const std::byte>;

/// Never leaves its bytes. The first error stays: from then on every read gives zero and moves nothing, so that readers
/// of whole structures ask for it once, with `status()`. Offsets count from the start of the module.
class cursor {
public:
    cursor() noexcept = default;
    /// `long_sizes`: sizes of memories and tables have 64 bits, whatever their addresses.
    explicit cursor(bytes all, std::uint64_t offset = 0, bool long_sizes = true) noexcept
        : begin_(all.data()), at_(all.data()), end_(all.data() + all.size()), base_(offset), long_sizes_(long_sizes) {}

    bool long_sizes() const noexcept { return long_sizes_; }

    std::uint64_t offset() const noexcept { return base_ + static_cast<std::uint64_t>(at_ - begin_); }
    std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    bytes rest() const noexcept { return {at_, end_}; }
    bool at_end() const noexcept { return at_ == end_; }
    bool ok() const noexcept { return !failed_; }
    result<void, parse_error> status() const noexcept {
        if (failed_) return unexpected(error_);
        return {};
    }

    /// Notes an error, if it is the first one, and ends reading.
    [[gnu::cold]] void refuse(const char* reading, const char* reason, std::uint64_t offset,
                              errc code = errc::malformed) noexcept {
        if (!failed_) error_ = parse_error{code, reading, reason, offset};
        failed_ = true;
        base_ = this->offset();
        begin_ = at_ = end_;
    }
    void refuse(const char* reading, const char* reason) noexcept { refuse(reading, reason, offset()); }
    void refuse(const parse_error& e) noexcept { refuse(e.reading, e.reason, e.offset, e.code); }

    std::uint8_t byte(const char* reading) noexcept {
        if (at_ == end_) return ended(reading), std::uint8_t{0};
        return std::to_integer<std::uint8_t>(*at_++);
    }
    std::uint8_t peek() const noexcept { return at_ == end_ ? 0 : std::to_integer<std::uint8_t>(*at_); }
    void back(std::size_t count) noexcept {
        if (ok()) at_ -= count;
    }

    std::uint32_t u32(const char* reading) noexcept { return number<std::uint32_t, 32>(reading); }
    std::uint64_t u64(const char* reading) noexcept { return number<std::uint64_t, 64>(reading); }
    std::int32_t s32(const char* reading) noexcept { return number<std::int32_t, 32>(reading); }
    std::int64_t s33(const char* reading) noexcept { return number<std::int64_t, 33>(reading); }
    std::int64_t s64(const char* reading) noexcept { return number<std::int64_t, 64>(reading); }

    /// Little-endian, of a fixed size.
    template <class T>
    T fixed(const char* reading) noexcept {
        if (remaining() < sizeof(T)) return ended(reading), T{0};
        const T value = load<T>(at_, byte_order::little);
        at_ += sizeof(T);
        return value;
    }

    bytes take(std::size_t count, const char* reading) noexcept {
        if (remaining() < count) return ended(reading), bytes{};
        const bytes taken(at_, count);
        at_ += count;
        return taken;
    }
    /// The next `count` bytes as a cursor of their own.
    cursor part(std::size_t count, const char* reading) noexcept {
        const std::uint64_t from = offset();
        cursor made(take(count, reading), from, long_sizes_);
        if (failed_) made.refuse(error_);
        return made;
    }
    /// A name (5.2.4): its length, then UTF-8.
    std::string_view name(const char* reading) noexcept {
        const std::uint32_t length = u32(reading);
        const std::uint64_t from = offset();
        const bytes text = take(length, reading);
        const std::string_view made(reinterpret_cast<const char*>(text.data()), text.size());
        if (utf8_valid_prefix(text) != text.size())
            return refuse(reading, "malformed UTF-8 encoding", from), std::string_view{};
        return made;
    }
    /// The length of a vector, whose elements take a byte or more each.
    std::uint32_t count(const char* reading) noexcept {
        const std::uint64_t from = offset();
        const std::uint32_t n = u32(reading);
        if (n > remaining()) return refuse(reading, "length out of bounds", from, errc::end_of_input), 0u;
        return n;
    }

private:
    template <class T, unsigned Bits>
    T number(const char* reading) noexcept {
        if (at_ != end_ && (*at_ & std::byte{0x80}) == std::byte{0}) {
            const auto low = std::to_integer<unsigned>(*at_++);
            if constexpr (std::is_signed_v<T>)
                return static_cast<T>(static_cast<int>(low << 25) >> 25);
            else
                return static_cast<T>(low);
        }
        return long_number<T, Bits>(reading);
    }
    template <class T, unsigned Bits>
    [[gnu::noinline]] T long_number(const char* reading) noexcept {
        const auto decoded = decode_leb128<T, Bits>(bytes(at_, remaining()));
        if (decoded) {
            at_ += decoded->length;
            return decoded->value;
        }
        if (decoded.error().code == errc::end_of_input) return ended(reading), T{0};
        const bool too_long =
            remaining() >= leb128_limit(Bits) && (at_[leb128_limit(Bits) - 1] & std::byte{0x80}) != std::byte{0};
        refuse(reading, too_long ? "integer representation too long" : "integer too large");
        return 0;
    }
    [[gnu::cold]] void ended(const char* reading) noexcept {
        refuse(reading, "unexpected end", offset(), errc::end_of_input);
    }

    const std::byte *begin_ = nullptr, *at_ = nullptr, *end_ = nullptr;
    std::uint64_t base_ = 0;
    bool failed_ = false, long_sizes_ = true;
    parse_error error_;
};

}  // namespace vitte::loader::wasm
