// What only NetBSD has.
#include <cstdio>
#include <string>

#include "../attributes.hpp"
#include "../host.hpp"
#include "../own_process.hpp"

using namespace systems;

extern "C" {

int target__lwp_self() { return static_cast<int>(::syscall(SYS_gettid)); }

/// Refuses what there is no room for.
int target_pthread_setname_np(pthread_t thread, const char* format, void* argument) {
    char name[TARGET_PTHREAD_MAX_NAMELEN_NP];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int length = std::snprintf(name, sizeof name, format, argument);
#pragma GCC diagnostic pop
    if (length < 0 || length >= TARGET_PTHREAD_MAX_NAMELEN_NP) return TARGET_EINVAL;
    return ::pthread_setname_np(thread, std::string(name).substr(0, 15).c_str());
}

int target_sysctl(const int* name, unsigned length, void* to, size_t* size, const void* from, size_t) {
    if (from != nullptr) return refuse(TARGET_EPERM);
    if (length != 4 || name[0] != TARGET_CTL_KERN || name[1] != TARGET_KERN_PROC_ARGS) return refuse(TARGET_ENOENT);
    if (name[2] != -1 && name[2] != ::getpid()) return refuse(TARGET_ESRCH);
    if (name[3] == TARGET_KERN_PROC_PATHNAME) return tell_path(to, size);
    if (name[3] == TARGET_KERN_PROC_ARGV) return tell_arguments(to, size);
    return refuse(TARGET_EINVAL);
}

}  // extern "C"
