/// What keeps a module store small and whole: it takes away what was used least recently, what is damaged, what leads
/// nowhere, and what writers that were stopped have left.
#pragma once

#include <algorithm>
#include <vitte/core/growing_array.hpp>
#include <vitte/loader/store/store_folder.hpp>

namespace vitte::loader {

/// What was found in a store, and done there.
struct store_report {
    std::uint64_t entries = 0;    ///< contents that are left
    std::uint64_t bytes = 0;      ///< that they take, with what names them
    std::uint64_t evicted = 0;    ///< contents that went for want of room
    std::uint64_t damaged = 0;    ///< contents and small files that were not what they have to be, and went
    std::uint64_t dangling = 0;   ///< names and forms whose content was gone, and which went
    std::uint64_t abandoned = 0;  ///< files that were not finished, and went
};

namespace detail {

/// What an entry counts: blocks of file systems, for itself and for what names it.
constexpr std::uint64_t room_of(std::uint64_t size) noexcept {
    constexpr std::uint64_t block = 4096;
    return (size / block + 2) * block;
}

/// One look through a store. Others may do the same, at the same time.
template <sys::platform P>
class store_collector {
    using directory = sys::basic_directory<P>;
    using folder = store_folder<P>;

public:
    /// `checks`: reads all that is there. `abandoned_after`: nanoseconds since an unfinished file was written last.
    store_collector(const folder& in, bool checks, std::int64_t abandoned_after) noexcept
        : in_(in), checks_(checks), abandoned_after_(abandoned_after) {}

    /// At most `most` bytes are left.
    result<store_report> run(std::uint64_t most) {
        VITTE_CHECK(look_at_contents());
        VITTE_CHECK(evict(most));
        VITTE_CHECK(look_at_names());
        VITTE_CHECK(look_at_forms());
        return report_;
    }

private:
    struct entry {
        content_hash hash;
        std::int64_t used;
        std::uint64_t size;
    };

    /// Calls `visit(folder, its name, entry)` for all that is in the folders of `kind`; unfinished files are none.
    template <class Visit>
    result<void> each(const char* kind, Visit visit) {
        const auto top = in_.folder(kind);
        if (!top) return folder::is_gone(top.error()) ? result<void>() : unexpected(top.error());
        VITTE_TRY(auto outer, directory::listing::create());
        VITTE_TRY(auto inner, directory::listing::create());
        result<void> ended;
        VITTE_CHECK(top->for_each(
            [&](const sys::directory_entry& of) {
                if (!is_folder(kind, of.name)) return true;
                const auto below = in_.folder(*top, of.name);
                ended = below ? each_in(*below, of.name, inner, visit) : result<void>(unexpected(below.error()));
                // Somebody has taken it away meanwhile, or it is of others, who look at it.
                if (!ended && (folder::is_gone(ended.error()) || ended.error().code == errc::permission_denied))
                    ended = {};
                return ended.has_value();
            },
            outer));
        return ended;
    }
    template <class Visit>
    result<void> each_in(const directory& below, const char* name, typename directory::listing& memory, Visit& visit) {
        result<void> ended;
        VITTE_CHECK(below.for_each(
            [&](const sys::directory_entry& of) {
                if (is_unfinished(of.name))
                    remove_abandoned(below, of.name);
                else
                    ended = visit(below, name, of.name);
                return ended.has_value();
            },
            memory));
        return ended;
    }
    static bool is_folder(const char* kind, std::string_view name) noexcept {
        return kind == names_folder ? !name_of_folder(name).view().empty() : hash_place::is_folder(name);
    }
    void remove_abandoned(const directory& below, const char* name) noexcept {
        const auto facts = below.info(name);
        if (!facts) return;
        // Of any time that somebody has given it.
        const auto now = static_cast<std::uint64_t>(P::clocks::wall());
        const auto then = static_cast<std::uint64_t>(facts->modified);
        const bool is_past = facts->modified <= static_cast<std::int64_t>(now);
        const bool is_old = (is_past ? now - then : then - now) >= static_cast<std::uint64_t>(abandoned_after_);
        if (is_old && folder::remove(below, name)) ++report_.abandoned;
    }

