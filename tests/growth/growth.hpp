// Work whose cost is counted: inputs of one shape in any size, and what reads them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace growth {

/// Does the work on an input that is there; false if it ended otherwise than it should.
using job = std::function<bool()>;

struct shape {
    std::string_view name;
    std::size_t size;  ///< the smallest that is counted
    job (*made)(std::size_t size);
};

std::span<const shape> formats();
std::span<const shape> modules();
std::span<const shape> links();
std::span<const shape> paths();
std::span<const shape> processes();

/// A number as a text of eight digits: names that differ.
inline std::string digits(std::size_t number) {
    std::string text(8, '0');
    for (std::size_t i = 8; number != 0; number /= 10) text[--i] = static_cast<char>('0' + number % 10);
    return text;
}

}  // namespace growth
