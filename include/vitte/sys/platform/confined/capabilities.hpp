/// What is granted as a whole or not at all: environment, processes, libraries, devices.
#pragma once

#include <vitte/sys/platform/confined/confinement.hpp>
#include <vitte/sys/platform/decorated.hpp>

namespace vitte::sys {

/// Environment variables, if they are granted; as if there were none otherwise.
template <class Inner, class Tag>
struct confined_environment {
    using inner = typename Inner::environment;
    using bounds = confinement<Inner, Tag>;

    static result<std::size_t> get(const char* name, char* to, std::size_t room) noexcept {
        if (!granted()) return fail(errc::permission_denied, detail::rule::environment);
        return inner::get(name, to, room);
    }
    template <class... Arguments>
    static void for_each(Arguments&&... given) noexcept(noexcept(inner::for_each(given...))) {
        if (granted()) inner::for_each(given...);
    }

private:
    static bool granted() noexcept { return bounds::may(&bounds::capabilities::environment); }
};

namespace detail {

/// For `decorated`: passes every call on.
struct unguarded {
    template <class Call, class... Arguments>
    static auto around(const char*, Call call, const Arguments&...) noexcept {
        return call();
    }
};
/// For `decorated`: passes calls on if processes, libraries or devices are granted. What cannot fail gives nothing away.
template <class Bounds, bool Bounds::capabilities::*What, const char* const& Rule>
struct guarded {
    template <class Call, class... Arguments>
    static auto around(const char*, Call call, const Arguments&...) noexcept {
        using returned = decltype(call());
        if constexpr (requires(const returned& r) { r.error(); })
            if (!Bounds::may(What)) return returned(fail(errc::permission_denied, Rule));
        return call();
    }
};
template <class Bounds>
using guarded_processes = guarded<Bounds, &Bounds::capabilities::processes, rule::processes>;
template <class Bounds>
using guarded_libraries = guarded<Bounds, &Bounds::capabilities::libraries, rule::libraries>;
template <class Bounds>
using guarded_devices = guarded<Bounds, &Bounds::capabilities::devices, rule::devices>;

template <class Inner, class Tag>
struct add_confined_environment {};
template <class Inner, class Tag>
    requires requires { typename Inner::environment; }
struct add_confined_environment<Inner, Tag> {
    using environment = confined_environment<Inner, Tag>;
};

}  // namespace detail

}  // namespace vitte::sys
