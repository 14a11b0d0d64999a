/// Threads of Windows, and sleeping on a word by WaitOnAddress.
#pragma once

#include <vitte/sys/platform/types.hpp>
#include <vitte/sys/platform/win32/clocks.hpp>
#include <vitte/sys/platform/win32/wide.hpp>

namespace vitte::sys::win32 {

struct threads {
    using handle = win32::handle;
    using key = unsigned long;

    static result<void> wait(const std::uint32_t* word, std::uint32_t expected, std::int64_t until) noexcept {
        const bool endless = until == INT64_MAX;
        const unsigned long limit = endless ? 0xffffffff : clocks::milliseconds(until - clocks::monotonic());
        if (WaitOnAddress(const_cast<std::uint32_t*>(word), &expected, sizeof expected, limit) != 0) return {};
        const auto failed = last_error("WaitOnAddress");
        if (failed.error().code != errc::timed_out) return failed;
        return unexpected(clocks::time_is_over(until, "WaitOnAddress", failed.error().native));
    }
    /// The call does not tell whether there was a sleeper.
    static bool wake_one(const std::uint32_t* word) noexcept {
        WakeByAddressSingle(const_cast<std::uint32_t*>(word));
        return false;
    }
    static void wake_all(const std::uint32_t* word) noexcept { WakeByAddressAll(const_cast<std::uint32_t*>(word)); }

    template <auto Entry>
    static result<handle> start(std::size_t stack, void* argument) noexcept {
        constexpr unsigned long size_is_reservation = 0x10000;
        const auto entry = [](void* p) -> unsigned long { return Entry(p), 0; };
        if (const handle made = CreateThread(nullptr, stack, entry, argument, size_is_reservation, nullptr))
            return made;
        return last_error("CreateThread");
    }
    static result<void> join(handle thread) noexcept {
        if (WaitForSingleObject(thread, 0xffffffff) != 0) return last_error("WaitForSingleObject");
        return detach(thread);
    }
    static result<void> detach(handle thread) noexcept { return checked(CloseHandle(thread), "CloseHandle"); }
    static void yield() noexcept { SwitchToThread(); }
    static std::uint64_t id() noexcept { return GetCurrentThreadId(); }

    static result<void> name(const char* text) noexcept {
        wchar_t wide[64];
        if (widen(text, wide, 64) == 0) return last_error("convert name");
        // Windows 10 1607 and Server 2016 have it in this library only, older ones nowhere.
        constexpr unsigned long only_look = 2;
        HINSTANCE__* library = nullptr;
        using function = long (*)(void*, const wchar_t*);
        const auto describe = GetModuleHandleExW(only_look, L"kernelbase.dll", &library) != 0
                                  ? reinterpret_cast<function>(
                                        reinterpret_cast<void (*)()>(GetProcAddress(library, "SetThreadDescription")))
                                  : nullptr;
        const long failure = describe != nullptr ? describe(GetCurrentThread(), wide) : -1;
        if (failure < 0) return fail(errc::not_supported, "SetThreadDescription", static_cast<int>(failure));
        return {};
    }

    /// The CPUs of the thread's processor group, at most 64. What Win32 has for it would bind the thread to the group.
    static result<cpu_set> affinity() noexcept {
        constexpr int basic_information = 0;
        struct {
            std::int32_t exit_status;
            void *block, *process, *thread;
            std::uintptr_t mask;
            std::int32_t priority, base_priority;
        } told{};
        const long status = vitte_nt_query_thread(GetCurrentThread(), basic_information, &told, sizeof told, nullptr);
        if (status < 0) return failed(vitte_nt_status_to_error(status), "NtQueryInformationThread");
        cpu_set cpus;
        cpus.words[0] = told.mask;
        return cpus;
    }
    static result<void> set_affinity(const cpu_set& cpus) noexcept {
        return checked(SetThreadAffinityMask(GetCurrentThread(), static_cast<std::uintptr_t>(cpus.words[0])) != 0,
                       "SetThreadAffinityMask");
    }
    static result<void> set_priority(thread_priority priority) noexcept {
        constexpr int numbers[] = {-15, -1, 0, 1, 15};  // THREAD_PRIORITY_IDLE … THREAD_PRIORITY_TIME_CRITICAL
        return checked(SetThreadPriority(GetCurrentThread(), numbers[static_cast<unsigned>(priority)]),
                       "SetThreadPriority");
    }
    /// A thread that is not bound runs on all groups since Windows 11.
    static unsigned cpu_count() noexcept {
        constexpr std::uint16_t all_groups = 0xffff;
        std::uintptr_t process = 0, group = 0;
        const auto cpus = affinity();
        const bool known = GetProcessAffinityMask(GetCurrentProcess(), &process, &group) != 0 && cpus;
        const unsigned count = known && cpus->words[0] != group ? cpus->size() : GetActiveProcessorCount(all_groups);
        return count > 0 ? count : 1;
    }

    /// Fiber-local slots, since they alone have a destructor; for threads without fibers they are thread-local.
    static result<key> create_key(void (*destroy)(void*)) noexcept {
        const key made = FlsAlloc(destroy);
        if (made == 0xffffffff) return last_error("FlsAlloc");
        return made;
    }
    static void delete_key(key k) noexcept { FlsFree(k); }
    static void* get(key k) noexcept { return FlsGetValue(k); }
    static result<void> set(key k, void* value) noexcept { return checked(FlsSetValue(k, value), "FlsSetValue"); }
};

}  // namespace vitte::sys::win32
