/// Child processes of Windows: each in a job of its own, so that all its descendants are found, and with a list of what
/// it inherits.
#pragma once

#include <vitte/sys/platform/process_types.hpp>
#include <vitte/sys/platform/win32/batch_file.hpp>
#include <vitte/sys/platform/win32/command_line.hpp>
#include <vitte/sys/platform/win32/pipe_end.hpp>

namespace vitte::sys::win32 {

struct child_handle {
    handle process = nullptr, job = nullptr;
    unsigned long id = 0;
};

/// What a child inherits: copies of its streams that may be inherited, and what it keeps.
class inheritance {
public:
    static constexpr std::size_t most = 64;

    inheritance() noexcept = default;
    inheritance(const inheritance&) = delete;
    inheritance& operator=(const inheritance&) = delete;
    ~inheritance() {
        for (std::size_t i = 0; i < copies_; ++i) CloseHandle(handles[i]);
        for (std::size_t i = copies_; i < count; ++i) SetHandleInformation(handles[i], inherited, 0);
    }

    result<void> add_streams(const handle (&streams)[3]) noexcept {
        constexpr unsigned long same_access = 2;
        for (int i = 0; i < 3; ++i) {
            if (streams[i] == nullptr) continue;
            if (DuplicateHandle(GetCurrentProcess(), streams[i], GetCurrentProcess(), &copy[i], 0, 1, same_access) == 0)
                return last_error("DuplicateHandle");
            handles[count++] = copy[i];
            ++copies_;
        }
        return {};
    }
    result<void> keep(const handle* kept, std::size_t size) noexcept {
        if (size > most - 3) return fail(errc::too_large, "inherit handles");
        for (std::size_t i = 0; i < size; ++i) {
            VITTE_CHECK(checked(SetHandleInformation(kept[i], inherited, inherited), "SetHandleInformation"));
            handles[count++] = kept[i];
        }
        return {};
    }

    handle copy[3] = {}, handles[most] = {};
    std::size_t count = 0;

private:
    static constexpr unsigned long inherited = 1;
    std::size_t copies_ = 0;
};

struct processes {
    using child = child_handle;
    using pipe_end = win32::pipe_end;
    static constexpr const char* null_device = "NUL";
    static constexpr char list_separator = ';';
    static constexpr const char* suffix = ".exe";
    static constexpr bool keeps_trees = true;

    /// Batch files are refused: cmd.exe would read their arguments by rules of its own. Users, and limits but of memory
    /// and CPU time, are `errc::not_supported`.
    static result<child> spawn(const process_request<handle>& request) noexcept {
        constexpr unsigned long suspended = 4, detached = 8, new_group = 0x200, wide_environment = 0x400,
                                more_information = 0x80000;
        if (request.user != nullptr) return fail(errc::not_supported, "CreateProcessW");
        if (request.confine != nullptr) return fail(errc::not_supported, "confine child");
        command_line line;
        VITTE_CHECK(line.begin(request.arguments[0]));
        for (const char* const* argument = request.arguments + 1; *argument != nullptr; ++argument)
            VITTE_CHECK(line.add(*argument));
        wide_block environment;
        if (request.environment != nullptr) {
            VITTE_CHECK(environment.set(request.environment));
        }
        inheritance given;
        if (request.console == nullptr) {
            VITTE_CHECK(given.add_streams(request.streams));
        }
        VITTE_CHECK(given.keep(request.kept, request.kept_count));
        startup_information start{};
        start.size = sizeof start;
        start.flags = 0x100;  // STARTF_USESTDHANDLES
        for (int i = 0; i < 3; ++i) start.streams[i] = given.copy[i];
        alignas(16) std::byte attributes[256];
        std::size_t room = sizeof attributes;
        start.attributes = reinterpret_cast<_PROC_THREAD_ATTRIBUTE_LIST*>(attributes);
        VITTE_CHECK(checked(InitializeProcThreadAttributeList(start.attributes, 2, 0, &room),
                            "InitializeProcThreadAttributeList"));
        constexpr std::uintptr_t handle_list = 0x20002, pseudo_console = 0x20016;
        if (request.console != nullptr)
            UpdateProcThreadAttribute(start.attributes, 0, pseudo_console, request.console, sizeof request.console,
                                      nullptr, nullptr);
        if (given.count != 0)
            UpdateProcThreadAttribute(start.attributes, 0, handle_list, given.handles, given.count * sizeof(handle),
                                      nullptr, nullptr);

        const unsigned long flags = suspended | wide_environment | more_information |
                                    (request.group == process_group::own ? new_group : 0) |
                                    (request.group == process_group::session ? detached : 0);
        process_information made{};
        const auto created = with_path(request.program, [&](const wchar_t* program) -> result<void> {
            VITTE_CHECK(refuse_batch_file(program));
            const auto start_in = [&](const wchar_t* folder) -> result<void> {
                return checked(
                    CreateProcessW(program, line.text(), nullptr, nullptr, given.count != 0, flags, environment.text(),
                                   folder, as<_STARTUPINFOW>(&start), as<_PROCESS_INFORMATION>(&made)),
                    "CreateProcessW");
            };
            return request.directory == nullptr ? start_in(nullptr) : with_path(request.directory, start_in);
        });
        DeleteProcThreadAttributeList(start.attributes);
        if (!created) return unexpected(created.error());
        return begin(made, request);
    }

