// What only OpenBSD has.
#include <string>

#include "../futex.hpp"
#include "../host.hpp"

using namespace systems;

extern "C" {

int target_futex(volatile std::uint32_t* word, int operation, int value, const struct timespec* time, volatile std::uint32_t*) {
    const auto at = const_cast<std::uint32_t*>(word);
    switch (operation & ~TARGET_FUTEX_PRIVATE_FLAG) {
        case TARGET_FUTEX_WAIT: {
            if (time != nullptr && (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec > 999'999'999)) return refuse(TARGET_EINVAL);
            const timespec sleep = time != nullptr ? shortened(*time) : timespec{};
            const int ended = futex_wait(at, static_cast<std::uint32_t>(value), time != nullptr ? &sleep : nullptr, false);
            if (ended == 0) return 0;
            // Handlers that restart calls are told of so, others by EINTR; both must be understood, and here it is this.
            return refuse(ended == EINTR ? TARGET_ECANCELED : target_error(ended));
        }
        case TARGET_FUTEX_WAKE: return futex_wake(at, value);
        default: return refuse(TARGET_ENOSYS);
    }
}
pid_t target_getthrid() { return static_cast<pid_t>(::syscall(SYS_gettid)); }
int target_pthread_getthreadid_np() { return target_getthrid(); }
void target_pthread_set_name_np(pthread_t thread, const char* name) {
    ::pthread_setname_np(thread, std::string(name).substr(0, 15).c_str());  // cut off at 23
}
/// How many descriptors are open, not how high they are.
int target_getdtablecount() {
    int count = -1;  // its own
    DIR* const all = ::opendir("/proc/self/fd");
    while (const dirent* const one = ::readdir(all)) count += one->d_name[0] != '.' ? 1 : 0;
    ::closedir(all);
    return count;
}

}  // extern "C"
