/// Ranges of versions as npm and Cargo write them.
#pragma once

#include <vitte/core/semver/version_set.hpp>

namespace vitte::semver {

/// Whose ranges they are. Both know `^ ~ >= > <= < =`, versions of which parts are missing, and `*`, `x` and `X` in the
/// place of parts. A prerelease is in a range only if one of the versions that its comparators name is a prerelease of
/// the same release: `>=1.2.3-beta` has 1.2.3-rc, but not 1.2.4-beta. They differ in:
///                          | npm                                  | Cargo
/// several at once          | all, with spaces between them        | all, with commas between them
/// one of several           | `1 || 2`                             | cannot be said
/// from one to another      | `1.2 - 2.3`, both included           | cannot be said
/// nothing                  | every release                        | an error
/// `1.2.3`                  | exactly that                         | `^1.2.3`
/// `1.2`, `1`               | as `1.2.*`, `1.*`                    | `^1.2`, `^1`
/// `v1.2.3`, `~>1.2`        | as without the "v", as `~1.2`        | errors
/// `*` beside others        | no restriction                       | an error
/// `1.0.0-rc || *`          | every release, no prerelease         | cannot be said
/// `>1.2 <1.3.0-rc`         | lower end is 1.3.0                   | lower end is before the prereleases of 1.3.0
enum class dialect : unsigned char { npm, cargo };

namespace detail {

/// A version of which parts may be missing, from the right.
struct partial {
    version known;
    int parts = 0;              ///< how many of the numbers are there
    bool has_wildcard = false;  ///< in the place of one that is not
};

class range_reader {
public:
    range_reader(std::string_view text, dialect language) noexcept : text_(text), npm_(language == dialect::npm) {}

    result<version_set> read() noexcept {
        version_set all;
        bool has_any = false;
        for (;;) {
            restricted_ = false;
            VITTE_TRY(const version_set one, alternative());
            VITTE_TRY(all, set_union(all, one));
            has_any = has_any || !restricted_;
            if (text_.empty()) break;
            if (!npm_ || !take("||")) return malformed();
        }
        if (has_any) return version_set::every_release();
        return all;
    }

private:
    static unexpected<error> malformed() noexcept { return fail(errc::malformed, "read range of versions"); }
    static bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
    bool skip_space() noexcept {
        const std::size_t before = text_.size();
        while (!text_.empty() && is_space(text_[0])) text_.remove_prefix(1);
        return text_.size() != before;
    }
    bool take(std::string_view what) noexcept {
        if (!text_.starts_with(what)) return false;
        text_.remove_prefix(what.size());
        return true;
    }

    /// Comparators that must all hold. Prereleases that are named let others of their release in.
    result<version_set> alternative() noexcept {
        version_set within = version_set::all(), named = version_set::every_release();
        skip_space();
        bool is_first = true, any = false;
        while (!text_.empty() && !text_.starts_with("||")) {
            if (any) return malformed();
            if (!is_first && !npm_ && (!take(",") || (skip_space(), text_.empty()))) return malformed();
            if (!npm_ && (text_[0] == '*' || text_[0] == 'x' || text_[0] == 'X')) {
                if (!is_first) return malformed();
                text_.remove_prefix(1);
                skip_space();
                any = true;
                continue;
            }
            VITTE_CHECK(comparator(within, named, is_first));
            skip_space();
            is_first = false;
        }
        if (!npm_ && is_first && !any) return malformed();
        return intersection(within, named);
    }

    result<void> comparator(version_set& within, version_set& named, bool may_be_hyphened) noexcept {
        enum { none, equal, less, less_equal, greater, greater_equal, tilde, caret } is = none;
        if (take("<="))
            is = less_equal;
        else if (take("<"))
            is = less;
        else if (take(">="))
            is = greater_equal;
        else if (take(">"))
            is = greater;
        else if (take("="))
            is = equal;
        else if (take("~"))
            is = (static_cast<void>(npm_ && take(">")), tilde);
        else if (take("^"))
            is = caret;
        if (is != none) skip_space();
        VITTE_TRY(const partial first, read_partial());
        if (is == none && npm_ && may_be_hyphened) {
            const std::string_view behind = text_;
            if (skip_space() && take("-") && skip_space()) {
                VITTE_TRY(const partial last, read_partial());
                VITTE_CHECK(from(first, within, named));
                VITTE_CHECK(up_to_end_of(last, within, named));
                skip_space();
                return text_.empty() || text_.starts_with("||") ? result<void>() : malformed();
            }
            text_ = behind;
        }
        if (is == none && !npm_ && !first.has_wildcard) is = caret;
        if (is == none) is = equal;
        if (first.parts == 0) {
            if (!npm_) return malformed();
            return is == less || is == greater ? restrict(within, version_set()) : result<void>();
        }
        switch (is) {
            case less: return below(first, within, named);
            case less_equal: return up_to_end_of(first, within, named);
            case greater: return above(first, within, named);
            case greater_equal: return from(first, within, named);
            case tilde:
                VITTE_CHECK(from(first, within, named));
                return below_next(first, first.parts == 1 ? 1 : 2, within);
            case caret: {
                VITTE_CHECK(from(first, within, named));
                const version& v = first.known;
                const int fixed = v.major != 0 ? 1 : v.minor != 0 ? 2 : 3;
                return below_next(first, fixed < first.parts ? fixed : first.parts, within);
            }
            default: VITTE_CHECK(from(first, within, named)); return up_to_end_of(first, within, named);
        }
    }

