/// The host's side of `vitte/plugin/wasm.h`: a plugin whose table and memory are in a WebAssembly module.
#pragma once

#include <algorithm>
#include <vitte/loader/import_source.hpp>
#include <vitte/loader/plugin/plugin.hpp>

namespace vitte::loader::detail {

class guest_plugin;

/// A function that guests import from "vitte": a member of `guest_plugin`.
template <auto Member>
struct guest_import;
template <class R, class... Args, R (guest_plugin::*Member)(Args...)>
struct guest_import<Member> {
    static trap_code call(const void* self, const handle_table& objects, std::uint64_t* values, std::string& reason);
    static constexpr typed_call typed{crossing<R(Args...)>::types, call};
};

/// Bytes that the host keeps for a guest until it takes them.
class kept_bytes {
public:
    explicit kept_bytes(plugin_services& among) noexcept : among_(among) {}
    kept_bytes(const kept_bytes&) = delete;
    kept_bytes& operator=(const kept_bytes&) = delete;
    ~kept_bytes() { clear(); }

    std::int32_t append(const void* bytes, std::size_t size) {
        if (size > among_.most_kept - among_.kept) return VITTE_TOO_LARGE;
        bytes_.append(static_cast<const char*>(bytes), size);
        among_.kept += size;
        return VITTE_OK;
    }
    void clear() noexcept {
        among_.kept -= bytes_.size();
        std::string().swap(bytes_);
    }
    void swap(kept_bytes& other) noexcept { bytes_.swap(other.bytes_); }
    std::string_view view() const noexcept { return bytes_; }

private:
    plugin_services& among_;
    std::string bytes_;
};

/// A guest's memory is its own: every address of it is checked, and one that is outside is a trap. So is whatever it
/// calls once it has failed.
class guest_plugin final : public import_source {
public:
    using address = std::uint32_t;

    explicit guest_plugin(plugin& of) noexcept : of_(of), kept_(of.services_) {}

    /// Is called before each call that is not inside of another one, once for all that is called for it: to fill up
    /// fuel and to set a deadline.
    std::function<void()> arm;

    bool has(std::string_view module) const noexcept override { return module == "vitte"; }
    result<imported_function, load_error> function(std::string_view, std::string_view symbol,
                                                   const signature& types) override;
    result<const exports*, load_error> symbols() override { return &none_; }

    /// Finds the exports. Fails with the first that is not there as it should be.
    result<void, load_error> bind(const module& in) {
        VITTE_TRY(init_, in.function<std::int32_t(std::uint32_t)>("vitte_plugin_init"));
        VITTE_TRY(execute_, in.function<std::int32_t(address, std::uint32_t)>("vitte_plugin_execute"));
        VITTE_TRY(shutdown_, in.function<void()>("vitte_plugin_shutdown"));
        VITTE_TRY(save_, in.function<std::int32_t()>("vitte_plugin_save"));
        VITTE_TRY(restore_, in.function<std::int32_t(address, std::uint32_t)>("vitte_plugin_restore"));
        VITTE_TRY(allocate_, in.function<address(std::uint32_t)>("vitte_plugin_allocate"));
        VITTE_TRY(release_, in.function<void(address)>("vitte_plugin_release"));
        VITTE_TRY(serve_, in.function<std::int32_t(address, address, std::uint32_t)>("vitte_plugin_serve"));
        module_ = &in;
        return {};
    }
    /// The module goes.
    void unbind() noexcept { module_ = nullptr; }

    std::int32_t init(std::uint32_t functions) { return status(run(init_, functions)); }
    /// The functions of the others, whose first argument is this guest.
    static const struct ::vitte_plugin& table() noexcept {
        static constexpr struct ::vitte_plugin made {
            sizeof(made), VITTE_PLUGIN_ABI, nullptr, nullptr, nullptr, nullptr, execute, shutdown, save, restore
        };
        return made;
    }

