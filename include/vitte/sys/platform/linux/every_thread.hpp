/// A function called in every thread of the process, for what only the thread itself can do: by a signal (signal(7)).
#pragma once

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vitte/core/growing_array.hpp>
#include <vitte/sys/platform/linux/threads.hpp>

namespace vitte::sys::linux_os {

struct every_thread {
    using function = void (*)(void*);

    /// Calls `work(context)` in all threads, one after another, this one last; for one caller at a time. The threads'
    /// calls of the OS may end with `errc::interrupted`. `errc::busy` if a thread blocks the signal for a second,
    /// `errc::timed_out` if one does not run for so long, `errc::out_of_handles` if the program uses all real-time
    /// signals; some may have made the call.
    static result<void> run(function work, void* context) noexcept {
        growing_array<pid_t> reached;
        result<void> done = reached.push_back(static_cast<pid_t>(::syscall(SYS_gettid)));
        for (std::size_t known = 0; done && known != reached.size();) {
            known = reached.size();
            done = for_each_thread([&](pid_t thread) -> result<void> {
                for (const pid_t k : reached)
                    if (k == thread) return {};
                VITTE_CHECK(reached.push_back(std::move(thread)));
                return run_in(thread, work, context);
            });
        }
        if (number != 0) give_back_signal();
        VITTE_CHECK(done);
        work(context);
        return {};
    }

private:
    /// A thread that blocks this signal, too, is being made by the C library. If that lasts it is one of the kernel's.
    static constexpr int first_of_libc = 32;
    struct job {
        function work;
        void* context;
        std::uint32_t finished = 0;
    };

    template <class Visit>
    static result<void> for_each_thread(Visit visit) noexcept {
        DIR* const folder = ::opendir("/proc/self/task");
        if (folder == nullptr) return posix::last_error("open /proc/self/task");
        result<void> done;
        while (const dirent* const entry = done ? ::readdir(folder) : nullptr)
            if (entry->d_name[0] != '.') done = visit(static_cast<pid_t>(::atoi(entry->d_name)));
        ::closedir(folder);
        return done;
    }

    static result<void> run_in(pid_t thread, function work, void* context) noexcept {
        if (number == 0) {
            VITTE_CHECK(take_signal());
        }
        static job current;  // which a late handler may still look at
        const std::int64_t begun = posix::clocks::monotonic(), until = begun + 1'000'000'000;
        for (std::uint64_t blocked; ((blocked = blocked_by(thread)) >> (number - 1) & 1) != 0; ::usleep(100)) {
            const std::int64_t now = posix::clocks::monotonic();
            const bool of_kernel = (blocked >> (first_of_libc - 1) & 1) != 0;
            if (now - begun > 100'000'000 && (of_kernel || is_emulated())) return {};
            if (now >= until) return fail(errc::busy, "signal a thread that blocks signals");
        }
        current = {work, context};
        __atomic_store_n(&pending, &current, __ATOMIC_RELEASE);
        if (::syscall(SYS_tgkill, ::getpid(), thread, number) == -1) return {};  // it has ended
        while (__atomic_load_n(&current.finished, __ATOMIC_ACQUIRE) == 0) {
            const std::int64_t now = posix::clocks::monotonic();
            if (::syscall(SYS_tgkill, ::getpid(), thread, 0) == -1) return {};
            if (now >= until) return fail(errc::timed_out, "wait for a thread to handle a signal");
            static_cast<void>(threads::wait(&current.finished, 0, now + 10'000'000));
        }
        return {};
    }

    static void handle(int signal) noexcept {
        if (signal != number) return;  // of an earlier call that did not wait for it
        job* const mine = __atomic_exchange_n(&pending, nullptr, __ATOMIC_ACQ_REL);
        if (mine == nullptr) return;
        const int before = errno;
        mine->work(mine->context);
        __atomic_store_n(&mine->finished, 1, __ATOMIC_RELEASE);
        threads::wake_all(&mine->finished);
        errno = before;
    }

    /// The highest signal that nobody handles.
    static result<void> take_signal() noexcept {
        for (int candidate = SIGRTMAX; candidate >= SIGRTMIN; --candidate) {
            struct sigaction now;
            if (::sigaction(candidate, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
            struct sigaction wanted {};
            wanted.sa_handler = handle;
            wanted.sa_flags = SA_RESTART | SA_ONSTACK;
            VITTE_CHECK(posix::checked(::sigaction(candidate, &wanted, nullptr), "sigaction"));
            number = candidate;
            if (::raise(candidate) == 0) return {};
            ::signal(candidate, SIG_DFL);  // emulators lack some
        }
        number = 0;
        return fail(errc::out_of_handles, "find a real-time signal that is free");
    }
    /// After a failure one may still come, which would end the program.
    static void give_back_signal() noexcept {
        if (__atomic_load_n(&pending, __ATOMIC_ACQUIRE) == nullptr) ::signal(number, SIG_DFL);
        number = 0;
    }
    /// SigBlk of /proc/pid/status (proc(5)).
    static std::uint64_t blocked_by(pid_t thread) noexcept {
        char path[64], line[256];
        ::snprintf(path, sizeof path, "/proc/self/task/%d/status", thread);
        FILE* const status = ::fopen(path, "re");
        if (status == nullptr) return 0;
        unsigned long long mask = 0;
        while (::fgets(line, sizeof line, status) != nullptr)
            if (::sscanf(line, "SigBlk: %llx", &mask) == 1) break;
        ::fclose(status);
        return mask;
    }

    /// Whether this program runs in qemu's user mode, which has threads of its own. It knows only one of the two names.
    static bool is_emulated() noexcept {
        char self[256], thread[256];
        const ssize_t a = ::readlink("/proc/self/exe", self, sizeof self);
        const ssize_t b = ::readlink("/proc/thread-self/exe", thread, sizeof thread);
        return a > 0 && b > 0 && (a != b || ::memcmp(self, thread, static_cast<std::size_t>(a)) != 0);
    }

    static inline job* pending = nullptr;
    static inline int number = 0;
};

}  // namespace vitte::sys::linux_os
