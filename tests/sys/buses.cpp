// Buses of Linux: structures and numbers as the kernel's headers have them, and devices that are played.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vitte/sys/device/gpio.hpp>
#include <vitte/sys/device/i2c.hpp>
#include <vitte/sys/device/spi.hpp>

#include "../support/played_device.hpp"
#include "../support/scratch.hpp"

#if defined(__linux__) && __has_include(<linux/gpio.h>)
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#endif

namespace {
using namespace vitte::sys;
using namespace vitte::sys::literals;
using vitte::errc;

deadline soon() { return deadline::after(120_s); }
}  // namespace

#if defined(GPIO_V2_LINES_MAX)

#define SAME_PLACE(ours, our_field, theirs, their_field) \
    static_assert(offsetof(ours, our_field) == offsetof(struct theirs, their_field))
#define SAME_SIZE(ours, theirs) static_assert(sizeof(ours) == sizeof(struct theirs))
SAME_SIZE(gpio::chip_info, gpiochip_info);
SAME_PLACE(gpio::chip_info, lines, gpiochip_info, lines);
SAME_SIZE(gpio::line_attribute, gpio_v2_line_attribute);
SAME_PLACE(gpio::line_attribute, value, gpio_v2_line_attribute, flags);
SAME_SIZE(gpio::line_info, gpio_v2_line_info);
SAME_PLACE(gpio::line_info, offset, gpio_v2_line_info, offset);
SAME_PLACE(gpio::line_info, attribute_count, gpio_v2_line_info, num_attrs);
SAME_PLACE(gpio::line_info, flags, gpio_v2_line_info, flags);
SAME_PLACE(gpio::line_info, attributes, gpio_v2_line_info, attrs);
SAME_SIZE(gpio::line_config_attribute, gpio_v2_line_config_attribute);
SAME_SIZE(gpio::line_config, gpio_v2_line_config);
SAME_PLACE(gpio::line_config, attribute_count, gpio_v2_line_config, num_attrs);
SAME_PLACE(gpio::line_config, attributes, gpio_v2_line_config, attrs);
SAME_SIZE(gpio::line_request, gpio_v2_line_request);
SAME_PLACE(gpio::line_request, consumer, gpio_v2_line_request, consumer);
SAME_PLACE(gpio::line_request, config, gpio_v2_line_request, config);
SAME_PLACE(gpio::line_request, line_count, gpio_v2_line_request, num_lines);
SAME_PLACE(gpio::line_request, event_buffer_size, gpio_v2_line_request, event_buffer_size);
SAME_PLACE(gpio::line_request, handle, gpio_v2_line_request, fd);
SAME_SIZE(gpio::line_values, gpio_v2_line_values);
SAME_PLACE(gpio::line_values, mask, gpio_v2_line_values, mask);
SAME_SIZE(gpio::line_event, gpio_v2_line_event);
SAME_PLACE(gpio::line_event, which, gpio_v2_line_event, id);
SAME_PLACE(gpio::line_event, offset, gpio_v2_line_event, offset);
SAME_PLACE(gpio::line_event, number, gpio_v2_line_event, seqno);
SAME_PLACE(gpio::line_event, number_of_line, gpio_v2_line_event, line_seqno);
static_assert(gpio::get_chip_info::number == GPIO_GET_CHIPINFO_IOCTL);
static_assert(gpio::get_line_info::number == GPIO_V2_GET_LINEINFO_IOCTL);
static_assert(gpio::get_line::number == GPIO_V2_GET_LINE_IOCTL);
static_assert(gpio::set_config::number == GPIO_V2_LINE_SET_CONFIG_IOCTL);
static_assert(gpio::get_values::number == GPIO_V2_LINE_GET_VALUES_IOCTL);
static_assert(gpio::set_values::number == GPIO_V2_LINE_SET_VALUES_IOCTL);
static_assert(gpio::most_lines == GPIO_V2_LINES_MAX && gpio::most_attributes == GPIO_V2_LINE_NUM_ATTRS_MAX);
constexpr std::uint64_t flags[] = {
    GPIO_V2_LINE_FLAG_USED,           GPIO_V2_LINE_FLAG_ACTIVE_LOW,    GPIO_V2_LINE_FLAG_INPUT,
    GPIO_V2_LINE_FLAG_OUTPUT,         GPIO_V2_LINE_FLAG_EDGE_RISING,   GPIO_V2_LINE_FLAG_EDGE_FALLING,
    GPIO_V2_LINE_FLAG_OPEN_DRAIN,     GPIO_V2_LINE_FLAG_OPEN_SOURCE,   GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
    GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN, GPIO_V2_LINE_FLAG_BIAS_DISABLED, GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME};
