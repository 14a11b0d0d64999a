/// `service<Interface>`: a C++ view of a service between plugins and their host, whose table is C's.
#pragma once

#include <vitte/plugin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace vitte::loader {

/// A table of C functions with a name and a version, which begins with what all services do:
///
///     struct clock {
///         static constexpr const char* name = "acme/clock";
///         static constexpr std::uint32_t version = 1;
///         vitte_service head;
///         std::int64_t (*now)(void* state);
///     };
///
/// Within a version it only grows at its end.
template <class T>
concept service_interface =
    std::is_standard_layout_v<T> && std::is_same_v<decltype(T::head), vitte_service> && requires {
        { T::name } -> std::convertible_to<const char*>;
        { T::version } -> std::convertible_to<std::uint32_t>;
    };

/// A service that is there until the plugin that has registered it is stopped.
template <service_interface Interface>
class service {
    static_assert(offsetof(Interface, head) == 0, "a table of a service begins with `head`");

public:
    explicit service(const Interface& table) noexcept : table_(&table) {}

    const Interface* operator->() const noexcept { return table_; }
    const Interface& operator*() const noexcept { return *table_; }
    void* state() const noexcept { return table_->head.state; }

    /// Calls a function of the table: `clock.call(&clock_interface::now)`.
    template <class R, class... Parameters, class... Arguments>
    R call(R (*Interface::*function)(void*, Parameters...), Arguments&&... arguments) const {
        return (table_->*function)(state(), static_cast<Arguments&&>(arguments)...);
    }

private:
    const Interface* table_;
};

}  // namespace vitte::loader
