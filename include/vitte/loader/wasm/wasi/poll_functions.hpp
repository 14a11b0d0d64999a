/// Waiting for clocks and descriptors: `poll_oneoff`.
#pragma once

#include <vitte/loader/wasm/wasi/process_functions.hpp>
#include <vitte/loader/wasm/wasi/waiting.hpp>
#include <vitte/sys/time/deadline.hpp>

namespace vitte::loader::wasm::wasi {

template <sys::platform P>
class poll_functions {
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

public:
    /// Returns when at least one of `count` subscriptions has happened, with an event for each that has. Files and
    /// folders are always ready, and so are streams where the platform cannot wait for them. Only clocks that tell the
    /// time can be waited for, not those of CPU time. Who interrupts the store ends the wait, and so does its deadline.
    static outcome<> poll_oneoff(state<P>& s, caller from_whom, u32 in, u32 out, u32 count, u32 happened) {
        constexpr u32 most = 4096;
        const guest_memory m(from_whom);
        if (count == 0 || count > most) return refuse(code::inval);
        VITTE_TRY(const auto from, m.part(in, subscription_bytes * u64{count}));
        VITTE_TRY(const auto to, m.part(out, event_bytes * u64{count}));
        VITTE_CHECK(m.part(happened, 4));
        std::vector<waited> all;
        for (u32 i = 0; i < count; ++i) {
            VITTE_TRY(waited one, read(s, from.subspan(std::size_t{i} * subscription_bytes, subscription_bytes)));
            all.push_back(one);
        }
        VITTE_CHECK(wait(all, execution_of(from_whom)));
        u32 done = 0;
        for (const waited& w : all)
            if (w.happened) write(w, to.subspan(event_bytes * std::size_t{done++}, event_bytes));
        return m.write(happened, done);
    }

private:
    static constexpr std::size_t subscription_bytes = 48, event_bytes = 32;
    enum class kind : std::uint8_t { clock, readable, writable };
    static constexpr std::uint16_t hung_up = 1;  // `eventrwflags`

    /// A subscription, and then its event.
    struct waited {
        u64 user_data;
        kind what;
        std::int64_t until = INT64_MAX;     ///< of a clock: on the monotonic one
        const descriptor<P>* on = nullptr;  ///< a stream whose state is not known yet
        bool happened = false;
        code failure = code::success;
        u64 bytes = 0;
        std::uint16_t flags = 0;
    };

    static outcome<waited> read(const state<P>& s, std::span<const std::byte> from) {
        const std::byte* const at = from.data();
        const auto tag = std::to_integer<std::uint8_t>(at[8]);
        if (tag > static_cast<std::uint8_t>(kind::writable)) return refuse(code::inval);
        waited made{load<u64>(at, byte_order::little), kind{tag}};
        if (made.what == kind::clock)
            read_clock(made, at);
        else
            read_descriptor(made, s, load<u32>(at + 16, byte_order::little));
        return made;
    }
    static void read_clock(waited& w, const std::byte* at) {
        constexpr std::uint16_t absolute = 1;
        const clock_id id{load<u32>(at + 16, byte_order::little)};
        const u64 timeout = load<u64>(at + 24, byte_order::little);
        const auto flags = load<std::uint16_t>(at + 40, byte_order::little);
        const auto now = time_of<P>(id);
        if (!now || (flags & ~absolute) != 0) return fail(w, code::inval);
        if (id != clock_id::realtime && id != clock_id::monotonic) return fail(w, code::notsup);
        const u64 passed = (flags & absolute) != 0 ? static_cast<u64>(*now) : 0;
        const u64 left = timeout > passed ? timeout - passed : 0;
        const auto duration = static_cast<std::int64_t>(left < INT64_MAX ? left : INT64_MAX);
        w.until = sys::deadline::after<P>(duration).monotonic();
    }
    static void read_descriptor(waited& w, const state<P>& s, u32 fd) {
        const u64 use = w.what == kind::readable ? right::fd_read : right::fd_write;
        const auto found = s.descriptors.find(fd, right::poll_fd_readwrite | use);
        if (!found) return fail(w, found.error().why);
        const descriptor<P>& d = **found;
        if (d.is_stream && waiting<P>::for_streams) {
            w.on = &d;
            return;
        }
        w.happened = true;
        if (w.what == kind::writable || d.is_stream) return;
        const auto facts = d.info();
        if (facts && facts->size > d.position) w.bytes = facts->size - d.position;
    }
    static void fail(waited& w, code why) noexcept {
        w.happened = true;
        w.failure = why;
    }

    static outcome<> wait(std::vector<waited>& all, execution* e) {
        std::int64_t until = INT64_MAX;
        for (const waited& w : all) until = w.happened ? 0 : w.until < until ? w.until : until;
        VITTE_CHECK(wait_for_streams(all, until, e));
        const std::int64_t now = P::clocks::monotonic();
        for (waited& w : all)
            if (w.what == kind::clock && w.until <= now) w.happened = true;
        return {};
    }
    /// Until one is ready, or `until`.
    static outcome<> wait_for_streams(std::vector<waited>& all, std::int64_t until, execution* e) {
        if constexpr (waiting<P>::for_streams) {
            sys::stream_wait<typename P::files::handle> asked[sys::most_stream_waits];
            waited* whose[sys::most_stream_waits];
            std::size_t count = 0;
            for (waited& w : all) {
                if (w.on == nullptr) continue;
                if (count == sys::most_stream_waits) return refuse(code::inval);
                whose[count] = &w;
                asked[count++] = {w.on->file.native_handle(), w.what == kind::writable};
            }
            if (count != 0) {
                VITTE_CHECK(waiting<P>::until_ready(asked, count, until, e));
                for (std::size_t i = 0; i < count; ++i) {
                    whose[i]->happened = asked[i].ready;
                    whose[i]->flags = asked[i].hung_up ? hung_up : 0;
                    whose[i]->bytes = asked[i].ready ? 1 : 0;  // at least
                }
                return {};
            }
        }
        return waiting<P>::sleep(until, e);
    }
    static void write(const waited& w, std::span<std::byte> to) noexcept {
        record_writer(to)
            .put(0, w.user_data)
            .put(8, static_cast<std::uint16_t>(w.failure))
            .put(10, static_cast<std::uint8_t>(w.what))
            .put(16, w.bytes)
            .put(24, w.flags);
    }
};

}  // namespace vitte::loader::wasm::wasi