    static result<exit_status> wait(child of, std::int64_t until) noexcept {
        VITTE_CHECK(clocks::wait_any(&of.process, 1, until));
        unsigned long code = 0;
        VITTE_CHECK(checked(GetExitCodeProcess(of.process, &code), "GetExitCodeProcess"));
        exit_status ended;
        ended.code = static_cast<std::int64_t>(code);
        ended.use = use_of(of.process);
        return ended;
    }
    static result<handle> end_handle(child of) noexcept { return of.process; }
    static void close_end_handle(handle) noexcept {}
    static result<void> send(child to, process_signal signal) noexcept {
        if (!ends(signal)) return fail(errc::not_supported, "TerminateProcess");
        return checked(TerminateProcess(to.process, 1), "TerminateProcess");
    }
    static result<void> send_group(child leader, process_signal signal) noexcept {
        if (!ends(signal)) return fail(errc::not_supported, "TerminateJobObject");
        return checked(TerminateJobObject(leader.job, 1), "TerminateJobObject");
    }
    static void close(child of) noexcept {
        CloseHandle(of.process);
        CloseHandle(of.job);
    }
    static std::uint64_t id(child of) noexcept { return of.id; }
    static std::uint64_t own_id() noexcept { return GetCurrentProcessId(); }
    static resource_use own_use() noexcept { return use_of(GetCurrentProcess()); }
    static result<std::size_t> executable(char* to, std::size_t room) noexcept {
        wchar_t wide[32'768];
        const unsigned long length = GetModuleFileNameW(nullptr, wide, 32'768);
        if (length == 0) return last_error("GetModuleFileNameW");
        return narrow(wide, length, to, room);
    }
    static result<std::size_t> arguments(char* to, std::size_t room) noexcept {
        return split_command_line(GetCommandLineW(), to, room);
    }

private:
    struct startup_information {
        std::uint32_t size;
        wchar_t *reserved, *desktop, *title;
        std::uint32_t place[7], flags;
        std::uint16_t show, reserved_size;
        void *reserved2, *streams[3];
        _PROC_THREAD_ATTRIBUTE_LIST* attributes;
    };
    struct process_information {
        handle process, thread;
        std::uint32_t id, thread_id;
    };

    /// "NAME=value" after "NAME=value", and an empty one, on the process's heap.
    class wide_block {
    public:
        wide_block() noexcept = default;
        wide_block(const wide_block&) = delete;
        wide_block& operator=(const wide_block&) = delete;
        ~wide_block() {
            if (text_ != nullptr) HeapFree(GetProcessHeap(), 0, text_);
        }
        result<void> set(const char* const* entries) noexcept {
            std::size_t room = 2;
            for (const char* const* e = entries; *e != nullptr; ++e) room += __builtin_strlen(*e) + 1;
            if (room > 0x3fffffff) return fail(errc::too_large, "environment");
            text_ = static_cast<wchar_t*>(HeapAlloc(GetProcessHeap(), 8, room * sizeof(wchar_t)));
            if (text_ == nullptr) return fail(errc::out_of_memory, "environment");
            std::size_t at = 0;
            for (const char* const* e = entries; *e != nullptr; ++e) {
                const int size = widen(*e, text_ + at, static_cast<int>(room - at));
                if (size == 0) return last_error("convert environment");
                at += static_cast<std::size_t>(size);
            }
            return {};
        }
        wchar_t* text() noexcept { return text_; }

    private:
        wchar_t* text_ = nullptr;
    };

    static constexpr bool ends(process_signal signal) noexcept {
        return signal == process_signal::terminate || signal == process_signal::kill;
    }
    /// By the path as it is, and as what Windows makes of it.
    static result<void> refuse_batch_file(const wchar_t* path) noexcept {
        constexpr unsigned long limit = 32'768;
        wchar_t full[limit];
        const unsigned long length = GetFullPathNameW(path, limit, full, nullptr);
        if (length == 0) return last_error("GetFullPathNameW");
        if (length >= limit) return failed(206, "GetFullPathNameW");
        if (is_batch_file(path) || is_batch_file(full)) return fail(errc::not_supported, "start a batch file");
        return {};
    }
    /// A process that does not run yet gets its job and its limits.
    static result<child> begin(const process_information& made, const process_request<handle>& request) noexcept {
        child started{made.process, CreateJobObjectW(nullptr, nullptr), made.id};
        const auto prepared = [&]() -> result<void> {
            if (started.job == nullptr) return last_error("CreateJobObjectW");
            VITTE_CHECK(set_limits(started.job, request));
            VITTE_CHECK(checked(AssignProcessToJobObject(started.job, started.process), "AssignProcessToJobObject"));
            if (ResumeThread(made.thread) == 0xffffffff) return last_error("ResumeThread");
            return {};
        }();
        CloseHandle(made.thread);
        if (prepared) return started;
        TerminateProcess(started.process, 1);
        CloseHandle(started.process);
        if (started.job != nullptr) CloseHandle(started.job);
        return unexpected(prepared.error());
    }
    static result<void> set_limits(handle job, const process_request<handle>& request) noexcept {
        struct {
            std::int64_t process_time, job_time;
            std::uint32_t flags;
            std::size_t least_set, most_set;
            std::uint32_t processes;
            std::uintptr_t affinity;
            std::uint32_t priority, scheduling;
            std::uint64_t counters[6];
            std::size_t process_memory, job_memory, process_peak, job_peak;
        } limits{};
        constexpr std::uint32_t process_time_flag = 2, process_memory_flag = 0x100;
        for (std::size_t i = 0; i < request.limit_count; ++i) {
            const resource_limit& wanted = request.limits[i];
            if (wanted.soft == unlimited) continue;
            if (wanted.what == resource::cpu_seconds) {
                limits.flags |= process_time_flag;
                limits.process_time = static_cast<std::int64_t>(wanted.soft) * 10'000'000;
            } else if (wanted.what == resource::address_space || wanted.what == resource::data) {
                limits.flags |= process_memory_flag;
                limits.process_memory = wanted.soft;
            } else {
                return fail(errc::not_supported, "SetInformationJobObject");
            }
        }
        constexpr int extended_limits = 9;
        if (limits.flags == 0) return {};
        return checked(vitte_set_job_information(job, extended_limits, &limits, sizeof limits),
                       "SetInformationJobObject");
    }
    static resource_use use_of(handle process) noexcept {
        file_time created{}, ended{}, kernel{}, user{};
        GetProcessTimes(process, as<_FILETIME>(&created), as<_FILETIME>(&ended), as<_FILETIME>(&kernel),
                        as<_FILETIME>(&user));
        struct {
            std::uint32_t size, faults;
            std::size_t peak, rest[7];
        } memory{};
        memory.size = sizeof memory;
        K32GetProcessMemoryInfo(process, as<_PROCESS_MEMORY_COUNTERS>(&memory), sizeof memory);
        return {user.ticks() * 100, kernel.ticks() * 100, memory.peak};
    }
};

}  // namespace vitte::sys::win32
