/// `.eh_frame` sections of objects (Linux Standard Base, "Exception Frames"): records of functions that are not in the
/// image are made to mean nothing, since an unwinder would believe them. The records keep their places, by which they
/// name each other.
#pragma once

#include <vitte/loader/native/object/symbols.hpp>

namespace vitte::loader::native::object {

/// The first relocation at or after `offset`.
inline std::vector<elf::relocation>::const_iterator relocation_at(const std::vector<elf::relocation>& all,
                                                                  std::uint64_t offset) noexcept {
    return std::lower_bound(all.begin(), all.end(), offset,
                            [](const elf::relocation& r, std::uint64_t o) { return r.offset < o; });
}

/// Checks that section `index` of `object` is a sequence of well-formed records, takes a terminator off, and notes the
/// records whose function has been dropped.
inline result<void, load_error> prepare_frames(input& object, std::uint32_t index, const symbol_set& symbols) {
    section& s = object.sections()[index];
    const auto malformed_at = [&](std::uint64_t offset, const char* why) {
        return refuse_input(object.name(), errc::malformed, object.place(index, offset) + " " + why);
    };
    if (!s.cuts.empty())
        return malformed_at(0, "has padding to be taken out, by which its records would lose each other");
    VITTE_TRY(const auto relocations, object.relocations(index));
    std::vector<std::uint64_t> common_records;
    const std::uint64_t size = s.content.size();
    for (std::uint64_t at = 0; at < size;) {
        const std::byte* const record = s.content.data() + at;
        const std::uint64_t left = size - at, length = left < 4 ? 1 : form.u32(record);
        if (length == 0 && left == 4) {
            s.cuts.push_back({size, 4});
            break;
        }
        if (length < 9 || length > left - 4) return malformed_at(at, "is not a record of frames");
        const std::uint32_t back = form.u32(record + 4);
        if (back == 0) {
            common_records.push_back(at);
        } else {
            const auto common = at + 4 - back;
            if (!std::binary_search(common_records.begin(), common_records.end(), common))
                return malformed_at(at, "does not refer to a common record before it");
            const auto function = relocation_at(relocations, at + 8);
            if (function != relocations.end() && function->offset == at + 8 &&
                symbols.all()[object.symbol_numbers[function->symbol]].state == symbol_state::discarded)
                s.dead.push_back({at, at + 4 + length});
        }
        at += 4 + length;
    }
    return {};
}

/// Checks that relocations have left the records of section `index` where `prepare_frames` has found them, and with the
/// common records that they had: an unwinder goes by both. The section has been copied to `memory` and relocated.
inline result<void, load_error> check_frames(const input& object, std::uint32_t index, const std::byte* memory) {
    const section& s = object.sections()[index];
    for (std::uint64_t at = 0; at < s.size();) {
        const std::byte* const record = s.content.data() + at;
        const std::size_t fixed = s.is_dead(at) ? 4 : 8;  // the length, and how far the common record is
        if (__builtin_memcmp(memory + at, record, fixed) != 0)
            return refuse_input(
                object.name(), errc::malformed,
                object.place(index, at) + " is a record of frames that would end elsewhere by a relocation");
        at += 4 + std::uint64_t{form.u32(record)};
    }
    return {};
}

/// Makes a record, `size` bytes with its length, a common one that nobody uses: version 1, no augmentation.
inline void neutralize_frame(std::byte* record, std::uint64_t size) noexcept {
    constexpr unsigned char empty[] = {0, 0, 0, 0, 1, 0, 1, 1, 0};
    __builtin_memset(record + 4, 0, static_cast<std::size_t>(size - 4));
    __builtin_memcpy(record + 4, empty, sizeof empty);
}

}  // namespace vitte::loader::native::object