constexpr std::uint64_t our_flags[] = {gpio::line_used,       gpio::line_active_low,  gpio::line_input,
                                       gpio::line_output,     gpio::line_edge_rising, gpio::line_edge_falling,
                                       gpio::line_open_drain, gpio::line_open_source, gpio::line_pull_up,
                                       gpio::line_pull_down,  gpio::line_no_bias,     gpio::line_real_time};
static_assert(std::equal(std::begin(flags), std::end(flags), our_flags));
static_assert(static_cast<unsigned>(gpio::attribute_kind::output_values) == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES &&
              static_cast<unsigned>(gpio::attribute_kind::debounce) == GPIO_V2_LINE_ATTR_ID_DEBOUNCE);

SAME_SIZE(i2c::message, i2c_msg);
SAME_PLACE(i2c::message, size, i2c_msg, len);
SAME_PLACE(i2c::message, data, i2c_msg, buf);
SAME_SIZE(i2c::transfer, i2c_rdwr_ioctl_data);
SAME_PLACE(i2c::transfer, count, i2c_rdwr_ioctl_data, nmsgs);
SAME_SIZE(i2c::smbus_transfer, i2c_smbus_ioctl_data);
SAME_PLACE(i2c::smbus_transfer, kind, i2c_smbus_ioctl_data, size);
SAME_PLACE(i2c::smbus_transfer, data, i2c_smbus_ioctl_data, data);
static_assert(sizeof(i2c::smbus_data) == sizeof(union i2c_smbus_data));
static_assert(i2c::set_address::number == I2C_SLAVE && i2c::get_abilities::number == I2C_FUNCS);
static_assert(i2c::transfer_all::number == I2C_RDWR && i2c::transfer_smbus::number == I2C_SMBUS);
static_assert(i2c::most_messages == I2C_RDWR_IOCTL_MAX_MSGS && i2c::most_block == I2C_SMBUS_BLOCK_MAX);
static_assert(i2c::message_read == I2C_M_RD && i2c::message_ten_bits == I2C_M_TEN &&
              i2c::message_no_start == I2C_M_NOSTART && i2c::message_ignore_nak == I2C_M_IGNORE_NAK);
static_assert(static_cast<unsigned>(i2c::smbus_kind::block) == I2C_SMBUS_BLOCK_DATA &&
              static_cast<unsigned>(i2c::smbus_kind::word_data) == I2C_SMBUS_WORD_DATA &&
              static_cast<unsigned>(i2c::smbus_kind::byte_data) == I2C_SMBUS_BYTE_DATA);
static_assert(i2c::can_transfer == I2C_FUNC_I2C && i2c::can_read_word_data == I2C_FUNC_SMBUS_READ_WORD_DATA &&
              i2c::can_write_block == I2C_FUNC_SMBUS_WRITE_BLOCK_DATA && i2c::can_quick == I2C_FUNC_SMBUS_QUICK);

