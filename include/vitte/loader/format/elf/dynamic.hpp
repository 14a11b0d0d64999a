/// What an ELF file tells the dynamic linker: needed libraries, symbols and versions, relocations; see
/// `format/elf.hpp`.
#pragma once

#include <vector>
#include <vitte/loader/format/elf/file.hpp>
#include <vitte/loader/format/elf/hash.hpp>
#include <vitte/loader/format/elf/versions.hpp>

namespace vitte::loader::elf {

namespace detail {
/// 32-bit words of a hash table in a file. The entries of DT_HASH have 8 bytes on 64-bit s390.
struct file_words {
    const std::byte* data = nullptr;
    encoding form;
    std::size_t stride = 4;
    bool wide = form.wide;

    constexpr std::uint32_t operator()(std::uint64_t i) const noexcept {
        const std::byte* const at = data + i * stride;
        return stride == 8 ? static_cast<std::uint32_t>(form.u64(at)) : form.u32(at);
    }
    constexpr std::uint64_t bloom(std::uint64_t i) const noexcept { return form.word(data + i * 4); }
};
}  // namespace detail

/// What a file tells the dynamic linker.
class dynamic_view {
public:
    /// Reads and checks it all. `errc::not_found` if `of` is not dynamically linked.
    static result<dynamic_view, parse_error> read(const file& of) noexcept;

    const table<dynamic_entry>& entries() const noexcept { return entries_; }
    const symbol_view& symbols() const noexcept { return symbols_; }
    const table<relocation>& relocations() const noexcept { return relocations_; }
    const table<relocation>& plt_relocations() const noexcept { return plt_relocations_; }
    const relative_view& relative_relocations() const noexcept { return relative_; }

    /// The value of the first entry with `wanted`.
    std::optional<std::uint64_t> value(tag wanted) const noexcept {
        for (const dynamic_entry entry : entries_)
            if (entry.tag == wanted) return entry.value;
        return std::nullopt;
    }
    /// The string that the first entry with `wanted` points to (DT_SONAME, DT_RUNPATH ...); empty if there is none.
    result<std::string_view, parse_error> string(tag wanted) const noexcept {
        const auto at = value(wanted);
        if (!at) return std::string_view();
        return symbols_.strings.at(*at);
    }
    /// Calls `visit(name)` for every needed library, in order.
    template <class Visit>
    result<void, parse_error> for_each_needed(Visit&& visit) const {
        text_budget texts(4 * std::uint64_t{whole_.size()});
        for (const dynamic_entry entry : entries_)
            if (entry.tag == tag::needed) {
                VITTE_TRY(const std::string_view name, symbols_.strings.at(entry.value));
                VITTE_CHECK(texts.take(name.size(), "name of a needed library"));
                visit(name);
            }
        return {};
    }

    /// The version of symbol `index`. Walks the version records: for many symbols, `versions` does so once.
    symbol_version version_of(std::size_t index) const noexcept;
    /// The same, found in what `versions` has returned.
    symbol_version version_of(std::size_t index, std::span<const symbol_version> all) const noexcept {
        const std::uint16_t entry = version_index(index);
        const auto number = static_cast<std::size_t>(entry & ~version_hidden);
        symbol_version made = number < all.size() ? all[number] : symbol_version{};
        made.hidden = (entry & version_hidden) != 0;
        return made;
    }
    /// All versions by their numbers in the version table. Fails if many share a long name.
    result<std::vector<symbol_version>, parse_error> versions() const;
    /// The index of the defined symbol `name`, by the file's hash table; with a version, of that one, else of the
    /// default one. 0 if there is none, or no hash table.
    std::uint32_t find(std::string_view name, std::string_view version = {}) const noexcept;

private:
    class reader;

