// Frames are put together the same however their bytes come, and what a plugin's child is told is read as it is written.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <vitte/loader/plugin/child_start.hpp>

#include "../require.hpp"

namespace frames {
using namespace vitte::loader;

/// All frames of `input` that comes in pieces of at most `piece` bytes, as text, and why reading stopped.
inline std::string read(std::span<const std::byte> input, frame_reader::sender from, std::size_t piece) {
    constexpr std::uint32_t most = 300;
    const std::byte* const all = input.data();
    frame_reader reader(from, most);
    std::string told;
    for (;;) {
        frame next{};
        const auto more = reader.next(next);
        if (!more) {
            require(!reader.next(next));  // for ever
            return told + more.error().operation + vitte::message(more.error().code);
        }
        if (*more) {
            require(next.body.size() <= std::max(most, longest_frame_text));
            require((static_cast<unsigned>(next.kind) < 16) == (from == frame_reader::sender::host));
            const auto header =
                frame_header(next.kind, next.call, next.status, static_cast<std::uint32_t>(next.body.size()));
            told.append(reinterpret_cast<const char*>(header.data()), header.size());
            told.append(reinterpret_cast<const char*>(next.body.data()), next.body.size());
            require(std::equal(told.begin(), told.end(), reinterpret_cast<const char*>(all)));
            continue;
        }
        if (input.empty()) return told + (reader.is_within() ? "half" : "end");
        const auto room = reader.room();
        require(room && !room->empty());
        const std::size_t size = std::min({piece, room->size(), input.size()});
        std::ranges::copy(input.first(size), room->begin());
        reader.added(size);
        input = input.subspan(size);
    }
}
}  // namespace frames

inline void fuzz_frames(const std::uint8_t* data, std::size_t size) {
    using namespace vitte::loader;
    const auto input = std::as_bytes(std::span(data, size));
    for (const auto from : {frame_reader::sender::host, frame_reader::sender::child}) {
        const std::string whole = frames::read(input, from, size + 1);
        require(frames::read(input, from, 1) == whole && frames::read(input, from, 7) == whole);
    }
    if (const auto told = child_start::read(input)) {
        const auto written = told->written();
        const auto again = child_start::read(written);
        require(again && again->folders.size() == told->folders.size() && again->name == told->name);
        require(again->options == told->options && again->flags == told->flags);
    }
}
