/// `module_store`: a folder that processes and users share, where modules are found by their content, by name and
/// version, and, compiled, by what they were made of. It is a cache: what is in it may be gone at any time, and a
/// caller goes on without it. (The store of a WebAssembly engine, which owns instances, is `wasm::store`.)
///
///     content/ab/cdef...          content whose BLAKE3 hash is abcdef...
///     names/@acme+image@/1.2.3    which content version 1.2.3 of "acme/image" is, see `store/records.hpp`
///     forms/ab/cdef...            which content is a compiled form
///
/// Nobody who wrote to the folder is trusted: content has its hash whenever it is read. A name is another matter:
/// whoever may write to the folder can give it another content, so a name is worth what the signature of that content
/// is. Forms have no signature and are sealed instead, under a secret that a user keeps for himself.
///
/// Each file is written beside its place, stored, and put there in one step, so that whoever reads, in whatever
/// process, and after a loss of power, finds all of it or nothing. Nobody waits for anybody: there are no locks, and
/// what collectors take away they look at once more when it is out of reach of others.
#pragma once

#include <span>
#include <vitte/loader/store/collector.hpp>

namespace vitte::loader {

/// How large a store may be. All who share one should have the same.
struct store_limits {
    std::uint64_t bytes = std::uint64_t{1}
                          << 30;  ///< of the contents, each in whole blocks, with one more for its name
    std::uint64_t entry = std::uint64_t{256} << 20;  ///< of one content; a larger one is not stored, nor read
};

/// What a compiled form is known by: all that has an influence on it.
struct form_key {
    content_hash source;      ///< of the module
    std::string_view engine;  ///< which compiler, with its version and options
    std::string_view cpu;     ///< what it was made for
};

/// A secret that whoever stores forms and reads them has, and nobody else: 32 random bytes that are kept elsewhere.
using form_secret = std::span<const std::byte, 32>;

/// An open store. It may be used from several threads, processes and users at once. Functions that store return when
/// what they stored is there after a loss of power, too; `errc::no_space` and the like are the caller's to pass over.
template <sys::platform P = sys::native>
class basic_module_store {
public:
    /// Opens the store in the folder `path` (UTF-8), which is made if it is missing, with the POSIX permission bits
    /// `rights` without those of the process's mask. Folders in it have the rights of that one, so that those share a
    /// store who may write there. Its files are read by those whom their writer's mask lets.
    static result<basic_module_store> open(const char* path, const store_limits& limits = {},
                                           std::uint32_t rights = 0777) noexcept {
        VITTE_TRY(auto folder, detail::store_folder<P>::open(path, limits.entry, rights));
        return basic_module_store(std::move(folder), limits);
    }

    /// Stores `bytes`; what finds them again. `errc::too_large` beyond the limit of an entry, or of all.
    result<content_hash> add(std::span<const std::byte> bytes) const {
        VITTE_TRY(const stored made, put(bytes));
        make_room(made);
        return made.hash;
    }
    /// Bytes that have this hash, in memory that nobody else can change. `errc::not_found` if there are none, or if
    /// they were damaged: then they are taken away.
    result<sys::byte_buffer> read(const content_hash& hash) const noexcept { return folder_.content(hash); }

