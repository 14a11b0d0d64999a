/// The cache of glibc's ldconfig, /etc/ld.so.cache: which file a library's name stands for. The new format, which
/// ldconfig writes since glibc 2.32 (`struct cache_file_new` of glibc's dl-cache.h). Its numbers have the system's byte
/// order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vitte/core/endian.hpp>
#include <vitte/loader/format/elf/constants.hpp>
#include <vitte/loader/format/parse_error.hpp>

namespace vitte::loader {

/// A view of the cache's bytes.
class ld_cache {
public:
    static result<ld_cache, parse_error> parse(std::span<const std::byte> bytes) noexcept {
        ld_cache made;
        made.bytes_ = bytes;
        if (bytes.size() < header_size || made.text_at(0, magic.size()) != magic)
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
        for (std::size_t i = 0; i < count_; ++i) {
            const std::size_t entry = header_size + i * entry_size;
            const bool any_cpu = number(entry + 16) == 0 && number(entry + 20) == 0;
            if (number(entry) != flags_of(machine) || !any_cpu || text(number(entry + 4)) != name) continue;
            const std::string_view path = text(number(entry + 8));
            if (!path.empty() && visit(path)) return true;
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
    std::string_view text_at(std::size_t at, std::size_t length) const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()) + at, length};
    }
    /// The string at `offset`; empty if it is not inside.
    std::string_view text(std::size_t offset) const noexcept {
        if (offset >= bytes_.size()) return {};
        const std::string_view rest = text_at(offset, bytes_.size() - offset);
        const std::size_t end = rest.find('\0');
        return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
    }

    std::span<const std::byte> bytes_;
    std::size_t count_ = 0;
};

}  // namespace vitte::loader
