/// Requests to devices that are none of reading or writing (ioctl(2), DeviceIoControl): each is a type that says what
/// it takes, so that no other argument can be given to it.
#pragma once

#include <concepts>
#include <type_traits>
#include <vitte/sys/platform/control_number.hpp>
#include <vitte/sys/platform/devices.hpp>
#include <vitte/sys/platform/files.hpp>
#include <vitte/sys/retry.hpp>

namespace vitte::sys {

/// A request by its number, and what it takes.
template <unsigned long Number, control_direction Direction, class Argument = void>
struct control_request {
    static_assert((Direction == control_direction::none || Direction == control_direction::value) ==
                      std::is_void_v<Argument>,
                  "a request has an argument if it reads or writes one");
    static_assert(std::is_void_v<Argument> || std::is_trivially_copyable_v<Argument>);
    static constexpr unsigned long number = Number;
    static constexpr control_direction direction = Direction;
    using argument = Argument;
};

namespace detail {

template <class Request, control_direction... Directions>
concept control_of = ((Request::direction == Directions) || ...);

template <platform P>
result<int> control(typename P::files::handle device, unsigned long number, void* argument, std::size_t in,
                    std::size_t out) noexcept {
    static_assert(
        requires { typename P::devices::handle; }, "this platform has no devices");
    return retried([&] { return P::devices::control(device, number, argument, in, out); });
}

}  // namespace detail

/// A request by what its number is made of: `system_request<control_direction::reads, 'T', 0x30, unsigned>` is
/// `_IOR('T', 0x30, unsigned)`.
template <control_direction Direction, unsigned char Group, unsigned char Number, class Argument = void>
using system_request = control_request<detail::control_number<Argument>(Direction, Group, Number), Direction, Argument>;

/// Makes a request without an argument; what the device answers, which mostly is 0. `errc::not_supported` if it does
/// not know the request; asks again when a signal interrupts it. These may be called from any thread.
template <platform P = native, detail::control_of<control_direction::none> Request>
result<int> control(typename P::files::handle device, Request) noexcept {
    return detail::control<P>(device, Request::number, nullptr, 0, 0);
}
/// With a number.
template <platform P = native, detail::control_of<control_direction::value> Request>
result<int> control(typename P::files::handle device, Request, std::uintptr_t value) noexcept {
    return detail::control<P>(device, Request::number, reinterpret_cast<void*>(value), 0, 0);
}
/// Returns what the device tells.
template <platform P = native, detail::control_of<control_direction::reads> Request>
result<typename Request::argument> control(typename P::files::handle device, Request) noexcept {
    typename Request::argument told{};
    VITTE_CHECK(detail::control<P>(device, Request::number, &told, 0, sizeof told));
    return told;
}
/// Tells it `argument`.
template <platform P = native, detail::control_of<control_direction::writes> Request,
          std::same_as<typename Request::argument> Argument>
result<int> control(typename P::files::handle device, Request, const Argument& argument) noexcept {
    return detail::control<P>(device, Request::number, const_cast<Argument*>(&argument), sizeof argument, 0);
}
/// Tells it `argument`, which it changes.
template <platform P = native, detail::control_of<control_direction::both> Request,
          std::same_as<typename Request::argument> Argument>
result<int> control(typename P::files::handle device, Request, Argument& argument) noexcept {
    return detail::control<P>(device, Request::number, &argument, sizeof argument, sizeof argument);
}

}  // namespace vitte::sys