SAME_SIZE(spi::piece, spi_ioc_transfer);
SAME_PLACE(spi::piece, received, spi_ioc_transfer, rx_buf);
SAME_PLACE(spi::piece, size, spi_ioc_transfer, len);
SAME_PLACE(spi::piece, speed, spi_ioc_transfer, speed_hz);
SAME_PLACE(spi::piece, delay, spi_ioc_transfer, delay_usecs);
SAME_PLACE(spi::piece, bits_per_word, spi_ioc_transfer, bits_per_word);
SAME_PLACE(spi::piece, deselects, spi_ioc_transfer, cs_change);
SAME_PLACE(spi::piece, word_delay, spi_ioc_transfer, word_delay_usecs);
static_assert(spi::get_mode::number == SPI_IOC_RD_MODE32 && spi::set_mode::number == SPI_IOC_WR_MODE32);
static_assert(spi::get_speed::number == SPI_IOC_RD_MAX_SPEED_HZ && spi::set_speed::number == SPI_IOC_WR_MAX_SPEED_HZ);
static_assert(spi::get_bits_per_word::number == SPI_IOC_RD_BITS_PER_WORD &&
              spi::set_bits_per_word::number == SPI_IOC_WR_BITS_PER_WORD);
static_assert(spi::transfer<1>::number == SPI_IOC_MESSAGE(1) && spi::transfer<16>::number == SPI_IOC_MESSAGE(16));
static_assert(spi::mode_late_phase == SPI_CPHA && spi::mode_high_idle == SPI_CPOL && spi::mode_loop == SPI_LOOP &&
              spi::mode_low_bit_first == SPI_LSB_FIRST && spi::mode_ready == SPI_READY);

#endif

BOOST_AUTO_TEST_SUITE(buses)

namespace {
/// Every path of a device leads to nowhere, where requests are played.
constexpr const char* somewhere = "/dev/null";

/// A chip of eight lines: what is set is kept, in the low bits, and told.
struct chip {
    static inline std::uint64_t values = 0, flags = 0;
    static inline gpio::line_request request{};
    static inline int events = -1;
    static int answer(void* argument) {
        const unsigned long asked = played::devices::asked;
        if (asked == gpio::get_chip_info::number) {
            const gpio::chip_info told{"played", "a chip", 8};
            std::memcpy(argument, &told, sizeof told);
        } else if (asked == gpio::get_line_info::number) {
            auto& info = *static_cast<gpio::line_info*>(argument);
            info.flags = gpio::line_input;
            info.name[0] = static_cast<char>('a' + info.offset);
        } else if (asked == gpio::get_line::number) {
            auto& wanted = *static_cast<gpio::line_request*>(argument);
            request = wanted;
            values = wanted.config.attributes[0].attribute.value;
            wanted.handle = events;
        } else if (asked == gpio::get_values::number) {
            auto& told = *static_cast<gpio::line_values*>(argument);
            told.bits = values;
        } else if (asked == gpio::set_values::number) {
            const auto& wanted = *static_cast<gpio::line_values*>(argument);
            values = (values & ~wanted.mask) | (wanted.bits & wanted.mask);
        } else if (asked == gpio::set_config::number) {
            flags = static_cast<gpio::line_config*>(argument)->flags;
        }
        return 0;
    }
};
}  // namespace

