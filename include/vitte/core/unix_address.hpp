/// Where a socket of this machine is (unix(7)): a path, or a name of Linux that no file system knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <vitte/core/result.hpp>

namespace vitte {

class unix_address {
public:
    static constexpr std::size_t most = 108;           ///< bytes of a path; other systems take 103 or 107
    static constexpr std::size_t max_size = most + 2;  ///< characters of its text

    constexpr unix_address() noexcept = default;  ///< of a socket that is not bound

    /// A file, by its path. `errc::invalid_argument` if it is empty or has a NUL, `errc::name_too_long`.
    static constexpr result<unix_address> at_path(std::string_view path) noexcept {
        if (path.empty() || path.find('\0') != path.npos) return fail(errc::invalid_argument, "path of a socket");
        return made_of(path, false);
    }
    /// A name of Linux's abstract namespace; any bytes, one fewer than of a path.
    static constexpr result<unix_address> abstract(std::string_view name) noexcept { return made_of(name, true); }
    /// A path, or, behind "@", an abstract name: as `write` and the system's tools put it.
    static constexpr result<unix_address> parse(std::string_view text) noexcept {
        return text.starts_with('@') ? abstract(text.substr(1)) : at_path(text);
    }

    constexpr bool is_unnamed() const noexcept { return size_ == 0 && !abstract_; }
    constexpr bool is_abstract() const noexcept { return abstract_; }
    /// The path, or the abstract name.
    constexpr std::string_view name() const noexcept { return {name_, size_}; }
    /// Writes its text to `to`; returns it. A path that begins with "@" has "./" before it, as it is no abstract name.
    constexpr std::string_view write(std::span<char, max_size> to) const noexcept {
        char* out = to.data();
        if (abstract_) *out++ = '@';
        else if (name().starts_with('@'))
            *out++ = '.', *out++ = '/';
        for (const char c : name()) *out++ = c;
        return {to.data(), static_cast<std::size_t>(out - to.data())};
    }

    friend constexpr bool operator==(const unix_address& a, const unix_address& b) noexcept {
        return a.abstract_ == b.abstract_ && a.name() == b.name();
    }

private:
    static constexpr result<unix_address> made_of(std::string_view name, bool abstract) noexcept {
        if (name.size() + abstract > most) return fail(errc::name_too_long, "address of a socket");
        unix_address made;
        for (const char c : name) made.name_[made.size_++] = c;
        made.abstract_ = abstract;
        return made;
    }

    std::uint8_t size_ = 0;
    bool abstract_ = false;
    char name_[most] = {};
};

}  // namespace vitte
