// What a signature costs when a module is loaded: a signed container of 10 MB over the same one unsigned; and what a
// store of modules costs over files. In the folder that is given, where large.so is.
#include <cstdlib>
#include <vitte/loader/container.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/module_store.hpp>
#include <vitte/loader/signature_policy.hpp>
#include <vitte/loader/signing/container.hpp>
#include <vitte/loader/wasm/format.hpp>
#include <vitte/sys/fs/replace.hpp>

#include "../tests/support/wasm_builder.hpp"
#include "row.hpp"

namespace {
using namespace vitte::loader;
using file = std::vector<std::byte>;

/// Exports "run"; `functions` of some 40 bytes each make it large.
file module_of(std::uint32_t functions) {
    using namespace wasm_test;
    code types = unsigned_number(functions), bodies = types, work;
    for (int i = 0; i < 8; ++i) work = std::move(work) + bytes({0x20, 0, 0x41, i, 0x6a, 0x21, 0});
    const code one = body(work + bytes({0x20, 0}));
    for (std::uint32_t i = 0; i < functions; ++i) {
        types.push_back(std::byte{0});
        bodies.insert(bodies.end(), one.begin(), one.end());
    }
    return wasm_test::module({make_section(1, list({type({i32}, {i32})})), make_section(3, types),
                              make_section(7, list({exported("run", 0, 0)})), make_section(10, bodies)});
}

/// A container of such a module, with `more` in an entry of another kind.
file container_of(std::span<const std::byte> code, vitb::kind kind = {}, std::span<const std::byte> more = {},
                  std::string_view label = {}) {
    const std::string meta = manifest{"acme/image", "1.0.0"}.write().value();
    vitb::writer to;
    to.add(vitb::kind::meta, std::as_bytes(std::span(meta))).value();
    to.add(vitb::kind::code, code).value();
    if (!more.empty()) to.add(kind, more, vitb::compression::none, label).value();
    const auto made = to.finish().value();
    return {made.span().begin(), made.span().end()};
}

void compare(const std::string& folder, const char* claim, const file& plain) {
    const vitte::ed25519_key key(std::array<std::byte, 32>{});
    const minisign::public_key open{{}, key.public_key()};
    const auto made = signing::sign_container(plain, key, open.id).value();
    const std::string paths[] = {folder + "/signed.vitmod", folder + "/unsigned.vitmod"};
    vitte::sys::write(paths[0].c_str(), made.span()).value();
    vitte::sys::write(paths[1].c_str(), plain).value();
    signature_policy policy;
    policy.trust("acme/*", {open});
    module_loader loaders[2];
    for (module_loader& loader : loaders) {
        loader.add_format(container_format());
        loader.add_format(wasm::format());
    }
    loaders[0].verify_all(std::ref(policy));
    const auto load = [&](int which) {
        return bench::nanoseconds([&] {
            if (!loaders[which].load(paths[which].c_str(), {.name = "acme/image"})) std::abort();
        });
    };
    bench::compare(
        claim, "the same unsigned", 1.1, 41, [&] { return load(0); }, [&] { return load(1); });
    for (const std::string& path : paths) static_cast<void>(vitte::sys::directory::current().remove(path.c_str()));
}

/// A store whose contents are read, written and found, beside the least that files take to do so, and as durably.
void store_over_files(const std::string& folder, const file& content) {
    const std::string path = folder + "/store", plain = folder + "/plain";
    const auto store = module_store::open(path.c_str()).value();
    const auto hash = store.add("acme/image", "1.0.0", content).value();
    vitte::sys::write(plain.c_str(), content).value();
    vitte::blake3::digest hashed{};
    bench::compare(
        "store: read 10 MB", "a file, read and hashed", 1.1, 41,
        [&] {
            return bench::nanoseconds([&] {
                if (!store.read(hash)) std::abort();
            });
        },
        [&] {
            return bench::nanoseconds([&] {
                const auto bytes = vitte::sys::read(plain.c_str()).value();
                hashed = vitte::blake3().update(bytes.bytes()).finish();
            });
        });
    if (hashed != hash) std::abort();
    constexpr int times = 100;
    bench::compare(
        "store: find a version", "a file, read", 6, 41,
        [&] { return bench::nanoseconds([&] { store.find("acme/image", "1.0.0").value(); }, times); },
        [&] {
            return bench::nanoseconds(
                [&] {
                    const auto file = vitte::sys::file::open((path + "/names/@acme+image@/1.0.0").c_str()).value();
                    std::byte room[512];
                    file.read(room).value();
                },
                times);
        });
    file changed = content;
    bench::compare(
        "store: add 10 MB", "sys::replace", 1.3, 11,
        [&] {
            changed[0] ^= std::byte{1};
            static_cast<void>(vitte::sys::remove_all((path + "/content").c_str()));
            return bench::nanoseconds([&] { store.add(changed).value(); });
        },
        [&] { return bench::nanoseconds([&] { vitte::sys::replace(plain.c_str(), changed).value(); }); });
    static_cast<void>(vitte::sys::remove_all(path.c_str()));
    static_cast<void>(vitte::sys::directory::current().remove(plain.c_str()));
}
}  // namespace

int main(int, char** arguments) {
    const std::string folder = arguments[1];
    const file large(std::size_t{10} << 20, std::byte{0x5a}), small = module_of(10);
    compare(folder, "load: a signed container, 10 MB of WebAssembly", container_of(module_of(160'000)));
    const auto image = vitte::sys::read((folder + "/large.so").c_str()).value();
    const std::string target = std::string(host_target.machine) + "-" + std::string(host_target.system);
    compare(folder, "load: a signed container, 10 MB of a shared object",
            container_of(small, vitb::kind::natv, image.bytes(), target));
    // Of this nearly nothing is used, so that reading it is all that is compared with.
    compare(folder, "load: a signed container, 10 MB of data",
            container_of(small, vitb::kind::data, large, "pictures"));
    store_over_files(folder, large);
}
