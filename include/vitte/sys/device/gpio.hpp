/// General purpose inputs and outputs of Linux: chips, their lines, values and edges (linux/gpio.h, version 2, since
/// 5.10).
#pragma once

#include <vitte/sys/device/control.hpp>
#include <vitte/sys/device/device_handle.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

namespace gpio {

inline constexpr std::size_t name_room = 32, most_lines = 64, most_attributes = 10;

/// Bits of the flags of a line.
enum line_flag : std::uint64_t {
    line_used = 1,        ///< by the kernel or another process; only told
    line_active_low = 2,  ///< its value is 1 when it is low
    line_input = 4,
    line_output = 8,
    line_edge_rising = 16,
    line_edge_falling = 32,
    line_open_drain = 64,
    line_open_source = 128,
    line_pull_up = 256,
    line_pull_down = 512,
    line_no_bias = 1024,
    line_real_time = 2048,  ///< times of events are those of the wall clock
};

struct chip_info {
    char name[name_room], label[name_room];
    std::uint32_t lines;
};
/// What an attribute is about.
enum class attribute_kind : std::uint32_t { flags = 1, output_values = 2, debounce = 3 };
struct line_attribute {
    attribute_kind kind;
    std::uint32_t padding;
    std::uint64_t value;  ///< flags, values of lines, or microseconds in the first 32 bits in memory
};
struct line_info {
    char name[name_room], consumer[name_room];
    std::uint32_t offset, attribute_count;
    std::uint64_t flags;
    line_attribute attributes[most_attributes];
    std::uint32_t padding[4];
};
struct line_config_attribute {
    line_attribute attribute;
    std::uint64_t mask;  ///< the lines that it is about
};
struct line_config {
    std::uint64_t flags;
    std::uint32_t attribute_count, padding[5];
    line_config_attribute attributes[most_attributes];
};
struct line_request {
    std::uint32_t offsets[most_lines];
    char consumer[name_room];
    line_config config;
    std::uint32_t line_count, event_buffer_size, padding[5];
    std::int32_t handle;
};
/// Bit `i` is about the `i`th line of a request.
struct line_values {
    std::uint64_t bits, mask;
};
enum class edge : std::uint32_t { rising = 1, falling = 2 };
struct line_event {
    std::uint64_t time;  ///< nanoseconds on the monotonic clock, unless `line_real_time`
    edge which;
    std::uint32_t offset;          ///< of the line on its chip
    std::uint32_t number;          ///< among the events of all lines of the request
    std::uint32_t number_of_line;  ///< among those of the line
    std::uint32_t padding[6];
};

using get_chip_info = system_request<control_direction::reads, 0xb4, 1, chip_info>;
using get_line_info = system_request<control_direction::both, 0xb4, 5, line_info>;
using get_line = system_request<control_direction::both, 0xb4, 7, line_request>;
using set_config = system_request<control_direction::both, 0xb4, 13, line_config>;
using get_values = system_request<control_direction::both, 0xb4, 14, line_values>;
using set_values = system_request<control_direction::both, 0xb4, 15, line_values>;

}  // namespace gpio

/// Lines of a chip that belong to this process until it is closed. Several threads may use it at once.
template <platform P = native>
class basic_gpio_lines {
public:
    using native_handle_type = typename P::files::handle;

    /// Takes over what the kernel gave.
    explicit basic_gpio_lines(native_handle_type handle) noexcept : device_(handle) {}

