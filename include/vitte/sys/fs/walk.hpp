/// Everything below a folder, as fast as the kernel tells it: one handle per folder, no question about any entry that
/// the listing answers, no memory per entry.
#pragma once

#include <vector>

#include <vitte/sys/fs/folder_stack.hpp>

namespace vitte::sys {

/// What a walk does after an entry.
enum class walk_next : unsigned char {
    on,
    skip,  ///< but not into this folder
    stop,
};

struct walk_options {
    /// Links to folders that are followed are walked into; those that lead back are a failure.
    links follow = links::not_followed;
    std::size_t depth = SIZE_MAX;  ///< how deep it goes: 1 is the folder itself
};

/// What a walk meets: an entry, or something that it could not read. Valid until the visit returns.
template <platform P>
struct walk_entry {
    const char* path;                 ///< from where the walk began on
    const char* name;                 ///< the last part of it
    std::size_t depth;                ///< 1 in the folder where the walk began
    std::uint64_t inode;
    /// Unknown only if it `failed`; of what a link points to if links are followed and it is there.
    file_kind kind;
    const basic_directory<P>& where;  ///< the folder that it is in: `where.info(name)`
    const error* failed = nullptr;    ///< why it could not be read, or gone through; null if nothing is wrong
};

namespace detail {

/// Of a folder that a walk is in: its folders among the names that are kept, the next of them, the length of its path,
/// and, if links are followed, what it is.
struct walk_level {
    std::size_t first, next, path;
    file_info identity;
};

/// What is left of a walk for somebody else: folders of one folder, by names that end with NULs.
template <platform P>
struct walk_share {
    basic_directory<P> folder;
    std::vector<char> names, path;
    std::vector<walk_level> levels;  ///< from where the walk began to the folder
};

/// Nobody helps with the walk.
template <platform P>
struct lone_walk {
    static constexpr bool is_over() noexcept { return false; }
    static constexpr bool wants_share() noexcept { return false; }
    static void give(walk_share<P>&&) noexcept {}
    static void stop() noexcept {}
};

/// One thread's part of a walk. `Crew` are those who walk, like `lone_walk`.
template <platform P, class Visit, class Crew>
class walker {
public:
    walker(basic_directory<P>&& root, typename basic_directory<P>::listing& memory, const char* path,
           walk_options options, Visit& visit, Crew& crew)
        : stack_(std::move(root), options.follow), memory_(memory), options_(options), visit_(visit), crew_(crew) {
        path_.assign(path, path + __builtin_strlen(path));
        if (!path_.empty() && path_.back() != '/') path_.push_back('/');
    }
    walker(walk_share<P>&& share, typename basic_directory<P>::listing& memory, walk_options options, Visit& visit,
           Crew& crew)
        : stack_(std::move(share.folder), options.follow), memory_(memory), options_(options), visit_(visit),
          crew_(crew), levels_(std::move(share.levels)), names_(std::move(share.names)), path_(std::move(share.path)) {}

    /// All that is below the root.
    result<void> run() {
        levels_.push_back({0, 0, path_.size(), {}});
        VITTE_CHECK(list());
        return run_on();
    }
    /// What is left.
    result<void> run_on() {
        const std::size_t outermost = levels_.size();
        while (!is_over()) {
            if (crew_.wants_share()) give_share();
            walk_level& here = levels_.back();
            if (here.next < names_.size()) {
                const char* const name = names_.data() + here.next;
                here.next += __builtin_strlen(name) + 1;
                descend(name);
            } else if (levels_.size() == outermost) {
                return {};
            } else {
                leave();
                path_.resize(levels_.back().path);
                VITTE_CHECK(stack_.ascend());
            }
        }
        return {};
    }

private:
    bool is_over() const noexcept { return stopped_ || crew_.is_over(); }
    /// Half of the folders that are left in the innermost one, if there are two and a handle for it can be had.
    void give_share() {
        const std::size_t next = levels_.back().next, left = names_.size() - next;
        if (left == 0) return;
        const std::size_t middle = next + left / 2 - 1;
        const std::size_t from = middle + __builtin_strlen(names_.data() + middle) + 1;
        if (from == names_.size()) return;
        auto folder = stack_.top().open_directory(".");
        if (!folder) return;
        const auto rest = names_.begin() + static_cast<std::ptrdiff_t>(from);
        walk_share<P> share{std::move(*folder), {rest, names_.end()}, path_, levels_};
        for (walk_level& level : share.levels) level.first = level.next = 0;
        names_.resize(from);
        crew_.give(std::move(share));
    }

