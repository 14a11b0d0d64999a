/// Kinds of modules besides the native ones: a loader knows those that are added to it, and a program has the code of
/// no others.
#pragma once

#include <vitte/loader/exports.hpp>
#include <vitte/loader/module.hpp>

namespace vitte::loader {

/// Recognizes files of a kind and makes modules of them. Both functions may be called from several threads at once.
class module_format {
public:
    virtual ~module_format() = default;

    /// So many bytes of a file are shown to `recognizes`, or all that it has.
    static constexpr std::size_t head_size = 16;
    virtual bool recognizes(std::span<const std::byte> head) const noexcept = 0;

    /// Makes a module of a file's `bytes`, which nobody changes meanwhile and which go when this returns. `name` stands
    /// for it in messages. It may import what `host` offers with a type.
    virtual linked link(std::span<const std::byte> bytes, const char* name, const exports& host) const = 0;
};

}  // namespace vitte::loader