BOOST_AUTO_TEST_CASE(lines_of_a_chip_are_read_and_set) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    chip::events = ends[0];
    played::devices::begin(chip::answer);
    const auto opened = basic_gpio_chip<played>::open(somewhere);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST((std::string(opened->info()->label) == "a chip" && opened->info()->lines == 8));
    BOOST_TEST((opened->line_info(3)->name[0] == 'd' && opened->line_info(3)->flags == gpio::line_input));
    const std::uint32_t wanted[] = {2, 5, 7};
    BOOST_TEST((opened->request({}, gpio::line_input, "test").error().code == errc::invalid_argument));
    const std::string long_name(100, 'n');
    {
        const auto lines = opened->request(wanted, gpio::line_output, long_name.c_str(), 5);
        BOOST_REQUIRE(lines.has_value());
        BOOST_TEST((chip::request.line_count == 3 && chip::request.offsets[1] == 5 && chip::request.offsets[3] == 0));
        BOOST_TEST(std::string(chip::request.consumer) == long_name.substr(0, 31));
        BOOST_TEST((chip::request.config.attribute_count == 1 && chip::request.config.attributes[0].mask == 7));
        BOOST_TEST(lines->values().value_or(0) == 5u);
        BOOST_TEST(lines->set_values(2, 3).has_value());
        BOOST_TEST(lines->values().value_or(0) == 6u);
        BOOST_TEST(lines->values(4).value_or(0) == 4u);
        BOOST_TEST((lines->configure(gpio::line_input | gpio::line_edge_rising) && chip::flags == 20));
        gpio::line_event sent[2] = {{1000, gpio::edge::rising, 5, 1, 1, {}}, {2000, gpio::edge::falling, 5, 2, 2, {}}};
        gpio::line_event room[4];
        BOOST_TEST((lines->read_events(room, deadline::passed()).error().code == errc::timed_out));
        BOOST_REQUIRE(::write(ends[1], sent, sizeof sent) == static_cast<ssize_t>(sizeof sent));
        BOOST_TEST(lines->read_events(room, soon()).value_or(0) == 2u);
        BOOST_TEST((room[0].time == 1000 && room[1].which == gpio::edge::falling && room[1].number == 2));
        BOOST_REQUIRE(::write(ends[1], sent, 7) == 7);
        BOOST_TEST((lines->read_events(room, soon()).error().code == errc::malformed));
    }
    BOOST_TEST(::fcntl(ends[0], F_GETFD) == -1);  // lines that are given up are closed
    ::close(ends[1]);
}

namespace {
/// A memory of 256 bytes on a bus: what is written begins with where.
struct memory_chip {
    static inline std::uint8_t content[256], at = 0;
    static inline std::uintptr_t selected = 0;
    static int answer(void* argument) {
        const unsigned long asked = played::devices::asked;
        if (asked == i2c::get_abilities::number) return *static_cast<unsigned long*>(argument) = i2c::can_transfer, 0;
        if (asked == i2c::set_address::number) return selected = reinterpret_cast<std::uintptr_t>(argument), 0;
        if (asked == i2c::transfer_smbus::number) return smbus(*static_cast<i2c::smbus_transfer*>(argument));
        const auto& all = *static_cast<i2c::transfer*>(argument);
        for (std::uint32_t i = 0; i < all.count; ++i) {
            const i2c::message& one = all.messages[i];
            if (one.address != 0x50) return static_cast<int>(i);
            const bool reads = (one.flags & i2c::message_read) != 0;
            if (!reads) at = one.data[0];
            for (unsigned k = reads ? 0 : 1; k < one.size; ++k) {
                if (reads)
                    one.data[k] = content[at++];
                else
                    content[at++] = one.data[k];
            }
        }
        return static_cast<int>(all.count);
    }
    static int smbus(const i2c::smbus_transfer& t) {
        std::uint8_t* const here = content + t.command;
        if (t.kind == i2c::smbus_kind::byte_data) t.reads ? t.data->byte = *here : * here = t.data->byte;
        if (t.kind == i2c::smbus_kind::word_data) {
            if (t.reads)
                t.data->word = static_cast<std::uint16_t>(here[0] | here[1] << 8);
            else
                here[0] = static_cast<std::uint8_t>(t.data->word),
                here[1] = static_cast<std::uint8_t>(t.data->word >> 8);
        }
        if (t.kind == i2c::smbus_kind::block)
            t.reads ? std::memcpy(t.data->block, here, 34) : std::memcpy(here, t.data->block, t.data->block[0] + 1u);
        return 0;
    }
};
}  // namespace

