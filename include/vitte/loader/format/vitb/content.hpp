/// What is in an entry of a container: checked and decompressed; see `format/vitb.hpp`.
#pragma once

#include <utility>
#include <vitte/core/crc32.hpp>
#include <vitte/core/inflate.hpp>
#include <vitte/core/lz4.hpp>
#include <vitte/loader/format/parse_error.hpp>
#include <vitte/loader/format/vitb/entry.hpp>
#include <vitte/loader/format/vitb/owned_bytes.hpp>

namespace vitte::loader::vitb {

/// The content of `of`, whose checksum is checked: a view of the file if it is not compressed, else it is decompressed
/// into `room`, of `of.plain_size` bytes at least. Fails with `errc::too_large` if there is less room, and with what
/// `inflate` and `lz4_decompress` fail with. What `room` holds then is unspecified. Takes 12 KiB of stack. Thread-safe.
inline result<std::span<const std::byte>, parse_error> content(const entry& of, std::span<std::byte> room) noexcept {
    constexpr const char* what = "entry of the container";
    if (of.kind != kind::sign && crc32(of.stored) != of.crc) return malformed(what, "its checksum is wrong", of.offset);
    if (of.compression() == compression::none) return of.packed;
    if (of.plain_size > room.size()) return malformed(what, "larger than allowed", of.offset, errc::too_large);
    room = room.first(static_cast<std::size_t>(of.plain_size));
    const auto made =
        of.compression() == compression::deflate ? inflate(of.packed, room) : lz4_decompress(of.packed, room);
    if (!made) {
        parse_error e = made.error();
        e.offset += of.offset + (of.stored.size() - of.packed.size());
        return unexpected(e);
    }
    if (*made != room.size()) return malformed(what, "another size than the table says", of.offset);
    return room;
}

/// A content that stays as long as this: of what is not compressed, as long as the file.
class held_content {
public:
    explicit held_content(std::span<const std::byte> view) noexcept : view_(view) {}
    explicit held_content(owned_bytes&& bytes) noexcept : bytes_(std::move(bytes)), view_(bytes_) {}
    held_content(held_content&&) noexcept = default;
    held_content& operator=(held_content&&) noexcept = default;

    operator std::span<const std::byte>() const noexcept { return view_; }
    std::span<const std::byte> span() const noexcept { return view_; }
    std::string_view text() const noexcept { return {reinterpret_cast<const char*>(view_.data()), view_.size()}; }

private:
    owned_bytes bytes_;
    std::span<const std::byte> view_;
};

/// The same with memory of its own, of at most `limit` bytes; also fails with `errc::out_of_memory`.
inline result<held_content, parse_error> content(const entry& of, std::uint64_t limit) noexcept {
    constexpr const char* what = "entry of the container";
    if (of.plain_size > limit) return malformed(what, "larger than allowed", of.offset, errc::too_large);
    if (of.compression() == compression::none)
        return content(of, std::span<std::byte>()).transform([](std::span<const std::byte> view) {
            return held_content(view);
        });
    auto room = owned_bytes::allocate(of.plain_size);
    if (!room) return malformed(what, "it does not fit into memory", of.offset, errc::out_of_memory);
    VITTE_CHECK(content(of, room->span()));
    return held_content(std::move(*room));
}

}  // namespace vitte::loader::vitb
