/// `parse_error`: what readers of formats report. Trivially copyable; whoever knows the file's name adds it.
#pragma once

#include <cstdint>
#include <vitte/core/result.hpp>

namespace vitte {

/// What was being read, what is wrong with it, and at which byte of the input.
struct parse_error {
    errc code = errc::malformed;
    const char* reading = "";  ///< the structure, such as "section header"; a string literal
    const char* reason = "";   ///< a string literal
    std::uint64_t offset = 0;

    /// One line without a full stop: "section header: beyond the end of the file at byte 64".
    [[gnu::cold]] constexpr error_text message() const noexcept {
        return error_text([this](char* to, std::size_t room) {
            const detail::digits number(offset);
            const char* const texts[] = {reading, ": ", reason, " at byte ", number.c_str()};
            return detail::write_texts(to, room, texts);
        });
    }
};

/// A failed read as a returnable value.
constexpr unexpected<parse_error> malformed(const char* reading, const char* reason, std::uint64_t offset,
                                            errc code = errc::malformed) noexcept {
    return unexpected(parse_error{code, reading, reason, offset});
}

}  // namespace vitte
