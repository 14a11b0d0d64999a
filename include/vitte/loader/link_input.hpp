/// What `module_loader::link` makes a module of: relocatable objects and archives of them, from files or from memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <vitte/loader/load_options.hpp>
#include <vitte/loader/native/debugger/announce.hpp>

namespace vitte::loader {

/// An object (`.o`) or an archive (`.a`); which of both its content tells.
struct link_input {
    /// The file at `path` (UTF-8), read when it is linked.
    static link_input file(std::string path) { return {std::move(path), {}, false}; }
    /// `content`, which must stay until it is linked; `name` is for messages.
    static link_input bytes(std::string name, std::span<const std::byte> content) {
        return {std::move(name), content, false};
    }
    /// Takes all members of an archive, also those that nobody needs.
    link_input whole() && {
        whole_archive = true;
        return std::move(*this);
    }

    std::string name;
    std::optional<std::span<const std::byte>> content;  ///< none: it is in the file `name`
    bool whole_archive = false;
};

/// How objects are linked.
struct link_options {
    native::debugger::announce announce = native::debugger::announce::if_watched;  ///< to debuggers
    file_verifier verify = nullptr;  ///< is asked about each object and archive, as `load_options::verify` is
};

}  // namespace vitte::loader
