// Descriptors, files and folders.
#include <stdarg.h>

#include <algorithm>
#include <cstring>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "disk_call.hpp"
#include "host.hpp"

using namespace systems;

void (*target_disk_watcher)(const target_disk_call&) = nullptr;

namespace {

/// Tells of a call that has not failed; what it returned.
template <class Result>
Result seen(Result returned, target_disk_call call) {
    if (target_disk_watcher == nullptr || returned == static_cast<Result>(-1)) return returned;
    if (call.what == target_disk_call::opened) call.made = static_cast<int>(returned);
    if (call.what == target_disk_call::written) call.size = static_cast<std::size_t>(returned);
    target_disk_watcher(call);
    return returned;
}

/// What is there, which is not followed; zeros if nothing is.
struct stat at(int folder, const char* path) {
    struct stat s {};
    if (::fstatat(host_folder(folder), path, &s, AT_SYMLINK_NOFOLLOW) == -1) s = {};
    return s;
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
    const int in = host_folder(folder);
    const auto bits = host_open_flags(flags);
    if (!bits) return refuse(TARGET_EINVAL);
    const int opened = ::openat(in, path, *bits, mode);
    if (opened != -1) {
        if ((*bits & O_TRUNC) != 0) note_truncated(opened);
        return seen(opened, {.what = target_disk_call::opened, .file = folder, .path = path, .flags = flags});
    }
    // Linux says ENOTDIR of links with O_DIRECTORY, too.
    const int failed = errno;
    if ((*bits & O_NOFOLLOW) != 0 && (failed == ELOOP || failed == ENOTDIR) && S_ISLNK(at(folder, path).st_mode))
        return refuse(here.link_not_followed);
    errno = failed;
    return told(-1);
}

/// A size that the system does not transfer at once.
bool is_too_much(std::size_t size) { return size > (here.files_at_most_int ? INT_MAX : SSIZE_MAX); }

std::size_t total(const struct iovec* slices, int count) {
    std::size_t sum = 0;
    for (int i = 0; i < count; ++i) sum += slices[i].iov_len;
    return sum;
}

int host_at_flags(int flags, int& made) {
    static constexpr pair known[] = {PAIR(AT_SYMLINK_NOFOLLOW), PAIR(AT_SYMLINK_FOLLOW), PAIR(AT_REMOVEDIR)};
    const auto bits = host_bits(known, flags);
    if (!bits) return refuse(TARGET_EINVAL);
    return made = *bits, 0;
}

timespec time_of(const statx_timestamp& from) {
    timespec made{};
    made.tv_sec = from.tv_sec;
    made.tv_nsec = from.tv_nsec;
    return made;
}

int tell(int in, const char* path, int flags, target_file_info* to) {
    struct statx s;
    if (::statx(in, path, flags, STATX_BASIC_STATS | STATX_BTIME, &s) == -1) return told(-1);
    *to = {};
    to->st_dev = static_cast<decltype(to->st_dev)>(makedev(s.stx_dev_major, s.stx_dev_minor));
    to->st_ino = s.stx_ino;
    to->st_mode = s.stx_mode;
    to->st_nlink = static_cast<decltype(to->st_nlink)>(s.stx_nlink);
    to->st_uid = s.stx_uid;
    to->st_gid = s.stx_gid;
    to->st_size = static_cast<std::int64_t>(s.stx_size);
    to->st_blocks = static_cast<std::int64_t>(s.stx_blocks);
#if defined(TARGET_DARWIN)
    to->st_atimespec = time_of(s.stx_atime);
    to->st_mtimespec = time_of(s.stx_mtime);
    to->st_ctimespec = time_of(s.stx_ctime);
    to->st_birthtimespec = time_of(s.stx_btime);
#else
    to->st_atim = time_of(s.stx_atime);
    to->st_mtim = time_of(s.stx_mtime);
    to->st_ctim = time_of(s.stx_ctime);
#if defined(TARGET_FREEBSD) || defined(TARGET_NETBSD)
    to->st_birthtim = time_of(s.stx_btime);
#endif
#endif
    return 0;
}

/// UTIME_NOW and UTIME_OMIT have other numbers.
struct host_times {
    timespec both[2];
    const timespec* pointer = nullptr;

    explicit host_times(const timespec* from) {
        if (from == nullptr) return;
        pointer = both;
        for (int i = 0; i < 2; ++i) {
            both[i] = from[i];
            if (from[i].tv_nsec == TARGET_UTIME_NOW) both[i].tv_nsec = UTIME_NOW;
            else if (from[i].tv_nsec == TARGET_UTIME_OMIT) both[i].tv_nsec = UTIME_OMIT;
            else if (from[i].tv_nsec < 0 || from[i].tv_nsec > 999'999'999) both[i].tv_nsec = -12345;
        }
    }
};

}  // namespace

