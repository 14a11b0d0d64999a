// A shared object that a test puts together byte by byte: all that it has, its tables included, is in one writable
// segment, so that its relocations reach everything.
#pragma once

#include <cstring>
#include <string>
#include <vector>
#include <vitte/loader/native/records.hpp>

class small_module {
public:
    using word = vitte::loader::native::word;
    using machine = vitte::loader::native::machine;
    using kind = vitte::loader::native::relocation_kind;
    using tag = vitte::loader::elf::tag;
    using relocation_entry = vitte::loader::native::relocation_entry;
    using symbol_entry = vitte::loader::native::symbol_entry;

    // File addresses, which are offsets, too.
    static constexpr word dynamic = 0x400, symbols = 0x800, versions = 0xa00, relocations = 0xc00, gnu_hash = 0x1000,
                          sysv_hash = 0x1400, relative_words = 0x1800, data = 0x2000, size = 0x10000,
                          strings_size = 0x40;

    // Another segment, with the same bytes: where it is, and its rights.
    word next = 0x100000;
    std::uint32_t next_flags = 4;

    explicit small_module(word strings = size - strings_size) : bytes_(size, '\0') {
        std::memset(&bytes_[strings + 1], 'a', strings_size - 2);  // "", and one long name
        set(tag::strings, strings);
        set(tag::strings_size, strings_size);
        set(tag::symbols, symbols);
        set(tag::symbol_entry, sizeof(symbol_entry));
    }

    /// What is at 1 of the strings.
    static std::string name() { return std::string(strings_size - 2, 'a'); }

    void set(tag what, word value) { tags_.push_back({static_cast<std::make_signed_t<word>>(what), value}); }
    template <class T>
    void put(word at, const T& value) {
        std::memcpy(&bytes_[at], &value, sizeof value);
    }
    /// Symbol `index` with the name at `name` of the strings.
    void symbol(std::uint32_t index, std::uint32_t name, std::uint16_t section, word value = 0) {
        symbol_entry made{};
        made.name = name;
        made.info = 0x10;  // global
        made.section = section;
        made.value = value;
        put(symbols + index * sizeof made, made);
    }
    /// Moves the word at `at` with the module: to its address comes `addend`, or, on machines that have none, what is
    /// there.
    void relocate(word at, word addend) { relocate(at, machine::relative, 0, addend); }
    void bind(word at, std::uint32_t symbol_index) {
        std::uint32_t type = 0;
        while (machine::kind(type) != kind::absolute) ++type;
        relocate(at, type, symbol_index, 0);
    }
    /// Adds to the word at `at`, as the two forms of DT_RELR do.
    void relative(word entry) { put(relative_words + sizeof(word) * relative_count_++, entry); }
    std::size_t relocation_count() const { return relocation_count_; }
    static word relocation_at(std::size_t index) {
        return static_cast<word>(relocations + index * sizeof(relocation_entry));
    }
    void add_sysv_hash() {
        constexpr std::size_t step = machine::sysv_hash_word;
        const auto number = [&](std::size_t i, word value) {
            if (step == sizeof(word))
                put(sysv_hash + i * step, value);
            else
                put(sysv_hash + i * step, static_cast<std::uint32_t>(value));
        };
        for (const std::size_t i : {0u, 1u, 2u})
            number(i, i == 1 ? 2 : 1);  // one bucket, two symbols, the bucket has symbol 1
        set(tag::hash, sysv_hash);
    }
    void add_gnu_hash() {
        constexpr std::uint32_t header[] = {1, 1, 1, 0};  // buckets, first symbol, words of the filter, its shift
        put(gnu_hash, header);
        put(gnu_hash + sizeof header, ~word{0});
        set(tag::gnu_hash, gnu_hash);
    }

    /// The whole file.
    const std::string& file() {
        using vitte::loader::elf::segment_type;
        constexpr tag own = machine::has_addends ? tag::rela : tag::rel;
        if (relocation_count_ != 0) {
            set(own, relocations);
            set(machine::has_addends ? tag::rela_size : tag::rel_size, relocation_at(relocation_count_) - relocations);
            set(machine::has_addends ? tag::rela_entry : tag::rel_entry, sizeof(relocation_entry));
        }
        if (relative_count_ != 0) {
            set(tag::relr, relative_words);
            set(tag::relr_size, static_cast<word>(relative_count_ * sizeof(word)));
            set(tag::relr_entry, sizeof(word));
        }
        set(tag::null, 0);
        std::memcpy(&bytes_[dynamic], tags_.data(), tags_.size() * sizeof tags_[0]);
        constexpr bool wide = sizeof(word) == 8, big = vitte::byte_order::native == vitte::byte_order::big;
        const char identity[] = {0x7f, 'E', 'L', 'F', wide ? 2 : 1, big ? 2 : 1, 1};
        put(0, identity);
        put<std::uint16_t>(16, 3);  // a shared object
        put(18, machine::number);
        put<word>(24 + sizeof(word), segments);
        put<std::uint16_t>(30 + 3 * sizeof(word), segment_size);
        put<std::uint16_t>(32 + 3 * sizeof(word), 3);
        segment(0, segment_type::load, 6, 0, size);
        segment(1, segment_type::load, next_flags, next, size);
        segment(2, segment_type::dynamic, 6, dynamic, static_cast<word>(tags_.size() * sizeof tags_[0]));
        return bytes_;
    }

private:
    static constexpr std::size_t segment_size = vitte::loader::elf::segment::size_in(vitte::loader::native::form),
                                 segments = 64;

    void relocate(word at, std::uint32_t type, std::uint32_t symbol_index, word addend) {
        const word to = relocation_at(relocation_count_++);
        put(to, at);
        put(to + sizeof(word), (word{symbol_index} << (sizeof(word) == 8 ? 32 : 8)) | type);
        if (machine::has_addends) put(to + 2 * sizeof(word), addend);
    }
    void segment(std::size_t index, vitte::loader::elf::segment_type type, std::uint32_t flags, word at, word bytes) {
        const std::size_t to = segments + index * segment_size;
        constexpr std::size_t first = sizeof(word) == 8 ? 8 : 4;
        put(to, type);
        put(to + (sizeof(word) == 8 ? 4 : 24), flags);
        const word words[] = {at == next ? 0 : at, at, at, bytes, bytes};  // offset, two addresses, two sizes
        put(to + first, words);
    }

    std::string bytes_;
    std::vector<vitte::loader::native::dynamic_entry> tags_;
    std::size_t relocation_count_ = 0, relative_count_ = 0;
};
