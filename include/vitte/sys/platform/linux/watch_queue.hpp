/// What happens in folders (inotify(7)).
#pragma once

#include <sys/inotify.h>

#include <vitte/sys/platform/posix/pipe_end.hpp>

namespace vitte::sys::linux_os {

class watch_queue {
public:
    static constexpr bool watches_trees = false;

    result<void> open() noexcept {
        queue_ = posix::above_streams(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
        if (queue_ == -1) return posix::last_error("inotify_init1");
        return {};
    }
    void close() noexcept {
        if (queue_ != -1) ::close(queue_);
        queue_ = -1;
    }
    int native_handle() const noexcept { return queue_; }
    result<std::uint32_t> add(const char* path, bool) noexcept {
        constexpr std::uint32_t what = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM |
                                       IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;
        const int made = ::inotify_add_watch(queue_, path, what);
        if (made == -1) return posix::last_error("inotify_add_watch");
        return static_cast<std::uint32_t>(made);
    }
    void remove(std::uint32_t folder) noexcept { ::inotify_rm_watch(queue_, static_cast<int>(folder)); }

    result<bool> next(folder_change& to) noexcept {
        if (at_ == size_) {
            const ssize_t got = ::read(queue_, buffer_, sizeof buffer_);
            if (got == -1 && errno == EAGAIN) return false;
            if (got == -1) return posix::last_error("read inotify");
            at_ = 0;
            size_ = static_cast<std::size_t>(got);
        }
        inotify_event event;
        __builtin_memcpy(&event, buffer_ + at_, sizeof event);
        to = {};
        to.folder = static_cast<std::uint32_t>(event.wd);
        if (event.len != 0) to.name = reinterpret_cast<const char*>(buffer_ + at_ + sizeof event);
        at_ += sizeof event + event.len;
        if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) to.changes |= watch_created;
        if ((event.mask & (IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
            to.changes |= watch_removed;
        if ((event.mask & (IN_MODIFY | IN_CLOSE_WRITE)) != 0) to.changes |= watch_modified;
        if ((event.mask & IN_ATTRIB) != 0) to.changes |= watch_attributes;
        if ((event.mask & IN_Q_OVERFLOW) != 0) to.changes = watch_overflow;
        to.is_folder = (event.mask & IN_ISDIR) != 0;
        to.may_replace = (event.mask & IN_MOVED_TO) != 0;
        to.watch_ended = (event.mask & IN_IGNORED) != 0;
        return true;
    }
    result<void> wait(std::int64_t until) noexcept { return posix::wait_readable(queue_, until); }

private:
    int queue_ = -1;
    std::size_t at_ = 0, size_ = 0;
    alignas(inotify_event) std::byte buffer_[16'384];
};

}  // namespace vitte::sys::linux_os
