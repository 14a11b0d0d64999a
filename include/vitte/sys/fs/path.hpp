/// Paths as text: their parts, without asking the OS and without memory of their own. Whether something is there, and
/// what links make of it, only `canonical` knows.
#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include <vitte/sys/platform/files.hpp>

namespace vitte::sys {

/// A path that belongs to somebody else; like `std::string_view`. Everything is constexpr and returns parts of the same
/// text.
template <path_style Style>
class basic_path_view {
public:
    template <std::convertible_to<std::string_view> Text>
    constexpr basic_path_view(const Text& text) noexcept : text_(text) {}  // NOLINT: a path is text
    constexpr std::string_view text() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }

    static constexpr bool is_separator(char c) noexcept {
        return c == '/' || (Style == path_style::windows && c == '\\');
    }

    /// What it begins with before the first name: "/" and, on Windows, "C:", "C:\", "\\server\share\" or "\??\C:\".
    constexpr std::string_view root() const noexcept {
        const std::size_t drive = drive_length();
        std::size_t end = drive;
        while (end < text_.size() && is_separator(text_[end])) ++end;
        return text_.substr(0, end);
    }
    /// Whether it means the same wherever the process is.
    constexpr bool is_absolute() const noexcept {
        const std::size_t drive = drive_length();
        if (Style == path_style::posix) return root().size() != 0;
        return drive > 2 || (drive == 2 && root().size() > 2);
    }

    /// Behind the last separator: "c.txt" of "a/b/c.txt", "" of "a/b/".
    constexpr std::string_view name() const noexcept { return text_.substr(name_begin()); }
    /// From the last "." of the name on, if something is before it: ".txt"; "" of ".profile" and "..".
    constexpr std::string_view extension() const noexcept {
        const std::string_view whole = name();
        const std::size_t dot = whole.rfind('.');
        if (dot == std::string_view::npos || dot == 0 || whole == "..") return {};
        return whole.substr(dot);
    }
    /// The name without its extension.
    constexpr std::string_view stem() const noexcept {
        const std::string_view whole = name();
        return whole.substr(0, whole.size() - extension().size());
    }
    /// What is before the name, without separators at its end: "a/b" of "a/b/c" and of "a/b/"; "/" of "/a"; "" of "a".
    constexpr basic_path_view parent() const noexcept {
        const std::size_t root_size = root().size();
        std::size_t end = name_begin();
        while (end > root_size && is_separator(text_[end - 1])) --end;
        return text_.substr(0, end < root_size ? root_size : end);
    }

    /// The names between the separators, from first to last: `for (std::string_view name : path)`.
    class iterator {
    public:
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        constexpr iterator() noexcept = default;
        constexpr explicit iterator(std::string_view rest) noexcept : rest_(rest) { find(); }
        constexpr std::string_view operator*() const noexcept { return rest_.substr(0, size_); }
        constexpr iterator& operator++() noexcept {
            rest_ = rest_.substr(size_);
            find();
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.rest_.size() == b.rest_.size();
        }

    private:
        constexpr void find() noexcept {
            while (!rest_.empty() && is_separator(rest_[0])) rest_ = rest_.substr(1);
            for (size_ = 0; size_ < rest_.size() && !is_separator(rest_[size_]);) ++size_;
        }
        std::string_view rest_;
        std::size_t size_ = 0;
    };
    constexpr iterator begin() const noexcept { return iterator(text_.substr(root().size())); }
    constexpr iterator end() const noexcept { return iterator(); }

    /// Writes the shortest path that means the same if there are no symbolic links: without ".", "name/..", and
    /// separators that say nothing; "." if nothing is left. On Windows ".\" stays or comes before a name that would be
    /// taken for a drive: "a\..\C:\b" is ".\C:\b". With a NUL; returns the length without it.
    /// `errc::name_too_long` if `to` is too small, also for a name that ".." takes away again.
    constexpr result<std::size_t> normalize(std::span<char> to) const noexcept {
        writer out{to};
        const std::size_t drive = drive_length();
        const bool rooted = root().size() > drive;
        for (const char c : text_.substr(0, drive)) out.put(is_separator(c) ? separator : c);
        if (rooted) out.put(separator);
        const std::size_t base = out.size;
        std::size_t kept = 0;  // names at the end that a ".." takes away
        for (const std::string_view part : *this) {
            if (part == ".") continue;
            if (part == ".." && kept != 0) {
                while (out.size > base && to[out.size - 1] != separator) --out.size;
                if (out.size > base) --out.size;
                --kept;
                continue;
            }
            if (part == ".." && rooted) continue;
            if (out.size > base) out.put(separator);
            for (const char c : part) out.put(c);
            kept = part == ".." ? 0 : kept + 1;
            if (out.full) break;  // what was written cannot be taken back any more
        }
        if (out.size == 0) out.put('.');
        out.keep_root(base);
        return out.end();
    }