BOOST_AUTO_TEST_CASE(a_memory_on_a_bus_is_written_and_read) {
    played::devices::begin(memory_chip::answer);
    const auto bus = basic_i2c_bus<played>::open(somewhere);
    BOOST_REQUIRE(bus.has_value());
    BOOST_TEST(bus->abilities().value_or(0) == i2c::can_transfer);
    const std::uint8_t place_and_text[] = {16, 'a', 'b', 'c'};
    std::uint8_t room[40] = {};
    BOOST_TEST(bus->exchange(0x50, place_and_text, {}).has_value());
    BOOST_TEST(bus->exchange(0x50, std::span(place_and_text).first(1), std::span(room).first(3)).has_value());
    BOOST_TEST(std::memcmp(room, "abc", 3) == 0);
    BOOST_TEST((bus->exchange(0x51, place_and_text, {}).error().code == errc::io_error));
    BOOST_TEST((bus->transfer({}).error().code == errc::invalid_argument));
    BOOST_TEST((bus->select(0x50) && memory_chip::selected == 0x50));
    BOOST_TEST((bus->write_byte(3, 200) && bus->read_byte(3).value_or(0) == 200));
    BOOST_TEST((bus->write_word(4, 0x1234) && bus->read_word(4).value_or(0) == 0x1234));
    BOOST_TEST(bus->write_block(100, std::span(place_and_text).subspan(1)).has_value());
    BOOST_TEST(bus->read_block(100, room).value_or(0) == 3u);
    BOOST_TEST(std::memcmp(room, "abc", 3) == 0);
    BOOST_TEST(bus->read_block(100, std::span(room).first(1)).value_or(0) == 3u);
    BOOST_TEST(bus->read_block(100, {}).value_or(0) == 3u);
    memory_chip::content[100] = 33;  // more than there is room for in any block
    BOOST_TEST((bus->read_block(100, room).error().code == errc::malformed));
    BOOST_TEST((bus->write_block(0, std::span(room).first(33)).error().code == errc::invalid_argument));
    BOOST_TEST((bus->write_block(0, {}).error().code == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(what_is_sent_to_a_peripheral_comes_back) {
    static std::uint32_t mode = 0;
    static std::string wire;
    played::devices::begin([](void* argument) {
        const unsigned long asked = played::devices::asked;
        if (asked == spi::set_mode::number) std::memcpy(&mode, argument, sizeof mode);
        if (asked == spi::get_mode::number) std::memcpy(argument, &mode, sizeof mode);
        const unsigned count = asked == spi::transfer<2>::number ? 2 : asked == spi::transfer<1>::number ? 1 : 0;
        for (unsigned i = 0; i < count; ++i) {
            const spi::piece& one = static_cast<const spi::piece*>(argument)[i];
            if (one.sent != 0)
                wire.assign(reinterpret_cast<const char*>(static_cast<std::uintptr_t>(one.sent)), one.size);
            if (one.received != 0)
                wire.copy(reinterpret_cast<char*>(static_cast<std::uintptr_t>(one.received)), one.size);
        }
        return 0;
    });
    const auto device = basic_spi_device<played>::open(somewhere);
    BOOST_REQUIRE(device.has_value());
    BOOST_TEST((device->set_mode(spi::mode_loop) && device->mode().value_or(0) == spi::mode_loop));
    std::byte room[5] = {};
    BOOST_TEST((device->exchange(bytes("hello"), room) && std::memcmp(room, "hello", 5) == 0));
    BOOST_TEST((device->ask(bytes("world"), std::span(room).first(3)) && std::memcmp(room, "worlo", 5) == 0));
    BOOST_TEST((device->exchange(bytes("longer"), room).error().code == errc::invalid_argument));
    if constexpr (sizeof(std::size_t) > 4) {  // of which no more than 32 bits would be told; nobody looks at it
        const std::span<std::byte> much(room, static_cast<std::size_t>((std::uint64_t{1} << 32) + 5));
        BOOST_TEST((device->exchange({}, much).error().code == errc::too_large));
        BOOST_TEST((device->ask(much, room).error().code == errc::too_large));
    }
}

BOOST_AUTO_TEST_SUITE_END()
