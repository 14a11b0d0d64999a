/// Two-wire buses of Linux, and the System Management Bus over them (linux/i2c.h, linux/i2c-dev.h).
#pragma once

#include <vitte/sys/device/control.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::sys {

namespace i2c {

inline constexpr std::size_t most_messages = 42, most_block = 32;

/// Bits of the flags of a message.
enum message_flag : std::uint16_t {
    message_read = 1,       ///< from the device
    message_ten_bits = 16,  ///< of its address
    message_no_start = 0x4000,
    message_ignore_nak = 0x1000,
};
/// A piece of a transfer: what is written, or room for what is read.
struct message {
    std::uint16_t address;
    std::uint16_t flags;
    std::uint16_t size;
    std::uint8_t* data;
};
struct transfer {
    message* messages;
    std::uint32_t count;
};
/// What an adapter can do; bits.
enum ability : unsigned long {
    can_transfer = 1,
    can_ten_bits = 2,
    can_quick = 0x10000,
    can_read_byte = 0x20000,
    can_write_byte = 0x40000,
    can_read_byte_data = 0x80000,
    can_write_byte_data = 0x100000,
    can_read_word_data = 0x200000,
    can_write_word_data = 0x400000,
    can_read_block = 0x1000000,
    can_write_block = 0x2000000,
};
/// A transfer of the System Management Bus.
enum class smbus_kind : std::uint32_t { quick, byte, byte_data, word_data, process_call, block };
union smbus_data {
    std::uint8_t byte;
    std::uint16_t word;
    std::uint8_t block[most_block + 2];  ///< its length first
};
struct smbus_transfer {
    std::uint8_t reads, command;
    smbus_kind kind;
    smbus_data* data;
};

using set_address = control_request<0x703, control_direction::value>;
using get_abilities = control_request<0x705, control_direction::reads, unsigned long>;
using transfer_all = control_request<0x707, control_direction::both, transfer>;
using transfer_smbus = control_request<0x720, control_direction::both, smbus_transfer>;

}  // namespace i2c

/// A bus ("/dev/i2c-1"). Several threads may `transfer` at once; what takes the address from `select` is for one.
template <platform P = native>
class basic_i2c_bus {
public:
    static result<basic_i2c_bus> open(const char* path) noexcept {
        VITTE_TRY(auto opened, basic_file<P>::open(path, open_mode::read_write));
        return basic_i2c_bus(std::move(opened));
    }
    /// Takes over an open one.
    explicit basic_i2c_bus(basic_file<P> opened) noexcept : file_(std::move(opened)) {}

    /// Bits of `i2c::ability`.
    result<unsigned long> abilities() const noexcept { return control<P>(native_handle(), i2c::get_abilities{}); }
    /// One transfer of up to 42 pieces, with a start before each and a stop in the end. A device that does not answer
    /// is `errc::not_found` or `errc::io_error`, as its adapter tells.
    result<void> transfer(std::span<i2c::message> messages) const noexcept {
        if (messages.empty() || messages.size() > i2c::most_messages) return fail(errc::invalid_argument, "transfer");
        i2c::transfer asked{messages.data(), static_cast<std::uint32_t>(messages.size())};
        VITTE_TRY(const int done, control<P>(native_handle(), i2c::transfer_all{}, asked));
        if (static_cast<std::size_t>(done) != messages.size()) return fail(errc::io_error, "transfer");
        return {};
    }
    /// Writes `from` to the device at `address`, and then, without letting go of the bus, reads `to`; either may be
    /// empty. Each is at most 65,535 bytes, and 8,192 on most systems.
    result<void> exchange(std::uint16_t address, std::span<const std::uint8_t> from,
                          std::span<std::uint8_t> to) const noexcept {
        if (from.size() > 0xffff || to.size() > 0xffff) return fail(errc::too_large, "transfer");
        i2c::message messages[2];
        std::size_t count = 0;
        if (!from.empty())
            messages[count++] = {address, 0, static_cast<std::uint16_t>(from.size()),
                                 const_cast<std::uint8_t*>(from.data())};
        if (!to.empty())
            messages[count++] = {address, i2c::message_read, static_cast<std::uint16_t>(to.size()), to.data()};
        return transfer({messages, count});
    }

    /// The device that those below talk to. `errc::busy` if a driver has it.
    result<void> select(std::uint16_t address) const noexcept {
        VITTE_CHECK(control<P>(native_handle(), i2c::set_address{}, address));
        return {};
    }
    /// `code` is what the device calls a register, or a command.
    result<std::uint8_t> read_byte(std::uint8_t code) const noexcept {
        i2c::smbus_data data{};
        VITTE_CHECK(smbus(true, code, i2c::smbus_kind::byte_data, data));
        return data.byte;
    }
    result<void> write_byte(std::uint8_t code, std::uint8_t value) const noexcept {
        i2c::smbus_data data{value};
        return smbus(false, code, i2c::smbus_kind::byte_data, data);
    }
    /// The low byte travels first.
    result<std::uint16_t> read_word(std::uint8_t code) const noexcept {
        i2c::smbus_data data{};
        VITTE_CHECK(smbus(true, code, i2c::smbus_kind::word_data, data));
        return data.word;
    }
    result<void> write_word(std::uint8_t code, std::uint16_t value) const noexcept {
        i2c::smbus_data data{};
        data.word = value;
        return smbus(false, code, i2c::smbus_kind::word_data, data);
    }
    /// A block, whose length the device tells: at most 32 bytes, the first of which go to `to`; how many there were.
    result<std::size_t> read_block(std::uint8_t code, std::span<std::uint8_t> to) const noexcept {
        i2c::smbus_data data{};
        VITTE_CHECK(smbus(true, code, i2c::smbus_kind::block, data));
        const std::size_t size = data.block[0];
        if (size > i2c::most_block) return fail(errc::malformed, "read block");
        const std::size_t taken = size < to.size() ? size : to.size();
        if (taken != 0) __builtin_memcpy(to.data(), data.block + 1, taken);
        return size;
    }
    result<void> write_block(std::uint8_t code, std::span<const std::uint8_t> from) const noexcept {
        i2c::smbus_data data{};
        if (from.empty() || from.size() > i2c::most_block) return fail(errc::invalid_argument, "write block");
        data.block[0] = static_cast<std::uint8_t>(from.size());
        __builtin_memcpy(data.block + 1, from.data(), from.size());
        return smbus(false, code, i2c::smbus_kind::block, data);
    }
    typename P::files::handle native_handle() const noexcept { return file_.native_handle(); }

private:
    result<void> smbus(bool reads, std::uint8_t code, i2c::smbus_kind kind, i2c::smbus_data& data) const noexcept {
        i2c::smbus_transfer asked{reads, code, kind, &data};
        VITTE_CHECK(control<P>(native_handle(), i2c::transfer_smbus{}, asked));
        return {};
    }

    basic_file<P> file_;
};
using i2c_bus = basic_i2c_bus<>;

}  // namespace vitte::sys