    const std::byte* at(std::uint64_t offset, std::size_t size) const noexcept {
        return offset <= whole_.size() && size <= whole_.size() - offset ? whole_.data() + offset : nullptr;
    }
    /// Calls `visit(index, name, library)`, see `elf::for_each_version`, for every version but the base.
    template <class Visit>
    void for_each_version(Visit&& visit) const {
        elf::for_each_version(
            versions_, whole_.size(), form_, [&](std::uint64_t place, std::size_t size) { return at(place, size); },
            [&](std::uint16_t index, std::uint32_t name, std::uint32_t library) {
                index = static_cast<std::uint16_t>(index & ~version_hidden);
                if (index > 1) visit(index, name, library);
            });
    }
    /// The entry of the version table; 1, the base, where there is none.
    std::uint16_t version_index(std::size_t of) const noexcept {
        return 2 * of + 2 > version_indices_.bytes.size() ? std::uint16_t{1}
                                                          : form_.u16(version_indices_.bytes.data() + 2 * of);
    }
    symbol_version named_version(std::uint32_t name, std::uint32_t library) const noexcept {
        return {symbols_.strings.at(name).value_or(std::string_view()),
                library == 0 ? std::string_view() : symbols_.strings.at(library).value_or(std::string_view())};
    }
    class version_matcher;

    bytes whole_;
    encoding form_;
    table<dynamic_entry> entries_;
    symbol_view symbols_;
    table<relocation> relocations_, plt_relocations_;
    relative_view relative_;
    gnu_hash_table<detail::file_words> gnu_hash_;
    sysv_hash_table<detail::file_words> sysv_hash_;
    part version_indices_;
    version_chains versions_;
};

class dynamic_view::reader {
public:
    explicit reader(const file& of) noexcept : file_(of), form_(of.header().form) {}

    result<dynamic_view, parse_error> run() noexcept {
        const auto header = file_.find(segment_type::dynamic);
        if (!header)
            return malformed("dynamic table", "there is none: the file is not dynamically linked", 0, errc::not_found);
        VITTE_TRY(const part entries, file_.content(*header));
        view_.whole_ = file_.whole();
        view_.form_ = form_;
        VITTE_CHECK(read_entries(entries));
        VITTE_CHECK(read_strings());
        VITTE_CHECK(read_hashes());
        VITTE_CHECK(read_symbols());
        VITTE_CHECK(read_versions());
        VITTE_CHECK(read_relocations());
        return view_;
    }

private:
    std::uint64_t value(tag wanted) const noexcept { return view_.value(wanted).value_or(0); }

    result<void, parse_error> read_entries(part of) noexcept {
        const std::size_t stride = dynamic_entry::size_in(form_);
        table<dynamic_entry> all(of.bytes, stride, form_);
        std::size_t count = 0;
        while (count < all.size() && all[count].tag != tag::null) ++count;
        view_.entries_ = table<dynamic_entry>(of.bytes.first(count * stride), stride, form_);
        return {};
    }

    result<void, parse_error> read_strings() noexcept {
        VITTE_TRY(const part strings,
                  file_.at_address(value(tag::strings), value(tag::strings_size), "dynamic string table"));
        view_.symbols_.strings = string_table(strings);
        return {};
    }

    /// All bytes of the segment from `address` on: the sizes of hash and version tables follow from their content.
    result<part, parse_error> rest_of_segment(std::uint64_t address, const char* reading) const noexcept {
        for (const segment s : file_.segments())
            if (s.type == segment_type::load && address >= s.address && address - s.address < s.file_size)
                return file_.at_address(address, s.file_size - (address - s.address), reading);
        return malformed(reading, "lies outside the loadable segments", 0);
    }

