/// Holes: parts of files that were never written, read as zero and take no room.
#pragma once

#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

/// Calls `visit(offset, size)`, which returns a `result<void>`, for each part of the file that is no hole, in order.
/// Where the platform or the file system does not tell, all of the file is one part. Moves the position of the file.
template <platform P, class Visit>
result<void> for_each_data(const basic_file<P>& of, Visit visit) {
    VITTE_TRY(const file_info facts, of.info());
    if constexpr (requires { P::files::find_data(of.native_handle(), std::uint64_t{}); }) {
        for (std::uint64_t end = 0; end < facts.size;) {
            const auto begin = P::files::find_data(of.native_handle(), end);
            if (!begin && begin.error().code == errc::end_of_input) return {};
            if (!begin)
                return end == 0 && facts.size != 0 ? visit(std::uint64_t{0}, facts.size) : unexpected(begin.error());
            VITTE_TRY(end, P::files::find_hole(of.native_handle(), *begin));
            VITTE_CHECK(visit(*begin, end - *begin));
        }
        return {};
    } else {
        return facts.size == 0 ? result<void>() : visit(std::uint64_t{0}, facts.size);
    }
}

/// Makes a hole of `size` bytes at `offset`; the size of the file stays. Only whole blocks give room back.
template <platform P>
result<void> punch_hole(const basic_file<P>& in, std::uint64_t offset, std::uint64_t size) noexcept {
    VITTE_CALL_IF_PRESENT("punch hole", P::files::punch_hole(in.native_handle(), offset, size));
}

}  // namespace vitte::sys
