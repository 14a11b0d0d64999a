/// The symbols of the libraries that are already in this process, found by our own hash lookup. A static program has
/// none; there every symbol comes from the host's exports.
#pragma once

#include <vitte/loader/native/dynamic.hpp>
#include <vitte/sys/platform.hpp>

namespace vitte::loader::native {

/// A snapshot of the process's libraries in load order: the executable first, so that its copies of data win.
/// Reading it from several threads is safe; `refresh` is not.
template <sys::platform P = sys::native>
class process_scope {
public:
    /// Takes a new snapshot. Pointers found before stay valid as long as their library stays loaded.
    void refresh() {
        tables_.clear();
        names_.clear();
        P::libraries::for_each_image(&process_scope::add, this);
    }

    bool find(const symbol_name& wanted, const char* version, const sys::cpu_capabilities& cpu, std::uintptr_t& address) const {
        for (const symbol_table& table : tables_) {
            const elf::symbol* found = table.find(wanted, version);
            if (found == nullptr || found->type() == elf::symbol_type::tls || found->binding() == elf::symbol_binding::local) continue;
            address = table.base + found->value;
            if (found->type() == elf::symbol_type::gnu_ifunc) address = machine::call_resolver(address, cpu.hwcap, cpu.hwcap2);
            return true;
        }
        return false;
    }

    /// The libraries that were looked through, for error messages: base names, separated by commas.
    std::string names() const { return names_; }

private:
    static void add(void* self, const sys::loaded_image& image) {
        static_cast<process_scope*>(self)->add(image);
    }

    void add(const sys::loaded_image& image) {
        const std::span headers(static_cast<const elf::segment*>(image.segments), image.segment_count);
        for (const elf::segment& header : headers)
            if (header.type == elf::segment_type::dynamic) {
                symbol_table table;
                if (read(image.base, header, table)) {
                    tables_.push_back(std::move(table));
                    add_name(image.name);
                }
            }
    }

    /// These tables were validated by the OS's linker. glibc has relocated their pointers in place, musl has not.
    static bool read(std::uintptr_t base, const elf::segment& header, symbol_table& table) {
        const auto pointer = [base](std::uint64_t value) { return value == 0 || value >= base ? value : value + base; };
        detail::tag_values tags;
        for (const auto* entry = reinterpret_cast<const elf::dynamic_entry*>(base + header.address); entry->tag != elf::tag::null; ++entry)
            tags.set(entry->tag, entry->value);
        using elf::tag;
        constexpr std::uint64_t unlimited = ~std::uint64_t{0};
        table.base = base;
        table.symbols = reinterpret_cast<const elf::symbol*>(pointer(tags[tag::symbols]));
        table.strings = reinterpret_cast<const char*>(pointer(tags[tag::strings]));
        table.string_size = tags[tag::strings_size];
        table.versions = reinterpret_cast<const std::uint16_t*>(pointer(tags[tag::version_indices]));
        table.symbol_limit = 0xffffffff;
        const auto words = [&](tag of) { return memory_words{reinterpret_cast<const std::uint32_t*>(pointer(tags[of]))}; };
        if (tags[tag::gnu_hash] != 0) table.gnu_hash = {words(tag::gnu_hash), unlimited};
        else if (tags[tag::hash] != 0) table.sysv_hash = {words(tag::hash), unlimited};
        else return false;
        const elf::version_chains chains{pointer(tags[tag::version_definitions]), tags[tag::version_definition_count],
                                         pointer(tags[tag::version_needs]), tags[tag::version_need_count]};
        return detail::read_versions(table, chains, [](std::uint64_t at, std::size_t) { return reinterpret_cast<const std::byte*>(at); });
    }

    void add_name(const char* path) {
        const char* const slash = std::strrchr(path, '/');
        if (!names_.empty()) names_ += ", ";
        names_ += *path == 0 ? "the program" : slash == nullptr ? path : slash + 1;
    }

    std::vector<symbol_table> tables_;
    std::string names_;
};

}  // namespace vitte::loader::native