    result<partial> read_partial() noexcept {
        partial made;
        if (npm_) take("v");
        std::uint64_t* const numbers[] = {&made.known.major, &made.known.minor, &made.known.patch};
        int read = 0;
        for (; read < 3; ++read) {
            if (read != 0 && !take(".")) break;
            if (take("*") || take("x") || take("X")) {
                if (!npm_ && read == 0) return malformed();
                made.has_wildcard = true;
                continue;
            }
            std::uint64_t number = 0;
            if (made.has_wildcard || !take_number(text_, number)) return malformed();
            *numbers[read] = number;
            made.parts = read + 1;
        }
        if (text_.starts_with(read == 3 ? '-' : '+') || (read == 3 && text_.starts_with('+'))) {
            if (made.parts < 3 && !npm_) return malformed();
            if (!take_suffixes(text_, made.known.prerelease, made.known.build)) return malformed();
            if (made.parts < 3) made.known.prerelease = {};
        }
        if (!text_.empty() && !is_space(text_[0]) && !(npm_ ? text_.starts_with("||") : text_.starts_with(',')))
            return malformed();
        return made;
    }

    result<void> restrict(version_set& within, const version_set& to) noexcept {
        restricted_ = true;
        VITTE_TRY(within, intersection(within, to));
        return {};
    }
    static result<void> note(const version& v, version_set& named) noexcept {
        if (!v.is_prerelease()) return {};
        VITTE_TRY(const version_set others, version_set::prereleases_of(v));
        VITTE_TRY(named, set_union(named, others));
        return {};
    }
    using bound = version_set::bound;
    /// Not less than `p`. To Cargo, what is not whole stands for the prereleases, too. To npm, `>=0.0.0` says nothing.
    result<void> from(const partial& p, version_set& within, version_set& named) noexcept {
        if (p.parts == 0 || (npm_ && p.known == version())) return {};
        const bool whole = npm_ || p.parts == 3;
        VITTE_TRY(version_set less, version_set::up_to(p.known, whole ? bound::before : bound::before_prereleases));
        VITTE_CHECK(note(p.known, named));
        return restrict(within, complement(std::move(less)));
    }
    /// Less than `p`.
    result<void> below(const partial& p, version_set& within, version_set& named) noexcept {
        VITTE_TRY(const version_set less,
                  version_set::up_to(p.known, p.parts == 3 ? bound::before : bound::before_prereleases));
        VITTE_CHECK(note(p.known, named));
        return restrict(within, less);
    }
    /// Not greater than all that `p` may be.
    result<void> up_to_end_of(const partial& p, version_set& within, version_set& named) noexcept {
        if (p.parts == 0) return {};
        if (p.parts < 3) return below_next(p, p.parts, within);
        VITTE_TRY(const version_set less, version_set::up_to(p.known, bound::behind));
        VITTE_CHECK(note(p.known, named));
        return restrict(within, less);
    }
    /// Greater than all that `p` may be.
    result<void> above(const partial& p, version_set& within, version_set& named) noexcept {
        version end = p.known;
        VITTE_CHECK(note(p.known, named));
        bound where = bound::behind;
        if (p.parts < 3) {
            if (!advance(end, p.parts)) return restrict(within, version_set());
            where = npm_ ? bound::before : bound::before_prereleases;
        }
        VITTE_TRY(version_set less, version_set::up_to(end, where));
        return restrict(within, complement(std::move(less)));
    }
    /// Less than the first version, prereleases included, that differs from `p` in the first `fixed` numbers.
    result<void> below_next(const partial& p, int fixed, version_set& within) noexcept {
        version end = p.known;
        if (!advance(end, fixed)) return {};
        VITTE_TRY(const version_set less, version_set::up_to(end, bound::before_prereleases));
        return restrict(within, less);
    }
    /// To the next one whose first `fixed` numbers are others; false if there is none.
    static bool advance(version& v, int fixed) noexcept {
        v.prerelease = {};
        if (fixed < 3) v.patch = 0;
        if (fixed < 2) v.minor = 0;
        if (fixed == 3 && ++v.patch != 0) return true;
        if (fixed >= 2 && ++v.minor != 0) return true;
        return ++v.major != 0;
    }

    std::string_view text_;
    const bool npm_;
    bool restricted_ = false;  ///< the alternative is not `*` or the like
};

}  // namespace detail

/// The versions in the range that `text` is in `language`; `errc::malformed` if it is none. The set refers to `text`
/// where that has prereleases. What npm's strict parser takes is taken, but for a superfluous "=" or "v" and for
/// numbers behind a wildcard, as in `^x.1`.
inline result<version_set> read_range(std::string_view text, dialect language) noexcept {
    return detail::range_reader(text, language).read();
}

}  // namespace vitte::semver
