/// The folder of a module store: contents that are checked, small files, and what is taken away. Others write to it at
/// the same time, and some of them mean harm: no link is followed, nothing waits for anybody, what is taken away is
/// looked at once more when nobody else finds it any longer.
#pragma once

#include <vitte/loader/store/records.hpp>
#include <vitte/sys/fs/replace.hpp>
#include <vitte/sys/fs/tree.hpp>

namespace vitte::loader::detail {

inline constexpr const char *contents_folder = "content", *names_folder = "names", *forms_folder = "forms";

template <sys::platform P>
class store_folder {
    using directory = sys::basic_directory<P>;
    using file = sys::basic_file<P>;

public:
    /// Opens the folder `path`, which is made if it is missing.
    static result<store_folder> open(const char* path, std::uint64_t most_of_entry, std::uint32_t rights) noexcept {
        const auto before = directory::current().info(path, sys::links::followed);
        if (!before && before.error().code != errc::not_found) return unexpected(before.error());
        if (!before) {
            VITTE_CHECK(sys::create_directories<P>(path, rights));
            VITTE_CHECK(sync_above(path));
        }
        VITTE_TRY(auto root, directory::open(path));
        VITTE_TRY(const sys::file_info facts, root.info("."));
        return store_folder(std::move(root), facts.mode, most_of_entry);
    }

    /// A folder of the store; if `make`, it is made if it is missing, also if something else is in its place.
    result<directory> folder(const char* kind, bool make = false) const noexcept { return below(root_, kind, make); }
    result<directory> folder(const directory& in, const char* name, bool make = false) const noexcept {
        return below(in, name, make);
    }

    /// The content with this hash: what is returned has it. `errc::not_found` if it is not there, or was damaged, and
    /// is not there any longer.
    result<sys::byte_buffer> content(const content_hash& hash) const noexcept {
        const auto place = hash_place::of(hash);
        VITTE_TRY(const auto in, place_of(contents_folder, place.folder.c_str()));
        VITTE_TRY(const auto opened, or_missing(whole_file(in, place.name.c_str(), most_)));
        VITTE_TRY(auto bytes, sys::byte_buffer::allocate(static_cast<std::size_t>(opened.facts.size)));
        VITTE_TRY(const std::size_t got, opened.file.read(bytes.bytes()));
        if (got != bytes.size() || blake3().update(bytes.bytes()).finish() != hash)
            return or_missing<sys::byte_buffer>(drop(in, place.name.c_str(), opened.facts));
        note_use(in, place.name.c_str(), opened.facts);
        return bytes;
    }
    /// Stores content, unless it is there and good; whether it was stored now.
    result<bool> add_content(const content_hash& hash, std::span<const std::byte> bytes) const noexcept {
        const auto place = hash_place::of(hash);
        const char* const name = place.name.c_str();
        VITTE_TRY(const auto kind, folder(contents_folder, true));
        VITTE_TRY(const auto in, below(kind, place.folder.c_str(), true));
        const auto there = check(in, name, hash);
        const bool is_there = there && !has_other_names(*there) && touch(in, name);
        if (is_there) {
            VITTE_CHECK(in.sync());  // who stored it may have been stopped before that
        } else {
            VITTE_CHECK(sys::detail::replace_in(in, name, bytes, file_rights, nullptr));
        }
        VITTE_CHECK(kind.sync());
        VITTE_CHECK(root_.sync());
        return !is_there;
    }
    /// Whether the content is there, without a look at it.
    bool has_content(const content_hash& hash) const noexcept {
        const auto place = hash_place::of(hash);
        const auto in = place_of(contents_folder, place.folder.c_str());
        if (!in) return false;
        const auto facts = in->info(place.name.c_str());
        return facts && facts->kind == sys::file_kind::regular;
    }
    /// Reads content a piece at a time, and returns what its file is; `errc::malformed` if it was damaged, and was
    /// taken away, unless that is not allowed.
    result<sys::file_info> check(const directory& in, const char* name, const content_hash& hash) const noexcept {
        VITTE_TRY(const auto opened, whole_file(in, name, most_));
        VITTE_TRY(auto piece, sys::byte_buffer::allocate(1 << 16));
        blake3 found;
        for (std::uint64_t done = 0; done <= opened.facts.size;) {
            VITTE_TRY(const std::size_t got, opened.file.read(piece.bytes()));
            if (got == 0) break;
            found.update(piece.bytes().first(got));
            done += got;
        }
        if (found.finish() == hash) return opened.facts;
        return drop(in, name, opened.facts);
    }

