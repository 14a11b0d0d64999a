/// WebAssembly plugins for a `plugin_host`, within limits: `run_webassembly(host, {.fuel = 100'000'000})`.
#pragma once

#include <vitte/loader/plugin.hpp>
#include <vitte/loader/wasm/format.hpp>

namespace vitte::loader {

/// What a plugin may use. One that exceeds fuel or time, or traps for any other reason, is stopped and says so in
/// `plugin::problem`; memory that is not there is refused to it. Stopped is also who logs more than 1 MiB in a call of
/// the host; its lines are cut at 4096 bytes.
struct webassembly_limits {
    std::uint64_t memory_pages = 1024;  ///< 64 KiB each
    std::size_t stack_bytes = std::size_t{1} << 20;
    std::uint64_t fuel = UINT64_MAX;    ///< instructions in a call of the host
    std::int64_t time = 5'000'000'000;  ///< nanoseconds that a call of the host may take
};

/// Has `host` start WebAssembly plugins; once for a host.
template <sys::platform P>
void run_webassembly(basic_plugin_host<P>& host, const webassembly_limits& limits = {}) {
    wasm::basic_format_options<P> options;
    options.limits.memory_pages = options.limits.all_memory_pages = limits.memory_pages;
    options.limits.stack_bytes = limits.stack_bytes;
    options.compile.metered = limits.fuel != UINT64_MAX;
    options.compile.interruptible = true;
    options.prepare = [&host, limits](wasm::basic_store<P>& store) {
        host.arm_loading([&store, limits] {
            store.set_fuel(limits.fuel);
            store.set_deadline(sys::deadline::after<P>(limits.time));
        });
    };
    host.loader().add_format(wasm::basic_format<P>(std::move(options)));
}

}  // namespace vitte::loader
