/// Devices of Windows: consoles, pseudo-consoles, serial lines, disks.
#pragma once

#include <vitte/sys/platform/device_types.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/console_ends.hpp>
#include <vitte/sys/platform/win32/files.hpp>

namespace vitte::sys::win32 {

/// DCB.
struct line_control {
    std::uint32_t size, speed, flags;
    std::uint16_t reserved, xon_limit, xoff_limit;
    std::uint8_t data_bits, parity, stop_bits;
    char xon, xoff, error, end, event;
    std::uint16_t reserved1;
};
static_assert(sizeof(line_control) == 28);
/// COMMTIMEOUTS, milliseconds.
struct line_timeouts {
    std::uint32_t read_interval, read_multiplier, read_constant, write_multiplier, write_constant;
};

struct devices {
    using handle = win32::handle;
    using direct = devices;
    static constexpr handle invalid = nullptr;
    static constexpr bool output_apart = true;

    /// Of a console's input or output, or of a serial line.
    struct state {
        enum class kind : unsigned char { input, output, line } of;
        unsigned long mode;
        line_control control;
        line_timeouts timeouts;
    };

    static result<int> control(handle device, unsigned long request, void* argument, std::size_t in,
                               std::size_t out) noexcept {
        unsigned long got = 0;
        if (DeviceIoControl(device, request, in != 0 ? argument : nullptr, static_cast<unsigned long>(in),
                            out != 0 ? argument : nullptr, static_cast<unsigned long>(out), &got, nullptr) == 0)
            return last_error("DeviceIoControl");
        return static_cast<int>(got);
    }
    /// Writing waits itself, for a few milliseconds.
    static result<void> wait(handle device, bool to_write, std::int64_t until) noexcept {
        if (to_write) {
            const bool over = until != INT64_MAX && clocks::monotonic() >= until;
            return over ? result<void>(fail(errc::timed_out, "WriteFile")) : result<void>();
        }
        return is_terminal(device) ? clocks::wait_any(&device, 1, until) : wait_for_line(device, until);
    }

    static bool is_terminal(handle device) noexcept {
        unsigned long mode = 0;
        return GetConsoleMode(device, &mode) != 0;
    }
    static result<state> state_of(handle device) noexcept {
        state now{};
        if (GetConsoleMode(device, &now.mode) != 0) {
            unsigned long count = 0;
            now.of = GetNumberOfConsoleInputEvents(device, &count) != 0 ? state::kind::input : state::kind::output;
            return now;
        }
        now.of = state::kind::line;
        now.control.size = sizeof now.control;
        VITTE_CHECK(checked(GetCommState(device, as<_DCB>(&now.control)), "GetCommState"));
        VITTE_CHECK(checked(GetCommTimeouts(device, as<_COMMTIMEOUTS>(&now.timeouts)), "GetCommTimeouts"));
        return now;
    }
    /// VT sequences are there since Windows 10 1511.
    static result<void> set_state(handle device, const state& to) noexcept {
        if (to.of != state::kind::line) {
            const auto set = checked(SetConsoleMode(device, to.mode), "SetConsoleMode");
            if (!set && set.error().code == errc::invalid_argument)
                return fail(errc::not_supported, "SetConsoleMode", set.error().native);
            return set;
        }
        state wanted = to;
        VITTE_CHECK(checked(SetCommState(device, as<_DCB>(&wanted.control)), "SetCommState"));
        return checked(SetCommTimeouts(device, as<_COMMTIMEOUTS>(&wanted.timeouts)), "SetCommTimeouts");
    }
    static state in_manner(state s, terminal_manner how) noexcept {
        constexpr unsigned long processed = 1, in_lines = 2, echo = 4, sizes = 8, vt_input = 0x200;
        constexpr unsigned long processed_output = 1, vt_output = 4, plain_line_ends = 8;
        if (s.of == state::kind::output && how == terminal_manner::raw)
            s.mode |= processed_output | vt_output | plain_line_ends;
        if (s.of == state::kind::input && how == terminal_manner::raw)
            s.mode = (s.mode & ~(processed | in_lines | echo)) | sizes | vt_input;
        if (s.of == state::kind::input && how == terminal_manner::silent) s.mode &= ~echo;
        return s;
    }
    static result<void> watch_ends(void (*undo)() noexcept, void (*)() noexcept) noexcept {
        return console_ends::watch(undo);
    }
    static void unwatch_ends() noexcept { console_ends::unwatch(); }
    static bool may_restore(handle) noexcept { return true; }