    /// Stores `bytes` as `version` of `name`, also if that was something else. `errc::invalid_argument` if
    /// `is_module_name` denies it, `errc::malformed` if the version is none of Semantic Versioning 2.0.0, of which
    /// build metadata is left out, `errc::name_too_long` if it has over 100 characters.
    result<content_hash> add(std::string_view name, std::string_view version, std::span<const std::byte> bytes) const {
        VITTE_TRY(const version_place where, version_place::of(name, version));
        VITTE_TRY(const stored made, put(bytes));
        const detail::name_record record{name, where.version.view(), made.hash};
        VITTE_CHECK(folder_.put_record(detail::names_folder, where.folder.c_str(), where.file.c_str(), record.write()));
        make_room(made);
        return made.hash;
    }
    /// Which content `version` of `name` is, as somebody has stored it; `errc::not_found` if it is not known.
    result<content_hash> find(std::string_view name, std::string_view version) const noexcept {
        VITTE_TRY(const version_place where, version_place::of(name, version));
        return find_at(where.folder.c_str(), where.file.c_str(), name, where.version.view());
    }
    /// The bytes of `version` of `name`, see `find` and `read`.
    result<sys::byte_buffer> read(std::string_view name, std::string_view version) const noexcept {
        VITTE_TRY(const content_hash hash, find(name, version));
        return read(hash);
    }
    /// Takes the name of a version away; `errc::not_found` if there is none. Its content goes when it was not used for
    /// long.
    result<void> remove(std::string_view name, std::string_view version) const noexcept {
        VITTE_TRY(const version_place where, version_place::of(name, version));
        VITTE_TRY(const auto all, folder_.folder(detail::names_folder));
        VITTE_TRY(const auto in, folder_.folder(all, where.folder.c_str()));
        VITTE_CHECK(in.remove(where.file.c_str()));
        return in.sync();
    }

    /// Calls `visit(std::string_view)` for each name, in no order. It may use the store.
    template <class Visit>
    result<void> names(Visit visit) const {
        const auto all = folder_.folder(detail::names_folder);
        return each(all, [&](const char* entry) {
            const auto name = detail::name_of_folder(entry);
            if (!name.view().empty()) visit(name.view());
        });
    }
    /// Calls `visit(const semver::version&, const content_hash&)` for each version of `name` whose content is there, in
    /// no order. Text of the version is good until that returns. It may use the store.
    template <class Visit>
    result<void> versions(std::string_view name, Visit visit) const {
        if (!is_module_name(name)) return fail(errc::invalid_argument, "name in store");
        const auto all = folder_.folder(detail::names_folder);
        const auto folder = detail::folder_of_name(name);
        const auto in = all ? folder_.folder(*all, folder.c_str()) : result<directory>(unexpected(all.error()));
        return each(in, [&](const char* entry) {
            const auto version = detail::version_of_file(entry);
            if (version.view().empty()) return;
            const auto hash = find_at(folder.c_str(), entry, name, version.view());
            if (hash && folder_.has_content(*hash)) visit(*semver::version::parse(version.view()), *hash);
        });
    }

    /// Stores what was made of a module, for those who have the secret.
    result<void> add_form(const form_key& key, std::span<const std::byte> bytes, form_secret secret) const {
        const content_hash form = form_of(key, secret);
        const auto place = detail::hash_place::of(form);
        VITTE_TRY(const stored made, put(bytes));
        const detail::form_record record{form, made.hash, seal_of(form, made.hash, secret)};
        VITTE_CHECK(folder_.put_record(detail::forms_folder, place.folder.c_str(), place.name.c_str(), record.write()));
        make_room(made);
        return {};
    }
    /// What somebody with the secret has stored, as `read` has it.
    result<sys::byte_buffer> read_form(const form_key& key, form_secret secret) const noexcept {
        const content_hash form = form_of(key, secret);
        const auto place = detail::hash_place::of(form);
        VITTE_TRY(const auto text, folder_.record(detail::forms_folder, place.folder.c_str(), place.name.c_str()));
        const auto found = detail::form_record::read(text.text());
        if (!found || found->form != form || !same(found->seal, seal_of(form, found->content, secret)))
            return fail(errc::not_found, "read form in store");
        return read(found->content);
    }

    /// Takes away what was used least recently, until the rest is within the limit; and names and forms whose content
    /// is gone; and what writers have left that were stopped, if it was not changed for `abandoned_after` nanoseconds.
    /// Who stores does that now and then: so often that the limit is exceeded by a sixteenth, on average.
    result<store_report> collect(std::int64_t abandoned_after = hour) const {
        return detail::store_collector<P>(folder_, false, abandoned_after).run(limits_.bytes);
    }
    /// Reads all that is there, and takes away what is damaged or leads nowhere; nothing else goes.
    result<store_report> verify() const { return detail::store_collector<P>(folder_, true, hour).run(UINT64_MAX); }

