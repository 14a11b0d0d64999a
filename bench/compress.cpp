// Compression and decompression against zlib, libdeflate and liblz4: time for each level of deflate, and size.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>
#include <vitte/core/deflate.hpp>
#include <vitte/core/inflate.hpp>
#include <vitte/core/lz4.hpp>
#include <vitte/core/lz4_compress.hpp>

#include "row.hpp"

#if __has_include(<zlib.h>)
#include <zlib.h>
#define HAS_ZLIB
#endif
#if __has_include(<libdeflate.h>)
#include <libdeflate.h>
#define HAS_LIBDEFLATE
#endif
#if __has_include(<lz4.h>)
#include <lz4.h>
#define HAS_LZ4
#endif

namespace {

using bytes = std::vector<std::byte>;

struct sample {
    std::string name;
    bytes plain;
};

void require(bool well, const char* what) {
    if (well) return;
    std::fprintf(stderr, "%s does not give the same bytes\n", what);
    std::exit(1);
}

/// Short, so that a round fits into what a busy machine gives at once.
bytes part_of_file(const char* path, std::size_t size) {
    std::ifstream file(path, std::ios::binary);
    bytes made(size);
    file.read(reinterpret_cast<char*>(made.data()), static_cast<std::streamsize>(size));
    made.resize(static_cast<std::size_t>(file.gcount()));
    return made;
}

std::string claim(const char* what, const std::string& of) { return std::string(what) + ", " + of; }

#ifdef HAS_ZLIB
const Bytef* of_zlib(const bytes& data) { return reinterpret_cast<const Bytef*>(data.data()); }
Bytef* of_zlib(bytes& data) { return reinterpret_cast<Bytef*>(data.data()); }

void against_zlib(const sample& of) {
    const bytes& plain = of.plain;
    bytes theirs(compressBound(plain.size()) + 64), ours(vitte::deflate_bound(plain.size())), again(plain.size());
    for (const int level : {1, 6, 9}) {
        uLongf size = 0;
        std::size_t our_size = 0;
        const std::string with_level = of.name + ", level " + std::to_string(level);
        bench::compare(
            claim("deflate", with_level).c_str(), "zlib", 1.0, level == 1 ? 15 : 5,
            [&] {
                return bench::nanoseconds(
                    [&] { our_size = *vitte::deflate(plain, ours, level, vitte::deflate_wrapper::zlib); });
            },
            [&] {
                return bench::nanoseconds([&] {
                    size = theirs.size();
                    compress2(of_zlib(theirs), &size, of_zlib(plain), plain.size(), level);
                });
            });
        bench::row(claim("deflate, bytes", with_level).c_str(), static_cast<double>(our_size),
                   static_cast<double>(size), "zlib", 1.0);
        uLongf read = again.size();
        require(uncompress(of_zlib(again), &read, of_zlib(ours), our_size) == Z_OK && again == plain, "deflate");
        if (level != 6) continue;
        const auto packed = std::span(theirs).first(size);
        const auto inflate_ours = [&] {
            return bench::nanoseconds(
                [&] { require(vitte::inflate(packed, again, vitte::deflate_wrapper::zlib).has_value(), "inflate"); });
        };
        bench::compare(claim("inflate", of.name).c_str(), "zlib", 1.0, 25, inflate_ours, [&] {
            return bench::nanoseconds([&] {
                uLongf written = again.size();
                require(uncompress(of_zlib(again), &written, of_zlib(theirs), size) == Z_OK, "zlib");
            });
        });
        require(again == plain, "inflate");
        const auto reader = [&] {
            bytes part(65536);
            const auto made = std::make_unique<vitte::inflater>(vitte::deflate_wrapper::zlib);
            return bench::nanoseconds([&] {
                for (std::size_t at = 0;;) {
                    const auto step = made->read(packed.subspan(at), part);
                    at += step->read;
                    if (step->done) break;
                }
            });
        };
        const auto stream = [&] {
            bytes part(65536);
            z_stream state{};
            inflateInit(&state);
            state.next_in = of_zlib(theirs);
            state.avail_in = static_cast<uInt>(size);
            const double took = bench::nanoseconds([&] {
                int got = Z_OK;
                while (got == Z_OK) {
                    state.next_out = of_zlib(part);
                    state.avail_out = static_cast<uInt>(part.size());
                    got = ::inflate(&state, Z_NO_FLUSH);
                }
            });
            inflateEnd(&state);
            return took;
        };
        bench::compare(claim("inflate in pieces", of.name).c_str(), "zlib", 1.0, 25, reader, stream);
#ifdef HAS_LIBDEFLATE
        const auto state = libdeflate_alloc_decompressor();
        // To be compared with, and no goal: it has code of its own for what this CPU has.
        bench::compare(claim("inflate", of.name).c_str(), "libdeflate", 2.0, 25, inflate_ours, [&] {
            return bench::nanoseconds([&] {
                std::size_t written;
                libdeflate_zlib_decompress(state, theirs.data(), size, again.data(), again.size(), &written);
            });
        });
        libdeflate_free_decompressor(state);
#else
        bench::missing(claim("inflate", of.name).c_str(), "libdeflate", inflate_ours(), 2.0);
#endif
    }
}
#endif

#ifdef HAS_LZ4
void against_lz4(const sample& of) {
    const bytes& plain = of.plain;
    bytes ours(vitte::lz4_bound(plain.size())), theirs(ours.size()), again(plain.size());
    const auto of_lz4 = [](auto& data) { return reinterpret_cast<char*>(const_cast<std::byte*>(data.data())); };
    std::size_t our_size = 0;
    int size = 0;
    bench::compare(
        claim("lz4, compress", of.name).c_str(), "liblz4", 1.1, 25,
        [&] { return bench::nanoseconds([&] { our_size = *vitte::lz4_compress(plain, ours); }); },
        [&] {
            return bench::nanoseconds([&] {
                size = LZ4_compress_default(of_lz4(plain), of_lz4(theirs), static_cast<int>(plain.size()),
                                            static_cast<int>(theirs.size()));
            });
        });
    bench::row(claim("lz4, bytes", of.name).c_str(), static_cast<double>(our_size), size, "liblz4", 1.01);
    bench::compare(
        claim("lz4, decompress", of.name).c_str(), "liblz4", 1.1, 25,
        [&] {
            return bench::nanoseconds([&] {
                require(
                    vitte::lz4_decompress(std::span(theirs).first(static_cast<std::size_t>(size)), again).has_value(),
                    "lz4");
            });
        },
        [&] {
            return bench::nanoseconds([&] {
                require(LZ4_decompress_safe(of_lz4(theirs), of_lz4(again), size, static_cast<int>(again.size())) > 0,
                        "liblz4");
            });
        });
    require(again == plain, "lz4");
}
#endif

}  // namespace

/// The files to be compressed; by default what Debian has everywhere.
int main(int argc, char** argv) {
    std::vector<std::string> paths(argv + 1, argv + argc);
    if (paths.empty()) paths = {"/usr/bin/perl", "/usr/share/perl/5.36/unicore/Name.pl", "/usr/include/stdlib.h"};
    std::vector<sample> samples;
    for (const std::string& path : paths)
        samples.push_back({path.substr(path.rfind('/') + 1), part_of_file(path.c_str(), 700'000)});
    bytes random(300'000);
    std::uint64_t state = 1;
    for (std::byte& byte : random)
        byte = static_cast<std::byte>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
    samples.push_back({"random bytes", std::move(random)});
    for (const sample& of : samples) {
        if (of.plain.empty()) continue;
#ifdef HAS_ZLIB
        against_zlib(of);
#else
        bench::missing(claim("deflate", of.name).c_str(), "zlib", 0, 1.0);
#endif
#ifdef HAS_LZ4
        against_lz4(of);
#else
        bench::missing(claim("lz4", of.name).c_str(), "liblz4", 0, 1.1);
#endif
    }
}
