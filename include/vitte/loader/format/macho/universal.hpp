/// Universal ("fat") files: the same for several machines; see `format/macho.hpp`.
#pragma once

#include <vitte/loader/format/macho/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader::macho {

/// One of the files in a universal file.
struct slice {
    macho::machine machine;
    std::uint32_t subtype;
    std::uint64_t offset, size;
    std::uint32_t alignment;  ///< the exponent of a power of two

    static constexpr std::size_t size_in(encoding e) noexcept { return e.wide ? 32 : 20; }
    static constexpr slice decode(const std::byte* at, encoding e, std::size_t) noexcept {
        const std::size_t w = e.word_size();
        return {static_cast<macho::machine>(e.u32(at)), e.u32(at + 4), e.word(at + 8), e.word(at + 8 + w),
                e.u32(at + 8 + 2 * w)};
    }
};

/// A universal file (<mach-o/fat.h>): big-endian whatever is in it.
class universal {
public:
    /// Checks that all slices lie inside the file, after the header. `errc::not_found` if it is no universal file: then
    /// it may be one that `file` reads.
    static constexpr result<universal, parse_error> parse(std::span<const std::byte> whole) noexcept {
        constexpr const char* what = "universal header";
        constexpr std::uint32_t magic = 0xcafebabe, magic_64 = 0xcafebabf;
        // A Java class file has the same magic, followed by its version, which is at least 45.
        constexpr std::uint32_t limit = 45;
        encoding e{false, byte_order::big};
        const std::uint32_t found = whole.size() < 8 ? 0 : e.u32(whole.data());
        if (found != magic && found != magic_64) return malformed(what, "not a universal file", 0, errc::not_found);
        const std::uint32_t count = e.u32(whole.data() + 4);
        if (count >= limit) return malformed(what, "a Java class file, or too many slices", 4, errc::not_found);
        e.wide = found == magic_64;
        const std::size_t stride = slice::size_in(e);
        universal made;
        made.whole_ = {whole};
        VITTE_TRY(const part slices, made.whole_.sub(8, count * stride, what));
        made.slices_ = table<slice>(slices.bytes, stride, e);
        for (std::size_t i = 0; i < count; ++i) {
            VITTE_CHECK(made.content(made.slices_[i]));
            if (made.slices_[i].offset < 8 + count * stride)
                return malformed(what, "a slice overlaps the header", 8 + i * stride);
        }
        return made;
    }

    const table<slice>& slices() const noexcept { return slices_; }
    /// The file in a slice, with its place in the universal file.
    constexpr result<part, parse_error> content(const slice& of) const noexcept {
        return whole_.sub(of.offset, of.size, "slice of a universal file");
    }

private:
    part whole_;
    table<slice> slices_;
};

}  // namespace vitte::loader::macho