    static constexpr std::int64_t hour = 3600 * detail::store_folder<P>::second;

private:
    using directory = sys::basic_directory<P>;

    basic_module_store(detail::store_folder<P>&& folder, const store_limits& limits) noexcept
        : folder_(std::move(folder)), limits_(limits) {}

    /// Where a version is written down.
    struct version_place {
        detail::version_text version;
        detail::name_folder folder;
        detail::version_file file;

        static result<version_place> of(std::string_view name, std::string_view version) noexcept {
            if (!is_module_name(name)) return fail(errc::invalid_argument, "name in store");
            VITTE_TRY(const auto kept, detail::stored_version(version));
            return version_place{kept, detail::folder_of_name(name), detail::file_of_version(kept.view())};
        }
    };
    result<content_hash> find_at(const char* folder, const char* file, std::string_view name,
                                 std::string_view version) const noexcept {
        VITTE_TRY(const auto text, folder_.record(detail::names_folder, folder, file));
        const auto found = detail::name_record::read(text.text());
        if (found && found->name == name && found->version == version) return found->content;
        return fail(errc::not_found, "find in store");
    }
    /// Calls `visit(name)` for each entry of a folder; one that is missing, or goes meanwhile, has none.
    template <class Visit>
    static result<void> each(const result<directory>& in, Visit visit) {
        const auto done = in ? in->for_each([&](const sys::directory_entry& of) { return visit(of.name), true; })
                             : result<void>(unexpected(in.error()));
        if (!done && detail::store_folder<P>::is_gone(done.error())) return {};
        return done;
    }

    struct stored {
        content_hash hash;
        std::uint64_t room;  ///< that it takes now and did not before
    };
    result<stored> put(std::span<const std::byte> bytes) const noexcept {
        const std::uint64_t room = detail::room_of(bytes.size());
        if (bytes.size() > limits_.entry || room > limits_.bytes) return fail(errc::too_large, "store");
        const content_hash hash = blake3().update(bytes).finish();
        VITTE_TRY(const bool is_new, folder_.add_content(hash, bytes));
        return stored{hash, is_new ? room : 0};
    }
    /// Collects after a sixteenth of the limit was stored, on average. Hashes are random, and the same for all
    /// processes, which need not know of each other.
    void make_room(const stored& added) const {
        if (added.room == 0) return;
        const std::uint64_t often = limits_.bytes / 16;
        const auto random = load<std::uint64_t>(added.hash.data(), byte_order::little);
        if (added.room >= often || random <= UINT64_MAX / often * added.room) static_cast<void>(collect());
    }

    /// Two texts of any length do not run into each other.
    static content_hash form_of(const form_key& key, form_secret secret) noexcept {
        blake3 hash = blake3::keyed(secret);
        hash.update(bytes_of("vitte store form\n")).update(key.source);
        for (const std::string_view text : {key.engine, key.cpu}) {
            std::array<std::byte, 8> size;
            vitte::store(size.data(), std::uint64_t{text.size()}, byte_order::little);
            hash.update(size).update(bytes_of(text));
        }
        return hash.finish();
    }
    static content_hash seal_of(const content_hash& form, const content_hash& content, form_secret secret) noexcept {
        return blake3::keyed(secret).update(bytes_of("vitte store seal\n")).update(form).update(content).finish();
    }
    static std::span<const std::byte> bytes_of(std::string_view text) noexcept {
        return std::as_bytes(std::span(text));
    }
    /// In the same time whatever differs.
    static bool same(const content_hash& a, const content_hash& b) noexcept {
        std::byte differs{};
        for (std::size_t i = 0; i < a.size(); ++i) differs |= a[i] ^ b[i];
        return differs == std::byte{};
    }

    detail::store_folder<P> folder_;
    store_limits limits_;
};
using module_store = basic_module_store<>;

}  // namespace vitte::loader
