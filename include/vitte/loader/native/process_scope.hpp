/// The symbols of the libraries that are already in this process, found by our own hash lookup. A static program has
/// none; there every symbol comes from the host's exports.
#pragma once

#include <vitte/loader/native/definition.hpp>
#include <vitte/loader/native/dynamic.hpp>
#include <vitte/loader/native/thread_locals.hpp>
#include <vitte/sys/fs/path.hpp>
#include <vitte/sys/platform/images.hpp>
#include <vitte/sys/platform/libraries.hpp>

namespace vitte::loader::native {

/// A snapshot of the process's libraries in load order: the executable first, so that its copies of data win.
/// For one thread at a time.
template <sys::platform P = sys::native>
class process_scope {
public:
    /// Takes a new snapshot if libraries came or went. Pointers found before stay valid as long as their library stays.
    void refresh() {
        if constexpr (tells_images) {
            const std::uint64_t now = generation();
            if (is_of(now)) return;
            generation_ = now;
            libraries_.clear();
            P::images::for_each(
                [](void* self, const sys::loaded_image& image) { static_cast<process_scope*>(self)->add(image); },
                this);
        }
    }

    /// A number that changes when a library comes or goes. Safe from several threads at once.
    static std::uint64_t generation() noexcept {
        if constexpr (tells_images) return P::images::generation();
        return 0;
    }
    /// Whether no library has come or gone since `generation()` was `now`, or nothing tells of that.
    bool is_of(std::uint64_t now) const noexcept {
        return !tells_images || (now == generation_ && !libraries_.empty());
    }

    /// Finds the definition of `wanted`. `in_library` becomes the path of its library, or null if none can be named.
    bool find(const symbol_name& wanted, const char* version, const sys::cpu_capabilities& cpu, definition& to,
              const char*& in_library) {
        in_library = nullptr;
        for (library& in : libraries_) {
            if (!in.table.may_define(wanted)) continue;
            in.read_versions();
            const symbol_entry* found = in.table.find(wanted, version);
            if (found == nullptr || found->binding() == elf::symbol_binding::local) continue;
            in_library = in.closable_path();
            const auto value = static_cast<word>(found->value);
            if (found->type() == elf::symbol_type::tls) {
                to = {value, in.tls_module, in.tls_offset};
                return in.tls_module != 0;
            }
            to = {in.table.address_of(*found)};
            if (found->type() == elf::symbol_type::gnu_ifunc) to.address = ask_resolver(to.address, cpu);
            return true;
        }
        return find_global(wanted.text, to.address);
    }
    /// Whether the library that calls itself `soname`, or whose file is called so, is in the process; `path` then
    /// becomes its path, or null. musl's C library is its dynamic linker, and has no name for itself.
    bool has(std::string_view soname, const char*& path) const noexcept {
        for (const library& l : libraries_) {
            const std::string_view file = sys::path_view(std::string_view(l.path)).name();
            if (soname == l.soname || soname == file || (soname.starts_with("libc.") && file.starts_with("ld-musl")))
                return path = l.closable_path(), true;
        }
        return false;
    }
    /// Whether the C library is a part of the program: there are no libraries but what the kernel has put there.
    bool is_static() const noexcept {
        for (const library& l : libraries_)
            if (*l.path == '/') return false;
        return true;
    }

    /// The libraries that were looked through, for error messages: base names, separated by commas.
    std::string names() const {
        std::string text;
        for (const library& l : libraries_) {
            const char* const slash = std::strrchr(l.path, '/');
            if (!text.empty()) text += ", ";
            text += *l.path == 0 ? "the program" : slash == nullptr ? l.path : slash + 1;
        }
        return text;
    }

private:
    static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
    static constexpr bool tells_images = requires { typename P::images; };

    /// Where the OS does not tell what it has loaded, its own lookup has to serve, without versions.
    static bool find_global(const char* name, std::uintptr_t& address) {
        if constexpr (!tells_images && requires { typename P::libraries; }) {
            const auto program = P::libraries::open(static_cast<const char*>(nullptr));
            if (!program) return false;
            const auto found = P::libraries::symbol(*program, name);
            static_cast<void>(P::libraries::close(*program));
            address = found ? reinterpret_cast<std::uintptr_t>(*found) : 0;
            return address != 0;
        }
        return false;
    }

    /// These tables were validated by the OS's linker. Their versions are read when they are asked for first.
    struct library {
        symbol_table table;
        elf::version_chains versions;
        const char* path;
        const char* soname = "";
        std::size_t tls_module = 0;
        std::intptr_t tls_offset =
            0;  ///< from the thread pointer, the same in all threads for what came with the program

        /// Null for the program and what the kernel has put there.
        const char* closable_path() const noexcept { return std::strchr(path, '/') != nullptr ? path : nullptr; }
        void read_versions() {
            if (table.versions == nullptr || !table.version_names.empty()) return;
            detail::read_versions(table, versions, unlimited, [](std::uint64_t at, std::size_t) {
                return reinterpret_cast<const std::byte*>(static_cast<word>(at));
            });
        }
    };

    void add(const sys::loaded_image& image) {
        constexpr std::size_t size = elf::segment::size_in(form);
        const std::span bytes(static_cast<const std::byte*>(image.segments), image.segment_count * size);
        for (const elf::segment header : elf::table<elf::segment>(bytes, size, form))
            if (header.type == elf::segment_type::dynamic)
                if (library found{{}, {}, image.name}; read(image.base, header, found)) {
                    found.tls_module = image.tls_module;
                    if (image.tls_block != nullptr)
                        found.tls_offset =
                            static_cast<const std::byte*>(image.tls_block) - thread_locals::thread_pointer();
                    libraries_.push_back(std::move(found));
                }
    }

    /// glibc has relocated the pointers of the dynamic table in place, musl has not.
    static bool read(std::uintptr_t base, const elf::segment& header, library& to) {
        using elf::tag;
        detail::tag_values tags;
        for (const auto* entry = reinterpret_cast<const dynamic_entry*>(base + static_cast<word>(header.address));
             entry->tag() != tag::null; ++entry)
            tags.set(entry->tag(), entry->value);
        const auto pointer = [&](tag of) {
            return static_cast<word>(tags[of] == 0 || tags[of] >= base ? tags[of] : tags[of] + base);
        };
        const auto words = [&](tag of) { return memory_words{reinterpret_cast<const std::uint32_t*>(pointer(of))}; };
        symbol_table& table = to.table;
        table.base = base;
        table.symbols = reinterpret_cast<const symbol_entry*>(pointer(tag::symbols));
        table.strings = reinterpret_cast<const char*>(pointer(tag::strings));
        table.string_size = tags[tag::strings_size];
        table.versions = reinterpret_cast<const std::uint16_t*>(pointer(tag::version_indices));
        table.symbol_limit = 0xffffffff;
        if (tags[tag::soname] != 0) to.soname = table.string(tags[tag::soname]);
        to.versions = {pointer(tag::version_definitions), tags[tag::version_definition_count],
                       pointer(tag::version_needs), tags[tag::version_need_count]};
        if (tags[tag::gnu_hash] != 0)
            table.gnu_hash = {words(tag::gnu_hash), unlimited};
        else if (tags[tag::hash] != 0)
            table.sysv_hash = {{words(tag::hash)}, unlimited};
        else
            return false;
        return true;
    }

    std::uint64_t generation_ = 0;
    std::vector<library> libraries_;
};

}  // namespace vitte::loader::native