    /// Of the window, not of what it can be scrolled to.
    static result<terminal_size> size(handle terminal) noexcept {
        struct {
            std::int16_t width, height, x, y;
            std::uint16_t colours;
            std::int16_t left, top, right, bottom, most_width, most_height;
        } told{};
        VITTE_CHECK(checked(GetConsoleScreenBufferInfo(terminal, as<_CONSOLE_SCREEN_BUFFER_INFO>(&told)),
                            "GetConsoleScreenBufferInfo"));
        return terminal_size{static_cast<unsigned>(told.bottom - told.top + 1),
                             static_cast<unsigned>(told.right - told.left + 1), 0, 0};
    }
    /// In lines the console edits one, and gives it away unit by unit.
    static result<console_event> next_event(handle console) noexcept {
        constexpr unsigned long in_lines = 2;
        unsigned long mode = 0, count = 0;
        VITTE_CHECK(checked(GetConsoleMode(console, &mode), "GetConsoleMode"));
        console_event told;
        if ((mode & in_lines) != 0) {
            VITTE_CHECK(checked(vitte_read_console(console, &told.unit, 1, &count, nullptr), "ReadConsoleW"));
            if (count == 0) return told;
            told.what = console_event::kind::unit;
            told.repeats = 1;
            told.more = told.unit != u'\n';
            return told;
        }
        struct {
            std::uint16_t type;
            std::uint32_t pressed;
            std::uint16_t repeats, key, scan, unit;
            std::uint32_t keys;
        } record{};
        static_assert(sizeof record == 20);
        constexpr std::uint16_t key_event = 1, size_event = 4, alternate = 0x12;
        VITTE_CHECK(checked(ReadConsoleInputW(console, as<_INPUT_RECORD>(&record), 1, &count), "ReadConsoleInputW"));
        if (record.type == size_event) told.what = console_event::kind::size;
        // What is typed by its number comes when the key is let go.
        const bool typed =
            record.type == key_event && record.unit != 0 && (record.pressed != 0 || record.key == alternate);
        if (!typed) return told;
        told.what = console_event::kind::unit;
        told.unit = static_cast<char16_t>(record.unit);
        told.repeats = record.pressed != 0 ? record.repeats : 1;
        return told;
    }

    // Since Windows 10 1809.

    static result<void*> open_console(const terminal_size& size, handle reads, handle writes) noexcept {
        using function = long(coordinates, void*, void*, unsigned long, void**);
        VITTE_TRY(function* const create, console_function<function>("CreatePseudoConsole"));
        VITTE_TRY(const coordinates wanted, coordinates_of(size));
        void* made = nullptr;
        const long failure = create(wanted, reads, writes, 0, &made);
        if (failure < 0) return told_by(failure, "CreatePseudoConsole");
        return made;
    }
    static result<void> resize_console(void* console, const terminal_size& size) noexcept {
        using function = long(void*, coordinates);
        VITTE_TRY(function* const resize, console_function<function>("ResizePseudoConsole"));
        VITTE_TRY(const coordinates wanted, coordinates_of(size));
        const long failure = resize(console, wanted);
        if (failure < 0) return told_by(failure, "ResizePseudoConsole");
        return {};
    }
    static void close_console(void* console) noexcept {
        if (const auto close = console_function<void(void*)>("ClosePseudoConsole")) (*close)(console);
    }

    /// Ports above COM9 have paths that begin with `\\.\`.
    static result<handle> open_serial(const char* path) noexcept {
        return with_path(path, [](const wchar_t* wide) -> result<handle> {
            constexpr unsigned long overlapped_use = 0x40000000, nobody_else = 0, something_came = 1;
            const handle made = CreateFileW(wide, generic_read | generic_write, nobody_else, nullptr, open_existing,
                                            overlapped_use, nullptr);
            if (made == reinterpret_cast<handle>(-1)) return last_error("CreateFileW");
            if (SetCommMask(made, something_came) != 0) return made;
            const auto refused = last_error("SetCommMask");
            CloseHandle(made);
            return fail(errc::not_supported, "SetCommMask", refused.error().native);
        });
    }
    static result<std::size_t> read(handle line, std::byte* to, std::size_t size) noexcept {
        return transferred(line, "ReadFile",
                           [=](_OVERLAPPED* state) { return ReadFile(line, to, piece(size), nullptr, state); });
    }
    static result<std::size_t> write(handle line, const std::byte* from, std::size_t size) noexcept {
        return transferred(line, "WriteFile",
                           [=](_OVERLAPPED* state) { return WriteFile(line, from, piece(size), nullptr, state); });
    }
    static result<void> close(handle device) noexcept { return files::close(device); }

