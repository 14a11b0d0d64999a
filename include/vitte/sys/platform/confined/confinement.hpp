/// What `confined<Inner, Tag>` may do: granted by the program, kept in one place for all threads.
#pragma once

#include <utility>
#include <vitte/sys/platform/confined/accounts.hpp>
#include <vitte/sys/platform/confined/beneath.hpp>
#include <vitte/sys/platform/confined/grants.hpp>
#include <vitte/sys/platform/confined/networks.hpp>
#include <vitte/sys/platform/sockets.hpp>
#include <vitte/sys/retry.hpp>
#include <vitte/sys/thread/mutex.hpp>

namespace vitte::sys {

/// What is used up.
struct confinement_usage {
    std::uint64_t memory = 0;   ///< bytes
    std::uint64_t handles = 0;  ///< open
    std::uint64_t sockets = 0;  ///< open
    std::uint64_t written = 0;  ///< bytes, since `reset`
};

/// The grants of `confined<Inner, Tag>`; `Tag` tells confinements apart. At the beginning nothing is granted but
/// standard streams, clocks, threads, random numbers and pairs of sockets, and nothing is limited. All functions may be
/// called from any thread, also while others use the platform.
template <platform Inner, class Tag = void>
    requires requires { typename Inner::directories; }
class confinement {
public:
    using handle = typename Inner::files::handle;
    static constexpr std::size_t most_handles = detail::handle_table<handle>::most;

    /// Takes everything back, also what may be done to handles that are open: they can be read and closed still, and
    /// sockets received from, shut down and closed. What was used counts as nothing, so give handles and memory back
    /// before.
    static void reset() noexcept {
        const scoped_lock hold(lock_);
        grants_.revoke_all();
        handles_.forget_all();
        networks_.revoke_all();
        given_ = {};
        memory_ = written_ = {};
        handles_.limit(unlimited);
        with_sockets([](auto& sockets) {
            sockets.forget_all();
            sockets.limit(unlimited);
        });
    }

    /// Paths that begin with `name` ("/data", ".", "C:\data"), compared name by name, lead to the folder `folder` and
    /// what is below it. Of several the longest counts. The handle is opened a second time and stays the caller's;
    /// `rights` also bind what is opened below. The same name again replaces the grant, but not the rights of what is
    /// open. At most 32 folders: `errc::out_of_handles`.
    static result<void> grant(const char* name, handle folder, grant_rights rights) noexcept {
        VITTE_TRY(const handle own, retried([&] { return Inner::directories::open(folder, ".", true); }));
        const scoped_lock hold(lock_);
        const auto added = grants_.add(name, own, rights);
        if (!added) static_cast<void>(Inner::files::close(own));
        return added;
    }
    /// The folder at `name` as it is now.
    static result<void> grant(const char* name, grant_rights rights) noexcept {
        constexpr handle here = Inner::directories::current;
        VITTE_TRY(const handle folder, retried([&] { return Inner::directories::open(here, name, true); }));
        const auto added = grant(name, folder, rights);
        static_cast<void>(Inner::files::close(folder));
        return added;
    }
    /// A handle that somebody else opened may be written, or its folder gone into, as if it had been opened here. It
    /// counts until it is closed. `errc::out_of_handles` if there are too many.
    static result<void> adopt(handle given, grant_rights rights) noexcept {
        VITTE_CHECK(opened(rights, [given]() -> result<handle> { return given; }));
        return {};
    }
    /// Programs may be started, wherever they lie, with any folder and handles. They are not confined.
    static void grant_processes() noexcept { give(&capabilities::processes, true); }
    /// Libraries may be loaded from wherever the OS finds them. Their code is not confined.
    static void grant_libraries() noexcept { give(&capabilities::libraries, true); }
    /// Sockets may be connected with addresses of `network`, or bound to them, as bits of `sandbox_port_right` say. A
    /// socket of messages that sends before it is bound or connected is bound to all addresses, port 0. What is
    /// bound to all addresses of IPv6 also gets what is sent to those of IPv4. At most 32: `errc::out_of_handles`.
    static result<void> grant_network(const ip_network& network, unsigned rights, port_range ports = {}) noexcept {
        const scoped_lock hold(lock_);
        if (!networks_.add(network, rights, ports)) return fail(errc::out_of_handles, detail::rule::network);
        return {};
    }
    /// Hosts may be looked for by their names.
    static void grant_names() noexcept { give(&capabilities::names, true); }
    /// Terminals may be changed, and all that devices can do asked of any open handle; serial lines and
    /// pseudo-terminals may be opened, wherever they lie, and do not count.
    static void grant_devices() noexcept { give(&capabilities::devices, true); }
    /// Environment variables may be read.
    static void grant_environment() noexcept { give(&capabilities::environment, true); }
    /// From now on it is as if the process had no standard streams.
    static void refuse_streams() noexcept { give(&capabilities::streams, false); }
    /// What is used already counts; the folders that are opened on the way to a path do not. What is above a limit
    /// stays as it is.
    static void limit(const confinement_limits& to) noexcept {
        const scoped_lock hold(lock_);
        memory_.limit(to.memory);
        handles_.limit(to.handles);
        with_sockets([&](auto& sockets) { sockets.limit(to.sockets); });
        written_.limit(to.written);
    }
    static confinement_usage used() noexcept {
        const scoped_lock hold(lock_);
        std::size_t open_sockets = 0;
        with_sockets([&](auto& sockets) { open_sockets = sockets.used(); });
        return {memory_.used(), handles_.used(), open_sockets, written_.used()};
    }

