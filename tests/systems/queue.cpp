// kqueue(2) over epoll, inotify and descriptors of processes: EVFILT_READ, EVFILT_WRITE, EVFILT_VNODE, EVFILT_PROC with
// NOTE_EXIT, and EVFILT_USER where there is one.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host.hpp"

using namespace systems;

namespace {

struct watched {
    int file;
    std::uint32_t wanted;  // NOTE_…
    int number;            // of inotify
    bool is_folder;
    off_t size;
    std::uint32_t happened = 0;
    std::uint64_t since = 0;  // what happened first is told first
    bool deleted = false;
    int truncations = 0;  // whose events are still to come
};
struct expected_exit {
    int process;
    int descriptor;
};

/// What a filter was added with.
struct filter {
    std::uint32_t flags;
    decltype(kevent::udata) data;
};
/// The filters for one direction, each in an epoll.
struct direction {
    int epoll = -1;
    std::map<int, filter> all;
};
/// An event of EVFILT_USER.
struct user_event {
    std::uintptr_t number;
    filter how;
    bool triggered = false;
};

/// Its own descriptor is an epoll's, which is readable when there may be something.
struct queue {
    int epoll = -1, changes = -1, more = -1;  // the last is readable while something is left over
    std::vector<watched> files;
    std::vector<expected_exit> processes;
    direction reads, writes;
    std::vector<user_event> users;

    void add(int descriptor) const {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.fd = descriptor;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &wanted);
    }
    void end() {
        for (const expected_exit& one : processes) ::close(one.descriptor);
        for (const int one : {changes, more, reads.epoll, writes.epoll}) ::close(one);
    }
};

struct every_queue {
    std::mutex lock;
    std::map<int, queue> all;
    std::atomic<std::size_t> count = 0;
};
const pid_t owner = ::getpid();  // children do not inherit queues, and those of vfork change nothing of their parents
every_queue& queues() {
    static every_queue all;
    return all;
}