extern "C" {

int target_open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & TARGET_O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(TARGET_AT_FDCWD, path, flags, mode);
}
int target_openat(int in, const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & TARGET_O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(in, path, flags, mode);
}
int target_close(int file) {
    forget_watched(file);
    return seen(told(::close(file)), {.what = target_disk_call::closed, .file = file});
}
ssize_t target_read(int file, void* to, size_t size) {
    return is_too_much(size) ? refuse<ssize_t>(TARGET_EINVAL) : told(::read(file, to, size));
}
ssize_t target_write(int file, const void* from, size_t size) {
    if (is_too_much(size)) return refuse<ssize_t>(TARGET_EINVAL);
    return seen(told(::write(file, from, size)), {.what = target_disk_call::written, .file = file, .data = from});
}
ssize_t target_pread(int file, void* to, size_t size, off_t at) {
    return is_too_much(size) ? refuse<ssize_t>(TARGET_EINVAL) : told(::pread(file, to, size, at));
}
ssize_t target_pwrite(int file, const void* from, size_t size, off_t at) {
    if (is_too_much(size)) return refuse<ssize_t>(TARGET_EINVAL);
    return seen(told(::pwrite(file, from, size, at)),
                {.what = target_disk_call::written, .file = file, .data = from, .offset = at});
}
ssize_t target_readv(int file, const struct iovec* slices, int count) {
    if (count < 1 || count > 1024 || is_too_much(total(slices, count))) return refuse<ssize_t>(TARGET_EINVAL);
    return told(::readv(file, slices, count));
}
ssize_t target_writev(int file, const struct iovec* slices, int count) {
    if (count < 1 || count > 1024 || is_too_much(total(slices, count))) return refuse<ssize_t>(TARGET_EINVAL);
    return told(::writev(file, slices, count));
}
off_t target_lseek(int file, off_t to, int whence) {
#if defined(TARGET_SEEK_DATA)
    if (whence == TARGET_SEEK_DATA) whence = SEEK_DATA;
    else if (whence == TARGET_SEEK_HOLE) whence = SEEK_HOLE;
    else if (whence > SEEK_END) return refuse<off_t>(TARGET_EINVAL);
#else
    if (whence > SEEK_END) return refuse<off_t>(TARGET_EINVAL);
#endif
    return told(::lseek(file, to, whence));
}
int target_fsync(int file) {
    return seen(told(::fsync(file)), {.what = target_disk_call::synced, .file = file});
}
int target_fdatasync(int file) { return told(::fdatasync(file)); }
int target_posix_fallocate(int file, off_t at, off_t size) {
    const int failed = ::posix_fallocate(file, at, size);
    return failed == 0 ? 0 : target_error(failed);
}
ssize_t target_copy_file_range(int from, off_t* from_at, int to, off_t* to_at, size_t size, unsigned flags) {
    if (flags != 0) return refuse<ssize_t>(TARGET_EINVAL);
    // It may copy less than it is told; here it does.
    return told(::copy_file_range(from, from_at, to, to_at, std::min<size_t>(size, 1 << 16), 0));
}
int target_flock(int file, int how) { return told(::flock(file, how)); }  // LOCK_SH and so on are the same everywhere

int target_fcntl(int file, int command, ...) {
    va_list more;
    va_start(more, command);
    const long argument = va_arg(more, long);
    va_end(more);
    const int number = static_cast<int>(argument);
    switch (command) {
        case TARGET_F_DUPFD: return told(::fcntl(file, F_DUPFD, number));
        case TARGET_F_DUPFD_CLOEXEC: return told(::fcntl(file, F_DUPFD_CLOEXEC, number));
        case TARGET_F_GETFD: return told(::fcntl(file, F_GETFD));
        case TARGET_F_SETFD: return told(::fcntl(file, F_SETFD, number));
        case TARGET_F_GETFL: {
            const int bits = ::fcntl(file, F_GETFL);
            if (bits == -1) return told(-1);
            return (bits & O_ACCMODE) | ((bits & O_APPEND) != 0 ? TARGET_O_APPEND : 0) |
                   ((bits & O_NONBLOCK) != 0 ? TARGET_O_NONBLOCK : 0);
        }
        case TARGET_F_SETFL: {
            const auto bits = host_open_flags(number);
            return bits ? told(::fcntl(file, F_SETFL, *bits)) : refuse(TARGET_EINVAL);
        }
#if defined(TARGET_F_FULLFSYNC)
        case TARGET_F_FULLFSYNC:  // an error of the system, for file systems that cannot
            if (const long failed = setting("VITTE_FULLFSYNC_ERROR", 0); failed != 0) return refuse(static_cast<int>(failed));
            return seen(told(::fsync(file)), {.what = target_disk_call::fully_synced, .file = file});
#endif
#if defined(TARGET_F_MAXFD)
        case TARGET_F_MAXFD: {
            int last = -1;
            DIR* const all = ::opendir("/proc/self/fd");
            while (const dirent* const one = ::readdir(all))
                if (const int each = ::atoi(one->d_name); each != ::dirfd(all)) last = std::max(last, each);
            ::closedir(all);
            return last;
        }
#endif
        default: return refuse(TARGET_EINVAL);
    }
}

