/// Objects and members of archives linked into one image in memory: written, relocated, protected, then started;
/// stopped before it goes. No page is ever writable and executable at once.
#pragma once

#include <vitte/loader/link_input.hpp>
#include <vitte/loader/native/debugger.hpp>
#include <vitte/loader/native/exit_functions.hpp>
#include <vitte/loader/native/mapped_modules.hpp>
#include <vitte/loader/native/module_record.hpp>
#include <vitte/loader/native/object/exported.hpp>
#include <vitte/loader/native/object/initializers.hpp>
#include <vitte/loader/native/object/machine.hpp>
#include <vitte/loader/native/object/relocate.hpp>
#include <vitte/loader/native/process_callbacks.hpp>
#include <vitte/loader/native/static_blocks.hpp>
#include <vitte/loader/native/unwinding.hpp>

namespace vitte::loader::native::object {

/// Where an object's sections and symbols are, for `debugger::announce_object`, which may ask for any index.
class object_places {
public:
    object_places(const input& object, const symbol_set& symbols, std::uintptr_t base) noexcept
        : object_(object), symbols_(symbols), base_(base) {}

    std::uintptr_t section(std::size_t index) const noexcept { return byte(index, 0); }
    std::uintptr_t byte(std::size_t index, std::uint64_t offset) const noexcept {
        if (index >= object_.sections().size()) return 0;
        const object::section& s = object_.sections()[index];
        return s.part < image_part::tls_data ? base_ + static_cast<std::uintptr_t>(s.place_of(offset)) : 0;
    }
    bool symbol(std::size_t index, std::uintptr_t& address) const noexcept {
        if (index >= object_.symbol_numbers.size()) return false;
        const object::symbol& s = symbols_.all()[object_.symbol_numbers[index]];
        address = static_cast<std::uintptr_t>(s.value);
        return s.in_image() && !s.is_thread_local();
    }

private:
    const input& object_;
    const symbol_set& symbols_;
    std::uintptr_t base_;
};

/// Lookup is safe from several threads at once. Whoever links it is its first holder.
template <sys::platform P = sys::native>
class image final : public mapped_module {
public:
    /// Links `symbols`, which are complete; what they lack is asked from `scope`, `bool scope(const symbol_name&, const
    /// char* version, definition&)`. Nothing of the objects has run.
    template <class Scope>
    static result<held<image>, load_error> link(symbol_set& symbols, Scope& scope, std::string path,
                                                const link_options& options) {
        for (input& object : symbols.objects()) {
            VITTE_CHECK(prepare<object::cpu>(object, symbols));
        }
        held<image> made(new image(std::move(path)));
        VITTE_CHECK(made->template build<object::cpu>(symbols, scope, options));
        return made;
    }

    /// Calls the IFUNC resolvers, seals what only the linker writes, makes it known to the unwinder and runs its
    /// initialisers (gABI chapter 5, "Initialization and Termination Functions").
    result<void, load_error> start(sys::cpu_capabilities on) {
        using function = void (*)(int, char**, char**);
        static char* no_arguments[] = {nullptr};
        for (const resolver& r : resolvers_) *r.to = native::machine::call_resolver(r.function, on.hwcap, on.hwcap2);
        VITTE_CHECK(protect(relro_, sys::access::read));
        unwinding_ = unwinding(frames_);
        started_ = true;
        exit_functions<P>::add([](void* self) { static_cast<image*>(self)->finalize(); }, this, this);
        for (const std::uintptr_t f : initializers_)
            if (is_call(f)) reinterpret_cast<function>(f)(0, no_arguments, no_arguments);
        return {};
    }
    /// Runs the destructors of this thread's objects and of static ones, and the finalisers; nothing else of it may run
    /// any more.
    void stop() {
        if (!started_) return;
        thread_locals::run_destructors(static_cast<mapped_module*>(this));
        exit_functions<P>::run_within(begin, size);
        exit_functions<P>::run(this);
        process_callbacks<P>::remove(*this);
    }

    /// The address of the global symbol `name`, in this thread if it is thread-local, or null.
    void* symbol(const char* name) const noexcept {
        const definition* const found = exported_.find(symbol_name(name));
        if (found == nullptr) return nullptr;
        if (!found->is_thread_local()) return reinterpret_cast<void*>(found->address);
        const tls_index index{found->tls_module, found->address - native::machine::tls_bias};
        return thread_locals::address(&index);
    }

    bool locate(std::uintptr_t address, symbol_location& to) const override { return record_->locate(address, to); }

private:
    struct resolver {
        word* to;
        std::uintptr_t function;
    };