    // What guests import.
    void log(std::int32_t level, address text, std::uint32_t size) {
        constexpr std::size_t most = std::size_t{1} << 20, beside = 16;  // of a line, which may be empty
        const std::string_view line = view(text, size).substr(0, longest_plugin_text);
        if (fault_ != trap_code::none) return;
        if (line.size() + beside > most - of_.services_.logged) {
            fault_ = trap_code::host;
            return;
        }
        of_.services_.logged += line.size() + beside;
        of_.note(level, line);
    }
    void set_error(address text, std::uint32_t size) { of_.say(view(text, size)); }
    std::int32_t write(address from, std::uint32_t size) {
        const std::string_view bytes = view(from, size);
        if (fault_ != trap_code::none) return VITTE_INVALID_ARGUMENT;
        if (output_ == nullptr) return VITTE_NOT_SUPPORTED;
        return output_->write(output_->context, bytes.data(), bytes.size());
    }
    std::uint32_t get_service(address name, std::uint32_t size, std::uint32_t version) {
        const offered_service* const found = of_.find_service(view(name, size), version);
        if (found == nullptr) return 0;
        for (std::size_t i = 0; i < used_.size(); ++i)
            if (used_[i] == found->name) return static_cast<std::uint32_t>(i + 1);
        used_.push_back(found->name);
        return static_cast<std::uint32_t>(used_.size());
    }
    std::int32_t call_service(std::uint32_t number, address input, std::uint32_t size) {
        kept_.clear();
        // The service may call this guest in turn, whose memory then moves.
        const std::string copy(view(input, size));
        if (fault_ != trap_code::none || number == 0 || number > used_.size()) return VITTE_INVALID_ARGUMENT;
        const offered_service* const found = of_.services_.find(used_[number - 1]);
        if (found == nullptr) return VITTE_STOPPED;
        if (found->table->call == nullptr) return VITTE_NOT_SUPPORTED;
        kept_bytes made(of_.services_);
        vitte_output to{sizeof to, 0, &made, [](void* in, const void* bytes, std::size_t more) {
                            return static_cast<kept_bytes*>(in)->append(bytes, more);
                        }};
        const std::int32_t status = found->table->call(found->table->state, copy.data(), copy.size(), &to);
        kept_.swap(made);
        return status;
    }
    std::int32_t get_options() {
        kept_.clear();
        return kept_.append(of_.options().data(), of_.options().size());
    }
    std::uint32_t kept_size() { return static_cast<std::uint32_t>(kept_.view().size()); }
    void take(address to) {
        const std::string_view kept = kept_.view(), place = view(to, static_cast<std::uint32_t>(kept.size()));
        if (fault_ == trap_code::none && !kept.empty())
            std::memcpy(const_cast<char*>(place.data()), kept.data(), kept.size());
        kept_.clear();
    }
    std::int32_t register_service(address name, std::uint32_t size, std::uint32_t version, std::uint32_t number) {
        const std::string_view text = view(name, size);
        if (fault_ != trap_code::none) return VITTE_INVALID_ARGUMENT;
        auto made = std::make_unique<served>(served{{sizeof(vitte_service), 0, nullptr, serve}, this, number});
        made->head.state = made.get();
        const std::int32_t status = of_.offer(text, version, &made->head);
        if (status == VITTE_OK) served_.push_back(std::move(made));
        return status;
    }
    /// Why the function that has been imported and called is not to return; none if it is.
    trap_code take_fault(std::string& reason) {
        if (of_.state_ == plugin_state::failed) {
            reason = "the plugin has been stopped";
            return trap_code::host;
        }
        if (fault_ == trap_code::host) reason = "it has logged more than 1 MiB in one call";
        return std::exchange(fault_, trap_code::none);
    }

private:
    static std::int32_t execute(void* self, const void* input, std::size_t size, vitte_output* to) {
        return guest(self).with(input, size, to, [&](guest_plugin& in, address at) {
            return in.run(in.execute_, at, static_cast<std::uint32_t>(size));
        });
    }
    static void shutdown(void* self) { guest(self).run(guest(self).shutdown_); }
    static std::int32_t save(void* self, vitte_output* to) {
        return guest(self).with(nullptr, 0, to, [](guest_plugin& in, address) { return in.run(in.save_); });
    }
    static std::int32_t restore(void* self, const void* saved, std::size_t size) {
        return guest(self).with(saved, size, nullptr, [&](guest_plugin& in, address at) {
            return in.run(in.restore_, at, static_cast<std::uint32_t>(size));
        });
    }

