/// From files and bytes to an image: reads the inputs, takes from archives what is needed, and links.
#pragma once

#include <vitte/loader/link_input.hpp>
#include <vitte/loader/native/object/archives.hpp>
#include <vitte/loader/native/object/image.hpp>

namespace vitte::loader::native::object {

/// Links `inputs`. Objects count in the order in which they are given, members of archives after all of them. What
/// nobody defines is asked from `scope`, see `image::link`. The image has not been started.
template <class P, class Scope>
result<held<image<P>>, load_error> link(std::span<const link_input> inputs, Scope& scope,
                                        const link_options& options = {}) {
    if (inputs.empty()) return refuse(errc::invalid_argument, "linking", "there is nothing to link");
    std::vector<sys::byte_buffer> files;
    symbol_set symbols;
    archive_set archives;
    for (const link_input& in : inputs) {
        elf::bytes content;
        if (in.content) {
            content = *in.content;
        } else {
            auto file = sys::read<P>(in.name.c_str(), without_waiting);
            if (!file) {
                auto e = refuse(file.error(), "reading");
                e.error().reason = in.name + ": " + e.error().reason;
                return e;
            }
            files.push_back(std::move(*file));
            content = files.back().bytes();
        }
        if (options.verify) {
            auto accepted = options.verify({content, in.name.c_str()});
            if (!accepted && accepted.error().module.empty()) accepted.error().module = in.name;
            VITTE_CHECK(std::move(accepted));
        }
        if (!ar::is_archive(content)) {
            VITTE_TRY(auto object, input::parse(in.name, content));
            VITTE_CHECK(symbols.add(std::move(object)));
        } else if (in.whole_archive) {
            VITTE_CHECK(archive_set::take_all(in.name, content, symbols));
        } else {
            VITTE_CHECK(archives.add(in.name, content));
        }
    }
    VITTE_CHECK(archives.take_wanted(symbols));
    return image<P>::link(symbols, scope, inputs.front().name, options);
}

}  // namespace vitte::loader::native::object
