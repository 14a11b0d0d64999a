/// What is in a container, and the numbers of its format; see `format/vitb.hpp`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/core/endian.hpp>
#include <vitte/core/printed_character.hpp>

namespace vitte::loader::vitb {

namespace detail {
constexpr std::uint32_t four_bytes(const char (&name)[5]) noexcept {
    std::uint32_t made = 0;
    for (int i = 3; i >= 0; --i) made = made << 8 | static_cast<unsigned char>(name[i]);
    return made;
}
inline constexpr std::size_t header_size = 16, row_size = 40, alignment = 16;
inline constexpr std::uint16_t version = 2;
constexpr std::uint64_t aligned(std::uint64_t size) noexcept { return (size + alignment - 1) & ~(alignment - 1ull); }
/// The bytes that a label takes, with its length and what fills it up.
constexpr std::size_t label_room(std::size_t length) noexcept { return static_cast<std::size_t>(aligned(2 + length)); }
}  // namespace detail

/// What an entry is. There may be others than these.
enum class kind : std::uint32_t {
    meta = detail::four_bytes("META"),  ///< JSON: name, version, target, entry point, capabilities
    deps = detail::four_bytes("DEPS"),  ///< JSON: names and ranges of versions
    code = detail::four_bytes("CODE"),  ///< a WebAssembly module
    symb = detail::four_bytes("SYMB"),  ///< JSON: names and signatures of exports and imports
    data = detail::four_bytes("DATA"),  ///< anything, by name
    natv = detail::four_bytes("NATV"),  ///< a native image, by target
    scpt = detail::four_bytes("SCPT"),  ///< the text of a script, by language
    plug = detail::four_bytes("PLUG"),  ///< the table of a plugin's interfaces
    dbug = detail::four_bytes("DBUG"),  ///< for debuggers, by name
    sign = detail::four_bytes("SIGN"),  ///< signatures
};

constexpr bool has_label(kind k) noexcept {
    return k == kind::natv || k == kind::scpt || k == kind::data || k == kind::dbug;
}
/// Whether the format's documents name this kind.
constexpr bool is_known(kind k) noexcept {
    return has_label(k) || k == kind::meta || k == kind::deps || k == kind::code || k == kind::symb ||
           k == kind::plug || k == kind::sign;
}
/// By what rows are sorted: as the four bytes are.
constexpr std::uint32_t order_of(kind k) noexcept { return byteswap(static_cast<std::uint32_t>(k)); }

inline constexpr std::uint32_t deflate_flag = 1, lz4_flag = 2, critical_flag = 1u << 31;
/// How a content is stored: the flag of that.
enum class compression : std::uint32_t { none = 0, deflate = deflate_flag, lz4 = lz4_flag };

/// Bytes of a label at most, and of a signature.
inline constexpr std::size_t most_of_label = 1024, signature_size = 8 + 64;

/// Whether `text` can be a label: not empty, not too long, and UTF-8 without characters that are not for a line.
constexpr bool is_label(std::string_view text) noexcept {
    if (text.empty() || text.size() > most_of_label) return false;
    bool is_plain = true;
    // What has to be escaped takes another number of bytes.
    vitte::detail::for_each_printed(text.data(), text.size(),
                                    [&](const auto& c) { is_plain = is_plain && c.size() == c.taken(); });
    return is_plain;
}

/// An entry; its views point into the container's bytes.
struct entry {
    vitb::kind kind{};
    std::uint32_t flags = 0;
    std::string_view label;             ///< empty if the kind has none
    std::span<const std::byte> stored;  ///< all of it
    std::span<const std::byte> packed;  ///< the content behind the label, perhaps compressed
    std::uint64_t offset = 0;           ///< of `stored` in the file
    std::uint64_t plain_size = 0;       ///< of the content
    std::uint32_t crc = 0;              ///< of `stored`

    constexpr vitb::compression compression() const noexcept {
        return static_cast<vitb::compression>(flags & (deflate_flag | lz4_flag));
    }
};

}  // namespace vitte::loader::vitb
