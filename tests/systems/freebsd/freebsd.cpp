// What only FreeBSD has.
#include <sys/auxv.h>
#include <sys/xattr.h>
#include <linux/futex.h>

#include <cstring>
#include <string>

#include "../attributes.hpp"
#include "../futex.hpp"
#include "../host.hpp"
#include "../own_process.hpp"

using namespace systems;

namespace {

/// umtx(2)'s times are followed by what they mean.
struct umtx_time {
    timespec timeout;
    std::uint32_t flags, clock;
};

int wait(std::uint32_t* word, std::uint32_t expected, std::size_t size, const void* time) {
    umtx_time limit{};
    if (time != nullptr) {
        std::memcpy(&limit, time, size <= sizeof(timespec) ? sizeof(timespec) : sizeof limit);
        if (limit.timeout.tv_sec < 0 || limit.timeout.tv_nsec < 0 || limit.timeout.tv_nsec > 999'999'999)
            return refuse(TARGET_EINVAL);
        if (size > sizeof(timespec) && !host_clock(static_cast<int>(limit.clock))) return refuse(TARGET_EINVAL);
    }
    const bool absolute = (limit.flags & TARGET_UMTX_ABSTIME) != 0;
    const int ended = futex_wait(word, expected, time != nullptr ? &limit.timeout : nullptr, absolute);
    if (ended == 0 || ended == EAGAIN) return 0;  // it does not say that the word has another value
    return refuse(target_error(ended));
}

constexpr std::size_t kernel_cpus = 256;  // cpuset_t of FreeBSD 13's kernel

}  // namespace

extern "C" {

int target__umtx_op(void* word, int operation, unsigned long value, void* size, void* time) {
    const auto at = static_cast<std::uint32_t*>(word);
    if (operation == TARGET_UMTX_OP_WAIT_UINT_PRIVATE)
        return wait(at, static_cast<std::uint32_t>(value), reinterpret_cast<std::size_t>(size), time);
    if (operation == TARGET_UMTX_OP_WAKE_PRIVATE) return futex_wake(at, value < INT_MAX ? static_cast<int>(value) : INT_MAX), 0;
    return refuse(TARGET_EINVAL);
}

int target_cpuset_getaffinity(int level, int which, long id, size_t size, void* to) {
    if (level != TARGET_CPU_LEVEL_WHICH || which != TARGET_CPU_WHICH_TID || id != -1) return refuse(TARGET_EINVAL);
    if (size < kernel_cpus / 8) return refuse(TARGET_ERANGE);
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (::sched_getaffinity(0, sizeof mask, &mask) == -1) return told(-1);
    std::memset(to, 0, size);
    std::memcpy(to, &mask, size < kernel_cpus / 8 ? size : kernel_cpus / 8);
    return 0;
}
int target_cpuset_setaffinity(int level, int which, long id, size_t size, const void* from) {
    if (level != TARGET_CPU_LEVEL_WHICH || which != TARGET_CPU_WHICH_TID || id != -1) return refuse(TARGET_EINVAL);
    if (size < kernel_cpus / 8) return refuse(TARGET_ERANGE);
    cpu_set_t mask;
    CPU_ZERO(&mask);
    std::memcpy(&mask, from, kernel_cpus / 8);
    if (::sched_setaffinity(0, sizeof mask, &mask) == -1) return refuse(errno == EINVAL ? TARGET_EDEADLK : target_error(errno));
    return 0;
}

int target_pthread_getthreadid_np() { return static_cast<int>(::syscall(SYS_gettid)); }
void target_pthread_set_name_np(pthread_t thread, const char* name) {
    ::pthread_setname_np(thread, std::string(name).substr(0, 15).c_str());  // cut off at MAXCOMLEN, 19
}

int target_elf_aux_info(int what, void* to, int size) {
    if (what != TARGET_AT_HWCAP && what != TARGET_AT_HWCAP2) return TARGET_EINVAL;
    if (size != sizeof(unsigned long)) return TARGET_EINVAL;
    return static_cast<void>(to), TARGET_ENOENT;  // there is none on x86_64
}

int target_sysctl(const int* name, unsigned length, void* to, size_t* size, const void* from, size_t) {
    if (from != nullptr) return refuse(TARGET_EPERM);
    if (length != 4 || name[0] != TARGET_CTL_KERN || name[1] != TARGET_KERN_PROC) return refuse(TARGET_ENOENT);
    if (name[2] == TARGET_KERN_PROC_PATHNAME && (name[3] == -1 || name[3] == ::getpid()))
        return tell_path(to, size);
    if (name[2] == TARGET_KERN_PROC_ARGS && name[3] == ::getpid()) return tell_arguments(to, size);
    return refuse(TARGET_EINVAL);
}

}  // extern "C"
