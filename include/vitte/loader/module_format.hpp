/// Kinds of modules besides the native ones: a loader knows those that are added to it, and a program has the code of
/// no others.
#pragma once

#include <string_view>
#include <vitte/loader/import_source.hpp>
#include <vitte/loader/module.hpp>

namespace vitte::loader {

class module_format;
struct load_options;

/// What a format may use of the loader that asks it for a module. It is gone when `module_format::link` returns.
class link_context {
public:
    /// What the host offers to modules.
    virtual const exports& host() const noexcept = 0;
    /// What `load` was given. `verify` has accepted the whole file.
    virtual const load_options& options() const noexcept = 0;
    /// Links a native image, a part of the file, with our own linker, in the loader's name space, from a copy that
    /// nobody can change. Libraries that it needs are verified. Fails as `module_loader::load` does.
    virtual linked link_native(std::span<const std::byte> image, const char* name) const = 0;
    /// Whether the loader links with the OS's linker, on Windows and macOS or where the program has said so.
    virtual bool has_os_linker() const noexcept = 0;
    /// Has that link the file at `path`, which nobody may change. Libraries that it needs are the OS's matter.
    virtual linked link_with_os(const char* path) const = 0;
    /// The format of this loader that recognizes `head`, or null.
    virtual const module_format* recognizing(std::span<const std::byte> head) const noexcept = 0;
    /// The format of this loader that makes modules of scripts in `language`, or null.
    virtual const module_format* understanding(std::string_view language) const noexcept = 0;

protected:
    ~link_context() = default;
};

/// Recognizes files of a kind and makes modules of them. All functions may be called from several threads at once.
class module_format {
public:
    virtual ~module_format() = default;

    /// So many bytes of a file are shown to `recognizes`, or all that it has.
    static constexpr std::size_t head_size = 16;
    virtual bool recognizes(std::span<const std::byte> head) const noexcept = 0;

    /// Returns true for the names of files that this format makes modules of, where no format recognizes their bytes: texts have
    /// no mark at their beginning.
    virtual bool recognizes_name(std::string_view name) const noexcept {
        static_cast<void>(name);
        return false;
    }

    /// Whether it makes modules of scripts in `language`, which a container says of them, such as "lua".
    virtual bool understands(std::string_view language) const noexcept {
        static_cast<void>(language);
        return false;
    }

    /// Makes a module of a file's `bytes`, which nobody changes meanwhile and which go when this returns. `name` stands
    /// for it in messages. It may import what `with.host()` offers with a type, and what
    /// `with.options().imports` has.
    virtual linked link(std::span<const std::byte> bytes, const char* name, const link_context& with) const = 0;
};

}  // namespace vitte::loader
