/// Files of plugins, and folders of them.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <vitte/loader/plugin/description.hpp>
#include <vitte/loader/target.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/fs/walk.hpp>

namespace vitte::loader {

/// What the plugin in a file says of itself, and its words.
struct plugin_file {
    plugin_description said;
    std::string text;
};

/// Reads the regular file at `path` of at most `most` bytes; others are `errc::invalid_argument`. Fails as
/// `describe_plugin` does, too.
template <sys::platform P = sys::native>
result<plugin_file, load_error> read_plugin_file(const char* path, std::uint64_t most = std::uint64_t{1} << 30) {
    constexpr const char* action = "reading";
    const auto file = sys::basic_file<P>::open(path, {sys::open_mode::read, sys::open_nonblocking});
    if (!file) return refuse(file.error(), "opening");
    const auto facts = file->info();
    if (!facts) return refuse(facts.error(), "opening");
    if (facts->kind != sys::file_kind::regular) return refuse(errc::invalid_argument, action, "it is no regular file");
    if (facts->size > most) return refuse(errc::too_large, action, "it has more bytes than are allowed");
    const auto size = static_cast<std::size_t>(facts->size);
    const std::unique_ptr<std::byte[]> room(new (std::nothrow) std::byte[size]);
    if (room == nullptr) return refuse(errc::out_of_memory, action, "it does not fit into memory");
    const auto got = file->read_at(std::span(room.get(), size), 0);
    if (!got) return refuse(got.error(), action);
    const std::span<const std::byte> bytes(room.get(), *got);
    plugin_file made;
    VITTE_TRY(made.text, plugin_text(bytes));
    VITTE_TRY(made.said, describe_plugin(bytes));
    return made;
}

/// Whether a file of that name may be a plugin here: a container, WebAssembly, or native.
inline bool is_plugin_name(const char* name) noexcept {
    const std::string_view extension = sys::path_view(name).extension();
    constexpr std::string_view system = host_target.system;
    if (extension == ".vitplug" || extension == ".wasm") return true;
    if (system == "windows") return extension == ".dll";
    return extension == ".so" || (system == "macos" && extension == ".dylib");
}

/// The paths of the regular files in `folder`, and up to 8 folders deep, that have such names, sorted; links are not
/// followed. Calls `refused(load_error)` for what cannot be looked at. Fails if the folder cannot be listed.
template <sys::platform P = sys::native, class Refused>
result<std::vector<std::string>> plugin_paths(const char* folder, Refused&& refused) {
    std::vector<std::string> paths;
    VITTE_CHECK(sys::walk<P>(folder,
                             [&](const sys::walk_entry<P>& met) {
                                 if (met.failed != nullptr) {
                                     auto e = refuse(*met.failed, "opening");
                                     e.error().module = met.path;
                                     refused(std::move(e).error());
                                 } else if (met.kind == sys::file_kind::regular && is_plugin_name(met.name)) {
                                     paths.emplace_back(met.path);
                                 }
                                 return sys::walk_next::on;
                             },
                             {.depth = 8}));
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace vitte::loader
