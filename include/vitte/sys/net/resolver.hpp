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

namespace detail {

/// Whether the last part of `host` is a number, decimal, octal or hexadecimal: then systems may read it as an address
/// in a form of their own, such as "0177.1" or "0x7f000001" (RFC 6943, 3.1.1). No name ends so (RFC 1123, 2.1).
constexpr bool ends_in_a_number(std::string_view host) noexcept {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string_view last = host.substr(host.rfind('.') + 1);
    const bool hexadecimal = last.starts_with("0x") || last.starts_with("0X");
    if (hexadecimal) last.remove_prefix(2);
    return (hexadecimal || !last.empty()) &&
           last.find_first_not_of(hexadecimal ? "0123456789abcdefABCDEF" : "0123456789") == last.npos;
}

/// A name on its way to the system, with a NUL.
struct host_question {
    char name[254];

    /// Fails as `basic_host_query::start`.
    static result<host_question> of(std::string_view host) noexcept {
        if (host.empty() || host.find('\0') != host.npos) return fail(errc::invalid_argument, "name of a host");
        if (ends_in_a_number(host) && !ip_address::parse(host)) return fail(errc::invalid_argument, "name of a host");
        if (host.size() >= sizeof(name)) return fail(errc::name_too_long, "name of a host");
        host_question asked{};
        std::memcpy(asked.name, host.data(), host.size());
        return asked;
    }
    template <platform P>
    result<host_addresses> answer() const noexcept {
        host_addresses made;
        VITTE_TRY(made.count, P::names::resolve(name, made.addresses, host_addresses::most));
        if (made.count == 0) return fail(errc::not_found, "resolve");
        return made;
    }
};

/// The text of an address is no question to anybody.
inline bool is_address(std::string_view host, host_addresses& made) noexcept {
    const auto address = ip_address::parse(host);
    if (!address) return false;
    made.count = 1;
    made.addresses[0] = *address;
    return true;
}

}  // namespace detail

/// A question for the addresses of a host. One that is destroyed is given up: its answer is thrown away when it comes.
template <platform P = native>
class basic_host_query {
    static_assert(
        requires { typename P::names; }, "this platform cannot look for names");

public:
    /// Begins to look for `host`: a name, or the text of an address. `errc::invalid_argument` if it is empty or has a
    /// NUL, or ends in a number and is no address that `ip_address::parse` reads; `errc::name_too_long` beyond 253
    /// bytes (RFC 1035, 2.3.4), and what starting a thread fails with.
    static result<basic_host_query> start(std::string_view host) noexcept {
        VITTE_TRY(const auto asked, detail::host_question::of(host));
        // Resolvers of C libraries keep whole answers on the stack.
        VITTE_TRY(auto worker, asker::start([asked] { return asked.template answer<P>(); }, {.stack_size = 512 * 1024}));
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

    explicit basic_host_query(asker worker) noexcept : worker_(std::move(worker)) {}

    asker worker_;
};

/// The addresses of `host` (see `basic_host_query`). The text of an address is no question to anybody.
template <platform P = native>
result<host_addresses> resolve(std::string_view host, deadline until = deadline::never()) noexcept {
    if (host_addresses made; detail::is_address(host, made)) return made;
    VITTE_TRY(auto query, basic_host_query<P>::start(host));
    return query.wait(until);
}

using host_query = basic_host_query<>;

}  // namespace vitte::sys
