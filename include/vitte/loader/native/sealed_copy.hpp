/// Bytes as a file in memory that nobody can change any more (memfd_create(2), F_SEAL_WRITE; where the OS has no seals,
/// only this process could): for modules that come from memory, or that are verified before they are loaded.
#pragma once

#include <cstring>
#include <vitte/core/blake3.hpp>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/native/segments.hpp>
#include <vitte/sys/memory/mapping.hpp>

namespace vitte::loader::native {

template <sys::platform P>
using sealed = result<sys::basic_shared_memory<P>, load_error>;

/// A copy of `size` bytes that `write(std::span<std::byte>)` puts there; it returns how many.
template <sys::platform P, class Write>
sealed<P> sealed_copy(std::size_t size, Write&& write) {
    constexpr const char* action = "copying the module to sealed memory";
    if (size == 0) return refuse(errc::end_of_input, action, "it is empty");
    auto made = sys::basic_shared_memory<P>::create(size);
    if (!made) return refuse(made.error(), action);
    {
        auto view = sys::basic_view<P>::map(made->file(), size);
        if (!view) return refuse(view.error(), action);
        result<std::size_t> written = write(view->bytes());
        if (!written) return refuse(written.error(), action);
        if (*written != size) return refuse(errc::end_of_input, action, "the file became shorter");
    }
    constexpr unsigned for_ever = 7;  // size, content and the seals themselves
    if (auto done = made->seal(for_ever); !done && done.error().code != errc::not_supported)
        return refuse(done.error(), action);
    return std::move(*made);
}
/// A copy of `file`, of which the OS has said `facts`.
template <sys::platform P>
sealed<P> sealed_copy(const sys::basic_file<P>& file, const sys::file_info& facts) {
    if (facts.size > SIZE_MAX) return refuse(errc::too_large, "opening", "it does not fit into memory");
    return sealed_copy<P>(static_cast<std::size_t>(facts.size),
                          [&](std::span<std::byte> to) { return file.read_at(to, 0); });
}

/// Whether the program wants to load what is in `copy`; see `file_to_verify`.
template <sys::platform P>
result<void, load_error> verified(const sys::basic_shared_memory<P>& copy, const char* path, const char* needed_by,
                                  const load_options& options) {
    constexpr const char* action = "verifying";
    if (!options.verify) return {};
    const auto size = copy.size();
    if (!size) return refuse(size.error(), action);
    const auto view = sys::basic_view<P>::map(copy.file(), static_cast<std::size_t>(*size), sys::access::read);
    if (!view) return refuse(view.error(), action);
    return loader::verified({view->bytes(), path, needed_by, needed_by == nullptr ? options.name : nullptr}, options);
}

/// What a copy was made of, and what is in it: two of one origin are one module.
struct origin {
    sys::file_info file;
    blake3::digest content;

    bool same(const origin& other) const noexcept {
        return file.inode != 0 && file.same_file(other.file) && content == other.content;
    }
};
template <sys::platform P>
result<origin, load_error> origin_of(const sys::basic_shared_memory<P>& copy, const sys::file_info& file) {
    constexpr const char* action = "reading the copy";
    const auto size = copy.size();
    if (!size) return refuse(size.error(), action);
    const auto view = sys::basic_view<P>::map(copy.file(), static_cast<std::size_t>(*size), sys::access::read);
    if (!view) return refuse(view.error(), action);
    return origin{file, blake3().update(view->bytes()).finish()};
}

}  // namespace vitte::loader::native
