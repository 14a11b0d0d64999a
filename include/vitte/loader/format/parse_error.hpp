/// `parse_error`: what the format readers report. Trivially copyable; whoever knows the file's name adds it.
#pragma once

#include <cstdint>

#include <vitte/core/result.hpp>

namespace vitte::loader {

/// What was being read, what is wrong with it, and at which byte of the input.
struct parse_error {
    errc code = errc::malformed;
    const char* reading = "";  ///< the structure, such as "section header"; a string literal
    const char* reason = "";   ///< a string literal
    std::uint64_t offset = 0;
};

/// A failed read as a returnable value.
constexpr unexpected<parse_error> malformed(const char* reading, const char* reason, std::uint64_t offset,
                                            errc code = errc::malformed) noexcept {
    return unexpected(parse_error{code, reading, reason, offset});
}

}  // namespace vitte::loader