    result<void> list() {
        if (options_.follow == links::followed) {
            VITTE_TRY(const file_info identity, stack_.top().info("."));
            for (const walk_level& above : levels_)
                if (above.identity.same_file(identity)) return fail(errc::too_many_links, "walk: a link leads back");
            levels_.back().identity = identity;
        }
        return stack_.top().for_each([this](const directory_entry& entry) {
            const std::size_t length = append(entry.name);
            walk_entry<P> met{path_.data(), path_.data() + levels_.back().path, levels_.size(), entry.inode, entry.kind,
                              stack_.top()};
            const bool follows = options_.follow == links::followed && entry.kind == file_kind::symbolic_link;
            error failed;
            if (entry.kind == file_kind::unknown || follows) {
                const auto facts = ask(entry.name, follows);
                if (facts) met.kind = facts->kind;
                if (!facts) failed = facts.error(), met.failed = &failed;
            }
            const walk_next next = visit(met);
            if (met.kind == file_kind::directory && next == walk_next::on && levels_.size() < options_.depth)
                names_.insert(names_.end(), entry.name, entry.name + length + 1);
            path_.resize(levels_.back().path);
            return !is_over();
        }, memory_);
    }
    result<file_info> ask(const char* name, bool follows) const noexcept {
        const auto facts = stack_.top().info(name, options_.follow);
        if (facts || !follows) return facts;
        return stack_.top().info(name);  // a link that leads nowhere is a link
    }
    void descend(const char* name) {
        append(name);
        const auto entered = enter(name);
        if (entered) return;
        const walk_level& here = levels_.back();
        visit({path_.data(), path_.data() + here.path, levels_.size(), 0, file_kind::directory, stack_.top(),
               &entered.error()});
        path_.resize(here.path);
    }
    /// Goes into a folder, whose path is in `path_`, and through its entries. After a failure it is where it was.
    result<void> enter(const char* name) {
        VITTE_CHECK(stack_.descend(name));
        path_.back() = '/';
        levels_.push_back({names_.size(), names_.size(), path_.size(), {}});
        const auto listed = list();
        if (listed) return {};
        leave();
        path_.back() = 0;
        const auto left = stack_.ascend();
        return left ? listed : left;
    }
    /// Forgets the innermost folder, but for its path.
    void leave() {
        path_.resize(levels_.back().path);
        names_.resize(levels_.back().first);
        levels_.pop_back();
    }
    /// With a NUL; returns the length of the name.
    std::size_t append(const char* name) {
        const std::size_t length = __builtin_strlen(name);
        path_.insert(path_.end(), name, name + length + 1);
        return length;
    }
    walk_next visit(const walk_entry<P>& entry) {
        const walk_next next = visit_(entry);
        if (next == walk_next::stop) {
            stopped_ = true;
            crew_.stop();
        }
        return next;
    }

    folder_stack<P> stack_;
    typename basic_directory<P>::listing& memory_;
    const walk_options options_;
    Visit& visit_;
    Crew& crew_;
    std::vector<walk_level> levels_;
    std::vector<char> names_, path_;
    bool stopped_ = false;
};

}  // namespace detail

/// Calls `visit(const walk_entry<P>&)`, which returns a `walk_next`, for everything below the folder `path`, in no
/// order but each folder before what is in it. What cannot be read is visited with `failed` (a folder a second time)
/// and the walk goes on; the result tells of failures that end it: `path` itself cannot be read, or somebody moves
/// folders away while it is inside.
template <platform P = native, class Visit>
result<void> walk(const char* path, Visit visit, const walk_options& options = {}) {
    VITTE_TRY(auto root, basic_directory<P>::open(path));
    VITTE_TRY(auto memory, basic_directory<P>::listing::create());
    detail::lone_walk<P> alone;
    return detail::walker<P, Visit, detail::lone_walk<P>>(std::move(root), memory, path, options, visit, alone).run();
}

}  // namespace vitte::sys