bool same_file(int a, int b) {
    struct stat s, t;
    return ::fstat(a, &s) == 0 && ::fstat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/// What happened to a file, as the system calls it.
std::uint32_t notes_of(watched& one, const inotify_event& event) {
    std::uint32_t notes = 0;
    if (one.is_folder) {
        if ((event.mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
            notes |= TARGET_NOTE_WRITE;
            if ((event.mask & IN_ISDIR) != 0) notes |= TARGET_NOTE_LINK;
        }
        if (event.len != 0) return notes;
    } else if ((event.mask & IN_MODIFY) != 0) {
        struct stat now {};
        ::fstat(one.file, &now);
        if (one.truncations > 0) {
            --one.truncations;
#if defined(TARGET_NOTE_TRUNCATE)
            notes |= here.truncation_has_a_note ? TARGET_NOTE_TRUNCATE : TARGET_NOTE_ATTRIB;
#else
            notes |= TARGET_NOTE_ATTRIB;
#endif
        } else {
            notes |= TARGET_NOTE_WRITE;
            if (now.st_size > one.size) notes |= TARGET_NOTE_EXTEND;
        }
        one.size = now.st_size;
    }
    if ((event.mask & IN_ATTRIB) != 0) notes |= TARGET_NOTE_ATTRIB;
    if ((event.mask & IN_MOVE_SELF) != 0) notes |= TARGET_NOTE_RENAME;
    return notes;
}

void activate(watched& one, std::uint32_t notes) {
    static std::uint64_t count = 0;
    notes &= one.wanted;
    if (one.happened == 0 && notes != 0) one.since = ++count;
    one.happened |= notes;
}

/// By another process: only when it was the last name.
void note_deletion(watched& one) {
    struct stat now {};
    if (one.deleted || ::fstat(one.file, &now) == -1 || now.st_nlink != 0) return;
    one.deleted = true;
    activate(one, TARGET_NOTE_DELETE);
}

/// Takes what inotify tells.
void look(queue& of) {
    alignas(inotify_event) char buffer[16384];
    for (ssize_t got; (got = ::read(of.changes, buffer, sizeof buffer)) > 0;)
        for (ssize_t at = 0; at < got;) {
            const auto& event = *reinterpret_cast<const inotify_event*>(buffer + at);
            at += static_cast<ssize_t>(sizeof event + event.len);
            for (watched& one : of.files)
                // A kqueue has no limit: what may have happened is told there.
                if ((event.mask & IN_Q_OVERFLOW) != 0) activate(one, TARGET_NOTE_WRITE);
                else if (one.number == event.wd) activate(one, notes_of(one, event));
        }
    for (watched& one : of.files) note_deletion(one);
    std::uint64_t count;
    static_cast<void>(!::read(of.more, &count, sizeof count));
}

bool has_ended(int descriptor) {
    pollfd asked{descriptor, POLLIN, 0};
    return ::poll(&asked, 1, 0) == 1;
}

std::uint32_t wanted_events(bool reads, std::uint32_t flags) {
    return (reads ? EPOLLIN | EPOLLRDHUP : EPOLLOUT) | ((flags & TARGET_EV_CLEAR) != 0 ? EPOLLET : 0u);
}
/// Which filters of `in` are active. One shots are taken away.
kevent_count collect_ready(direction& in, bool reads, struct kevent* to, kevent_count room) {
    if (room == 0 || in.all.empty()) return 0;
    std::vector<epoll_event> ready(std::min<std::size_t>(static_cast<std::size_t>(room), in.all.size()));
    const int count = ::epoll_wait(in.epoll, ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& active = ready[static_cast<std::size_t>(i)];
        const int file = active.data.fd;
        const auto one = in.all.find(file);
        const bool failed = (active.events & EPOLLERR) != 0;
        struct kevent& made = to[i] = {};
        made.ident = static_cast<std::uintptr_t>(file);
        made.filter = reads ? TARGET_EVFILT_READ : TARGET_EVFILT_WRITE;
        made.flags = static_cast<decltype(made.flags)>(one->second.flags);
        made.udata = one->second.data;
        if (failed || (active.events & (EPOLLHUP | EPOLLRDHUP)) != 0) made.flags |= TARGET_EV_EOF;
        if (failed) made.fflags = TARGET_EIO;  // what has failed would not be told again
        if ((made.flags & TARGET_EV_ONESHOT) == 0) continue;
        ::epoll_ctl(in.epoll, EPOLL_CTL_DEL, file, nullptr);
        in.all.erase(one);
    }
    return static_cast<kevent_count>(std::max(count, 0));
}
#if defined(TARGET_EVFILT_USER)
kevent_count collect_users(queue& from, struct kevent* to, kevent_count room) {
    kevent_count count = 0;
    const std::uint64_t one_more = 1;
    for (user_event& one : from.users) {
        if (!one.triggered) continue;
        if (count == room) return static_cast<void>(!::write(from.more, &one_more, sizeof one_more)), count;
        struct kevent& made = to[count++] = {};
        made.ident = one.number;
        made.filter = TARGET_EVFILT_USER;
        made.flags = static_cast<decltype(made.flags)>(one.how.flags);
        made.udata = one.how.data;
        one.triggered = (one.how.flags & TARGET_EV_CLEAR) == 0;
    }
    return count;
}
#endif

kevent_count collect(queue& from, struct kevent* to, kevent_count room) {
    look(from);
    kevent_count count = 0;
    std::vector<watched*> active;
    for (watched& one : from.files)
        if (one.happened != 0) active.push_back(&one);
    std::sort(active.begin(), active.end(), [](const watched* a, const watched* b) { return a->since < b->since; });
    for (watched* const each : active) {
        if (count == room) break;
        watched& one = *each;
        struct kevent& made = to[count++] = {};
        made.ident = static_cast<std::uintptr_t>(one.file);
        made.filter = TARGET_EVFILT_VNODE;
        made.flags = TARGET_EV_CLEAR;
        made.fflags = one.happened;
        one.happened = 0;
    }
    for (auto one = from.processes.begin(); one != from.processes.end() && count < room;) {
        if (!has_ended(one->descriptor)) {
            ++one;
            continue;
        }
        struct kevent& made = to[count++] = {};
        made.ident = static_cast<std::uintptr_t>(one->process);
        made.filter = TARGET_EVFILT_PROC;
        made.flags = TARGET_EV_ONESHOT | TARGET_EV_EOF;
        made.fflags = TARGET_NOTE_EXIT;
        ::close(one->descriptor);
        one = from.processes.erase(one);
    }
#if defined(TARGET_EVFILT_USER)
    count += collect_users(from, to + count, room - count);
#endif
    count += collect_ready(from.reads, true, to + count, room - count);
    count += collect_ready(from.writes, false, to + count, room - count);
    const std::uint64_t one_more = 1;
    if (active.size() > static_cast<std::size_t>(room)) static_cast<void>(!::write(from.more, &one_more, sizeof one_more));
    return count;
}

/// An error of the system, or 0.
int watch_file(queue& in, const struct kevent& change) {
    constexpr unsigned known = TARGET_NOTE_DELETE | TARGET_NOTE_WRITE | TARGET_NOTE_EXTEND | TARGET_NOTE_ATTRIB |
                               TARGET_NOTE_LINK | TARGET_NOTE_RENAME | TARGET_NOTE_REVOKE
#if defined(TARGET_NOTE_TRUNCATE)
                               | TARGET_NOTE_TRUNCATE
#endif
        ;
    const int file = static_cast<int>(change.ident);
    struct stat now;
    if (::fstat(file, &now) == -1) return TARGET_EBADF;
    if ((change.fflags & ~known) != 0) return TARGET_EINVAL;
    const bool is_folder = S_ISDIR(now.st_mode);
    const std::uint32_t mask = (is_folder ? IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO : IN_MODIFY) | IN_ATTRIB |
                               IN_MOVE_SELF | IN_DELETE_SELF;
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    const int number = ::inotify_add_watch(in.changes, path.c_str(), mask);
    if (number == -1) return target_error(errno);
    std::erase_if(in.files, [&](const watched& one) { return one.file == file; });
    in.files.push_back({file, change.fflags, number, is_folder, now.st_size});
    return 0;
}
int watch_process(queue& in, const struct kevent& change) {
    if (change.fflags != TARGET_NOTE_EXIT) return TARGET_EINVAL;
    const auto process = static_cast<int>(change.ident);
    if (const long failed = setting("VITTE_EVFILT_PROC_ERROR", 0); failed != 0) return static_cast<int>(failed);
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (descriptor == -1) return target_error(errno == EINVAL ? ESRCH : errno);
    if (!here.zombies_are_found && has_ended(descriptor)) return ::close(descriptor), TARGET_ESRCH;
    in.processes.push_back({process, descriptor});
    in.add(descriptor);
    return 0;
}
/// A filter that is there already keeps its flags (kqueue_register in kern_event.c).
int watch_direction(direction& in, bool reads, const struct kevent& change) {
    const int file = static_cast<int>(change.ident);
    if (::fcntl(file, F_GETFD) == -1) return TARGET_EBADF;
    const auto there = in.all.find(file);
    if ((change.flags & TARGET_EV_DELETE) != 0) {
        if (there == in.all.end()) return TARGET_ENOENT;
        ::epoll_ctl(in.epoll, EPOLL_CTL_DEL, file, nullptr);
        in.all.erase(there);
        return 0;
    }
    if ((change.flags & TARGET_EV_ADD) == 0) return TARGET_EINVAL;  // nobody asks for more yet
    if (const long failed = setting("VITTE_EVFILT_WRITE_ERROR", 0); !reads && failed != 0) return static_cast<int>(failed);
    const bool is_new = there == in.all.end();
    constexpr std::uint32_t kept = TARGET_EV_CLEAR | TARGET_EV_ONESHOT;
    const std::uint32_t flags = is_new ? change.flags & kept : there->second.flags;
    epoll_event wanted{};
    wanted.events = wanted_events(reads, flags);
    wanted.data.fd = file;
    if (::epoll_ctl(in.epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, file, &wanted) == -1) return target_error(errno);
    in.all[file] = {flags, change.udata};
    return 0;
}
#if defined(TARGET_EVFILT_USER)
int change_user(queue& in, const struct kevent& change) {
    auto one = std::find_if(in.users.begin(), in.users.end(), [&](auto& each) { return each.number == change.ident; });
    if (one == in.users.end()) {
        if ((change.flags & TARGET_EV_ADD) == 0) return TARGET_ENOENT;
        const std::uint32_t flags = change.flags & TARGET_EV_CLEAR;
        one = in.users.insert(one, {change.ident, {flags, change.udata}});
    }
    if ((change.fflags & TARGET_NOTE_TRIGGER) == 0) return 0;
    one->triggered = true;
    const std::uint64_t one_more = 1;
    static_cast<void>(!::write(in.more, &one_more, sizeof one_more));
    return 0;
}
#endif
int apply(queue& in, const struct kevent& change) {
    if (change.filter == TARGET_EVFILT_READ) return watch_direction(in.reads, true, change);
    if (change.filter == TARGET_EVFILT_WRITE) return watch_direction(in.writes, false, change);
#if defined(TARGET_EVFILT_USER)
    if (change.filter == TARGET_EVFILT_USER) return change_user(in, change);
#endif
    if ((change.flags & TARGET_EV_ADD) == 0) return TARGET_EINVAL;  // nobody asks for more yet
    if (change.filter == TARGET_EVFILT_VNODE) return watch_file(in, change);
    if (change.filter == TARGET_EVFILT_PROC) return watch_process(in, change);
    return TARGET_EINVAL;
}

std::int64_t now() {
    timespec t;
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

namespace systems {

void forget_watched(int file) {
    if (owner != ::getpid() || queues().count == 0) return;
    const std::lock_guard hold(queues().lock);
    if (const auto own = queues().all.find(file); own != queues().all.end()) {
        own->second.end();
        queues().all.erase(own);
        --queues().count;
    }
    for (auto& [number, each] : queues().all) {
        for (direction* const one : {&each.reads, &each.writes})
            if (one->all.erase(file) != 0) ::epoll_ctl(one->epoll, EPOLL_CTL_DEL, file, nullptr);
        const auto gone = std::find_if(each.files.begin(), each.files.end(), [&](auto& one) { return one.file == file; });
        if (gone == each.files.end()) continue;
        const int watch = gone->number;
        each.files.erase(gone);
        if (std::none_of(each.files.begin(), each.files.end(), [&](auto& one) { return one.number == watch; }))
            ::inotify_rm_watch(each.changes, watch);
    }
}
void note_truncated(int file) {
    if (owner != ::getpid() || queues().count == 0) return;
    const std::lock_guard hold(queues().lock);
    for (auto& [number, each] : queues().all)
        for (watched& one : each.files)
            if (!one.is_folder && same_file(one.file, file)) ++one.truncations;
}
/// Linux tells nothing of folders that are removed while they are open, nor of files that have other names.
void note_removal(const struct stat& of) {
    if (of.st_ino == 0 || owner != ::getpid() || queues().count == 0) return;
    const std::lock_guard hold(queues().lock);
    const std::uint64_t one_more = 1;
    for (auto& [number, each] : queues().all) {
        look(each);
        for (watched& one : each.files) {
            struct stat now {};
            if (::fstat(one.file, &now) == -1 || now.st_ino != of.st_ino || now.st_dev != of.st_dev) continue;
            one.deleted = true;
            activate(one, TARGET_NOTE_DELETE);
        }
        static_cast<void>(!::write(each.more, &one_more, sizeof one_more));
    }
}

}  // namespace systems

extern "C" {

int target_kqueue() {
    queue made;
    made.epoll = ::epoll_create1(EPOLL_CLOEXEC);
    made.changes = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    made.more = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made.reads.epoll = ::epoll_create1(EPOLL_CLOEXEC);
    made.writes.epoll = ::epoll_create1(EPOLL_CLOEXEC);
    const int all[] = {made.epoll, made.changes, made.more, made.reads.epoll, made.writes.epoll};
    if (std::find(std::begin(all), std::end(all), -1) != std::end(all)) {
        for (const int one : all)
            if (one != -1) ::close(one);
        return refuse(TARGET_EMFILE);
    }
    for (const int one : std::span(all).subspan(1)) made.add(one);
    const std::lock_guard hold(queues().lock);
    queues().all[made.epoll] = made;
    ++queues().count;
    return made.epoll;
}

int target_kevent(int number, const struct kevent* changes, kevent_count change_count, struct kevent* to,
                  kevent_count room, const struct timespec* timeout) {
    if (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec > 999'999'999))
        return refuse(TARGET_EINVAL);
    const std::int64_t until =
        timeout == nullptr ? INT64_MAX
        : timeout->tv_sec > 1'000'000'000 ? INT64_MAX
                                          : now() + std::int64_t{timeout->tv_sec} * 1'000'000'000 + timeout->tv_nsec;
    kevent_count errors = 0;
    {
        const std::lock_guard hold(queues().lock);
        const auto own = queues().all.find(number);
        if (own == queues().all.end()) return refuse(TARGET_EBADF);
        for (kevent_count i = 0; i < change_count; ++i) {
            const struct kevent change = changes[i];  // which may be where its answer comes
            const int failed = apply(own->second, change);
            if (failed == 0 && (change.flags & TARGET_EV_RECEIPT) == 0) continue;
            if (errors == room) return refuse(failed);
            to[errors] = change;
            to[errors].flags = TARGET_EV_ERROR;
            to[errors++].data = failed;
        }
    }
    if (errors > 0 || room == 0) return static_cast<int>(errors);
    for (;;) {
        kevent_count count;
        {
            const std::lock_guard hold(queues().lock);
            const auto own = queues().all.find(number);
            if (own == queues().all.end()) return refuse(TARGET_EBADF);
            count = collect(own->second, to, room);
        }
        if (count > 0) {
            // By the time that somebody sees what is told others may have changed it.
            if ((to->flags & TARGET_EV_ONESHOT) != 0)
                if (const long pause = setting("VITTE_KEVENT_PAUSE", 0); pause != 0)
                    ::usleep(static_cast<useconds_t>(pause));
            return static_cast<int>(count);
        }
        const std::int64_t left = until == INT64_MAX ? INT64_MAX : until - now();
        if (left <= 0) return 0;
        epoll_event any;
        const int ready = ::epoll_wait(number, &any, 1, left == INT64_MAX ? -1 : static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 1'000'000)));
        if (ready == -1) return told(-1);
    }
}

}  // extern "C"
