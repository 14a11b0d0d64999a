/// TOML 1.0: `toml::read` makes the same `json::document` of it as `json::read` does of JSON, so that a program reads
/// its configuration in either. Strict, without recursion, the same on every target.
#pragma once

#include <vitte/core/toml/date_time.hpp>
#include <vitte/core/toml/reader.hpp>

namespace vitte::toml {

/// A document of `text`, which must live as long as it, and is shorter than 1 GiB. Tables are objects, with their
/// members in the order in which they were made. Integers have 64 bits with a sign, and others are refused, as are
/// floats that no double holds; infinity and NaN are doubles. Dates and times are of `json::kind::moment`. Nothing in
/// `text` makes it recurse or take more time than its length says.
inline result<json::document, json::read_error> read(std::string_view text,
                                                     const json::read_options& options = {}) noexcept {
    json::document made;
    VITTE_CHECK(made.take(detail::reader(text, options)));
    return made;
}

}  // namespace vitte::toml
