/// The way down into a tree of folders and up again, with few handles however deep it is.
#pragma once

#include <vitte/core/growing_array.hpp>
#include <vitte/sys/fs/directory.hpp>

namespace vitte::sys::detail {

/// Keeps the handles of the innermost folders only, and finds the others again by "..", which must lead to where it
/// came from.
template <platform P>
class folder_stack {
public:
    /// Links that are followed have no way back by "..": then all handles are kept.
    explicit folder_stack(basic_directory<P>&& root, links follow = links::not_followed) noexcept
        : root_{std::move(root), {}}, follow_(follow) {}
    std::size_t depth() const noexcept { return 1 + below_.size(); }
    const basic_directory<P>& top() const noexcept { return below_.size() == 0 ? root_.folder : below_.back().folder; }

    /// Goes into the folder `name` of the innermost one.
    result<void> descend(const char* name) noexcept {
        VITTE_TRY(auto folder, top().open_directory(name, follow_));
        if (finds_way_back && follow_ == links::not_followed && depth() >= most_handles) {
            VITTE_CHECK(give_back(at(depth() - most_handles)));
        }
        return below_.push_back({std::move(folder), {}});
    }
    /// Leaves the innermost folder, which must not be the root. `errc::busy` if somebody moved it away.
    result<void> ascend() noexcept {
        const basic_directory<P> done = std::move(below_.back().folder);
        below_.pop_back();
        level& above = at(below_.size());
        if (above.is_open()) return {};
        VITTE_TRY(above.folder, done.open_directory(".."));
        VITTE_TRY(const file_info identity, above.folder.info("."));
        if (!identity.same_file(above.identity)) return fail(errc::busy, "leave folder: it was moved away meanwhile");
        return {};
    }

private:
    static constexpr std::size_t most_handles = 32;
    static constexpr bool finds_way_back = !requires { P::directories::only_down; };
    struct level {
        basic_directory<P> folder;  ///< the current one stands for a handle that was given back
        file_info identity;
        bool is_open() const noexcept { return folder.native_handle() != P::directories::current; }
    };
    static result<void> give_back(level& outer) noexcept {
        if (!outer.is_open()) return {};
        VITTE_TRY(outer.identity, outer.folder.info("."));
        outer.folder = basic_directory<P>::current();
        return {};
    }
    level& at(std::size_t depth) noexcept { return depth == 0 ? root_ : below_[depth - 1]; }

    level root_;
    growing_array<level> below_;
    links follow_;
};

}  // namespace vitte::sys::detail
