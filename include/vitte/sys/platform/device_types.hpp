/// The words that the facet `devices` and what stands on it share.
#pragma once

#include <cstdint>

namespace vitte::sys {

/// Of a terminal, in characters, and in pixels, which are 0 where it does not tell.
struct terminal_size {
    unsigned rows = 0, columns = 0;
    unsigned width = 0, height = 0;
    friend constexpr bool operator==(const terminal_size&, const terminal_size&) = default;
};

/// What a terminal does with what passes through it.
enum class terminal_manner : unsigned char {
    raw,     ///< nothing: each byte comes at once, none is shown, none means a signal (cfmakeraw(3)); VT sequences on
             ///< Windows
    silent,  ///< as it was, in lines, without showing what is typed: for passwords
};

enum class serial_parity : unsigned char { none, odd, even, mark, space };
enum class serial_flow : unsigned char {
    none,
    hardware,  ///< RTS and CTS
    software,  ///< XON and XOFF, which then are not data
};

/// How bits travel over a serial line.
struct serial_settings {
    std::uint32_t speed = 9600;  ///< bits per second, both ways
    std::uint8_t data_bits = 8;  ///< 5 to 8
    std::uint8_t stop_bits = 1;  ///< 1 or 2
    serial_parity parity = serial_parity::none;
    serial_flow flow = serial_flow::none;
    friend constexpr bool operator==(const serial_settings&, const serial_settings&) = default;
};

/// The lines of a modem (RS-232); bits. This side sets the first two.
enum modem_line : unsigned {
    line_terminal_ready = 1,   ///< DTR
    line_request_to_send = 2,  ///< RTS
    line_clear_to_send = 4,    ///< CTS
    line_set_ready = 8,        ///< DSR
    line_carrier = 16,         ///< DCD
    line_ring = 32,            ///< RI
};

/// What a line keeps for a while; bits.
enum device_queue : unsigned { queue_input = 1, queue_output = 2 };

/// Room on a block device, in bytes.
struct storage_size {
    std::uint64_t total = 0;
    std::uint32_t logical_sector = 0;   ///< the least that can be read or written
    std::uint32_t physical_sector = 0;  ///< the least that is written without being read before
    friend constexpr bool operator==(const storage_size&, const storage_size&) = default;
};

/// What came from a console, one at a time.
struct console_event {
    enum class kind : unsigned char { other, unit, size } what = kind::other;
    char16_t unit = 0;     ///< of UTF-16, that was typed
    unsigned repeats = 0;  ///< how often
    bool more = false;     ///< the next one needs no waiting
};

}  // namespace vitte::sys
