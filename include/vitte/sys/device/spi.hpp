/// Devices on serial peripheral buses of Linux (linux/spi/spidev.h).
#pragma once

#include <vitte/sys/device/control.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

namespace spi {

inline constexpr std::size_t most_transfers = 16;

/// Bits of the mode of a device.
enum mode_flag : std::uint32_t {
    mode_late_phase = 1,  ///< CPHA: data is taken at the second edge of the clock
    mode_high_idle = 2,   ///< CPOL: the clock rests high
    mode_high_select = 4,
    mode_low_bit_first = 8,
    mode_three_wire = 16,
    mode_loop = 32,  ///< what is sent is received
    mode_no_select = 64,
    mode_ready = 128,  ///< the device holds a line down until it is ready
};
/// A piece of a message, in both directions at once.
struct piece {
    std::uint64_t sent;      ///< address of what is sent, or 0
    std::uint64_t received;  ///< address of the room for what is received, or 0
    std::uint32_t size;      ///< of both, bytes
    std::uint32_t speed;     ///< bits per second; 0: that of the device
    std::uint16_t delay;     ///< microseconds after it
    std::uint8_t bits_per_word, deselects, wires_to_send, wires_to_receive, word_delay, padding;
};

using get_mode = system_request<control_direction::reads, 'k', 5, std::uint32_t>;
using set_mode = system_request<control_direction::writes, 'k', 5, std::uint32_t>;
using get_bits_per_word = system_request<control_direction::reads, 'k', 3, std::uint8_t>;
using set_bits_per_word = system_request<control_direction::writes, 'k', 3, std::uint8_t>;
using get_speed = system_request<control_direction::reads, 'k', 4, std::uint32_t>;
using set_speed = system_request<control_direction::writes, 'k', 4, std::uint32_t>;
template <std::size_t Count>
struct message {
    piece pieces[Count];
};
template <std::size_t Count>
using transfer = system_request<control_direction::writes, 'k', 0, message<Count>>;

}  // namespace spi

/// A device ("/dev/spidev0.0"). Several threads may use it at once.
template <platform P = native>
class basic_spi_device {
public:
    static result<basic_spi_device> open(const char* path) noexcept {
        VITTE_TRY(auto opened, basic_file<P>::open(path, open_mode::read_write));
        return basic_spi_device(std::move(opened));
    }
    /// Takes over an open one.
    explicit basic_spi_device(basic_file<P> opened) noexcept : file_(std::move(opened)) {}

    /// Bits of `spi::mode_flag`.
    result<std::uint32_t> mode() const noexcept { return control<P>(native_handle(), spi::get_mode{}); }
    result<void> set_mode(std::uint32_t bits) const noexcept { return set(spi::set_mode{}, bits); }
    /// Bits per second, at most.
    result<std::uint32_t> speed() const noexcept { return control<P>(native_handle(), spi::get_speed{}); }
    result<void> set_speed(std::uint32_t bits) const noexcept { return set(spi::set_speed{}, bits); }
    result<std::uint8_t> bits_per_word() const noexcept {
        return control<P>(native_handle(), spi::get_bits_per_word{});
    }
    result<void> set_bits_per_word(std::uint8_t bits) const noexcept { return set(spi::set_bits_per_word{}, bits); }

    /// Sends `from` and receives as much to `to`; either may be empty, and otherwise they have one size. At most 4 KiB,
    /// unless the administrator allows more.
    result<void> exchange(std::span<const std::byte> from, std::span<std::byte> to) const noexcept {
        if (!from.empty() && !to.empty() && from.size() != to.size()) return fail(errc::invalid_argument, "transfer");
        if (!fits(from.size()) || !fits(to.size())) return fail(errc::too_large, "transfer");
        return transfer(spi::message<1>{{piece_of(from, to)}});
    }
    /// Sends `from`, and then, without letting go of the device, receives `to`.
    result<void> ask(std::span<const std::byte> from, std::span<std::byte> to) const noexcept {
        if (!fits(from.size()) || !fits(to.size())) return fail(errc::too_large, "transfer");
        return transfer(spi::message<2>{{piece_of(from, {}), piece_of({}, to)}});
    }
    /// One message of up to 16 pieces.
    template <std::size_t Count>
        requires(Count > 0 && Count <= spi::most_transfers)
    result<void> transfer(const spi::message<Count>& message) const noexcept {
        return set(spi::transfer<Count>{}, message);
    }
    typename P::files::handle native_handle() const noexcept { return file_.native_handle(); }

private:
    static bool fits(std::size_t size) noexcept { return static_cast<std::uint32_t>(size) == size; }
    static spi::piece piece_of(std::span<const std::byte> from, std::span<std::byte> to) noexcept {
        spi::piece made{};
        made.sent = from.empty() ? 0 : reinterpret_cast<std::uintptr_t>(from.data());
        made.received = to.empty() ? 0 : reinterpret_cast<std::uintptr_t>(to.data());
        made.size = static_cast<std::uint32_t>(from.empty() ? to.size() : from.size());
        return made;
    }
    template <class Request, class Argument>
    result<void> set(Request request, const Argument& argument) const noexcept {
        VITTE_CHECK(control<P>(native_handle(), request, argument));
        return {};
    }

    basic_file<P> file_;
};
using spi_device = basic_spi_device<>;

}  // namespace vitte::sys