    /// A service of the guest's, as the others see it.
    struct served {
        vitte_service head;
        guest_plugin* in;
        address number;
    };
    static std::int32_t serve(void* self, const void* input, std::size_t size, vitte_output* to) {
        const served& s = *static_cast<served*>(self);
        return s.in->with(input, size, to, [&](guest_plugin& in, address at) {
            return in.run(in.serve_, s.number, at, static_cast<std::uint32_t>(size));
        });
    }
    static guest_plugin& guest(void* self) noexcept { return *static_cast<guest_plugin*>(self); }

    static constexpr unsigned most_depth = 64;  ///< of guests that call each other, on one stack
    /// A call, or several that are one for who asks for it.
    class stay {
    public:
        explicit stay(guest_plugin& in) : in_(in) {
            if (in_.of_.services_.depth == 0) in_.of_.services_.logged = 0;
            if (in_.depth_++ == 0 && in_.arm) in_.arm();
        }
        stay(const stay&) = delete;
        stay& operator=(const stay&) = delete;
        ~stay() { --in_.depth_; }

    private:
        guest_plugin& in_;
    };

    /// What is there in its memory; nothing, and a fault, if not all of it is.
    std::string_view view(address at, std::uint32_t size) noexcept {
        const auto all = module_ == nullptr ? std::span<std::byte>() : module_->memory();
        if (at <= all.size() && size <= all.size() - at) return {reinterpret_cast<char*>(all.data()) + at, size};
        fault_ = trap_code::memory_out_of_bounds;
        return {};
    }

    template <class R, class... Args>
    std::optional<R> run(const std::optional<loader::function<R(Args...)>>& f,
                         std::type_identity_t<Args>... arguments) {
        auto made = call(*f, arguments...);
        if (!made) return std::nullopt;
        return *made;
    }
    void run(const std::optional<loader::function<void()>>& f) { static_cast<void>(call(*f)); }
    void run(const std::optional<loader::function<void(address)>>& f, address at) { static_cast<void>(call(*f, at)); }
    template <class Function, class... Args>
    auto call(const Function& f, Args... arguments) -> decltype(f(arguments...)) {
        if (module_ == nullptr || of_.state_ == plugin_state::failed) return unexpected(trap());
        const stay here(*this);
        ++of_.services_.depth;
        auto made = f(arguments...);
        --of_.services_.depth;
        if (!made && of_.state_ != plugin_state::failed) {
            load_error why;
            why.code = made.error().code == trap_code::timed_out ? errc::timed_out
                       : made.error().code == trap_code::out_of_fuel || made.error().code == trap_code::out_of_memory
                           ? errc::too_large
                           : errc::unknown;
            why.action = "running";
            why.reason = made.error().message();
            of_.fail(std::move(why));
        }
        return made;
    }
    static std::int32_t status(std::optional<std::int32_t> of) noexcept { return of.value_or(VITTE_STOPPED); }

