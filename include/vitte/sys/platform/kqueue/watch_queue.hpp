/// What happens to open files and folders (kqueue(2), EVFILT_VNODE). The kernel tells that a folder has other entries,
/// not which.
#pragma once

#include <sys/event.h>

#include <vitte/sys/platform/posix/pipe_end.hpp>

namespace vitte::sys::kqueue_os {

class watch_queue {
public:
    static constexpr bool watches_trees = false;
    static constexpr bool only_itself = true;

    result<void> open() noexcept {
        queue_ = posix::above_streams(::kqueue());
        if (queue_ == -1) return posix::last_error("kqueue");
        return {};
    }
    /// The files that are still watched are closed by `remove`, before.
    void close() noexcept {
        if (queue_ != -1) ::close(queue_);
        queue_ = -1;
    }
    int native_handle() const noexcept { return queue_; }
    /// The number is that of a descriptor, which is open as long as it is watched.
    result<std::uint32_t> add(const char* path, bool) noexcept {
#if defined(O_EVTONLY)
        constexpr int how = O_EVTONLY | O_CLOEXEC;
#else
        constexpr int how = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
#endif
        const int file = posix::above_streams(::open(path, how));
        if (file == -1) return posix::last_error("open");
        struct kevent asked;
        EV_SET(&asked, static_cast<std::uintptr_t>(file), EVFILT_VNODE, EV_ADD | EV_CLEAR,
               NOTE_DELETE | content | NOTE_ATTRIB | NOTE_RENAME, 0, 0);
        if (::kevent(queue_, &asked, 1, nullptr, 0, nullptr) != -1) return static_cast<std::uint32_t>(file);
        const auto refused = posix::last_error("kevent");
        ::close(file);
        return refused;
    }
    void remove(std::uint32_t number) noexcept { ::close(static_cast<int>(number)); }

    result<bool> next(folder_change& to) noexcept {
        const timespec at_once{};
        struct kevent told;
        const int count = ::kevent(queue_, nullptr, 0, &told, 1, &at_once);
        if (count == -1) return posix::last_error("kevent");
        if (count == 0) return false;
        to = {};
        to.folder = static_cast<std::uint32_t>(told.ident);
        if ((told.fflags & (NOTE_DELETE | NOTE_RENAME)) != 0) to.changes |= watch_removed;
        if ((told.fflags & content) != 0) to.changes |= watch_modified;
        if ((told.fflags & NOTE_ATTRIB) != 0) to.changes |= watch_attributes;
        return true;
    }
    /// A kqueue is readable when there is something in it.
    result<void> wait(std::int64_t until) noexcept { return posix::wait_readable(queue_, until); }

private:
#if defined(NOTE_TRUNCATE)
    static constexpr unsigned content = NOTE_WRITE | NOTE_EXTEND | NOTE_TRUNCATE;
#else
    static constexpr unsigned content = NOTE_WRITE | NOTE_EXTEND;  // files that are cut off are NOTE_ATTRIB
#endif
    int queue_ = -1;
};

}  // namespace vitte::sys::kqueue_os