    static result<serial_settings> settings_of(const state& s) noexcept {
        serial_settings made;
        made.speed = s.control.speed;
        made.data_bits = s.control.data_bits;
        made.stop_bits = s.control.stop_bits == 0 ? 1 : 2;
        if (s.control.parity > 4) return fail(errc::not_supported, "GetCommState");
        made.parity = static_cast<serial_parity>(s.control.parity);  // in the same order
        if ((s.control.flags & waits_for_cts) != 0)
            made.flow = serial_flow::hardware;
        else if ((s.control.flags & heeds_xoff) != 0)
            made.flow = serial_flow::software;
        return made;
    }
    static result<state> with_settings(state s, const serial_settings& to) noexcept {
        constexpr std::uint32_t binary = 1, checks_parity = 2, ready = 0x10, sends_xoff = 0x200, requests = 0x1000,
                                requests_when_free = 0x2000;
        if (to.speed == 0 || to.data_bits < 5 || to.data_bits > 8 || to.stop_bits < 1 || to.stop_bits > 2)
            return fail(errc::invalid_argument, "set serial line");
        s.control.speed = to.speed;
        s.control.data_bits = to.data_bits;
        s.control.stop_bits = to.stop_bits == 1 ? 0 : 2;
        s.control.parity = static_cast<std::uint8_t>(to.parity);
        s.control.flags = binary | ready | (to.parity != serial_parity::none ? checks_parity : 0) |
                          (to.flow == serial_flow::hardware ? waits_for_cts | requests_when_free : requests) |
                          (to.flow == serial_flow::software ? heeds_xoff | sends_xoff : 0);
        s.control.xon = 0x11;
        s.control.xoff = 0x13;
        // What is there is read at once; writing gives up after a while.
        s.timeouts = {0xffffffff, 0, 0, 0, 10};
        return s;
    }
    static result<void> drain(handle line) noexcept { return checked(FlushFileBuffers(line), "FlushFileBuffers"); }
    static result<void> flush(handle line, unsigned queues) noexcept {
        constexpr unsigned long output = 1 | 4, input = 2 | 8;
        return checked(
            PurgeComm(line, ((queues & queue_input) != 0 ? input : 0) | ((queues & queue_output) != 0 ? output : 0)),
            "PurgeComm");
    }
    static result<std::size_t> unsent(handle line) noexcept {
        struct {
            std::uint32_t flags, received, unsent;
        } told{};
        unsigned long errors = 0;
        VITTE_CHECK(checked(ClearCommError(line, &errors, as<_COMSTAT>(&told)), "ClearCommError"));
        return std::size_t{told.unsent};
    }
    static result<unsigned> lines(handle line) noexcept {
        unsigned long told = 0;
        VITTE_CHECK(checked(GetCommModemStatus(line, &told), "GetCommModemStatus"));
        constexpr unsigned names[] = {line_clear_to_send, line_set_ready, line_ring, line_carrier};
        unsigned made = 0;
        for (unsigned i = 0; i < 4; ++i)
            if ((told >> (4 + i) & 1) != 0) made |= names[i];
        return made;
    }
    static result<void> set_lines(handle line, unsigned which, bool on) noexcept {
        constexpr unsigned long set_requests = 3, clear_requests = 4, set_ready = 5, clear_ready = 6;
        const bool ready = (which & line_terminal_ready) != 0, requests = (which & line_request_to_send) != 0;
        const bool done = (!ready || EscapeCommFunction(line, on ? set_ready : clear_ready) != 0) &&
                          (!requests || EscapeCommFunction(line, on ? set_requests : clear_requests) != 0);
        return checked(done, "EscapeCommFunction");
    }
    static result<void> set_break(handle line, bool on) noexcept {
        return on ? checked(SetCommBreak(line), "SetCommBreak") : checked(ClearCommBreak(line), "ClearCommBreak");
    }