    /// Calls `use(*this, address)` with a copy of `input` in the guest's memory, and `to` as its output.
    template <class Use>
    std::int32_t with(const void* input, std::size_t size, vitte_output* to, Use&& use) {
        if (size > UINT32_MAX || of_.services_.depth >= most_depth) return VITTE_TOO_LARGE;
        if (module_ == nullptr) return VITTE_STOPPED;
        const stay here(*this);
        address at = 0;
        if (size != 0) {
            const auto made = run(allocate_, static_cast<std::uint32_t>(size));
            if (!made) return VITTE_STOPPED;
            if (*made == 0) return VITTE_OUT_OF_MEMORY;
            at = *made;
            const std::string_view room = view(at, static_cast<std::uint32_t>(size));
            if (std::exchange(fault_, trap_code::none) != trap_code::none) {
                load_error why;
                why.code = errc::malformed;
                why.action = "running";
                why.reason = "vitte_plugin_allocate gives memory that the module does not have";
                of_.fail(std::move(why));
                return VITTE_STOPPED;
            }
            std::memcpy(const_cast<char*>(room.data()), input, size);
        }
        vitte_output* const outer = std::exchange(output_, to);
        const std::int32_t made = status(use(*this, at));
        output_ = outer;
        if (at != 0) run(release_, at);
        return of_.state_ == plugin_state::failed ? std::int32_t{VITTE_STOPPED} : made;
    }

    plugin& of_;
    const module* module_ = nullptr;
    vitte_output* output_ = nullptr;  ///< of the call that runs
    trap_code fault_ = trap_code::none;
    unsigned depth_ = 0;
    kept_bytes kept_;
    std::vector<service_name> used_;
    std::vector<std::unique_ptr<served>> served_;
    std::vector<std::unique_ptr<typed_call>> unknown_;
    exports none_;

    template <class F>
    using exported = std::optional<loader::function<F>>;
    exported<std::int32_t(std::uint32_t)> init_;
    exported<std::int32_t(address, std::uint32_t)> execute_, restore_;
    exported<void()> shutdown_;
    exported<std::int32_t()> save_;
    exported<address(std::uint32_t)> allocate_;
    exported<void(address)> release_;
    exported<std::int32_t(address, address, std::uint32_t)> serve_;
};

template <class R, class... Args, R (guest_plugin::*Member)(Args...)>
trap_code guest_import<Member>::call(const void* self, const handle_table& objects, std::uint64_t* values,
                                     std::string& reason) {
    auto& in = *static_cast<guest_plugin*>(const_cast<void*>(self));
    return receive<Args...>(objects, values, [&](Args... arguments) {
        if constexpr (std::is_void_v<R>)
            (in.*Member)(arguments...);
        else
            *values = to_bits((in.*Member)(arguments...));
        return in.take_fault(reason);
    });
}

inline result<imported_function, load_error> guest_plugin::function(std::string_view, std::string_view symbol,
                                                                    const signature& types) {
    struct import {
        std::string_view name;
        const typed_call* typed;
    };
    static constexpr import known[] = {
        {"log", &guest_import<&guest_plugin::log>::typed},
        {"set_error", &guest_import<&guest_plugin::set_error>::typed},
        {"write", &guest_import<&guest_plugin::write>::typed},
        {"get_service", &guest_import<&guest_plugin::get_service>::typed},
        {"call_service", &guest_import<&guest_plugin::call_service>::typed},
        {"get_options", &guest_import<&guest_plugin::get_options>::typed},
        {"kept_size", &guest_import<&guest_plugin::kept_size>::typed},
        {"take", &guest_import<&guest_plugin::take>::typed},
        {"register_service", &guest_import<&guest_plugin::register_service>::typed},
    };
    for (const import& one : known)
        if (one.name == symbol) return imported_function{one.typed, this};
    unknown_.push_back(std::make_unique<typed_call>(
        typed_call{types, [](const void*, const handle_table&, std::uint64_t* values, std::string&) {
                       *values = to_bits(std::int32_t{VITTE_NOT_SUPPORTED});
                       return trap_code::none;
                   }}));
    return imported_function{unknown_.back().get(), this};
}

}  // namespace vitte::loader::detail
