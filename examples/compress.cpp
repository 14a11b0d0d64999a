// A program, fully static if it is linked so, that loads the system's zlib with vitte's own linker, offers it the
// functions of libc that it needs, and compresses a file with it.
//
// usage: compress LIBZ FILE
#include <cstdio>
#include <cstring>
#include <string>

#include "host_libc.hpp"

namespace {

int fail(const std::string& why) {
    std::fprintf(stderr, "compress: %s\n", why.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return fail("usage: compress LIBZ FILE");
    vitte::loader::module_loader loader;
    provide_libc(loader);
    auto zlib = loader.load(argv[1]);
    if (!zlib) return fail(zlib.error().message());

    using checksum = unsigned long(unsigned long, const std::byte*, unsigned);
    using pack = int(std::byte*, unsigned long*, const std::byte*, unsigned long);
    const auto crc32 = (*zlib)->function_pointer<checksum>("crc32");
    const auto compress = (*zlib)->function_pointer<pack>("compress");
    const auto uncompress = (*zlib)->function_pointer<pack>("uncompress");
    for (const auto* f : {&compress, &uncompress})
        if (!*f) return fail(f->error().message());
    if (!crc32) return fail(crc32.error().message());

    const auto input = vitte::sys::read(argv[2]);
    if (!input) return fail(std::string(argv[2]) + ": " + message(input.error().code));
    const auto plain = input->bytes();
    unsigned long packed_size = plain.size() + plain.size() / 1000 + 64, plain_size = plain.size();
    auto packed = vitte::sys::byte_buffer::allocate(packed_size);
    auto again = vitte::sys::byte_buffer::allocate(plain_size);
    if (!packed || !again) return fail("out of memory");
    if ((*compress)(packed->bytes().data(), &packed_size, plain.data(), plain.size()) != 0)
        return fail("compress failed");
    if ((*uncompress)(again->bytes().data(), &plain_size, packed->bytes().data(), packed_size) != 0)
        return fail("uncompress failed");
    const bool same = plain_size == plain.size() && std::memcmp(again->bytes().data(), plain.data(), plain_size) == 0;
    std::printf("crc32 %08lx, %zu bytes, %lu compressed, round trip %s\n",
                (*crc32)(0, plain.data(), static_cast<unsigned>(plain.size())), plain.size(), packed_size,
                same ? "equal" : "DIFFERENT");
    return same ? 0 : 1;
}
