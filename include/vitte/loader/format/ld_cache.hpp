/// The cache of glibc's ldconfig, /etc/ld.so.cache: which file a library's name stands for. The new format, which
/// ldconfig writes since glibc 2.32 (`struct cache_file_new` of glibc's dl-cache.h). Its numbers have the system's byte
/// order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/loader/format/elf/constants.hpp>
#include <vitte/loader/format/views.hpp>

namespace vitte::loader {

/// A view of the cache's bytes.
class ld_cache {
public:
    static result<ld_cache, parse_error> parse(std::span<const std::byte> bytes) noexcept {
        ld_cache made;
        made.bytes_ = bytes;
        made.strings_ = string_table({bytes});
        if (bytes.size() < header_size || text_in_field(bytes.data(), magic.size()) != magic)
            return malformed("ld.so.cache", "it does not begin with glibc-ld.so.cache1.1", 0);
        made.count_ = made.number(20);
        if (made.count_ > (bytes.size() - header_size) / entry_size)
            return malformed("ld.so.cache", "its entries are not all inside it", 20);
        return made;
    }

    std::size_t size() const noexcept { return count_; }

    /// Calls `visit(path)` for each file that `name` stands for on `machine`, the best first, until one returns true;
    /// whether one did. Entries for CPUs of a certain level are left out.
    template <class Visit>
    bool find(std::string_view name, elf::machine machine, Visit&& visit) const {
        text_budget texts(4 * std::uint64_t{bytes_.size()});
        for (std::size_t i = 0; i < count_; ++i) {
            const std::size_t entry = header_size + i * entry_size;
            const bool any_cpu = number(entry + 16) == 0 && number(entry + 20) == 0;
            if (number(entry) != flags_of(machine) || !any_cpu || !strings_.is(number(entry + 4), name)) continue;
            const auto path = strings_.at(number(entry + 8));
            if (!path || path->empty()) continue;
            if (!texts.take(path->size(), "ld.so.cache")) return false;
            if (visit(*path)) return true;
        }
        return false;
    }

private:
    static constexpr std::string_view magic = "glibc-ld.so.cache1.1";
    static constexpr std::size_t header_size = 48, entry_size = 24;

    /// The kind of library, ELF for glibc, and the machine's ABI.
    static constexpr std::uint32_t flags_of(elf::machine machine) noexcept {
        switch (machine) {
            case elf::machine::x86_64: return 0x0303;
            case elf::machine::s390: return 0x0403;
            case elf::machine::arm: return 0x0903;  // with hard floating point
            case elf::machine::aarch64: return 0x0a03;
            case elf::machine::riscv: return 0x1003;  // double-precision
            default: return 0xffffffff;
        }
    }
    std::uint32_t number(std::size_t at) const noexcept {
        return load<std::uint32_t>(bytes_.data() + at, byte_order::native);
    }

    std::span<const std::byte> bytes_;
    string_table strings_;
    std::size_t count_ = 0;
};

}  // namespace vitte::loader
