/// `dwarf::cursor`: reads the numbers of debug information (DWARF 5, 7.2 to 7.6) one after the other.
#pragma once

#include <vitte/core/leb128.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::dwarf {

/// Never leaves its bytes. The first error stays: from then on every read gives zero and moves nothing, so that readers
/// of whole structures ask for it once, with `status()`.
class cursor {
public:
    /// `wide`: offsets have 64 bits (7.4).
    cursor(part of, const char* reading, encoding form) noexcept : of_(of), reading_(reading), form_(form) {}

    /// Counted from the start of the part.
    std::uint64_t position() const noexcept { return at_; }
    std::uint64_t remaining() const noexcept { return of_.bytes.size() - at_; }
    bool ok() const noexcept { return reason_ == nullptr; }
    result<void, parse_error> status() const noexcept {
        if (!ok()) return malformed(reading_, reason_, of_.offset + at_, code_);
        return {};
    }
    [[gnu::cold]] void refuse(const char* reason, errc code = errc::malformed) noexcept {
        if (ok()) reason_ = reason, code_ = code;
    }

    std::uint8_t u8() noexcept { return fixed<std::uint8_t>(); }
    std::uint16_t u16() noexcept { return fixed<std::uint16_t>(); }
    std::uint32_t u32() noexcept { return fixed<std::uint32_t>(); }
    std::uint64_t u64() noexcept { return fixed<std::uint64_t>(); }
    std::uint32_t u24() noexcept {
        const std::span<const std::byte> three = take(3);
        if (three.empty()) return 0;
        const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(three[i]); };
        return form_.order == byte_order::little ? byte(0) | byte(1) << 8 | byte(2) << 16
                                                 : byte(2) | byte(1) << 8 | byte(0) << 16;
    }
    /// An offset into a section.
    std::uint64_t offset() noexcept { return form_.wide ? u64() : u32(); }
    /// A number of 1, 2, 4 or 8 bytes, such as an address.
    std::uint64_t sized(std::uint8_t size) noexcept {
        switch (size) {
            case 1: return u8();
            case 2: return u16();
            case 4: return u32();
            case 8: return u64();
        }
        refuse("an address has a size that is not known", errc::not_supported);
        return 0;
    }
    std::uint64_t unsigned_number() noexcept { return leb<std::uint64_t>(); }
    std::int64_t signed_number() noexcept { return leb<std::int64_t>(); }

    std::span<const std::byte> take(std::uint64_t count) noexcept {
        if (!ok()) return {};
        if (count > remaining())
            return refuse("reaches past its end", errc::end_of_input), std::span<const std::byte>();
        const auto taken = of_.bytes.subspan(static_cast<std::size_t>(at_), static_cast<std::size_t>(count));
        at_ += count;
        return taken;
    }
    /// The bytes up to a NUL, which is read, too.
    std::span<const std::byte> text() noexcept {
        if (!ok()) return {};
        const std::span<const std::byte> rest = of_.bytes.subspan(static_cast<std::size_t>(at_));
        const void* const end = rest.empty() ? nullptr : __builtin_memchr(rest.data(), 0, rest.size());
        if (end == nullptr) return refuse("a string does not end", errc::end_of_input), std::span<const std::byte>();
        const auto length = static_cast<std::size_t>(static_cast<const std::byte*>(end) - rest.data());
        at_ += length + 1;
        return rest.first(length);
    }

private:
    template <class T>
    T fixed() noexcept {
        const std::span<const std::byte> taken = take(sizeof(T));
        return taken.empty() ? T{0} : load<T>(taken.data(), form_.order);
    }
    template <class T>
    T leb() noexcept {
        if (!ok()) return 0;
        const auto decoded = decode_leb128<T>(of_.bytes.subspan(static_cast<std::size_t>(at_)));
        if (!decoded) return refuse("a number is cut off or too large", decoded.error().code), T{0};
        at_ += decoded->length;
        return decoded->value;
    }

    part of_;
    const char* reading_;
    encoding form_;
    std::uint64_t at_ = 0;
    const char* reason_ = nullptr;
    errc code_ = errc::malformed;
};

}  // namespace vitte::loader::dwarf