    explicit image(std::string&& path) noexcept : path_(std::move(path)) {}
    ~image() override {
        if (facts.name != nullptr) mapped_modules::remove(*this);
        if (threads_.module != 0) thread_locals::remove(threads_.module);
        if (threads_.static_offset != 0) static_blocks<P>::release(threads_.static_offset);
    }

    template <class Cpu>
    static result<void, load_error> prepare(input& object, const symbol_set& symbols) {
        if constexpr (requires { Cpu::write_nops({}); }) {
            VITTE_CHECK(take_out_padding<Cpu>(object));
        }
        for (std::uint32_t i = 0; i < object.sections().size(); ++i)
            if (object.sections()[i].part == image_part::frames) {
                VITTE_CHECK(prepare_frames(object, i, symbols));
            }
        return {};
    }

    template <class Cpu, class Scope>
    result<void, load_error> build(symbol_set& symbols, Scope& scope, const link_options& options) {
        layout plan(symbols);
        plan.divide_code(Cpu::branch_reach / 4 * 3);
        relocator<Cpu> relocations(symbols, plan, threads_);
        VITTE_CHECK(relocations.scan([&](object::symbol& s) { return bind(s, plan, scope); }));
        VITTE_CHECK(plan.template place_all<Cpu>(page_size()));
        VITTE_CHECK(reserve(plan));
        for (const input& object : symbols.objects()) copy(object, plan);
        VITTE_CHECK(take_thread_locals(plan));
        auto* const got = reinterpret_cast<word*>(begin + plan.got.offset);
        relocations.settle(begin, [&](std::uint32_t index, std::uintptr_t f) {
            resolvers_.push_back({got + index, f});
        });
        VITTE_CHECK(relocations.apply());
        for (const input& object : symbols.objects()) VITTE_CHECK(check_frames(object));
        if (threads_.static_offset != 0)
            if (auto filled = static_blocks<P>::fill(threads_.module); !filled)
                return refuse(filled.error(), "giving threads their initial-exec storage");
        initializers_ = functions_in_order(plan, begin, ".init_array", ".ctors");
        finalizers_ = functions_in_order(plan, begin, ".fini_array", ".dtors");
        VITTE_CHECK(check_calls(plan));
        exported_ = exported(symbols, threads_.module, threads_.static_offset);
        if (plan.frames.size != 0) frames_ = reinterpret_cast<const std::byte*>(begin + plan.frames.offset);
        relro_ = plan.relro;
        VITTE_CHECK(protect(plan.rodata, sys::access::read));
        VITTE_CHECK(protect(plan.text, sys::access::read_execute));
        P::memory::flush_instruction_cache(reinterpret_cast<void*>(begin), static_cast<std::size_t>(plan.text.size));
        announce(symbols, options.announce);
        facts.name = path_.c_str();
        facts.base = begin;
        mapped_modules::add(*this);
        return {};
    }

    /// Tells debuggers, profilers and backtraces. A debugger that cannot be told, since it would not understand the
    /// object's debug information, is no reason not to link.
    void announce(const symbol_set& symbols, debugger::announce when) {
        symbol_index index;
        for (const input& object : symbols.objects()) {
            const object_places places(object, symbols, begin);
            if (auto told = debugger::announce_object<P>(object.file(), places, when))
                announcements_.push_back(std::move(*told));
            static_cast<void>(debugger::index_object(object.file(), places, index));
        }
        record_ = std::make_unique<module_record<P>>(path_, begin, size, std::move(index));
    }

    /// Defines an undefined symbol, if anybody outside does. `name@version` asks for a version.
    template <class Scope>
    static bool bind(object::symbol& s, const layout& plan, Scope& scope) {
        if (plan.makes(s.name)) {
            s.state = symbol_state::made;
            s.type = s.name == layout::tls_base ? elf::symbol_type::tls : elf::symbol_type::none;
            return true;
        }
        if (s.hidden()) return false;
        const std::size_t at = s.name.find('@');
        const std::string name(s.name.substr(0, at)), version(at == s.name.npos ? "" : s.name.substr(at + 1));
        if (!scope(symbol_name(name.c_str()), version.empty() ? nullptr : version.c_str(), s.outside)) return false;
        s.state = symbol_state::foreign;
        if (s.outside.is_thread_local() && s.outside.static_offset == 0)
            s.outside.static_offset = thread_locals::static_offset(s.outside.tls_module);
        s.value = s.outside.address;
        s.type = s.outside.is_thread_local() ? elf::symbol_type::tls : elf::symbol_type::none;
        return true;
    }