    // What `confined` asks before it calls the OS.

    struct capabilities {
        bool processes = false, libraries = false, environment = false, names = false, devices = false, streams = true;
    };
    /// Whether it was granted.
    static bool may(bool capabilities::*what) noexcept {
        const scoped_lock hold(lock_);
        return given_.*what;
    }

    /// Where a path begins: an open folder, the path below it, and what may be done there. Keeps a grant open.
    class origin {
    public:
        origin(origin&& other) noexcept
            : folder(other.folder),
              rest(other.rest),
              rights(other.rights),
              grant_(std::exchange(other.grant_, nullptr)) {}
        origin& operator=(origin&&) = delete;
        ~origin() {
            if (grant_ == nullptr) return;
            const scoped_lock hold(lock_);
            grants_.let_go(*grant_);
        }
        handle folder;
        const char* rest;
        grant_rights rights;

    private:
        friend confinement;
        using grant_entry = typename detail::grant_list<Inner>::entry;
        origin(handle f, const char* p, grant_rights r, grant_entry* g) noexcept
            : folder(f), rest(p), rights(r), grant_(g) {}
        grant_entry* grant_;
    };
    /// For something that needs the rights `needed`.
    static result<origin> begin(handle in, const char* path, grant_rights needed) noexcept {
        if (*path == 0) return fail(errc::not_found, "find path");
        const scoped_lock hold(lock_);
        const bool granted_by_name = in == Inner::directories::current || !detail::path_of<Inner>(path).root().empty();
        auto from = granted_by_name ? by_name(path) : by_handle(in, path);
        if (from && from->rights < needed) return denied_locked(*from);
        return from;
    }
    /// Whether what is behind a handle may be changed; a standard stream may.
    static result<void> may_change(handle target) noexcept {
        const scoped_lock hold(lock_);
        const auto* const known = handles_.find(target);
        if (known == nullptr && given_.streams && is_stream(target)) return {};
        if (known == nullptr) return fail(errc::permission_denied, detail::rule::foreign);
        if (known->rights == grant_rights::read) return fail(errc::permission_denied, detail::rule::read_only);
        return {};
    }