    result<void, parse_error> read_hashes() noexcept {
        if (const auto at = view_.value(tag::gnu_hash)) {
            VITTE_TRY(const part found, rest_of_segment(*at, "GNU hash table"));
            view_.gnu_hash_ = {{found.bytes.data(), form_, 4}, found.bytes.size() / 4};
            if (!view_.gnu_hash_.valid()) return malformed("GNU hash table", "does not fit its segment", found.offset);
        }
        if (const auto at = view_.value(tag::hash)) {
            const std::size_t stride = file_.header().machine == machine::s390 && form_.wide ? 8 : 4;
            VITTE_TRY(const part found, rest_of_segment(*at, "hash table"));
            view_.sysv_hash_ = {{found.bytes.data(), form_, stride}, found.bytes.size() / stride};
            if (!view_.sysv_hash_.valid()) return malformed("hash table", "does not fit its segment", found.offset);
        }
        return {};
    }

    /// The dynamic table does not tell how many symbols there are: the hash tables do, or else the section headers.
    result<std::uint64_t, parse_error> symbol_count() const noexcept {
        if (view_.sysv_hash_.words != 0) return view_.sysv_hash_.symbol_count();
        std::uint64_t count = 0;
        if (view_.gnu_hash_.words != 0) {
            count = view_.gnu_hash_.symbol_count();
            if (count == 0) return malformed("GNU hash table", "its last chain does not end", 0);
        }
        if (const auto section = file_.find(section_type::dynamic_symbols);
            section && section->address == value(tag::symbols) && section->size / symbol::size_in(form_) > count)
            count = section->size / symbol::size_in(form_);
        return count;
    }

    result<void, parse_error> read_symbols() noexcept {
        const std::size_t stride = symbol::size_in(form_);
        const auto at = view_.value(tag::symbols);
        if (!at) return {};
        if (value(tag::symbol_entry) != stride)
            return malformed("dynamic symbol table", "its records have an unknown size", 0);
        VITTE_TRY(const std::uint64_t count, symbol_count());
        if (count > file_.whole().size() / stride)
            return malformed("dynamic symbol table", "has more symbols than the file has room for", 0);
        VITTE_TRY(const part found, file_.at_address(*at, count * stride, "dynamic symbol table"));
        view_.symbols_.entries = table<symbol>(found.bytes, stride, form_);
        return {};
    }

    result<void, parse_error> read_versions() noexcept {
        if (const auto at = view_.value(tag::version_indices)) {
            VITTE_TRY(view_.version_indices_,
                      file_.at_address(*at, 2 * view_.symbols_.entries.size(), "version table"));
        }
        VITTE_TRY(view_.versions_.definitions, version_records(tag::version_definitions));
        VITTE_TRY(view_.versions_.needs, version_records(tag::version_needs));
        view_.versions_.definition_count = value(tag::version_definition_count);
        view_.versions_.need_count = value(tag::version_need_count);
        const std::uint64_t bad = elf::for_each_version(
            view_.versions_, view_.whole_.size(), form_,
            [&](std::uint64_t at, std::size_t size) { return view_.at(at, size); },
            [](std::uint16_t, std::uint32_t, std::uint32_t) {});
        if (bad != 0) return malformed("version record", "reaches past the end of the file", bad, errc::end_of_input);
        return {};
    }
    result<std::uint64_t, parse_error> version_records(tag of) const noexcept {
        const auto at = view_.value(of);
        if (!at) return std::uint64_t{0};
        VITTE_TRY(const part found, file_.at_address(*at, 0, "version record"));
        return found.offset;
    }

    result<table<relocation>, parse_error> relocations(tag address, tag size, bool with_addend) const noexcept {
        const std::size_t stride = relocation::size_in(form_, with_addend);
        const std::uint64_t length = value(size);
        if (length == 0) return table<relocation>();
        if (length % stride != 0) return malformed("relocation table", "its size is not a multiple of its records'", 0);
        VITTE_TRY(const part found, file_.at_address(value(address), length, "relocation table"));
        return table<relocation>(found.bytes, stride, form_);
    }

