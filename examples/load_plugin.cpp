// A program, fully static if it is linked so, that loads the system's zlib with vitte's own linker, offers it the
// functions of libc that it needs, and compresses a file with it.
//
// usage: load_plugin LIBZ FILE
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <vitte/loader/loader.hpp>

namespace {

// The fortified forms that libraries of a hardened distribution call; the checked size is not needed here.
int checked_snprintf(char* to, std::size_t size, int, std::size_t, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(to, size, format, arguments);
    va_end(arguments);
    return length;
}
int checked_vsnprintf(char* to, std::size_t size, int, std::size_t, const char* format, va_list arguments) {
    return std::vsnprintf(to, size, format, arguments);
}
int* errno_location() { return &errno; }

void provide_libc(vitte::loader::module_loader& loader) {
    loader.provide("malloc", std::malloc);
    loader.provide("free", std::free);
    loader.provide("memcpy", std::memcpy);
    loader.provide("memmove", std::memmove);
    loader.provide("memset", std::memset);
    loader.provide<void*(const void*, int, std::size_t)>("memchr", [](const void* p, int c, std::size_t n) {
        return const_cast<void*>(std::memchr(p, c, n));
    });
    loader.provide("strlen", std::strlen);
    loader.provide("strerror", std::strerror);
    loader.provide("abort", std::abort);
    loader.provide("__stack_chk_fail", std::abort);
    loader.provide("__errno_location", errno_location);
    loader.provide("snprintf", std::snprintf);
    loader.provide("__snprintf_chk", checked_snprintf);
    loader.provide("__vsnprintf_chk", checked_vsnprintf);
    loader.provide("open", ::open);
    loader.provide("close", ::close);
    loader.provide("read", ::read);
    loader.provide("write", ::write);
    loader.provide("lseek64", ::lseek);
}

int fail(const std::string& why) {
    std::fprintf(stderr, "load_plugin: %s\n", why.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return fail("usage: load_plugin LIBZ FILE");
    vitte::loader::module_loader loader;
    provide_libc(loader);
    auto zlib = loader.load(argv[1]);
    if (!zlib) return fail(zlib.error().message());

    using checksum = unsigned long(unsigned long, const std::byte*, unsigned);
    using pack = int(std::byte*, unsigned long*, const std::byte*, unsigned long);
    const auto crc32 = (*zlib)->function<checksum>("crc32");
    const auto compress = (*zlib)->function<pack>("compress");
    const auto uncompress = (*zlib)->function<pack>("uncompress");
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
    if ((*compress)(packed->bytes().data(), &packed_size, plain.data(), plain.size()) != 0) return fail("compress failed");
    if ((*uncompress)(again->bytes().data(), &plain_size, packed->bytes().data(), packed_size) != 0)
        return fail("uncompress failed");
    const bool same = plain_size == plain.size() && std::memcmp(again->bytes().data(), plain.data(), plain_size) == 0;
    std::printf("crc32 %08lx, %zu bytes, %lu compressed, round trip %s\n",
                (*crc32)(0, plain.data(), static_cast<unsigned>(plain.size())), plain.size(), packed_size,
                same ? "equal" : "DIFFERENT");
    return same ? 0 : 1;
}
