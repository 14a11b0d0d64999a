// Our compression: `inflate WRAPPER BYTES BOUND PIECE` and `lz4 BYTES BOUND` answer the plain bytes, or `failed` and
// why; `deflate WRAPPER LEVEL PIECE BYTES` and `lz4-frame BYTES` the compressed ones.
#include <memory>
#include <span>
#include <vitte/core/deflate.hpp>
#include <vitte/core/inflate.hpp>
#include <vitte/core/lz4.hpp>
#include <vitte/core/lz4_compress.hpp>

#include "ask.hpp"

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
std::span<std::byte> room_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

vitte::deflate_wrapper wrapper_of(const std::string& name) {
    return name == "zlib"   ? vitte::deflate_wrapper::zlib
           : name == "gzip" ? vitte::deflate_wrapper::gzip
                            : vitte::deflate_wrapper::none;
}

oracle::strings failed(const vitte::parse_error& e) { return {"failed", e.message().c_str()}; }
oracle::strings answer_of(const vitte::result<std::size_t, vitte::parse_error>& size, std::string& room) {
    if (!size.has_value()) return failed(size.error());
    room.resize(*size);
    return {"well", room};
}

/// At once and in pieces, which must be the same.
oracle::strings inflated(vitte::deflate_wrapper wrapper, const std::string& packed, std::size_t bound,
                         std::size_t piece) {
    std::string room(bound, '\0');
    const auto at_once = answer_of(vitte::inflate(bytes_of(packed), room_of(room), wrapper), room);
    const auto reader = std::make_unique<vitte::inflater>(wrapper, bound);
    std::string all, part(piece, '\0');
    for (std::size_t at = 0;;) {
        const std::size_t n = std::min(piece, packed.size() - at);
        const auto step = reader->read(bytes_of(packed).subspan(at, n), room_of(part));
        if (!step.has_value()) {
            const auto in_pieces = failed(step.error());
            // What is wrong behind the last byte that there is room for may come first.
            if (at_once == in_pieces || at_once[1].find("larger") != std::string::npos) return at_once;
            return {"pieces differ", in_pieces[1], at_once[0], at_once[1]};
        }
        at += step->read;
        all.append(part, 0, step->written);
        if (step->written == piece) continue;
        if (step->read < n || at == packed.size()) {
            if (at != packed.size())
                return at_once[0] == "failed" ? at_once : oracle::strings{"pieces differ", "the end"};
            break;
        }
    }
    const bool ended = reader->finish().has_value();
    if (ended != (at_once[0] == "well") || (ended && all != at_once[1]))
        return {"pieces differ", at_once[0], at_once[1]};
    return at_once;
}

std::string deflated(vitte::deflate_wrapper wrapper, int level, std::size_t piece, const std::string& plain) {
    const auto writer = std::make_unique<vitte::deflater>(level, wrapper);
    std::string all, part(piece, '\0');
    for (std::size_t at = 0;;) {
        const std::size_t n = std::min(piece, plain.size() - at);
        const auto step =
            writer->write(bytes_of(plain).subspan(at, n), room_of(part),
                          at + n == plain.size() ? vitte::deflate_flush::finish : vitte::deflate_flush::none);
        at += step.read;
        all.append(part, 0, step.written);
        if (step.done) return all;
    }
}

}  // namespace

int main() {
    return oracle::answer_all([](const oracle::strings& asked) -> oracle::strings {
        if (asked[0] == "inflate")
            return inflated(wrapper_of(asked[1]), asked[2], std::stoul(asked[3]), std::stoul(asked[4]));
        if (asked[0] == "deflate") {
            const auto wrapper = wrapper_of(asked[1]);
            const int level = std::stoi(asked[2]);
            std::string room(vitte::deflate_bound(asked[4].size()), '\0');
            const auto size = vitte::deflate(bytes_of(asked[4]), room_of(room), level, wrapper);
            if (!size.has_value()) return {"failed", size.error().message().c_str()};
            room.resize(*size);
            if (room != deflated(wrapper, level, std::stoul(asked[3]), asked[4])) return {"pieces differ"};
            return {"well", room};
        }
        if (asked[0] == "lz4") {
            std::string room(std::stoul(asked[2]), '\0');
            return answer_of(vitte::lz4_frame_decompress(bytes_of(asked[1]), room_of(room)), room);
        }
        std::string room(vitte::lz4_frame_bound(asked[1].size()), '\0');
        const auto size = vitte::lz4_frame_compress(bytes_of(asked[1]), room_of(room));
        if (!size.has_value()) return {"failed", size.error().message().c_str()};
        room.resize(*size);
        return {"well", room};
    });
}
