/// The ways in which a process of Windows ends: `exit`, Ctrl-C and its like, and exceptions that nobody handles.
#pragma once

#include <cstdlib>
#include <utility>
#include <vitte/sys/platform/win32/error.hpp>

namespace vitte::sys::win32 {

/// Has something put back before the process ends. Handlers from before are called, too. For one thread at a time.
class console_ends {
public:
    using action = void (*)() noexcept;

    static result<void> watch(action undo) noexcept {
        if (undo_ == nullptr && std::atexit(at_exit) != 0) return fail(errc::out_of_memory, "atexit");
        undo_ = undo;
        if (watching_) return {};
        VITTE_CHECK(checked(SetConsoleCtrlHandler(interrupted, 1), "SetConsoleCtrlHandler"));
        before_ = SetUnhandledExceptionFilter(failed_badly);
        watching_ = true;
        return {};
    }
    static void unwatch() noexcept {
        if (!std::exchange(watching_, false)) return;
        SetConsoleCtrlHandler(interrupted, 0);
        const auto now = SetUnhandledExceptionFilter(before_);
        if (now != failed_badly) SetUnhandledExceptionFilter(now);
    }

private:
    static void at_exit() { undo_(); }
    static int interrupted(unsigned long) {
        undo_();
        return 0;  // and whoever is next
    }
    static long failed_badly(_EXCEPTION_POINTERS* what) {
        undo_();
        return before_ != nullptr ? before_(what) : 0;
    }

    using filter = long (*)(_EXCEPTION_POINTERS*);

    static inline constinit action undo_ = nullptr;
    static inline constinit filter before_ = nullptr;
    static inline constinit bool watching_ = false;
};

}  // namespace vitte::sys::win32
