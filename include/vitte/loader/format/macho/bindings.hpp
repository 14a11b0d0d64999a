/// What the dynamic linker changes in an image that has LC_DYLD_INFO: programs for a small machine that say which
/// pointers get the address of which symbol, and which move with the image; see `format/macho.hpp`. Newer files have
/// chained fixups instead, see `fixups.hpp`.
#pragma once

#include <array>

#include <vitte/core/bytes.hpp>
#include <vitte/loader/format/macho/file.hpp>

namespace vitte::loader::macho {

enum class binding_kind : unsigned char {
    regular,  ///< when the image is loaded
    weak,     ///< to the same definition in all images: whichever is found first
    lazy,     ///< at the first call
};

/// A pointer that gets the address of a symbol.
struct binding {
    binding_kind kind;
    std::string_view name;
    std::int32_t library;  ///< from 1 on, or a special number; of weak bindings it says nothing
    std::uint64_t address;
    std::uint8_t type;  ///< 1 pointer, 2 absolute 32 bits, 3 relative 32 bits
    std::int64_t addend;
    bool weak_import;  ///< it may be missing
};

namespace detail {
/// What the two machines have in common: numbers, and a place in a segment that moves on.
class opcode_reader {
public:
    opcode_reader(const file& of, part opcodes, const char* reading)
        : opcodes_(opcodes),
          bytes_(opcodes.bytes),
          reading_(reading),
          word_size_(of.header().form.word_size()),
          left_(of.whole().bytes.size() / word_size_) {
        of.for_each_segment([&](const segment& s) {
            if (count_ < segments_.size()) segments_[count_++] = s;
        });
    }

    bool at_end() const noexcept { return bytes_.at_end(); }
    std::size_t word_size() const noexcept { return word_size_; }
    auto wrong(const char* reason, errc code = errc::malformed) const noexcept {
        return malformed(reading_, reason, opcodes_.offset + bytes_.position(), code);
    }
    unsigned next() noexcept { return *bytes_.read<std::uint8_t>(); }
    template <class T = std::uint64_t>
    result<T, parse_error> number() noexcept {
        const auto found = bytes_.read_leb128<T>();
        if (!found) return wrong("a number is cut off or too large", found.error().code);
        return *found;
    }
    result<std::string_view, parse_error> text() noexcept {
        const auto found = bytes_.read_c_string();
        if (!found) return wrong("a name does not end");
        return *found;
    }

