/// Errors in streams and, where the standard library has it, in `std::format`: what their `message()` says.
#pragma once

#include <ostream>
#include <string_view>
#include <version>

#if defined(__cpp_lib_format)
#include <format>
#endif

#include <vitte/core/error.hpp>

namespace vitte {

/// `std::cerr << file.error()`; also for the errors of the layers above, where `error_output.hpp` of theirs says so.
template <class Error>
    requires requires(const Error& why) { std::string_view(why.message()); }
std::ostream& operator<<(std::ostream& to, const Error& why) {
    return to << std::string_view(why.message());
}
inline std::ostream& operator<<(std::ostream& to, const error_text& text) { return to << std::string_view(text); }
inline std::ostream& operator<<(std::ostream& to, errc code) { return to << message(code); }

#if defined(__cpp_lib_format)
/// What `std::formatter` is for an error: it takes the options of text.
template <class Error>
struct error_formatter : std::formatter<std::string_view> {
    template <class Context>
    auto format(const Error& why, Context& to) const {
        return std::formatter<std::string_view>::format(std::string_view(why.message()), to);
    }
};
#endif

}  // namespace vitte

#if defined(__cpp_lib_format)
template <>
struct std::formatter<vitte::error> : vitte::error_formatter<vitte::error> {};
#endif