    /// The text of the small file `name`, and what it is; by its folder likewise `errc::malformed`.
    struct small_file {
        std::array<std::byte, record_room> bytes;
        std::size_t size;
        sys::file_info facts;
        std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes.data()), size}; }
    };
    result<small_file> record(const directory& in, const char* name) const noexcept {
        VITTE_TRY(const auto opened, whole_file(in, name, record_room));
        small_file made;
        made.facts = opened.facts;
        VITTE_TRY(made.size, opened.file.read(made.bytes));
        return made;
    }
    result<small_file> record(const char* kind, const char* folder, const char* name) const noexcept {
        VITTE_TRY(const auto in, place_of(kind, folder));
        return or_missing(record(in, name));
    }
    /// Stores the small file `name`, in place of another one that may be there.
    result<void> put_record(const char* kind, const char* folder, const char* name,
                            const record_text& text) const noexcept {
        VITTE_TRY(const auto of_kind, this->folder(kind, true));
        for (int left = 10;; --left) {
            VITTE_TRY(const auto in, below(of_kind, folder, true));
            const auto there = record(in, name);
            const auto put =
                there && there->text() == text.view()
                    ? in.sync()
                    : sys::detail::replace_in(in, name, std::as_bytes(std::span(text.view())), file_rights, nullptr);
            if (!put && put.error().code == errc::not_found && left != 0) continue;  // the folder was empty: collected
            VITTE_CHECK(put);
            VITTE_CHECK(of_kind.sync());
            return root_.sync();
        }
    }

    /// Takes `name` away if it is still what `facts` are about, and fails.
    unexpected<error> drop(const directory& in, const char* name, const sys::file_info& facts) const noexcept {
        take_away(in, name, [&](const sys::file_info& taken) { return taken.same_file(facts); });
        return fail(errc::malformed, "read from store");
    }
    /// Takes `name` away if `is_it` says so of what it is when nobody else finds it any more; else it is put back,
    /// unless there is another one. Whether `name` is gone.
    template <class Judge>
    static bool take_away(const directory& in, const char* name, Judge is_it) noexcept {
        const auto aside = sys::detail::unique_name::make<P>();
        if (!aside) return false;
        const auto moved = in.rename(name, aside->text);
        if (!moved) return moved.error().code == errc::not_found;
        const auto facts = in.info(aside->text);
        if ((!facts || !is_it(*facts)) && in.rename(aside->text, name, sys::rename_mode::keep)) return false;
        remove(in, aside->text);
        return true;
    }
    /// Takes away a file, a link or an empty folder.
    static bool remove(const directory& in, const char* name) noexcept {
        return in.remove(name) || in.remove_directory(name);
    }

    /// When content was used last: its own readers say so by its time of modification, and, where the system keeps it,
    /// the time of access tells of others. What is in the future is not believed.
    static std::int64_t last_use(const sys::file_info& facts) noexcept {
        const std::int64_t used = facts.modified > facts.accessed ? facts.modified : facts.accessed;
        return used > P::clocks::wall() + 3600 * second ? sys::no_time : used;
    }
    static constexpr std::int64_t second = 1'000'000'000;

    /// Whether there is no such folder, or none any more, which listing tells, too.
    static bool is_gone(const error& why) noexcept {
        return why.code == errc::not_found || why.code == errc::not_a_directory;
    }
    /// Whether a file may also be somebody's outside of the store, who alone changes its times.
    static bool has_other_names(const sys::file_info& facts) noexcept { return facts.links > 1; }
    /// Bytes that content has at most.
    std::uint64_t most_of_entry() const noexcept { return most_; }