int target_stat(const char* path, struct target_file_info* to) { return tell(AT_FDCWD, path, 0, to); }
int target_lstat(const char* path, struct target_file_info* to) { return tell(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, to); }
int target_fstat(int file, struct target_file_info* to) { return tell(file, "", AT_EMPTY_PATH, to); }
int target_fstatat(int in, const char* path, struct target_file_info* to, int flags) {
    int bits;
    return host_at_flags(flags, bits) == -1 ? -1 : tell(host_folder(in), path, bits, to);
}
int target_fstatvfs(int file, struct statvfs* to) { return told(::fstatvfs(file, to)); }
int target_fchmod(int file, mode_t mode) { return told(::fchmod(file, mode)); }
int target_fchmodat(int in, const char* path, mode_t mode, int flags) {
    int bits;
    return host_at_flags(flags, bits) == -1 ? -1 : told(::fchmodat(host_folder(in), path, mode, bits));
}
int target_fchown(int file, uid_t user, gid_t group) { return told(::fchown(file, user, group)); }
int target_fchownat(int in, const char* path, uid_t user, gid_t group, int flags) {
    int bits;
    return host_at_flags(flags, bits) == -1 ? -1 : told(::fchownat(host_folder(in), path, user, group, bits));
}
int target_futimens(int file, const struct timespec* times) {
    return told(::futimens(file, host_times(times).pointer));
}
int target_utimensat(int in, const char* path, const struct timespec* times, int flags) {
    int bits;
    const host_times made(times);
    return host_at_flags(flags, bits) == -1 ? -1 : told(::utimensat(host_folder(in), path, made.pointer, bits));
}

int target_mkdirat(int in, const char* path, mode_t mode) { return told(::mkdirat(host_folder(in), path, mode)); }
int target_mkfifo(const char* path, mode_t mode) { return told(::mkfifo(path, mode)); }
int target_unlinkat(int in, const char* path, int flags) {
    int bits;
    if (host_at_flags(flags, bits) == -1) return -1;
    const auto gone = at(in, path);
    if (::unlinkat(host_folder(in), path, bits) == 0) {
        note_removal(gone);
        return seen(0, {.what = target_disk_call::removed, .file = in, .path = path});
    }
    if (errno == EISDIR) return refuse(here.unlinked_folder);
    return told(-1);
}
int target_unlink(const char* path) { return target_unlinkat(TARGET_AT_FDCWD, path, 0); }
int target_renameat(int in, const char* path, int to_in, const char* to) {
    const auto gone = at(to_in, to), moved = at(in, path);
    if (::renameat(host_folder(in), path, host_folder(to_in), to) == -1) return told(-1);
    if (gone.st_ino != moved.st_ino) note_removal(gone);
    return seen(0, {.what = target_disk_call::renamed, .file = in, .path = path, .to_folder = to_in, .to = to});
}
int target_linkat(int in, const char* path, int to_in, const char* to, int flags) {
    int bits;
    return host_at_flags(flags, bits) == -1 ? -1 : told(::linkat(host_folder(in), path, host_folder(to_in), to, bits));
}
int target_symlinkat(const char* text, int in, const char* path) {
    return told(::symlinkat(text, host_folder(in), path));
}
ssize_t target_readlinkat(int in, const char* path, char* to, size_t room) {
    return told(::readlinkat(host_folder(in), path, to, room));
}
int target_chdir(const char* path) { return told(::chdir(path)); }
int target_fchdir(int folder) { return told(::fchdir(folder)); }
char* target_getcwd(char* to, size_t room) {
    char* const made = ::getcwd(to, room);
    if (made == nullptr) errno = target_error(errno);
    return made;
}