    result<void, parse_error> go_to(unsigned segment_index) noexcept {
        if (segment_index >= count_) return wrong("its segment does not exist");
        segment_ = &segments_[segment_index];
        VITTE_TRY(offset_, number());
        return {};
    }
    /// May go back, in effect: the sum wraps.
    void skip(std::uint64_t count) noexcept { offset_ += count; }
    result<void, parse_error> skip_number() noexcept {
        VITTE_TRY(const std::uint64_t count, number());
        skip(count);
        return {};
    }
    /// Calls `visit(address)` for `count` pointers, with `gap` bytes after each.
    template <class Visit>
    result<void, parse_error> pointers(std::uint64_t count, std::uint64_t gap, Visit&& visit) {
        if (segment_ == nullptr) return wrong("no segment is chosen");
        for (; count != 0; --count, offset_ += word_size() + gap) {
            if (offset_ > segment_->file_size || word_size() > segment_->file_size - offset_)
                return wrong("a pointer lies outside its segment");
            if (left_-- == 0) return wrong("more pointers than the file has room for");
            visit(segment_->address + offset_);
        }
        return {};
    }

private:
    part opcodes_;
    byte_reader bytes_;
    const char* reading_;
    std::size_t word_size_, left_, count_ = 0;
    std::array<segment, 16> segments_{};  // all that an opcode can name
    const segment* segment_ = nullptr;
    std::uint64_t offset_ = 0;
};

template <class Visit>
result<void, parse_error> run_bindings(opcode_reader& in, binding_kind kind, Visit&& visit) {
    binding now{kind, {}, 0, 0, 1, 0, false};
    const auto bind = [&](std::uint64_t address) {
        now.address = address;
        visit(now);
    };
    while (!in.at_end()) {
        const unsigned opcode = in.next(), low = opcode & 0xf;
        switch (opcode & 0xf0) {
            case 0x00:  // lazy ones each end with it
                if (kind != binding_kind::lazy) return {};
                break;
            case 0x10: now.library = static_cast<std::int32_t>(low); break;
            case 0x20: {
                VITTE_TRY(const std::uint64_t library, in.number());
                now.library = library > 0x7fff'ffff ? 0x7fff'ffff : static_cast<std::int32_t>(library);
                break;
            }
            case 0x30: now.library = low == 0 ? 0 : static_cast<std::int32_t>(low) - 16; break;
            case 0x40: {
                now.weak_import = (low & 1) != 0;
                VITTE_TRY(now.name, in.text());
                break;
            }
            case 0x50: now.type = static_cast<std::uint8_t>(low); break;
            case 0x60: {
                VITTE_TRY(now.addend, in.number<std::int64_t>());
                break;
            }
            case 0x70: VITTE_CHECK(in.go_to(low)); break;
            case 0x80: VITTE_CHECK(in.skip_number()); break;
            case 0x90: VITTE_CHECK(in.pointers(1, 0, bind)); break;
            case 0xa0:
                VITTE_CHECK(in.pointers(1, 0, bind));
                VITTE_CHECK(in.skip_number());
                break;
            case 0xb0: VITTE_CHECK(in.pointers(1, low * in.word_size(), bind)); break;
            case 0xc0: {
                VITTE_TRY(const std::uint64_t count, in.number());
                VITTE_TRY(const std::uint64_t gap, in.number());
                VITTE_CHECK(in.pointers(count, gap, bind));
                break;
            }
            case 0xd0: return in.wrong("threaded bindings are not supported", errc::not_supported);
            default: return in.wrong("an unknown opcode");
        }
    }
    return {};
}
}  // namespace detail

/// Calls `visit(const binding&)` for every pointer that is bound to a symbol (BIND_OPCODE_... in <mach-o/loader.h>).
template <class Visit>
result<void, parse_error> for_each_binding(const file& of, Visit&& visit) {
    constexpr const char* what = "bindings";
    for (const auto kind : {binding_kind::regular, binding_kind::weak, binding_kind::lazy}) {
        VITTE_TRY(const part opcodes, of.dyld_info(16 + 8 * static_cast<std::size_t>(kind), what));
        detail::opcode_reader in(of, opcodes, what);
        VITTE_CHECK(detail::run_bindings(in, kind, visit));
    }
    return {};
}

/// Calls `visit(std::uint64_t address, unsigned type)` for everything that moves with the image: types as of `binding`
/// (REBASE_OPCODE_... in <mach-o/loader.h>).
template <class Visit>
result<void, parse_error> for_each_rebase(const file& of, Visit&& visit) {
    VITTE_TRY(const part opcodes, of.dyld_info(8, "rebases"));
    detail::opcode_reader in(of, opcodes, "rebases");
    unsigned type = 1;
    const auto rebase = [&](std::uint64_t address) { visit(address, type); };
    while (!in.at_end()) {
        const unsigned opcode = in.next(), low = opcode & 0xf;
        switch (opcode & 0xf0) {
            case 0x00: return {};
            case 0x10: type = low; break;
            case 0x20: VITTE_CHECK(in.go_to(low)); break;
            case 0x30: VITTE_CHECK(in.skip_number()); break;
            case 0x40: in.skip(low * in.word_size()); break;
            case 0x50: VITTE_CHECK(in.pointers(low, 0, rebase)); break;
            case 0x60: {
                VITTE_TRY(const std::uint64_t count, in.number());
                VITTE_CHECK(in.pointers(count, 0, rebase));
                break;
            }
            case 0x70:
                VITTE_CHECK(in.pointers(1, 0, rebase));
                VITTE_CHECK(in.skip_number());
                break;
            case 0x80: {
                VITTE_TRY(const std::uint64_t count, in.number());
                VITTE_TRY(const std::uint64_t gap, in.number());
                VITTE_CHECK(in.pointers(count, gap, rebase));
                break;
            }
            default: return in.wrong("an unknown opcode");
        }
    }
    return {};
}

}  // namespace vitte::loader::macho
