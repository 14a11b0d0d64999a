/// A shared object in memory, put there by our own linker: mapped, then relocated, then started; stopped before it
/// goes.
#pragma once

#include <functional>
#include <string>
#include <vitte/loader/load_options.hpp>
#include <vitte/loader/native/exit_functions.hpp>
#include <vitte/loader/native/mapped_modules.hpp>
#include <vitte/loader/native/module_record.hpp>
#include <vitte/loader/native/process_callbacks.hpp>
#include <vitte/loader/native/relocate.hpp>
#include <vitte/loader/native/unwinding.hpp>

namespace vitte::loader::native {

/// Lookup is safe from several threads at once. Whoever maps it is its first holder.
template <sys::platform P = sys::native>
class shared_object final : public mapped_module, public lazily_bound {
public:
    /// Maps the shared object in `file`, which `path` is the name of, and checks its tables. Nothing of it has run.
    static result<held<shared_object>, load_error> map(const sys::basic_file<P>& file, const sys::file_info& facts,
                                                       std::string path) {
        VITTE_TRY(auto segments, native::segments<P>::map(file, facts));
        VITTE_TRY(auto info, read_dynamic(segments));
        held<shared_object> made(new shared_object(std::move(segments), std::move(info), std::move(path)));
        VITTE_CHECK(made->take_thread_locals());
        return made;
    }

    /// Binds what it asks for through `scope`, which must stay for lazy binding. IFUNC resolvers run.
    template <class Scope>
    result<void, load_error> relocate(Scope& scope, cpu_capabilities cpu, const load_options& options) {
        bool lazy = options.lazy && !info_.bind_now && info_.plt_got != 0 && !info_.plt_relocations.empty();
#if !defined(VITTE_HAS_ENTRIES)
        lazy = false;
#endif
        cpu_ = cpu;
        const bool scope_first = options.scope_first;
        if (lazy) bind_slot_ = bound_later<Scope>(scope, scope_first);
        VITTE_CHECK(relocator<P, Scope>(segments_, info_, tls_, scope, cpu, scope_first).run(lazy ? this : nullptr));
        VITTE_CHECK(check_calls(info_.initializers));
        VITTE_CHECK(check_calls(info_.finalizers));
        if (tls_.module != 0 && thread_locals::static_offset(tls_.module) != 0)
            if (auto filled = static_blocks<P>::fill(tls_.module); !filled)
                return refuse(filled.error(), "giving threads their initial-exec storage");
        return segments_.seal();
    }

    /// Makes it known to debuggers and the unwinder, and runs its initialisers (gABI chapter 5, "Initialization and
    /// Termination Functions"; glibc and the BSDs pass argc, argv and envp).
    void start() {
        using function = void (*)(int, char**, char**);
        static char* no_arguments[] = {nullptr};
        record_.announce();
        unwinding_ = unwinding(frame_records());
        started_ = true;
        exit_functions<P>::add([](void* self) { static_cast<shared_object*>(self)->finalize(); }, this, this);
        if (info_.init != 0)
            reinterpret_cast<function>(base() + static_cast<word>(info_.init))(0, no_arguments, no_arguments);
        for (const std::uintptr_t f : info_.initializers)
            if (is_call(f)) reinterpret_cast<function>(f)(0, no_arguments, no_arguments);
    }
    /// Runs the destructors of this thread's objects and the finalisers; nothing else of it may run any more. Not every
    /// compiler's start-up files ask for what the module has registered.
    void stop() {
        if (!started_) return;
        thread_locals::run_destructors(static_cast<mapped_module*>(this));
        exit_functions<P>::run(this);
        exit_functions<P>::run_within(begin, size);
        process_callbacks<P>::remove(*this);
    }

    /// Binds the functions that were left for later, as far as they are defined. The scope is not used any more then.
    void bind_all() {
        if (!bind_slot_) return;
        for (const relocation_entry& entry : info_.plt_relocations)
            if (machine::kind(entry.type()) == relocation_kind::jump_slot) static_cast<void>(bind_slot_(entry));
        __atomic_store_n(&is_bound_, true, __ATOMIC_RELEASE);
    }

