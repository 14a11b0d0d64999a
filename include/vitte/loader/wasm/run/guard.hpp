/// Accesses out of bounds that fault, and become traps.
#pragma once

#include <vitte/loader/wasm/run/store.hpp>
#include <vitte/sys/platform/faults.hpp>

namespace vitte::loader::wasm {

namespace detail {

/// Enters functions under a watch on faults in the guarded memories of one thread's execution.
template <sys::platform P>
struct guarded_entry {
    execution* running;
    const function* callee;
    std::byte* frame;
    const light_vector<std::unique_ptr<linear_memory<P>>>* memories;

    static void interpret(void* self) {
        auto& e = *static_cast<guarded_entry*>(self);
        detail::interpret(*e.running, *e.callee, e.frame);
    }
    static bool expected(void* self, const void* address) noexcept {
        const auto& e = *static_cast<const guarded_entry*>(self);
        if (e.running->in_host) return false;
        for (const auto& m : *e.memories)
            if (m->covers(address)) return true;
        return false;
    }
    static void enter(execution& e, const function& f, std::byte* frame) noexcept {
        using faults = typename P::faults;
        guarded_entry self{&e, &f, frame,
                           static_cast<const light_vector<std::unique_ptr<linear_memory<P>>>*>(e.guarded)};
        typename faults::watch watch;
        watch.expected = expected;
        watch.context = &self;
        if (faults::run(watch, interpret, &self)) return;
        // Handlers of accesses keep these where they came in: see `ops::pin`.
        ops::trapped(trap_code::memory_out_of_bounds, reinterpret_cast<const cell*>(watch.arguments[0]),
                     reinterpret_cast<std::byte*>(watch.arguments[1]), reinterpret_cast<runtime*>(watch.arguments[2]));
    }
};

template <sys::platform P>
constexpr bool can_guard() noexcept {
    if constexpr (VITTE_WASM_GUARDS && requires { P::faults::supported; })
        return P::faults::supported;
    else
        return false;
}

}  // namespace detail

template <sys::platform P>
bool basic_store<P>::guards() noexcept {
    return detail::can_guard<P>();
}
template <sys::platform P>
result<void> basic_store<P>::guard() noexcept {
    if constexpr (detail::can_guard<P>()) {
        VITTE_CHECK(P::faults::install());
        execution_->guarded = memories_.get();
        execution_->enter = detail::guarded_entry<P>::enter;
        return {};
    } else {
        return fail(errc::not_supported, "guard memories");
    }
}

}  // namespace vitte::loader::wasm
