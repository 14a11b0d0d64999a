// What the library asks of a board, for the Cortex-M boards of qemu: the system timer as a clock, semihosting as a
// console.
#include <vitte/core/atomic.hpp>
#include <vitte/sys/platform/bare/board.hpp>
#include <vitte/sys/platform/bare/semihosting.hpp>

namespace {
vitte::atomic<std::uint32_t> milliseconds{0};
alignas(256) std::byte pages[ARENA_SIZE];
}  // namespace

extern "C" void tick() { milliseconds.fetch_add_relaxed(1); }

namespace vitte::sys::bare {

/// The timer counts down to 0 in each millisecond. It is read again if one began meanwhile.
std::int64_t board::now() noexcept {
    const auto* const left = reinterpret_cast<volatile std::uint32_t*>(0xe000e018);
    const auto* const pending = reinterpret_cast<volatile std::uint32_t*>(0xe000ed04);  // bit 26: the interrupt waits
    constexpr std::uint32_t cycles = CPU_HZ / 1000;
    for (;;) {
        const std::uint32_t before = milliseconds.load_relaxed(), first = *left, waits = *pending >> 26 & 1,
                            second = *left;
        if (second > first || milliseconds.load_relaxed() != before) continue;
        return (std::int64_t{before} + waits) * 1'000'000 + std::int64_t{cycles - 1 - first} * 1'000'000 / cycles;
    }
}
std::int64_t board::wall() noexcept {
    constexpr unsigned sys_time = 0x11;  // seconds
    return std::int64_t{detail::semihost(sys_time, nullptr)} * 1'000'000'000;
}
void board::write(const std::byte* text, std::size_t size) noexcept {
    constexpr unsigned sys_write_character = 0x03;
    for (std::size_t i = 0; i < size; ++i) detail::semihost(sys_write_character, text + i);
}
memory_area board::arena() noexcept { return {pages, sizeof pages}; }
bool board::entropy(std::byte*, std::size_t) noexcept { return false; }

}  // namespace vitte::sys::bare