struct target_DIR {
    DIR* host;
    bool streams_only;  // of /dev/fd
    target_dirent entry;
};
static target_DIR* stream_of(DIR* host, bool streams_only) {
    if (host != nullptr) return new target_DIR{host, streams_only, {}};
    errno = target_error(errno);
    return nullptr;
}
target_DIR* target_opendir(const char* path) {
    return stream_of(::opendir(path), std::strcmp(path, "/dev/fd") == 0 && !here.all_descriptors_listed);
}
target_DIR* target_fdopendir(int folder) { return stream_of(::fdopendir(folder), false); }
struct target_dirent* target_readdir(target_DIR* stream) {
    const int before = errno;
    errno = 0;
    for (const dirent* from; (from = ::readdir(stream->host)) != nullptr;) {
        if (stream->streams_only && from->d_name[0] > '2') continue;
        if (stream->streams_only && from->d_name[0] != '.' && from->d_name[1] != 0) continue;
        errno = before;
        target_dirent& to = stream->entry;
#if defined(TARGET_DARWIN)
        to.d_ino = from->d_ino;
#else
        to.d_fileno = from->d_ino;
#endif
        to.d_type = from->d_type;  // DT_REG and so on are the same everywhere
        to.d_namlen = static_cast<std::uint16_t>(std::strlen(from->d_name));
        std::memcpy(to.d_name, from->d_name, to.d_namlen + 1u);
        return &to;
    }
    errno = errno == 0 ? before : target_error(errno);
    return nullptr;
}
int target_closedir(target_DIR* stream) {
    forget_watched(::dirfd(stream->host));
    const int closed = ::closedir(stream->host);
    delete stream;
    return told(closed);
}
int target_dirfd(target_DIR* stream) { return ::dirfd(stream->host); }

int target_dup2(int from, int to) {
    if (from != to) forget_watched(to);
    return told(::dup2(from, to));
}
/// Not marked as closed by exec yet: with VITTE_PIPE_HOLDER, a child of another thread has both ends for so many seconds.
int target_pipe(int* ends) {
    if (::pipe(ends) == -1) return told(-1);
    const long held = setting("VITTE_PIPE_HOLDER", 0);
    if (held == 0 || ::fork() != 0) return 0;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sleep(static_cast<unsigned>(held));
    ::_exit(0);
}
int target_pipe2(int* ends, int flags) {
    const auto bits = host_open_flags(flags);
    if (!bits || (*bits & ~(O_CLOEXEC | O_NONBLOCK)) != 0) return refuse(TARGET_EINVAL);
    return told(::pipe2(ends, *bits));
}
int target_isatty(int file) {
    const int terminal = ::isatty(file);
    if (terminal == 0) errno = target_error(errno);
    return terminal;
}
int target_poll(struct pollfd* files, nfds_t count, int milliseconds) {
    const long longest = setting(longest_sleep, 0) / 1000;
    if (longest != 0 && milliseconds > longest) milliseconds = static_cast<int>(longest);
    const short end = here.end_hangs_up ? POLLRDHUP : 0;
    for (nfds_t i = 0; i < count; ++i)
        if ((files[i].events & POLLIN) != 0) files[i].events |= end;
    const int ready = told(::poll(files, count, milliseconds));  // POLLIN and so on are the same everywhere
    for (nfds_t i = 0; i < count; ++i) {
        files[i].events &= static_cast<short>(~end);
        if ((files[i].revents & end) != 0) files[i].revents = POLLIN | POLLHUP;
    }
    return ready;
}
long target_sysconf(int name) {
    static constexpr pair known[] = {PAIR(_SC_PAGESIZE), PAIR(_SC_NPROCESSORS_ONLN), PAIR(_SC_NPROCESSORS_CONF),
                                     PAIR(_SC_OPEN_MAX), PAIR(_SC_CLK_TCK)};
    const auto number = host_number(known, name);
    return number ? told(::sysconf(*number)) : refuse<long>(TARGET_EINVAL);
}
int target_getentropy(void* to, size_t size) { return told(::getentropy(to, size)); }
void* target_dlopen(const char* path, int flags) {
    static constexpr pair known[] = {PAIR(RTLD_LAZY), PAIR(RTLD_NOW), PAIR(RTLD_GLOBAL), PAIR(RTLD_LOCAL)};
    const auto bits = host_bits(known, flags);
    return ::dlopen(path, bits ? *bits : 0);
}

}  // extern "C"
