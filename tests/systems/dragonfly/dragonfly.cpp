// What only DragonFly has.
#include <string>

#include "../futex.hpp"
#include "../host.hpp"
#include "../own_process.hpp"

using namespace systems;

extern "C" {

/// Microseconds, 0 for ever; but no sleep is longer than kern.umtx_timeout_max, and that is not told apart.
int target_umtx_sleep(volatile const int* word, int expected, int microseconds) {
    if (microseconds < 0) return refuse(TARGET_EINVAL);
    const long longest = setting(longest_sleep, 2'000'000);
    const long sleep = microseconds == 0 || microseconds > longest ? longest : microseconds;
    const timespec time{sleep / 1'000'000, sleep % 1'000'000 * 1000};
    const int ended = futex_wait(reinterpret_cast<std::uint32_t*>(const_cast<int*>(word)), static_cast<std::uint32_t>(expected), &time, false);
    if (ended == 0) return 0;
    return refuse(ended == EAGAIN ? TARGET_EBUSY : ended == ETIMEDOUT ? TARGET_EWOULDBLOCK : target_error(ended));
}
/// Wakes all, if it is not told one.
int target_umtx_wakeup(volatile const int* word, int count) {
    futex_wake(reinterpret_cast<std::uint32_t*>(const_cast<int*>(word)), count == 1 ? 1 : INT_MAX);
    return 0;
}
int target_lwp_gettid() { return static_cast<int>(::syscall(SYS_gettid)); }
int target_pthread_getthreadid_np() { return target_lwp_gettid(); }
void target_pthread_set_name_np(pthread_t thread, const char* name) {
    ::pthread_setname_np(thread, std::string(name).substr(0, 15).c_str());
}

int target_sysctl(const int* name, unsigned length, void* to, size_t* size, const void* from, size_t) {
    if (from != nullptr) return refuse(TARGET_EPERM);
    if (length != 4 || name[0] != TARGET_CTL_KERN || name[1] != TARGET_KERN_PROC) return refuse(TARGET_ENOENT);
    if (name[2] == TARGET_KERN_PROC_PATHNAME && (name[3] == -1 || name[3] == ::getpid())) return tell_path(to, size);
    if (name[2] == TARGET_KERN_PROC_ARGS && name[3] == ::getpid()) return tell_arguments(to, size);
    return refuse(TARGET_EINVAL);
}

}  // extern "C"