private:
    static constexpr std::uint32_t file_rights = 0444;  // content is never changed
    static constexpr std::int64_t use_accuracy = 60 * second;

    store_folder(directory&& root, std::uint32_t mode, std::uint64_t most) noexcept
        : root_(std::move(root)), mode_(mode), most_(most < PTRDIFF_MAX ? most : PTRDIFF_MAX) {}

    static unexpected<error> missing() noexcept { return fail(errc::not_found, "read from store"); }
    /// What was dropped is as if it had never been there, but for who counts that.
    template <class T>
    static result<T> or_missing(result<T>&& found) noexcept {
        if (!found && found.error().code == errc::malformed) return missing();
        return std::move(found);
    }

    static result<void> sync_above(const char* path) noexcept {
        sys::byte_buffer copied;
        const std::size_t length = sys::detail::length_of_names(path);
        const auto parent = sys::path_view(std::string_view(path, length)).parent().text();
        VITTE_TRY(copied, sys::byte_buffer::allocate(parent.size() + 2));
        auto* const text = reinterpret_cast<char*>(copied.bytes().data());
        __builtin_memcpy(text, parent.empty() ? "." : parent.data(), parent.empty() ? 1 : parent.size());
        text[parent.empty() ? 1 : parent.size()] = 0;
        VITTE_TRY(const auto above, directory::open(text));
        return above.sync();
    }

    /// The folder for a hash or a name; what is no folder is as good as none.
    result<directory> place_of(const char* kind, const char* name) const noexcept {
        VITTE_TRY(const auto of_kind, readable(root_, kind));
        return readable(of_kind, name);
    }
    static result<directory> readable(const directory& in, const char* name) noexcept {
        auto opened = in.open_directory(name);
        if (opened || opened.error().code != errc::not_a_directory) return opened;
        const auto facts = in.info(name);
        if (facts && facts->kind != sys::file_kind::directory) return missing();
        return opened;
    }
    result<directory> below(const directory& in, const char* name, bool make) const noexcept {
        auto opened = in.open_directory(name);
        if (opened || !make) return opened;
        const errc why = opened.error().code;
        if (why != errc::not_found && why != errc::not_a_directory) return opened;
        // A file or a link that somebody has put there goes.
        if (why == errc::not_a_directory && !in.remove(name)) return opened;
        const auto made = in.create_directory(name, mode_ & 0777);
        if (!made && made.error().code != errc::already_exists) return unexpected(made.error());
        opened = in.open_directory(name);
        if (made && opened) share(*opened);
        return opened;
    }
    /// Lets those write to a new folder who may write to the store, whatever the process's mask is.
    void share(const directory& made) const noexcept {
        if constexpr (requires { P::files::set_mode(made.native_handle(), mode_); }) {
            const auto facts = made.info(".");
            if (facts && (facts->mode & mode_) != mode_)
                static_cast<void>(P::files::set_mode(made.native_handle(), facts->mode | mode_));
        }
    }

    struct open_entry {
        sys::basic_file<P> file;
        sys::file_info facts;
    };
    /// Opens a regular file of at most `most` bytes; anything else is dropped.
    result<open_entry> whole_file(const directory& in, const char* name, std::uint64_t most) const noexcept {
        auto opened = in.open_file(name, {sys::open_mode::read, sys::open_no_follow | sys::open_nonblocking});
        const auto facts = opened ? opened->info() : in.info(name);
        if (facts && (facts->kind != sys::file_kind::regular || (opened && facts->size > most)))
            return drop(in, name, *facts);
        if (!opened) return unexpected(opened.error());
        if (!facts) return unexpected(facts.error());
        return open_entry{std::move(*opened), *facts};
    }

    /// Remembers that content is used, once in a while and without waiting until that is stored.
    static void note_use(const directory& in, const char* name, const sys::file_info& facts) noexcept {
        const std::int64_t now = P::clocks::wall();
        const bool is_noted = facts.modified <= now && facts.modified >= now - use_accuracy;
        if (!is_noted && !has_other_names(facts)) touch(in, name);
    }
    /// False if there is no such file any more. Only its owner may.
    static bool touch(const directory& in, const char* name) noexcept {
        const auto done = in.set_times(name, sys::no_time, P::clocks::wall());
        return done || done.error().code != errc::not_found;
    }

    directory root_;
    std::uint32_t mode_;
    std::uint64_t most_;
};

}  // namespace vitte::loader::detail
