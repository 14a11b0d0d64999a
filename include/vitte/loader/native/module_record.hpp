/// What this process knows of a module that our own linker has placed: where it is, what its symbols are. Debuggers are
/// told of it, and addresses are looked up in it.
#pragma once

#include <new>
#include <string>
#include <utility>
#include <vitte/loader/native/debugger/link_list.hpp>
#include <vitte/loader/native/dynamic.hpp>
#include <vitte/loader/native/perf_map.hpp>
#include <vitte/loader/native/symbol_index.hpp>
#include <vitte/loader/symbol_location.hpp>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/platform/directories.hpp>
#include <vitte/sys/thread/once.hpp>

namespace vitte::loader::native {

/// Exists as long as the module is mapped. Lookups are safe from several threads at once.
template <sys::platform P = sys::native>
class module_record {
public:
    /// A mapped shared object; `image` and `info` stay longer than this. A relative `path` is completed, since
    /// debuggers may run in another folder.
    module_record(const std::string& path, const segments<P>& image, const dynamic_info& info)
        : path_(absolute(path)), begin_(image.begin()), size_(image.size()), image_(&image), info_(&info) {}
    /// Linked objects, with their symbols.
    module_record(std::string path, std::uintptr_t begin, std::size_t size, symbol_index&& index)
        : path_(std::move(path)), begin_(begin), size_(size), index_(std::move(index)) {
        if constexpr (requires { typename P::processes; }) {
            const sys::scoped_lock guard(lock_);
            if (perf_map_ != nullptr && open_perf_map()) static_cast<void>(perf_map_->add(this->index()));
        }
    }
    module_record(const module_record&) = delete;
    module_record& operator=(const module_record&) = delete;
    ~module_record() {
        if (debug_.dynamic != nullptr) debugger::linked_modules<P>::remove(debug_);
    }

    /// Lets gdb know of a shared object, once, before its initialisers run. gdb says so if there is no such file.
    void announce() noexcept {
        const elf::segment* const dynamic = image_->find(elf::segment_type::dynamic);
        debug_.base = image_->base();
        debug_.path = path_.c_str();
        debug_.dynamic = reinterpret_cast<const void*>(in_memory(dynamic->address));
        debugger::linked_modules<P>::add(debug_);
    }

    /// What is at `address`; false if that is not in the module. The first call reads and sorts the symbols.
    bool locate(std::uintptr_t address, symbol_location& to) const {
        if (address - begin_ >= size_) return false;
        const symbol_index& index = this->index();
        const symbol_index::entry* const found = index.find(address);
        to = found == nullptr ? symbol_location{path_.c_str(), "", address - begin_}
                              : symbol_location{path_.c_str(), index.name(*found), address - found->address};
        return true;
    }
    /// Lists the symbols of linked objects from now on for `perf`, see `perf_map`.
    static result<void> write_perf_map() {
        const sys::scoped_lock guard(lock_);
        return open_perf_map();
    }

    /// All symbols with their addresses in memory.
    const symbol_index& index() const {
        indexed_.call([this] {
            if (image_ != nullptr && !read_file()) read_dynamic_symbols();
            index_.sort();
        });
        return index_;
    }

private:
    /// For good, unless this process was forked since: it has a map of its own then, and leaves its parent's alone.
    static result<void> open_perf_map() {
        if (perf_map_ != nullptr && perf_map_->is_of_this_process()) return {};
        VITTE_TRY(auto opened, perf_map<P>::open());
        auto* const made = new (std::nothrow) perf_map<P>(std::move(opened));
        if (made == nullptr) return fail(errc::out_of_memory, "open perf map");
        delete std::exchange(perf_map_, made);
        return {};
    }

    static std::string absolute(const std::string& path) {
        if constexpr (requires { typename P::directories; }) {
            char folder[4096];
            if (!path.starts_with('/'))
                if (const auto length = P::directories::current_path(folder, sizeof folder))
                    return std::string(folder, *length) + "/" + path;
        }
        return path;
    }

    /// `.symtab`; false if the file has none, or is not the one any more that was mapped.
    bool read_file() const {
        const auto mapped = sys::basic_mapping<P>::open(path_.c_str());
        if (!mapped) return false;
        const auto file = elf::file::parse(mapped->bytes());
        if (!file || !is_mapped(*file)) return false;
        const auto table = file->find(elf::section_type::symbols);
        if (!table) return false;
        const auto symbols = file->symbols(*table);
        if (!symbols) return false;
        text_budget texts(64 * std::uint64_t{mapped->bytes().size()});
        for (const elf::symbol symbol : symbols->entries)
            if (const auto name = symbols->name(symbol)) {
                if (!texts.take(name->size(), "names of symbols")) break;
                add(symbol, *name);
            }
        return true;
    }
    /// By the first segment that stays as it is in the file, which has the symbols and the build id.
    bool is_mapped(const elf::file& file) const {
        for (const elf::segment& s : image_->headers()) {
            constexpr std::uint32_t rights = elf::segment_readable | elf::segment_writable;
            if (s.type != elf::segment_type::load || (s.flags & rights) != elf::segment_readable) continue;
            const auto there = file.content(s);
            return there && !there->bytes.empty() &&
                   std::memcmp(there->bytes.data(), reinterpret_cast<const void*>(in_memory(s.address)),
                               there->bytes.size()) == 0;
        }
        return false;
    }
    void read_dynamic_symbols() const {
        const symbol_table& table = info_->symbols;
        const std::uint64_t count = table.gnu_hash.words != 0    ? table.gnu_hash.symbol_count()
                                    : table.sysv_hash.words != 0 ? table.sysv_hash.symbol_count()
                                                                 : 0;
        text_budget texts(64 * std::uint64_t{size_});
        for (std::uint64_t i = 0; i < count && i < table.symbol_limit; ++i) {
            const std::string_view name = table.name(table.symbols[i]);
            if (!texts.take(name.size(), "names of symbols")) break;
            add(table.symbols[i], name);
        }
    }
    template <class Symbol>
    void add(const Symbol& symbol, std::string_view name) const {
        const std::uintptr_t address = in_memory(symbol.value);
        if (symbol.section < elf::section_reserved && address - begin_ < size_) index_.add(symbol, address, name);
    }
    std::uintptr_t in_memory(std::uint64_t address) const noexcept {
        return image_->base() + static_cast<std::uintptr_t>(address);
    }

    std::string path_;
    std::uintptr_t begin_;
    std::size_t size_;
    const segments<P>* image_ = nullptr;
    const dynamic_info* info_ = nullptr;
    debugger::link_map debug_;
    mutable sys::basic_once<P> indexed_;
    mutable symbol_index index_;

    static inline sys::basic_mutex<P> lock_;  ///< of the next
    static inline perf_map<P>* perf_map_ = nullptr;
};

}  // namespace vitte::loader::native
