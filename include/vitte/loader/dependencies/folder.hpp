/// Folders of containers, and stores of modules, as sources of a catalog.
#pragma once

#include <vitte/loader/dependencies/catalog.hpp>
#include <vitte/loader/format/vitb.hpp>
#include <vitte/loader/load_error.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/fs/walk.hpp>

namespace vitte::loader {

/// What a container says of itself. Fails with what is wrong and, where it is JSON, the line; a container without META
/// is `errc::malformed`. Signatures are not looked at: that is done when it is loaded.
inline result<known_module, load_error> describe_container(std::span<const std::byte> file) {
    constexpr const char* action = "reading";
    constexpr std::uint64_t most = std::uint64_t{16} << 20;  // of each, decompressed
    const auto refused = [](const parse_error& e) {
        return refuse(e.code, action, std::string(e.reading) + ": " + e.reason, e.offset);
    };
    const auto parsed = vitb::container::parse(file);
    if (!parsed) return refused(parsed.error());
    if (!parsed->find(vitb::kind::meta)) return refuse(errc::malformed, action, "the container has no META");
    known_module made;
    made.is_container = true;
    const auto read = [&](vitb::kind kind, const char* name, auto&& take) -> result<void, load_error> {
        const auto entry = parsed->find(kind);
        if (!entry) return {};
        const auto content = vitb::content(*entry, most);
        if (!content) return refused(content.error());
        const auto done = take(content->text());
        if (done) return {};
        return refuse(done.error().code, action, std::string(name) + ": " + done.error().message().c_str());
    };
    using json::read_error;
    VITTE_CHECK(read(vitb::kind::meta, "META", [&](std::string_view text) -> result<void, read_error> {
        VITTE_TRY(made.who, manifest::read(text));
        return {};
    }));
    VITTE_CHECK(read(vitb::kind::deps, "DEPS", [&](std::string_view text) -> result<void, read_error> {
        VITTE_TRY(made.needs, read_dependencies(text));
        return {};
    }));
    VITTE_CHECK(read(vitb::kind::symb, "SYMB", [&](std::string_view text) -> result<void, read_error> {
        VITTE_TRY(made.symbols, symbol_manifest::read(text));
        return {};
    }));
    return made;
}

/// The container in the file at `path`, of at most 1 GiB.
template <sys::platform P = sys::native>
result<known_module, load_error> describe_file(const char* path) {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    const auto facts = sys::stat<P>(path);
    if (!facts) return refuse(facts.error(), "opening");
    if (facts->size > most) return refuse(errc::too_large, "reading", "it has more than 1 GiB");
    const auto content = sys::read<P>(path, {sys::open_mode::read, sys::open_nonblocking});
    if (!content) return refuse(content.error(), "opening");
    VITTE_TRY(auto made, describe_container(content->bytes()));
    made.path = path;
    return made;
}

/// Adds all `.vitmod`, `.vitbc` and `.vitplug` files in `folder` and up to 8 folders deep below it, in the order of
/// their paths; links are not followed. Each is read whole. Those that cannot be read, and second ones of a version,
/// are told by `module_catalog::unusable`. Fails if the folder cannot be listed.
template <sys::platform P = sys::native>
result<void> add_folder(module_catalog& to, const char* folder) {
    std::vector<std::string> paths;
    VITTE_CHECK(sys::walk<P>(folder,
                             [&](const sys::walk_entry<P>& met) {
                                 if (met.failed != nullptr)
                                     to.add_unusable(std::string(met.path) + ": " + met.failed->message().c_str());
                                 const std::string_view extension = sys::path_view(met.name).extension();
                                 if (met.kind == sys::file_kind::regular &&
                                     (extension == ".vitmod" || extension == ".vitbc" || extension == ".vitplug"))
                                     paths.emplace_back(met.path);
                                 return sys::walk_next::on;
                             },
                             {.depth = 8}));
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
        auto made = describe_file<P>(path.c_str());
        if (!made) {
            made.error().module = path;
            to.add_unusable(made.error().message());
            continue;
        }
        const std::string title = made->title();
        if (!to.add(std::move(*made))) to.add_unusable(path + ": " + title + " is known from elsewhere");
    }
    return {};
}

/// Adds all that is in `store`, a `module_store`, by name and version; what has another name or version in its META
/// than in the store cannot be used. Fails if the store cannot be listed. The store must stay as long as what it gave
/// is loaded.
template <class Store>
    requires requires(const Store& store) { store.names([](std::string_view) {}); }
result<void> add_store(module_catalog& to, const Store& store) {
    std::vector<std::string> names;
    VITTE_CHECK(store.names([&](std::string_view name) { names.emplace_back(name); }));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names)
        VITTE_CHECK(store.versions(name, [&](const semver::version& version, const auto& hash) {
            std::string title = name + " ";
            version.append_to(title);
            const auto refused = [&](std::string_view reason) {
                to.add_unusable(title + " in the store: " + std::string(reason));
            };
            const auto bytes = store.read(hash);
            if (!bytes) return refused("reading: " + std::string(bytes.error().message().c_str()));
            auto made = describe_container(bytes->bytes());
            if (!made) return refused(made.error().message().substr(2));
            if (made->who.name != name || made->version() != version) return refused("it is " + made->title());
            made->path = title + " in the store";
            made->content = [&store, hash]() -> result<std::vector<std::byte>> {
                VITTE_TRY(const auto again, store.read(hash));
                return std::vector<std::byte>(again.bytes().begin(), again.bytes().end());
            };
            if (!to.add(std::move(*made))) refused("it is known from elsewhere");
        }));
    return {};
}

}  // namespace vitte::loader
