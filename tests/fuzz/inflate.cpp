// libFuzzer target: no stream makes a decompressor read or write outside of what it is given, and pieces change
// nothing.
#include <cstring>
#include <memory>
#include <vector>
#include <vitte/core/inflate.hpp>
#include <vitte/core/lz4.hpp>

#include "require.hpp"

namespace {

/// A buffer of exactly that size, so that the sanitizer sees its end.
std::vector<std::byte> room_of(std::size_t size) { return std::vector<std::byte>(size); }

void inflate_both_ways(std::span<const std::byte> packed, vitte::deflate_wrapper wrapper, std::size_t bound,
                       std::size_t piece) {
    auto room = room_of(bound), part = room_of(piece);
    const auto at_once = vitte::inflate(packed, room, wrapper);
    const auto reader = std::make_unique<vitte::inflater>(wrapper, bound);
    std::size_t written = 0;
    for (std::size_t at = 0;;) {
        const auto in = packed.subspan(at, std::min(piece, packed.size() - at));
        const auto step = reader->read(in, part);
        if (!step.has_value()) {
            require(!at_once.has_value());
            require(at_once.error().code == vitte::errc::too_large || at_once.error().offset == step.error().offset);
            return;
        }
        at += step->read;
        require(step->written <= bound - written);
        if (at_once.has_value() && step->written != 0)
            require(std::memcmp(part.data(), room.data() + written, step->written) == 0);
        written += step->written;
        if (step->written == piece) continue;
        if (step->read < in.size() || at == packed.size()) break;
    }
    if (at_once.has_value()) require(reader->finish().has_value() && written == *at_once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t bound = std::size_t{data[0]} * 50, piece = 1 + data[1] % 97;
    const auto packed = std::as_bytes(std::span(data + 2, size - 2));
    for (const auto wrapper :
         {vitte::deflate_wrapper::none, vitte::deflate_wrapper::zlib, vitte::deflate_wrapper::gzip})
        inflate_both_ways(packed, wrapper, bound, piece);
    auto room = room_of(bound);
    if (const auto made = vitte::lz4_decompress(packed, room)) require(*made <= bound);
    if (const auto made = vitte::lz4_frame_decompress(packed, room)) require(*made <= bound);
    return 0;
}