    /// The definition of `wanted` that others may bind to, or null.
    const symbol_entry* find(const symbol_name& wanted, const char* version) const noexcept {
        const symbol_entry* const found = info_.symbols.find(wanted, version);
        const bool bindable = found != nullptr && found->binding() != elf::symbol_binding::local;
        return bindable ? found : nullptr;
    }
    /// The same, with its address; false if there is none.
    bool find(const symbol_name& wanted, const char* version, definition& to) const noexcept {
        const symbol_entry* const found = find(wanted, version);
        if (found == nullptr) return false;
        const auto value = static_cast<word>(found->value);
        if (found->type() == elf::symbol_type::tls)
            to = {value, tls_.module};
        else
            to = {address_of(*found)};
        return to.address != 0 || to.is_thread_local();
    }
    /// The address of the exported symbol `name` (its default version, or the given one), in this thread if it is
    /// thread-local, or null.
    void* symbol(const char* name, const char* version = nullptr) const noexcept {
        definition found;
        if (!find(symbol_name(name), version, found)) return nullptr;
        if (!found.is_thread_local()) return reinterpret_cast<void*>(found.address);
        const tls_index index{found.tls_module, found.address - machine::tls_bias};
        return thread_locals::address(&index);
    }

    bool locate(std::uintptr_t address, symbol_location& to) const override { return record_.locate(address, to); }

    std::uintptr_t base() const noexcept { return segments_.base(); }
    const dynamic_info& info() const noexcept { return info_; }
    const sys::file_info& file() const noexcept { return segments_.file(); }
    const std::string& path() const noexcept { return path_; }

private:
    shared_object(segments<P>&& segments, dynamic_info&& info, std::string&& path)
        : segments_(std::move(segments)),
          info_(std::move(info)),
          record_(path, segments_, info_),
          path_(std::move(path)) {
        begin = segments_.begin();
        size = segments_.size();
        facts = {base(), segments_.raw_headers().data(), segments_.headers().size(), path_.c_str()};
        if (const auto* header = segments_.find(elf::segment_type::gnu_eh_frame))
            frame_header = segments_.template array<std::byte>(header->address, header->memory_size);
        mapped_modules::add(*this);
    }
    ~shared_object() override {
        mapped_modules::remove(*this);
        if (tls_.module == 0) return;
        const std::intptr_t static_offset = thread_locals::static_offset(tls_.module);
        thread_locals::remove(tls_.module);
        if (static_offset != 0) static_blocks<P>::release(static_offset);
    }

    /// 0 and -1 are skipped, as the OS's linkers do.
    static bool is_call(std::uintptr_t function) noexcept { return function != 0 && function != ~std::uintptr_t{0}; }

    result<void, load_error> check_calls(std::span<const std::uintptr_t> functions) const {
        for (const std::uintptr_t function : functions)
            if (is_call(function) && segments_.executable(function - segments_.base()) == 0)
                return refuse(errc::malformed, "checking initialisers", "one of them points outside the module's code");
        return {};
    }

    result<void, load_error> take_thread_locals() {
        const elf::segment* const header = segments_.find(elf::segment_type::tls);
        if (header == nullptr || header->memory_size == 0) return {};
        constexpr const char* action = "checking the thread-local storage";
        if constexpr (!machine::has_thread_locals)
            return refuse(errc::not_supported, action,
                          "this linker does not support thread-local storage on this machine: use the OS's");
        constexpr std::uint64_t limit = std::uint64_t{1} << 30, page = 65'536;
        const std::uint64_t alignment = header->alignment == 0 ? 1 : header->alignment;
        const std::byte* const image = segments_.template array<std::byte>(header->address, header->file_size);
        if (header->file_size > header->memory_size || header->memory_size > limit || alignment > page ||
            (alignment & (alignment - 1)) != 0 || (image == nullptr && header->file_size != 0))
            return refuse(errc::malformed, action, "its segment is misplaced or misaligned");
        tls_.module = thread_locals::add(
            {image, static_cast<std::size_t>(header->file_size), static_cast<std::size_t>(header->memory_size),
             static_cast<std::size_t>(alignment), static_cast<std::size_t>(header->address & (alignment - 1))});
        return {};
    }