    /// The values of the lines in `mask`; bit `i` is about the `i`th line of the request.
    result<std::uint64_t> values(std::uint64_t mask = ~std::uint64_t{0}) const noexcept {
        gpio::line_values asked{0, mask};
        VITTE_CHECK(control<P>(native_handle(), gpio::get_values{}, asked));
        return asked.bits & mask;
    }
    /// Sets those in `mask`, which are outputs.
    result<void> set_values(std::uint64_t bits, std::uint64_t mask) const noexcept {
        gpio::line_values wanted{bits, mask};
        VITTE_CHECK(control<P>(native_handle(), gpio::set_values{}, wanted));
        return {};
    }
    /// What the lines are from now on; bits of `gpio::line_flag`.
    result<void> configure(std::uint64_t flags) const noexcept {
        gpio::line_config wanted{};
        wanted.flags = flags;
        VITTE_CHECK(control<P>(native_handle(), gpio::set_config{}, wanted));
        return {};
    }
    /// The next edges, at least one; how many. `errc::timed_out`; of threads that read at once one may wait longer than
    /// that, for what another one has taken. The kernel keeps some and forgets the oldest, which
    /// their numbers show.
    result<std::size_t> read_events(std::span<gpio::line_event> to, deadline until = deadline::never()) const noexcept {
        VITTE_CHECK(retried([&] { return P::devices::wait(native_handle(), false, until.monotonic()); }));
        const auto bytes = std::as_writable_bytes(to);
        VITTE_TRY(const std::size_t got,
                  retried([&] { return P::devices::read(native_handle(), bytes.data(), bytes.size()); }));
        if (got == 0 || got % sizeof(gpio::line_event) != 0) return fail(errc::malformed, "read events of lines");
        return got / sizeof(gpio::line_event);
    }
    native_handle_type native_handle() const noexcept { return device_.native_handle(); }

private:
    basic_device_handle<P> device_;
};
using gpio_lines = basic_gpio_lines<>;

/// A chip with lines ("/dev/gpiochip0"). Several threads may use it at once.
template <platform P = native>
class basic_gpio_chip {
public:
    static result<basic_gpio_chip> open(const char* path) noexcept {
        VITTE_TRY(auto opened, basic_file<P>::open(path, open_mode::read_write));
        return basic_gpio_chip(std::move(opened));
    }
    /// Takes over an open one.
    explicit basic_gpio_chip(basic_file<P> opened) noexcept : file_(std::move(opened)) {}

    result<gpio::chip_info> info() const noexcept { return control<P>(file_.native_handle(), gpio::get_chip_info{}); }
    result<gpio::line_info> line_info(std::uint32_t line) const noexcept {
        gpio::line_info asked{};
        asked.offset = line;
        VITTE_CHECK(control<P>(file_.native_handle(), gpio::get_line_info{}, asked));
        return asked;
    }
    /// Takes lines, at most 64, with bits of `gpio::line_flag`; outputs begin with `values`. Others are shown
    /// `consumer`, up to 31 bytes. `errc::busy` if somebody has one.
    result<basic_gpio_lines<P>> request(std::span<const std::uint32_t> lines, std::uint64_t flags, const char* consumer,
                                        std::uint64_t values = 0) const noexcept {
        gpio::line_request asked{};
        if (lines.empty() || lines.size() > gpio::most_lines) return fail(errc::invalid_argument, "request lines");
        for (std::size_t i = 0; i < lines.size(); ++i) asked.offsets[i] = lines[i];
        for (std::size_t i = 0; i + 1 < sizeof asked.consumer && consumer[i] != 0; ++i) asked.consumer[i] = consumer[i];
        asked.line_count = static_cast<std::uint32_t>(lines.size());
        asked.config.flags = flags;
        if ((flags & gpio::line_output) != 0) {
            asked.config.attribute_count = 1;
            asked.config.attributes[0] = {{gpio::attribute_kind::output_values, 0, values},
                                          ~std::uint64_t{0} >> (64 - lines.size())};
        }
        VITTE_CHECK(control<P>(file_.native_handle(), gpio::get_line{}, asked));
        return basic_gpio_lines<P>(asked.handle);
    }
    typename P::files::handle native_handle() const noexcept { return file_.native_handle(); }

private:
    basic_file<P> file_;
};
using gpio_chip = basic_gpio_chip<>;

}  // namespace vitte::sys
