// Makes a signed container for a microcontroller, on the machine that builds its modules:
//
//     pack OUTPUT SEED TARGET=OBJECT              a native part, which is copied into memory
//     pack OUTPUT SEED settle TARGET=OBJECT       one whose code stays in flash, wherever
//     pack OUTPUT SEED settle TARGET=OBJECT CONTAINER MEMORY     or only if they are at these addresses
//     pack OUTPUT SEED wasm=FILE                  a WebAssembly module
//
// SEED, a number from 1 to 255, stands for a secret key, as it does in tests only: `vitte key` makes real ones, and
// `vitte pack` and `vitte key sign` containers of whatever else may be in them. 0 leaves the signature out. The public
// key is written to the screen.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vitte/loader/firmware/settle.hpp>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/signing/container.hpp>

namespace {
using namespace vitte::loader;

std::string content_of(const char* path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
int fail(const vitte::error_text& why) { return std::fprintf(stderr, "%s\n", why.c_str()), 1; }

vitte::result<vitb::owned_bytes> container_of(std::string_view label, std::string& part) {
    vitb::writer made;
    const auto bytes = std::as_bytes(std::span(part));
    const auto added = label == "wasm" ? made.add(vitb::kind::code, bytes)
                                       : made.add(vitb::kind::natv, bytes, vitb::compression::none, label);
    return added.and_then([&] { return made.finish(); });
}
}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    const bool settles = std::strcmp(arguments[3], "settle") == 0;
    char** const rest = arguments + 3 + settles;
    const char* const equals = std::strchr(*rest, '=');
    if (equals == nullptr) return 2;
    const std::string_view label(*rest, equals);
    std::string part = content_of(equals + 1);
    auto container = container_of(label, part);
    if (!container) return fail(container.error().message());

    if (settles) {
        std::optional<firmware::addresses> at;
        if (rest[1] != nullptr && rest[2] != nullptr) {
            const auto parsed = vitb::container::parse(*container);
            const auto offset = (*parsed)[0].packed.data() - container->data();
            at = {static_cast<std::uint32_t>(std::strtoul(rest[2], nullptr, 0)),
                  static_cast<std::uint32_t>(std::strtol(rest[1], nullptr, 0) + offset)};
        }
        const auto settled = firmware::settle(std::as_writable_bytes(std::span(part)), at);
        if (!settled) return fail(settled.error().message());
        container = container_of(label, part);
    }
    if (const int seed = std::atoi(arguments[2]); seed != 0) {
        const std::array<std::byte, 32> secret{static_cast<std::byte>(seed)};
        const vitte::ed25519_key key(secret);
        const minisign::public_key shown{{static_cast<std::byte>(seed)}, key.public_key()};
        auto made = signing::sign_container(*container, key, shown.id);
        if (!made) return fail(made.error().message());
        *container = std::move(*made);
        char text[minisign::public_key::max_size];
        const std::string_view lines = shown.write(text, "");
        std::printf("%.*s", static_cast<int>(lines.size()), lines.data());
    }
    std::ofstream out(arguments[1], std::ios::binary);
    out.write(reinterpret_cast<const char*>(container->data()), static_cast<std::streamsize>(container->size()));
    return out.good() ? 0 : 1;
}