    /// The records that .eh_frame_hdr points to (Linux Standard Base, "The .eh_frame_hdr section"), or null.
    const std::byte* frame_records() const noexcept {
        constexpr std::byte version{1}, relative_to_place_4{0x1b};
        const auto* const header = segments_.find(elf::segment_type::gnu_eh_frame);
        if (frame_header == nullptr || header->memory_size < 8 || frame_header[0] != version ||
            frame_header[1] != relative_to_place_4)
            return nullptr;
        const auto distance = static_cast<std::int32_t>(load<std::uint32_t>(frame_header + 4, byte_order::native));
        const std::uint64_t at = header->address + 4 + static_cast<std::uint64_t>(std::int64_t{distance});
        const std::byte* const records = segments_.template array<std::byte>(at, 4);
        if (records == nullptr) return nullptr;
        const std::uint64_t room = segments_.readable(at), last = unwinding::takes_all_at_once() ? last_record(at) : 0;
        return last < room && unwinding::well_formed(records + last, room - last) ? records : nullptr;
    }
    /// How far behind the first record at `first` that of the last function in the sorted table is, from where on the
    /// records are read, to see whether they end; 0 without a table of the usual form.
    std::uint64_t last_record(std::uint64_t first) const noexcept {
        constexpr std::byte udata4{0x03}, relative_to_header_4{0x3b};
        const auto* const header = segments_.find(elf::segment_type::gnu_eh_frame);
        if (header->memory_size < 12 || frame_header[2] != udata4 || frame_header[3] != relative_to_header_4) return 0;
        const auto number = [&](std::uint64_t at) {
            return load<std::uint32_t>(frame_header + at, byte_order::native);
        };
        const std::uint64_t count = number(8);
        if (count == 0 || count > (header->memory_size - 12) / 8) return 0;
        const auto distance = static_cast<std::int32_t>(number(12 + 8 * count - 4));
        return header->address + static_cast<std::uint64_t>(std::int64_t{distance}) - first;
    }

    std::uintptr_t address_of(const symbol_entry& symbol) const noexcept {
        const std::uintptr_t address = info_.symbols.address_of(symbol);
        if (symbol.section == elf::section_absolute || symbol.type() != elf::symbol_type::gnu_ifunc) return address;
        return segments_.executable(symbol.value) == 0 ? 0 : ask_resolver(address, cpu_);
    }

    void finalize() noexcept {
        using function = void (*)();
        for (std::size_t i = info_.finalizers.size(); i-- > 0;)
            if (is_call(info_.finalizers[i])) reinterpret_cast<function>(info_.finalizers[i])();
        if (info_.fini != 0) reinterpret_cast<function>(base() + static_cast<word>(info_.fini))();
    }

    /// What binds a slot when it is asked for, with the scope of the load.
    using slot_binder = std::function<result<std::uintptr_t, load_error>(const relocation_entry&)>;
    template <class Scope>
    slot_binder bound_later(Scope& scope, bool scope_first) {
        return [this, &scope, scope_first](const relocation_entry& entry) {
            return relocator<P, Scope>(segments_, info_, tls_, scope, cpu_, scope_first).bind_slot(entry);
        };
    }
    std::uintptr_t bind(std::size_t index) noexcept override {
        const auto all = info_.plt_relocations;
        auto bound = index >= all.size() ? refuse(errc::malformed, "binding", "a slot that there is not")
                     : __atomic_load_n(&is_bound_, __ATOMIC_ACQUIRE)
                         ? refuse(errc::not_found, "binding", "a function that nothing defined before it was unloaded")
                         : bind_slot_(all[index]);
        if (bound) return *bound;
        bound.error().module = path_;
        std::fprintf(stderr, "vitte: %s\n", bound.error().message().c_str());
        std::abort();
    }

    segments<P> segments_;
    dynamic_info info_;
    module_record<P> record_;
    module_tls tls_;
    unwinding unwinding_;
    std::string path_;
    slot_binder bind_slot_;
    cpu_capabilities cpu_;
    bool started_ = false, is_bound_ = false;
};

}  // namespace vitte::loader::native
