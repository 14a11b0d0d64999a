/// What a plugin's child process is told when it begins: by its arguments where to listen, and by the first frame
/// what it may do.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <vitte/loader/plugin/frame.hpp>

namespace vitte::loader {

namespace detail {

/// Handles travel as numbers.
template <class Handle>
Handle handle_of(std::uint64_t number) noexcept {
    if constexpr (std::is_pointer_v<Handle>)
        return reinterpret_cast<Handle>(static_cast<std::uintptr_t>(number));
    else
        return static_cast<Handle>(number);
}
template <class Handle>
std::uint64_t number_of(Handle handle) noexcept {
    if constexpr (std::is_pointer_v<Handle>)
        return reinterpret_cast<std::uintptr_t>(handle);
    else
        return static_cast<std::uint64_t>(handle);
}

}  // namespace detail

/// The first argument of a program that is to be a plugin's child. Behind it the numbers of three handles: where
/// requests come from, where answers go to, and the plugin's file.
inline constexpr const char* plugin_child_word = "--vitte-plugin-child-1";

/// The body of the frame `start`: `u32` flags, `u32` largest body of a reply, `u32` size of the name, `u32` number of
/// folders, for each folder `u64` handle, `u32` rights and `u32` zero, then the name, and the plugin's options.
struct child_start {
    struct folder {
        std::uint64_t handle;
        std::uint32_t rights;  ///< bits of `sys::sandbox_right`
    };
    static constexpr std::uint32_t all_rules = 1;       ///< whatever rule cannot be enforced is a failure
    static constexpr std::uint32_t only_this_file = 2;  ///< no libraries but those that are in the process
    static constexpr std::size_t fixed_size = 16, folder_size = 16;

    std::uint32_t flags = 0, most_reply = 0;
    std::vector<folder> folders;
    std::string_view name, options;

    std::vector<std::byte> written() const {
        std::vector<std::byte> made(fixed_size + folders.size() * folder_size);
        std::byte* at = made.data();
        const auto put = [&](auto number) {
            store(at, number, byte_order::little);
            at += sizeof number;
        };
        put(flags), put(most_reply);
        put(static_cast<std::uint32_t>(name.size())), put(static_cast<std::uint32_t>(folders.size()));
        for (const folder& f : folders) put(f.handle), put(f.rights), put(std::uint32_t{0});
        for (const std::string_view text : {name, options}) {
            const auto bytes = std::as_bytes(std::span(text));
            made.insert(made.end(), bytes.begin(), bytes.end());
        }
        return made;
    }
    /// Its texts are in `body`.
    static result<child_start> read(std::span<const std::byte> body) {
        const auto number = [&](std::size_t at) { return load<std::uint32_t>(body.data() + at, byte_order::little); };
        if (body.size() < fixed_size) return fail(errc::malformed, "read start of plugin");
        child_start made;
        made.flags = number(0);
        made.most_reply = number(4);
        const std::size_t name = number(8), count = number(12);
        body = body.subspan(fixed_size);
        if (count > body.size() / folder_size || name > body.size() - count * folder_size)
            return fail(errc::malformed, "read start of plugin");
        for (std::size_t i = 0; i < count; ++i, body = body.subspan(folder_size))
            made.folders.push_back({load<std::uint64_t>(body.data(), byte_order::little), number(8)});
        const std::string_view texts(reinterpret_cast<const char*>(body.data()), body.size());
        made.name = texts.substr(0, name);
        made.options = texts.substr(name);
        return made;
    }
};

}  // namespace vitte::loader