    result<void> look_at_contents() {
        return each(contents_folder, [&](const directory& below, const char* in, const char* name) -> result<void> {
            const auto hash = hash_place::hash_of(in, name);
            if (!hash) return {};  // nothing of ours
            const auto facts = below.info(name);
            if (!facts) return {};
            // Sizes are what somebody wants, and take nothing where there are holes: they make no room for themselves.
            const std::uint64_t room = room_of(facts->size);
            bool is_content = facts->kind == sys::file_kind::regular && facts->size <= in_.most_of_entry() &&
                              room <= UINT64_MAX - report_.bytes;
            if (is_content && checks_) {
                const auto checked = check(below, name, *hash, *facts);
                if (!checked && checked.error().code == errc::not_found) return {};  // somebody has taken it away
                is_content = checked || checked.error().code != errc::malformed;
            }
            if (!is_content) {
                const auto same = [&](const sys::file_info& taken) { return taken.same_file(*facts); };
                if (folder::take_away(below, name, same)) ++report_.damaged;
                return {};
            }
            ++report_.entries;
            report_.bytes += room;
            return entries_.push_back({*hash, folder::last_use(*facts), facts->size});
        });
    }
    /// To look is no use.
    result<sys::file_info> check(const directory& below, const char* name, const content_hash& hash,
                                 const sys::file_info& facts) noexcept {
        const auto checked = in_.check(below, name, hash);
        if (!folder::has_other_names(facts)) static_cast<void>(below.set_times(name, facts.accessed, sys::no_time));
        return checked;
    }

    result<void> evict(std::uint64_t most) {
        if (report_.bytes <= most) return {};
        std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
            return a.used != b.used ? a.used < b.used : a.hash < b.hash;  // the same order for all who collect
        });
        VITTE_TRY(const auto top, in_.folder(contents_folder));
        for (const entry& oldest : entries_) {
            if (report_.bytes <= most) break;
            const auto place = hash_place::of(oldest.hash);
            const auto below = in_.folder(top, place.folder.c_str());
            const auto unused = [&](const sys::file_info& taken) { return folder::last_use(taken) <= oldest.used; };
            if (!below || !folder::take_away(*below, place.name.c_str(), unused)) continue;
            ++report_.evicted;
            --report_.entries;
            report_.bytes -= room_of(oldest.size);
        }
        return {};
    }

    result<void> look_at_names() {
        VITTE_CHECK(each(names_folder, [&](const directory& below, const char* in, const char* file) -> result<void> {
            const auto version = version_of_file(file);
            if (version.view().empty()) return {};
            look_at_record(below, file, [&](std::string_view text, content_hash& content) {
                const auto found = name_record::read(text);
                if (found) content = found->content;
                return found && found->name == name_of_folder(in).view() && found->version == version.view();
            });
            return {};
        }));
        const auto top = in_.folder(names_folder);
        if (!top) return {};
        return top->for_each([&](const sys::directory_entry& of) {  // those that are empty now
            if (is_folder(names_folder, of.name)) static_cast<void>(top->remove_directory(of.name));
            return true;
        });
    }
    result<void> look_at_forms() {
        return each(forms_folder, [&](const directory& below, const char* in, const char* file) -> result<void> {
            const auto form = hash_place::hash_of(in, file);
            if (!form) return {};
            look_at_record(below, file, [&](std::string_view text, content_hash& content) {
                const auto found = form_record::read(text);
                if (found) content = found->content;
                return found && found->form == *form;
            });
            return {};
        });
    }
    /// `read(text, content)` tells whether the record is what it has to be here.
    template <class Read>
    void look_at_record(const directory& below, const char* file, Read read) {
        const auto found = in_.record(below, file);
        if (!found) {
            report_.damaged += found.error().code == errc::malformed;
            return;
        }
        content_hash content;
        const bool well = read(found->text(), content);
        if (well && in_.has_content(content)) return;
        const bool gone = folder::take_away(below, file, [&](const sys::file_info& taken) {
            return taken.same_file(found->facts) && !(well && in_.has_content(content));
        });
        if (gone) ++(well ? report_.dangling : report_.damaged);
    }

    const folder& in_;
    bool checks_;
    std::int64_t abandoned_after_;
    growing_array<entry> entries_;
    store_report report_;
};

}  // namespace detail
}  // namespace vitte::loader