    static result<storage_size> storage(handle device) noexcept {
        constexpr unsigned long get_length = 0x7405c, get_geometry = 0x70000, query_property = 0x2d1400;
        std::int64_t length = 0;
        struct {
            std::int64_t cylinders;
            std::uint32_t kind, tracks, sectors, sector_size;
        } geometry{};
        VITTE_CHECK(control(device, get_length, &length, 0, sizeof length));
        VITTE_CHECK(control(device, get_geometry, &geometry, 0, sizeof geometry));
        constexpr std::uint32_t alignment = 6;
        std::uint32_t property[7] = {alignment, 0,
                                     0};  // answered: ..., offset, logical sector, physical sector, offset
        constexpr std::size_t query_size = 12;
        const auto told = control(device, query_property, property, query_size, sizeof property);
        const bool knows = told && static_cast<std::size_t>(*told) == sizeof property && property[5] != 0;
        return storage_size{static_cast<std::uint64_t>(length), geometry.sector_size,
                            knows ? property[5] : geometry.sector_size};
    }

private:
    static constexpr std::uint32_t waits_for_cts = 4, heeds_xoff = 0x100;

    struct coordinates {
        std::int16_t x, y;
    };
    static result<coordinates> coordinates_of(const terminal_size& size) noexcept {
        if (size.rows > 0x7fff || size.columns > 0x7fff) return fail(errc::out_of_range, "size of console");
        return coordinates{static_cast<std::int16_t>(size.columns), static_cast<std::int16_t>(size.rows)};
    }
    /// What an HRESULT says; that of an error of the system has its number ([MS-ERREF] 2.1).
    static unexpected<error> told_by(long failure, const char* operation) noexcept {
        const auto number = static_cast<std::uint32_t>(failure);
        constexpr std::uint32_t of_system = 0x8007, not_implemented = 0x80004001;
        if (number >> 16 == of_system) return failed(number & 0xffff, operation);
        return fail(number == not_implemented ? errc::not_supported : errc::unknown, operation,
                    static_cast<int>(number));
    }
    template <class Function>
    static result<Function*> console_function(const char* name) noexcept {
        HINSTANCE__* kernel = nullptr;
        constexpr unsigned long stays = 2;
        if (GetModuleHandleExW(stays, L"kernel32.dll", &kernel) == 0) return last_error("GetModuleHandleExW");
        const auto found = GetProcAddress(kernel, name);
        if (found == nullptr) return fail(errc::not_supported, "CreatePseudoConsole");
        return reinterpret_cast<Function*>(reinterpret_cast<void*>(found));
    }
    static unsigned long piece(std::size_t size) noexcept {
        constexpr std::size_t most = 65'536;
        return static_cast<unsigned long>(size < most ? size : most);
    }
    /// An operation that ends by itself in no time.
    template <class Call>
    static result<std::size_t> transferred(handle line, const char* operation, Call call) noexcept {
        constexpr unsigned long pending = 997;
        overlapped state{};
        state.event = CreateEventW(nullptr, 1, 0, nullptr);
        if (state.event == nullptr) return last_error("CreateEventW");
        unsigned long moved = 0;
        const bool begun = call(as<_OVERLAPPED>(&state)) != 0 || GetLastError() == pending;
        const bool done = begun && GetOverlappedResult(line, as<_OVERLAPPED>(&state), &moved, 1) != 0;
        const auto why = last_error(operation);
        CloseHandle(state.event);
        if (!done && why.error().code != errc::timed_out) return why;
        if (moved == 0) return fail(errc::would_block, operation);
        return std::size_t{moved};
    }
    static result<void> wait_for_line(handle line, std::int64_t until) noexcept {
        constexpr unsigned long pending = 997;
        overlapped state{};
        state.event = CreateEventW(nullptr, 1, 0, nullptr);
        if (state.event == nullptr) return last_error("CreateEventW");
        unsigned long what = 0, moved = 0;
        result<void> waited;
        if (WaitCommEvent(line, &what, as<_OVERLAPPED>(&state)) == 0) {
            waited = last_error("WaitCommEvent");
            if (waited.error().native == static_cast<int>(pending)) {
                waited = clocks::wait_any(&state.event, 1, until);
                if (!waited) CancelIoEx(line, as<_OVERLAPPED>(&state));
                GetOverlappedResult(line, as<_OVERLAPPED>(&state), &moved, 1);
            }
        }
        CloseHandle(state.event);
        return waited;
    }
};

}  // namespace vitte::sys::win32
