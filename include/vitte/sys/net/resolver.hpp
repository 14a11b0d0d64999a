/// Addresses of hosts, as the system finds them: by its own tables and by DNS. The system's call cannot be ended, so a
/// thread makes it, which is left alone when nobody waits any more.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include <vitte/sys/platform/names.hpp>
#include <vitte/sys/thread/thread.hpp>

namespace vitte::sys {

/// Addresses of one host, those first that should be tried first (RFC 6724).
struct host_addresses {
    static constexpr std::size_t most = 32;  ///< others are left out

    ip_address addresses[most];
    std::size_t count = 0;

    constexpr std::span<const ip_address> list() const& noexcept { return {addresses, count}; }
    std::span<const ip_address> list() && = delete;  // it would be of what is gone
};

/// A question for the addresses of a host. One that is destroyed is given up: its answer is thrown away when it comes.
template <platform P = native>
class basic_host_query {
    static_assert(
        requires { typename P::names; }, "this platform cannot look for names");

public:
    /// Begins to look for `host`: a name, or the text of an address. `errc::invalid_argument` if it is empty or has a
    /// NUL, `errc::name_too_long` beyond 253 bytes (RFC 1035, 2.3.4), and what starting a thread fails with.
    static result<basic_host_query> start(std::string_view host) noexcept {
        if (host.empty() || host.find('\0') != host.npos) return fail(errc::invalid_argument, "name of a host");
        if (host.size() >= sizeof(question)) return fail(errc::name_too_long, "name of a host");
        question asked{};
        std::memcpy(asked.name, host.data(), host.size());
        // Resolvers of C libraries keep whole answers on the stack.
        VITTE_TRY(auto worker, asker::start([asked] { return answer(asked); }, {.stack_size = 512 * 1024}));
        return basic_host_query(std::move(worker));
    }
    /// The answer, once. `errc::timed_out` leaves the question open; `errc::not_found`; `errc::unreachable` if no
    /// server of names answers.
    result<host_addresses> wait(deadline until = deadline::never()) noexcept {
        VITTE_TRY(auto answered, worker_.join_until(until));
        return answered;
    }

private:
    using asker = basic_thread<result<host_addresses>, P>;
    struct question {
        char name[254];
    };

    explicit basic_host_query(asker worker) noexcept : worker_(std::move(worker)) {}

    static result<host_addresses> answer(const question& asked) noexcept {
        host_addresses made;
        VITTE_TRY(made.count, P::names::resolve(asked.name, made.addresses, host_addresses::most));
        if (made.count == 0) return fail(errc::not_found, "resolve");
        return made;
    }

    asker worker_;
};

/// The addresses of `host` (see `basic_host_query`). The text of an address is no question to anybody.
template <platform P = native>
result<host_addresses> resolve(std::string_view host, deadline until = deadline::never()) noexcept {
    if (const auto address = ip_address::parse(host)) {
        host_addresses made;
        made.addresses[made.count++] = *address;
        return made;
    }
    VITTE_TRY(auto query, basic_host_query<P>::start(host));
    return query.wait(until);
}

using host_query = basic_host_query<>;

}  // namespace vitte::sys