    /// `open()`, whose handle is counted, and remembered with `rights`.
    template <class Open>
    static result<handle> opened(grant_rights rights, Open open, bool is_memory = false) noexcept {
        return counted_in(handles_, {{}, rights, is_memory, 0}, detail::rule::handles, open);
    }
    /// Closes a handle, which counts until it is closed.
    static result<void> close(handle target) noexcept {
        return closed_in(handles_, target, [target] { return Inner::files::close(target); });
    }
    /// `open()`, which opens a socket; `kind` says which one.
    template <class Socket, class Open>
    static auto socket_opened(const detail::confined_handle<Socket>& kind, Open open) noexcept -> decltype(open()) {
        return counted_in(sockets<Inner>, kind, detail::rule::sockets, open);
    }
    template <class Socket>
    static void set_bound(Socket target, bool is_bound) noexcept {
        change_socket(target, [&](auto& known) { known.is_bound = is_bound; });
    }
    /// `connect()`. Failing may leave a socket of messages without its peer, but with a port that anybody can send to:
    /// what comes there before it is connected again is not its new peer's.
    template <class Socket, class Connect>
    static result<void> socket_connected(Socket target, Connect connect) noexcept {
        change_socket(target, [](auto& known) { known.is_connected = false; });
        const auto connected = connect();
        change_socket(target, [&](auto& known) {
            known.is_connected = connected.has_value();
            known.is_exposed |= !connected;
        });
        return connected;
    }
    /// Whether a socket may do more than receive and be closed: it was opened here since `reset`.
    template <class Socket>
    static result<void> may_change_socket(Socket target) noexcept {
        const scoped_lock hold(lock_);
        if (sockets<Inner>.find(target) == nullptr) return fail(errc::permission_denied, detail::rule::foreign);
        return {};
    }
    template <class Socket>
    static result<void> may_listen(Socket target) noexcept {
        VITTE_CHECK(may_change_socket(target));
        const scoped_lock hold(lock_);
        const auto* const known = sockets<Inner>.find(target);
        if (known == nullptr || !known->is_bound) return fail(errc::permission_denied, detail::rule::unbound);
        return {};
    }
    /// A socket of messages that is neither bound nor connected gets no messages, even if the system gave it a port,
    /// nor does one that is not bound and could once not be connected.
    template <class Socket>
    static result<void> may_receive(Socket target) noexcept {
        if (lacks_address(target)) return fail(errc::permission_denied, detail::rule::unaddressed);
        return {};
    }
    /// The system binds a socket that sends without an address to all addresses: that has to be granted.
    template <class Socket>
    static result<void> may_send_to(Socket target, const socket_address& to) noexcept {
        VITTE_CHECK(may_change_socket(target));
        VITTE_CHECK(may_use(to, may_connect));
        bool is_v6 =
            false;  // of the socket: where `to` is of the other family, sending fails, but binds the socket before
        change_socket(target, [&](auto& known) { is_v6 = known.is_v6; });
        if (!lacks_address(target)) return {};
        VITTE_CHECK(may_use(ip_endpoint{is_v6 ? ip_address(ipv6_address::any()) : ip_address(ipv4_address::any()), 0},
                            may_bind));
        set_bound(target, true);
        return {};
    }
    template <class Socket>
    static result<void> close_socket(Socket target) noexcept {
        return closed_in(sockets<Inner>, target, [target] { return Inner::sockets::close(target); });
    }
    /// For one of the rights.
    static result<void> may_use(const socket_address& address, sandbox_port_right right) noexcept {
        if (!address.is_ip()) return fail(errc::permission_denied, detail::rule::local);
        const scoped_lock hold(lock_);
        if (!networks_.allows(address.ip(), right)) return fail(errc::permission_denied, detail::rule::network);
        return {};
    }

    /// `transfer(n)` for as many of `size` bytes as may be written still, to be counted as it returns. No byte left is
    /// `errc::no_space`, as on a full disk.
    template <class Transfer>
    static result<std::size_t> written_some(handle to, std::size_t size, Transfer transfer) noexcept {
        VITTE_CHECK(may_change(to));
        const auto most = static_cast<std::size_t>(with_lock([&] { return written_.take_some(size); }));
        if (most == 0 && size != 0) return fail(errc::no_space, detail::rule::written);
        const result<std::size_t> done = transfer(most);
        with_lock([&] { written_.give_back(most - (done ? *done : 0)); });
        return done;
    }
    /// `call()`, which writes all of `size` bytes or none.
    template <class Call>
    static auto written_whole(handle to, std::uint64_t size, Call call) noexcept -> decltype(call()) {
        VITTE_CHECK(may_change(to));
        return counted(written_, size, fail(errc::no_space, detail::rule::written), call);
    }
    /// `call()`, which takes `size` bytes of memory.
    template <class Call>
    static auto with_memory(std::uint64_t size, Call call) noexcept -> decltype(call()) {
        return counted(memory_, size, fail(errc::out_of_memory, detail::rule::memory), call);
    }
    static void memory_released(std::uint64_t size) noexcept {
        with_lock([&] { memory_.give_back(size); });
    }
    static bool is_memory(handle object) noexcept {
        const scoped_lock hold(lock_);
        const auto* const known = handles_.find(object);
        return known != nullptr && known->is_memory;
    }
    /// The size of a shared memory object counts until it is closed.
    static result<void> resize_memory(handle object, std::uint64_t size) noexcept {
        const scoped_lock hold(lock_);
        auto* const known = handles_.find(object);
        if (known == nullptr || !known->is_memory) return fail(errc::permission_denied, detail::rule::foreign);
        const std::uint64_t more = size > known->memory ? size - known->memory : 0;
        if (!memory_.take(more)) return fail(errc::out_of_memory, detail::rule::memory);
        const auto resized = Inner::memory::resize_shared(object, size);
        memory_.give_back(!resized ? more : more == 0 ? known->memory - size : 0);
        if (resized) known->memory = size;
        return resized;
    }

