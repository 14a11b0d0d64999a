/// Archives of objects (`.a`) as checked views of their bytes: System V and GNU with their symbol index and long names,
/// and BSD's names. The format has no standard; see ar(5) of FreeBSD.
#pragma once

#include <span>
#include <string_view>

#include <vitte/core/endian.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader::ar {

using bytes = std::span<const std::byte>;

/// A file in an archive.
struct member {
    std::string_view name;  ///< as the archive has it: without folder, unless its maker has put one there
    ar::bytes content;
    std::uint64_t offset = 0;  ///< of its header in the archive, by which the index names it
};

/// Whether a file that starts with `start` is an archive, a thin one included.
inline bool is_archive(ar::bytes start) noexcept {
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    return text.starts_with("!<arch>\n") || text.starts_with("!<thin>\n");
}

/// A whole archive. Views point into the bytes that were given, which must stay.
class archive {
public:
    /// Checks the header of each member, and finds the index and the long names. Thin archives, which only name files,
    /// are `errc::not_supported`.
    static result<archive, parse_error> parse(ar::bytes whole) noexcept {
        archive made(whole);
        if (!is_archive(whole)) return malformed("archive", "not an archive", 0);
        if (made.text(0, 3) == "!<t")
            return malformed("archive", "it is thin, without the content of its members: make it without 'T'", 0,
                             errc::not_supported);
        for (std::uint64_t at = first; at < whole.size();) {
            VITTE_TRY(const header found, made.header_at(at));
            made.note_special(found);
            at = found.end;
        }
        return made;
    }

    /// Calls `visit(const member&)` for each file, as long as it returns true.
    template <class Visit>
    result<void, parse_error> for_each_member(Visit&& visit) const {
        for (std::uint64_t at = first; at < whole_.size();) {
            VITTE_TRY(const header found, header_at(at));
            at = found.end;
            if (is_special(found.name)) continue;
            VITTE_TRY(const member m, named(found));
            if (!is_bsd_index(m.name) && !visit(m)) break;
        }
        return {};
    }

    /// The member whose header is at `offset`.
    result<member, parse_error> member_at(std::uint64_t offset) const noexcept {
        VITTE_TRY(const header found, header_at(offset));
        return named(found);
    }

    /// Whether there is a System V or GNU index. Without one, the members have to be asked for their symbols.
    bool has_index() const noexcept { return index_word_ != 0; }

    /// Calls `visit(std::string_view symbol, std::uint64_t member offset)` for each entry of the index: a count, so
    /// many offsets, all big-endian, and so many names that end with a NUL.
    template <class Visit>
    result<void, parse_error> for_each_symbol(Visit&& visit) const {
        if (!has_index()) return {};
        const auto number = [&](std::uint64_t i) {
            const std::byte* const at = index_.data() + i * index_word_;
            return index_word_ == 8 ? load<std::uint64_t>(at, byte_order::big)
                                    : load<std::uint32_t>(at, byte_order::big);
        };
        constexpr const char* what = "index of the archive";
        const std::uint64_t words = index_.size() / index_word_, count = words == 0 ? 0 : number(0);
        if (words == 0) return {};
        if (count > words - 1) return malformed(what, "ends inside its offsets", first, errc::end_of_input);
        const ar::bytes rest = index_.subspan(static_cast<std::size_t>((count + 1) * index_word_));
        std::string_view names(reinterpret_cast<const char*>(rest.data()), rest.size());
        for (std::uint64_t i = 1; i <= count; ++i) {
            const std::size_t end = names.find('\0');
            if (end == names.npos) return malformed(what, "ends inside its names", first, errc::end_of_input);
            visit(names.substr(0, end), number(i));
            names.remove_prefix(end + 1);
        }
        return {};
    }

private:
    static constexpr std::uint64_t first = 8, header_size = 60;
    static constexpr std::size_t most_name = 4096;  ///< of those that many members may share

    /// What a member's 60 bytes of text say.
    struct header {
        std::string_view name;  ///< as it is there, without the spaces that fill it up
        ar::bytes content;
        std::uint64_t offset, end;
    };

    explicit archive(ar::bytes whole) noexcept : whole_(whole) {}

    std::string_view text(std::uint64_t at, std::size_t size) const noexcept {
        return {reinterpret_cast<const char*>(whole_.data()) + at, size};
    }

    static bool is_special(std::string_view name) noexcept {
        return name == "/" || name == "//" || name == "/SYM64/";
    }
    static bool is_bsd_index(std::string_view name) noexcept { return name.starts_with("__.SYMDEF"); }

    result<header, parse_error> header_at(std::uint64_t at) const noexcept {
        constexpr const char* what = "member header";
        if (at < first || at > whole_.size() || whole_.size() - at < header_size)
            return malformed(what, "reaches past the end of the archive", at, errc::end_of_input);
        if (text(at + 58, 2) != "`\n") return malformed(what, "does not end as it must", at + 58);
        std::uint64_t size = 0;
        if (!decimal(text(at + 48, 10), size)) return malformed(what, "its size is not a number", at + 48);
        const std::uint64_t start = at + header_size;
        if (size > whole_.size() - start)
            return malformed("member", "reaches past the end of the archive", at, errc::end_of_input);
        std::string_view name = text(at, 16);
        while (name.ends_with(' ')) name.remove_suffix(1);
        return header{name, whole_.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(size)), at,
                      start + size + size % 2};
    }

    void note_special(const header& h) noexcept {
        if (h.name == "//") long_names_ = {reinterpret_cast<const char*>(h.content.data()), h.content.size()};
        if (h.name == "/" && index_word_ == 0) index_ = h.content, index_word_ = 4;
        if (h.name == "/SYM64/") index_ = h.content, index_word_ = 8;
    }

    /// "name/" is a short name, "/12" one at byte 12 of the long names, "#1/12" one of 12 bytes before the content; any
    /// other is BSD's short name.
    result<member, parse_error> named(const header& h) const noexcept {
        constexpr const char* what = "name of a member";
        std::uint64_t number = 0;
        if (h.name.starts_with("#1/") && decimal(h.name.substr(3), number)) {
            if (number > h.content.size()) return malformed(what, "is longer than the member", h.offset);
            const auto length = static_cast<std::size_t>(number);
            const std::string_view name(reinterpret_cast<const char*>(h.content.data()), length);
            return member{name.substr(0, name.find('\0')), h.content.subspan(length), h.offset};
        }
        if (h.name.starts_with('/')) {
            if (!decimal(h.name.substr(1), number) || number >= long_names_.size())
                return malformed(what, "is not among the long names", h.offset);
            const std::string_view start = long_names_.substr(static_cast<std::size_t>(number), most_name + 1);
            const std::string_view name = start.substr(0, start.find('\n'));
            if (name.size() > most_name) return malformed(what, "is too long for a file's", h.offset);
            return member{without_slash(name), h.content, h.offset};
        }
        return member{without_slash(h.name), h.content, h.offset};
    }
    static std::string_view without_slash(std::string_view name) noexcept {
        if (name.ends_with('/')) name.remove_suffix(1);
        return name;
    }

    /// A number that spaces may follow.
    static bool decimal(std::string_view text, std::uint64_t& value) noexcept {
        while (text.ends_with(' ')) text.remove_suffix(1);
        for (const char c : text) {
            if (c < '0' || c > '9') return false;
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
        }
        return !text.empty() && text.size() <= 16;
    }

    ar::bytes whole_, index_;
    std::size_t index_word_ = 0;  ///< bytes of a number of the index; 0 if there is none
    std::string_view long_names_;
};

}  // namespace vitte::loader::ar