    result<void, parse_error> read_relocations() noexcept {
        const bool with_addend = view_.value(tag::rela).has_value();
        VITTE_TRY(view_.relocations_, with_addend ? relocations(tag::rela, tag::rela_size, true)
                                                  : relocations(tag::rel, tag::rel_size, false));
        VITTE_TRY(view_.plt_relocations_,
                  relocations(tag::plt, tag::plt_size, value(tag::plt_kind) == static_cast<std::uint64_t>(tag::rela)));
        view_.relative_.form = form_;
        if (value(tag::relr_size) != 0) {
            VITTE_TRY(view_.relative_.words, file_.at_address(value(tag::relr), value(tag::relr_size), "RELR table"));
        }
        return {};
    }

    const file& file_;
    encoding form_;
    dynamic_view view_;
};

inline result<dynamic_view, parse_error> dynamic_view::read(const file& of) noexcept { return reader(of).run(); }

inline symbol_version dynamic_view::version_of(std::size_t index) const noexcept {
    const std::uint16_t number = version_index(index);
    const auto wanted = static_cast<std::uint16_t>(number & ~version_hidden);
    symbol_version made;
    std::uint32_t name = 0, library = 0;
    bool found = false;
    for_each_version([&](std::uint16_t has, std::uint32_t name_at, std::uint32_t library_at) {
        if (has == wanted) found = true, name = name_at, library = library_at;
    });
    if (found) made = named_version(name, library);
    made.hidden = (number & version_hidden) != 0;
    return made;
}

inline result<std::vector<symbol_version>, parse_error> dynamic_view::versions() const {
    std::vector<symbol_version> made;
    text_budget texts(4 * std::uint64_t{whole_.size()});
    result<void, parse_error> done;
    for_each_version([&](std::uint16_t index, std::uint32_t name, std::uint32_t library) {
        if (!done) return;
        if (index >= made.size()) made.resize(std::size_t{index} + 1);
        made[index] = named_version(name, library);
        done = texts.take(made[index].name.size() + made[index].library.size(), "name of a version");
    });
    if (!done) return unexpected(done.error());
    return made;
}

/// Whether symbols have a version; which indices stand for it is found out once, when the first symbol is asked about.
class dynamic_view::version_matcher {
public:
    version_matcher(const dynamic_view& in, std::string_view version) noexcept : in_(in), version_(version) {}

    bool operator()(std::uint32_t symbol) noexcept {
        if (in_.version_indices_.bytes.empty()) return true;
        const std::uint16_t number = in_.version_index(symbol);
        if (version_.empty()) return (number & version_hidden) == 0;
        if (!known_) find_others();
        const unsigned index = number & ~unsigned{version_hidden};
        return (others_[index / 64] >> index % 64 & 1) == 0;
    }

private:
    void find_others() noexcept {
        known_ = true;
        __builtin_memset(others_, 0, sizeof others_);
        in_.for_each_version([&](std::uint16_t index, std::uint32_t name, std::uint32_t) {
            const string_table& strings = in_.symbols_.strings;
            const std::uint64_t bit = std::uint64_t{1} << index % 64;
            if (strings.is(name, version_) || strings.is(name, {}))
                others_[index / 64] &= ~bit;
            else
                others_[index / 64] |= bit;
        });
    }

    const dynamic_view& in_;
    std::string_view version_;
    bool known_ = false;
    std::uint64_t others_[0x8000 / 64];  ///< by index: a bit if it is another version; if they are known
};

inline std::uint32_t dynamic_view::find(std::string_view name, std::string_view version) const noexcept {
    const auto limit = static_cast<std::uint32_t>(symbols_.entries.size());
    version_matcher has_version(*this, version);
    const auto fits = [&](std::uint32_t index) {
        const symbol candidate = symbols_.entries[index];
        return candidate.defined() && symbols_.strings.is(candidate.name, name) && has_version(index);
    };
    if (gnu_hash_.words != 0) return gnu_hash_.find(elf::gnu_hash(name), limit, fits);
    return sysv_hash_.words == 0 ? 0 : sysv_hash_.find(elf::sysv_hash(name), limit, fits);
}

}  // namespace vitte::loader::elf