    /// The OS's folder for what is not kept if that may be written, or else the first granted one that may be.
    static result<std::size_t> temporary_folder(char* to, std::size_t room) noexcept {
        if (const auto length = Inner::directories::temporary_folder(to, room))
            if (begin(Inner::directories::current, to, grant_rights::read_write)) return length;
        const scoped_lock hold(lock_);
        const auto* const granted = grants_.writable();
        if (granted == nullptr) return fail(errc::permission_denied, detail::rule::temporary);
        const std::size_t length = __builtin_strlen(granted->name);
        if (length >= room) return fail(errc::name_too_long, "temporary folder");
        __builtin_memcpy(to, granted->name, length + 1);
        return length;
    }

private:
    template <class Work>
    static auto with_lock(Work work) noexcept {
        const scoped_lock hold(lock_);
        return work();
    }
    template <class Socket, class Change>
    static void change_socket(Socket target, Change change) noexcept {
        const scoped_lock hold(lock_);
        if (auto* const known = sockets<Inner>.find(target)) change(*known);
    }
    template <class Socket>
    static bool lacks_address(Socket target) noexcept {
        const scoped_lock hold(lock_);
        const auto* const known = sockets<Inner>.find(target);
        return known != nullptr && known->is_datagram && !known->is_bound &&
               (!known->is_connected || known->is_exposed);
    }
    static void give(bool capabilities::*what, bool given) noexcept {
        with_lock([&] { given_.*what = given; });
    }
    template <class Handles, class Open>
    static auto counted_in(Handles& handles, typename Handles::entry kept, const char* rule, Open open) noexcept
        -> decltype(open()) {
        if (!with_lock([&] { return handles.reserve(); })) return fail(errc::out_of_handles, rule);
        auto made = open();
        with_lock([&] {
            if (!made) return handles.gone();
            kept.handle = *made;
            handles.opened(kept);
        });
        return made;
    }
    template <class Handles, class Handle, class Close>
    static result<void> closed_in(Handles& handles, Handle target, Close close) noexcept {
        typename Handles::entry was;
        const bool known = with_lock([&] { return handles.closing(target, was); });
        const auto closed = close();
        if (known)
            with_lock([&] {
                handles.gone();
                memory_.give_back(was.memory);
            });
        return closed;
    }
    /// `work` with the table of open sockets, if there are any on this platform.
    template <class Work>
    static void with_sockets(Work work) noexcept {
        if constexpr (requires { typename Inner::sockets::handle; }) work(sockets<Inner>);
    }
    template <class Call>
    static auto counted(detail::account& from, std::uint64_t size, const unexpected<error>& refused, Call call) noexcept
        -> decltype(call()) {
        if (!with_lock([&] { return from.take(size); })) return refused;
        auto done = call();
        if (!done) with_lock([&] { from.give_back(size); });
        return done;
    }
    static bool is_stream(handle target) noexcept {
        for (const auto stream : {standard_stream::input, standard_stream::output, standard_stream::error})
            if (target != Inner::files::invalid && target == Inner::files::standard(stream)) return true;
        return false;
    }
    static result<origin> by_name(const char* path) noexcept {
        const char* rest = nullptr;
        auto* const found = grants_.use(path, rest);
        if (found == nullptr) return fail(errc::permission_denied, detail::rule::outside);
        return origin(found->folder, *rest == 0 ? "." : rest, found->rights, found);
    }
    static result<origin> by_handle(handle in, const char* path) noexcept {
        const auto* const known = handles_.find(in);
        if (known == nullptr) return fail(errc::permission_denied, detail::rule::foreign);
        return origin(in, path, known->rights, nullptr);
    }
    /// Lets go of a grant while the lock is held.
    static unexpected<error> denied_locked(origin& from) noexcept {
        if (auto* const grant = std::exchange(from.grant_, nullptr)) grants_.let_go(*grant);
        return fail(errc::permission_denied, detail::rule::read_only);
    }

    static inline constinit basic_mutex<Inner> lock_;
    static inline detail::grant_list<Inner> grants_;
    static inline detail::handle_table<handle> handles_;
    template <class P>
    static inline detail::handle_table<typename P::sockets::handle> sockets;
    static inline detail::network_list networks_;
    static inline detail::account memory_, written_;
    static inline capabilities given_;
};

}  // namespace vitte::sys