    result<void, load_error> reserve(const layout& plan) {
        constexpr const char* action = "reserving memory";
        const std::uint64_t slack = plan.alignment > page_size() ? plan.alignment : 0;
        auto region = sys::basic_region<P>::reserve(static_cast<std::size_t>(plan.size + slack));
        if (!region) return refuse(region.error(), action);
        region_ = std::move(*region);
        begin = reinterpret_cast<std::uintptr_t>(region_.data());
        if (slack != 0) begin = static_cast<word>((begin + slack - 1) & ~(slack - 1));
        size = static_cast<std::size_t>(plan.size);
        if (auto done = region_.commit(in_region(0), size); !done) return refuse(done.error(), action);
        return {};
    }

    void copy(const input& object, const layout& plan) const {
        for (const section& s : object.sections()) {
            if (!s.live() || s.content.empty()) continue;
            const std::uint64_t start = s.part == image_part::tls_data ? plan.tls.offset : 0;
            auto* const to = reinterpret_cast<std::byte*>(begin + start + s.offset);
            s.copy_to(to);
            for (const range& r : s.dead) neutralize_frame(to + r.begin, r.end - r.begin);
        }
    }

    result<void, load_error> check_frames(const input& object) const {
        for (std::uint32_t i = 0; i < object.sections().size(); ++i) {
            const section& s = object.sections()[i];
            if (s.part != image_part::frames || s.content.empty()) continue;
            VITTE_CHECK(object::check_frames(object, i, reinterpret_cast<const std::byte*>(begin + s.offset)));
        }
        return {};
    }

    result<void, load_error> take_thread_locals(const layout& plan) {
        if (plan.tls.size == 0) return {};
        constexpr const char* action = "setting up thread-local storage";
        constexpr std::uint64_t most = std::uint64_t{1} << 30, page = 65'536;
        if (!native::machine::has_thread_locals || plan.tls.size > most || plan.tls_alignment > page)
            return refuse(errc::not_supported, action, "it is too large, or aligned to more than 64 KiB");
        const tls_template content{
            reinterpret_cast<const std::byte*>(begin + plan.tls.offset), static_cast<std::size_t>(plan.tls_image_size),
            static_cast<std::size_t>(plan.tls.size), static_cast<std::size_t>(plan.tls_alignment)};
        threads_.module = thread_locals::add(content);
        if (!plan.needs_static_block) return {};
        if (const auto done = static_blocks<P>::adopt(threads_.module); !done)
            return refuse(done.error().code, action,
                          "there is no static thread-local storage left: compile objects with -fPIC and without "
                          "-ftls-model=initial-exec, or the program with a larger VITTE_STATIC_TLS");
        threads_.static_offset = thread_locals::static_offset(threads_.module);
        return {};
    }

    /// 0 and -1 are skipped, as the OS's linkers do.
    static bool is_call(std::uintptr_t function) noexcept { return function != 0 && function != ~std::uintptr_t{0}; }

    result<void, load_error> check_calls(const layout& plan) const {
        for (const auto* functions : {&initializers_, &finalizers_})
            for (const std::uintptr_t f : *functions)
                if (is_call(f) && f - begin >= plan.text.size)
                    return refuse(errc::malformed, "checking initialisers",
                                  "one of them points outside the linked code");
        for (const resolver& r : resolvers_)
            if (r.function - begin >= plan.text.size)
                return refuse(errc::malformed, "checking resolvers", "an IFUNC resolver is not code");
        return {};
    }

    void finalize() noexcept {
        using function = void (*)();
        for (std::size_t i = finalizers_.size(); i-- > 0;)
            if (is_call(finalizers_[i])) reinterpret_cast<function>(finalizers_[i])();
    }

    result<void, load_error> protect(const extent& which, sys::access wanted) {
        if (which.size == 0) return {};
        const std::size_t bytes = static_cast<std::size_t>((which.size + page_size() - 1) & ~(page_size() - 1));
        if (auto done = region_.protect(in_region(which.offset), bytes, wanted); !done)
            return refuse(done.error(), "protecting the image");
        return {};
    }
    std::size_t in_region(std::uint64_t offset) const noexcept {
        return static_cast<std::size_t>(begin - reinterpret_cast<std::uintptr_t>(region_.data()) + offset);
    }
    static std::uint64_t page_size() noexcept { return sys::basic_region<P>::page_size(); }

    std::string path_;
    sys::basic_region<P> region_;
    thread_block threads_;
    exported exported_;
    std::vector<resolver> resolvers_;
    std::vector<std::uintptr_t> initializers_, finalizers_;
    const std::byte* frames_ = nullptr;
    unwinding unwinding_;
    std::unique_ptr<module_record<P>> record_;
    std::vector<debugger::jit_announcement<P>> announcements_;
    extent relro_;
    bool started_ = false;
};

}  // namespace vitte::loader::native::object
