// libFuzzer target: whatever is compressed is read again, from as few bytes as promised, and pieces change nothing.
#include <cstring>
#include <memory>
#include <vector>
#include <vitte/core/deflate.hpp>
#include <vitte/core/inflate.hpp>
#include <vitte/core/lz4.hpp>
#include <vitte/core/lz4_compress.hpp>

#include "require.hpp"

namespace {

using bytes = std::vector<std::byte>;

/// The first bytes tell how often what follows is repeated with small changes, so that the window moves.
bytes grown(const std::uint8_t* data, std::size_t size, std::size_t times) {
    bytes made;
    for (std::size_t i = 0; i < times && made.size() < 80'000; ++i)
        for (std::size_t j = 0; j < size; ++j) made.push_back(static_cast<std::byte>(data[j] + (j % 61 == i ? i : 0)));
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const int level = data[0] % 10;
    const auto wrapper = static_cast<vitte::deflate_wrapper>(data[1] % 3);
    const std::size_t piece = 1 + data[2] * std::size_t{data[2]};
    const bytes plain = grown(data + 4, size - 4, data[3]);

    bytes packed(vitte::deflate_bound(plain.size()));
    const auto made = vitte::deflate(plain, packed, level, wrapper);
    require(made.has_value());
    packed.resize(*made);
    bytes again(plain.size());
    require(vitte::inflate(packed, again, wrapper) == plain.size() && again == plain);

    static const auto writer = std::make_unique<vitte::deflater>();
    writer->reset(level, wrapper);
    bytes part(piece), in_pieces;
    for (std::size_t at = 0;;) {
        const std::size_t n = std::min(piece, plain.size() - at);
        const auto step =
            writer->write(std::span(plain).subspan(at, n), part,
                          at + n == plain.size() ? vitte::deflate_flush::finish : vitte::deflate_flush::none);
        at += step.read;
        in_pieces.insert(in_pieces.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(step.written));
        if (step.done) break;
    }
    require(in_pieces == packed);

    packed.assign(vitte::lz4_bound(plain.size()), {});
    const auto block = vitte::lz4_compress(plain, packed);
    require(block && vitte::lz4_decompress(std::span(packed).first(*block), again) == plain.size() && again == plain);
    packed.assign(vitte::lz4_frame_bound(plain.size()), {});
    const auto frame = vitte::lz4_frame_compress(plain, packed);
    require(frame && vitte::lz4_frame_decompress(std::span(packed).first(*frame), again) == plain.size() &&
            again == plain);
    return 0;
}
