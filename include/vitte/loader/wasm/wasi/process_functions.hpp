/// Arguments, environment, clocks, random numbers and the end, as WASI preview 1 has them.
#pragma once

#include <vitte/loader/wasm/wasi/descriptors.hpp>
#include <vitte/loader/wasm/wasi/guest_memory.hpp>
#include <vitte/sys/platform/threads.hpp>
#include <vitte/sys/random.hpp>

namespace vitte::loader::wasm::wasi {

/// `clockid`.
enum class clock_id : std::uint32_t { realtime, monotonic, process_cpu, thread_cpu };

/// Nanoseconds; `code::inval` if there is no such clock.
template <sys::platform P>
outcome<std::int64_t> time_of(clock_id id) noexcept {
    switch (id) {
        case clock_id::realtime: return P::clocks::wall();
        case clock_id::monotonic: return P::clocks::monotonic();
        case clock_id::process_cpu: return P::clocks::process_cpu();
        case clock_id::thread_cpu: return P::clocks::thread_cpu();
    }
    return refuse(code::inval);
}

/// Each function takes what the guest passes: addresses, sizes and numbers.
template <sys::platform P>
struct process_functions {
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

    static outcome<> args_get(state<P>& s, guest_memory m, u32 pointers, u32 texts) {
        return write_texts(s.arguments, m, pointers, texts);
    }
    static outcome<> args_sizes_get(state<P>& s, guest_memory m, u32 count, u32 size) {
        return write_sizes(s.arguments, m, count, size);
    }
    static outcome<> environ_get(state<P>& s, guest_memory m, u32 pointers, u32 texts) {
        return write_texts(s.environment, m, pointers, texts);
    }
    static outcome<> environ_sizes_get(state<P>& s, guest_memory m, u32 count, u32 size) {
        return write_sizes(s.environment, m, count, size);
    }

    /// All clocks count nanoseconds; how often they tick no platform tells.
    static outcome<> clock_res_get(state<P>&, guest_memory m, u32 id, u32 to) {
        VITTE_CHECK(time_of<P>(clock_id{id}));
        return m.write<u64>(to, 1);
    }
    static outcome<> clock_time_get(state<P>&, guest_memory m, u32 id, u64 /*precision*/, u32 to) {
        VITTE_TRY(const std::int64_t now, time_of<P>(clock_id{id}));
        return m.write(to, now);
    }
    static outcome<> random_get(state<P>&, guest_memory m, u32 to, u32 size) {
        VITTE_TRY(const auto bytes, m.part(to, size));
        const auto fill = [](std::span<std::byte> piece) -> result<std::size_t> {
            VITTE_CHECK(sys::fill_random<P>(piece));
            return piece.size();
        };
        VITTE_CHECK(m.in_pieces(bytes, most_at_once, fill));
        return {};
    }
    static outcome<> sched_yield(state<P>&, guest_memory) {
        if constexpr (requires { P::threads::yield(); }) P::threads::yield();
        return {};
    }
    static outcome<> proc_raise(state<P>&, guest_memory, u32 /*signal*/) { return refuse(code::notsup); }

private:
    static constexpr std::size_t most_at_once = 1 << 16;

    static outcome<> write_sizes(const std::vector<std::string>& texts, guest_memory m, u32 count, u32 size) {
        std::size_t bytes = 0;
        for (const std::string& t : texts) bytes += t.size() + 1;
        if (bytes > UINT32_MAX) return refuse(code::overflow);
        VITTE_CHECK(m.write(count, static_cast<u32>(texts.size())));
        return m.write(size, static_cast<u32>(bytes));
    }
    /// Each text with a NUL, one behind the other, and where each begins.
    static outcome<> write_texts(const std::vector<std::string>& texts, guest_memory m, u32 pointers, u32 at) {
        VITTE_TRY(const auto list, m.part(pointers, 4 * std::uint64_t{texts.size()}));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::size_t size = texts[i].size() + 1;
            VITTE_TRY(const auto to, m.part(at, size));
            __builtin_memcpy(to.data(), texts[i].c_str(), size);
            vitte::store<u32>(list.data() + 4 * i, at, byte_order::little);
            at += static_cast<u32>(size);
        }
        return {};
    }
};

/// There are no sockets.
template <sys::platform P>
struct socket_functions {
    using u32 = std::uint32_t;

    static outcome<> sock_accept(state<P>& s, guest_memory, u32 fd, u32, u32) { return none(s, fd); }
    static outcome<> sock_recv(state<P>& s, guest_memory, u32 fd, u32, u32, u32, u32, u32) { return none(s, fd); }
    static outcome<> sock_send(state<P>& s, guest_memory, u32 fd, u32, u32, u32, u32) { return none(s, fd); }
    static outcome<> sock_shutdown(state<P>& s, guest_memory, u32 fd, u32) { return none(s, fd); }

private:
    static outcome<> none(const state<P>& s, u32 fd) {
        VITTE_CHECK(s.descriptors.find(fd));
        return refuse(code::notsock);
    }
};

}  // namespace vitte::loader::wasm::wasi