    /// Writes this path with `below` behind it, or `below` alone if that is absolute. On Windows "\below" keeps the
    /// drive, "C:below" stands behind a path with the same drive and alone elsewhere, and ".\" comes between them where
    /// a part of `below` would be taken for the root.
    constexpr result<std::size_t> join(basic_path_view below, std::span<char> to) const noexcept {
        writer out{to};
        const bool behind = below.root().empty() || has_drive_of(below);
        const std::string_view kept = behind ? text_ : text_.substr(0, below.drive_length() != 0 ? 0 : drive_length());
        const std::string_view added = below.text_.substr(behind ? below.drive_length() : 0);
        for (const char c : kept) out.put(c);
        const bool ends = kept.empty() || is_separator(kept.back()) || (kept.size() == 2 && drive_length() == 2);
        if (behind && !ends && !added.empty()) out.put(separator);
        for (const char c : added) out.put(c);
        if (behind && drive_length() == 0 && root().size() == 1) out.keep_root(1);
        return out.end();
    }

    /// Writes the path that leads from the folder `base` to this one; both are normal and begin alike, or it is
    /// `errc::invalid_argument`. It is relative, see `normalize`.
    constexpr result<std::size_t> relative_to(basic_path_view base, std::span<char> to) const noexcept {
        if (root() != base.root()) return fail(errc::invalid_argument, "relative path");
        iterator mine = begin(), theirs = base.begin();
        const auto pass_dots = [&] {
            while (mine != end() && *mine == ".") ++mine;
            while (theirs != base.end() && *theirs == ".") ++theirs;
        };
        for (pass_dots(); mine != end() && theirs != base.end() && *mine == *theirs; pass_dots()) ++mine, ++theirs;
        writer out{to};
        for (; theirs != base.end(); ++theirs) {
            if (*theirs == "..") return fail(errc::invalid_argument, "relative path");
            if (*theirs != ".") out.part("..");
        }
        for (; mine != end(); ++mine)
            if (*mine != ".") out.part(*mine);
        if (out.size == 0) out.put('.');
        out.keep_root(0);
        return out.end();
    }

private:
    static constexpr char separator = Style == path_style::windows ? '\\' : '/';

    /// Counts on when `to` is full.
    struct writer {
        std::span<char> to;
        std::size_t size = 0;
        bool full = false;

        constexpr void put(char c) noexcept {
            full = full || size + 1 >= to.size();
            if (!full) to[size++] = c;
        }
        constexpr void part(std::string_view name) noexcept {
            if (size != 0) put(separator);
            for (const char c : name) put(c);
        }
        /// Puts a "." behind the root of `root` bytes, if names behind it would be read as a part of it.
        constexpr void keep_root(std::size_t root) noexcept {
            if (Style == path_style::posix || basic_path_view(std::string_view(to.data(), size)).root().size() <= root)
                return;
            put('.'), put(separator);
            for (std::size_t at = size; !full && at-- > root + 2;) to[at] = to[at - 2];
            if (!full) to[root] = '.', to[root + 1] = separator;
        }
        constexpr result<std::size_t> end() noexcept {
            if (full || to.empty()) return fail(errc::name_too_long, "write path");
            to[size] = 0;
            return size;
        }
    };

    /// Whether `below` is relative to the drive that this begins with: "C:below".
    constexpr bool has_drive_of(basic_path_view below) const noexcept {
        const bool by_letter = drive_length() == 2 && below.drive_length() == 2 && below.root().size() == 2;
        return by_letter && (text_[0] | 0x20) == (below.text_[0] | 0x20);
    }
    constexpr std::size_t name_begin() const noexcept {
        std::size_t at = text_.size();
        for (const std::size_t least = root().size(); at > least && !is_separator(text_[at - 1]);) --at;
        return at;
    }
    /// Of "C:", "\\server\share" or "\??\C:", a name of the object manager, where the style has them.
    constexpr std::size_t drive_length() const noexcept {
        if (Style == path_style::posix || text_.size() < 2) return 0;
        const char letter = static_cast<char>(text_[0] | 0x20);
        if (text_[1] == ':' && letter >= 'a' && letter <= 'z') return 2;
        if (!is_separator(text_[0])) return 0;
        const bool of_object_manager = text_.size() > 3 && text_.substr(1, 2) == "??" && is_separator(text_[3]);
        if (!of_object_manager && !is_separator(text_[1])) return 0;
        std::size_t at = of_object_manager ? 4 : 2;
        for (int names = of_object_manager ? 1 : 0; names < 2; ++names) {
            const std::size_t begin = at;
            while (at < text_.size() && !is_separator(text_[at])) ++at;
            if (at == begin) return 0;
            if (names == 0 && at < text_.size()) ++at;
        }
        return at;
    }

    std::string_view text_;
};
using posix_path = basic_path_view<path_style::posix>;
using windows_path = basic_path_view<path_style::windows>;

namespace detail {
template <class P>
consteval path_style style_of() noexcept {
    if constexpr (requires { P::files::paths; }) return P::files::paths;
    else return path_style::posix;
}
}  // namespace detail

/// Paths as the native platform writes them.
using path_view = basic_path_view<detail::style_of<native>()>;

}  // namespace vitte::sys
