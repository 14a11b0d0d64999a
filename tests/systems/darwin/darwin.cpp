// What only macOS has.
#include <link.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "../futex.hpp"
#include "../every_process.hpp"
#include "../host.hpp"
#include "include/sys/proc_info.h"

using namespace systems;

namespace {

// Names as the program began with them; glibc calls constructors with them.
int argument_count;
char** arguments;
[[gnu::constructor]] void remember(int count, char** all, char**) { argument_count = count, arguments = all; }

struct image {
    std::intptr_t slide;
    std::string name;
};
std::vector<image> images() {
    std::vector<image> all;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            static_cast<std::vector<image>*>(to)->push_back(
                {static_cast<std::intptr_t>(info->dlpi_addr), *info->dlpi_name != 0 ? info->dlpi_name : arguments[0]});
            return 0;
        },
        &all);
    return all;
}

/// As ulock_wait of the kernel: 0 if the word has another value, and an error of the system.
int wait_on(void* word, std::uint64_t value, std::uint64_t nanoseconds, bool endless) {
    const timespec time =
        shortened({static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)});
    const int ended = futex_wait(static_cast<std::uint32_t*>(word), static_cast<std::uint32_t>(value), endless ? nullptr : &time, false);
    return ended == 0 || ended == EAGAIN ? 0 : target_error(ended);
}

std::string host_name(const char* name) { return std::string("user.") + name; }

}  // namespace

extern "C" {

constexpr std::uint32_t compare_and_wait = 1, wake_all = 0x100, no_errno = 0x01000000;

/// Microseconds, 0 for ever; how many others still wait, of which it says nothing here.
int target___ulock_wait(std::uint32_t operation, void* word, std::uint64_t value, std::uint32_t microseconds) {
    if ((operation & ~no_errno) != compare_and_wait) return (operation & no_errno) != 0 ? -TARGET_EINVAL : refuse(TARGET_EINVAL);
    const int failed = wait_on(word, value, std::uint64_t{microseconds} * 1000, microseconds == 0);
    if (failed == 0) return 0;
    return (operation & no_errno) != 0 ? -failed : refuse(failed);
}
int target___ulock_wake(std::uint32_t operation, void* word, std::uint64_t) {
    if ((operation & ~(no_errno | wake_all)) != compare_and_wait) return -TARGET_EINVAL;
    const int woken = futex_wake(static_cast<std::uint32_t*>(word), (operation & wake_all) != 0 ? INT_MAX : 1);
    if (woken > 0) return 0;
    return (operation & no_errno) != 0 ? -TARGET_ENOENT : refuse(TARGET_ENOENT);
}

int target_os_sync_wait_on_address(void* word, std::uint64_t value, std::size_t size, unsigned flags) {
    if (size != 4 || flags != 0) return refuse(TARGET_EINVAL);
    const int failed = wait_on(word, value, 0, true);
    return failed == 0 ? 0 : refuse(failed);
}
int target_os_sync_wait_on_address_with_timeout(void* word, std::uint64_t value, std::size_t size, unsigned flags,
                                                unsigned clock, std::uint64_t nanoseconds) {
    if (size != 4 || flags != 0 || clock != TARGET_OS_CLOCK_MACH_ABSOLUTE_TIME || nanoseconds == 0)
        return refuse(TARGET_EINVAL);
    const int failed = wait_on(word, value, nanoseconds, false);
    return failed == 0 ? 0 : refuse(failed);
}
int target_os_sync_wake_by_address_any(void* word, std::size_t size, unsigned flags) {
    if (size != 4 || flags != 0) return refuse(TARGET_EINVAL);
    return futex_wake(static_cast<std::uint32_t*>(word), 1) > 0 ? 0 : refuse(TARGET_ENOENT);
}
int target_os_sync_wake_by_address_all(void* word, std::size_t size, unsigned flags) {
    if (size != 4 || flags != 0) return refuse(TARGET_EINVAL);
    return futex_wake(static_cast<std::uint32_t*>(word), INT_MAX) > 0 ? 0 : refuse(TARGET_ENOENT);
}

int target_pthread_threadid_np(void*, unsigned long* to) {
    *to = static_cast<unsigned long>(::syscall(SYS_gettid));
    return 0;
}
/// Refuses what there is no room for.
int target_pthread_setname_np(const char* name) {
    if (std::strlen(name) > 63) return refuse(TARGET_ENAMETOOLONG);
    return ::pthread_setname_np(::pthread_self(), std::string(name).substr(0, 15).c_str());
}
int target_pthread_set_qos_class_self_np(unsigned quality, int relative) {
    static constexpr unsigned known[] = {TARGET_QOS_CLASS_USER_INTERACTIVE, TARGET_QOS_CLASS_USER_INITIATED,
                                         TARGET_QOS_CLASS_DEFAULT, TARGET_QOS_CLASS_UTILITY, TARGET_QOS_CLASS_BACKGROUND};
    const bool is_known = std::find(std::begin(known), std::end(known), quality) != std::end(known);
    return is_known && relative <= 0 && relative >= -15 ? 0 : TARGET_EINVAL;
}

unsigned target__dyld_image_count() { return static_cast<unsigned>(images().size()); }
std::intptr_t target__dyld_get_image_vmaddr_slide(unsigned number) {
    const auto all = images();
    return number < all.size() ? all[number].slide : 0;
}
const char* target__dyld_get_image_name(unsigned number) {
    static thread_local std::string name;
    const auto all = images();
    if (number >= all.size()) return nullptr;
    return (name = all[number].name).c_str();
}
int target__NSGetExecutablePath(char* to, std::uint32_t* size) {
    char path[4096];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    const auto needed = static_cast<std::uint32_t>(length + 1);
    if (*size < needed) return *size = needed, -1;
    std::memcpy(to, path, needed - 1);
    to[needed - 1] = 0;
    return 0;
}
char*** target__NSGetArgv() { return &arguments; }
int* target__NSGetArgc() { return &argument_count; }

/// How many fit, which the manual does not say.
int target_proc_listallpids(void* to, int size) {
    std::vector<pid_t> found;
    for_each_process([&](pid_t id, char, pid_t, pid_t) { found.push_back(id); });
    const auto count = std::min(found.size(), static_cast<std::size_t>(size) / sizeof(pid_t));
    std::memcpy(to, found.data(), count * sizeof(pid_t));
    return static_cast<int>(count);
}
/// How much it is: 0 for processes that have ended. All begin at the same time here.
int target_proc_pidinfo(int of, int flavor, std::uint64_t, void* to, int size) {
    if (flavor != TARGET_PROC_PIDTBSDINFO || size < static_cast<int>(sizeof(proc_bsdinfo))) return refuse(TARGET_EINVAL), 0;
    proc_bsdinfo facts{};
    for_each_process([&](pid_t id, char state, pid_t parent, pid_t group) {
        if (id != of || state == 'Z') return;
        facts.pbi_status = state == 'T' ? TARGET_SSTOP : 2;
        facts.pbi_pid = static_cast<std::uint32_t>(id);
        facts.pbi_ppid = static_cast<std::uint32_t>(parent);
        facts.pbi_pgid = static_cast<std::uint32_t>(group);
        facts.pbi_start_tvsec = 1;
    });
    if (facts.pbi_pid == 0) return refuse(TARGET_ESRCH), 0;
    std::memcpy(to, &facts, sizeof facts);
    return sizeof facts;
}

int target_sysctlbyname(const char* name, void* to, size_t* size, const void* from, size_t) {
    if (std::strcmp(name, "hw.activecpu") != 0) return refuse(TARGET_ENOENT);
    if (from != nullptr) return refuse(TARGET_EPERM);
    const int count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    if (*size < sizeof count) return refuse(TARGET_ENOMEM);
    *size = sizeof count;
    std::memcpy(to, &count, sizeof count);
    return 0;
}

/// A copy, as a clone on APFS is one to whoever reads it; VITTE_CLONES=0 for file systems that have none.
int target_fclonefileat(int from, int in, const char* path, std::uint32_t flags) {
    if ((flags & ~7u) != 0) return refuse(TARGET_EINVAL);
    if (setting("VITTE_CLONES", 1) == 0) return refuse(TARGET_ENOTSUP);
    struct stat s;
    if (::fstat(from, &s) == -1) return told(-1);
    const off_t position = ::lseek(from, 0, SEEK_CUR);
    if (!S_ISREG(s.st_mode)) return refuse(TARGET_EINVAL);
    const int made = ::openat(host_folder(in), path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, s.st_mode & 07777);
    if (made == -1) return told(-1);
    struct stat there;
    if (::fstat(made, &there) == -1 || there.st_dev != s.st_dev) {
        ::unlinkat(host_folder(in), path, 0);
        return ::close(made), refuse(TARGET_EXDEV);
    }
    ::fchmod(made, s.st_mode & 07777);
    for (off_t at = 0, end; (at = ::lseek(from, at, SEEK_DATA)) != -1; at = end) {  // holes stay
        end = ::lseek(from, at, SEEK_HOLE);
        for (off_t to = at; at < end && ::copy_file_range(from, &at, made, &to, static_cast<std::size_t>(end - at), 0) > 0;) {}
    }
    static_cast<void>(!::ftruncate(made, s.st_size));
    ::lseek(from, position, SEEK_SET);
    ::close(made);
    return 0;
}

ssize_t target_fgetxattr(int file, const char* name, void* to, size_t size, unsigned position, int options) {
    if (position != 0 || options != 0) return refuse<ssize_t>(TARGET_EINVAL);
    if (std::strlen(name) > 127) return refuse<ssize_t>(TARGET_ENAMETOOLONG);
    return told(::fgetxattr(file, host_name(name).c_str(), to, size));
}
int target_fsetxattr(int file, const char* name, const void* from, size_t size, unsigned position, int options) {
    if (position != 0 || options != 0) return refuse(TARGET_EINVAL);
    if (std::strlen(name) > 127) return refuse(TARGET_ENAMETOOLONG);
    return told(::fsetxattr(file, host_name(name).c_str(), from, size, 0));
}
int target_fremovexattr(int file, const char* name, int options) {
    if (options != 0) return refuse(TARGET_EINVAL);
    return told(::fremovexattr(file, host_name(name).c_str()));
}
ssize_t target_flistxattr(int file, char* to, size_t size, int options) {
    if (options != 0) return refuse<ssize_t>(TARGET_EINVAL);
    char all[65536];
    const ssize_t length = ::flistxattr(file, all, sizeof all);
    if (length == -1) return told(length);
    std::string made;
    for (const char* at = all; at < all + length; at += std::strlen(at) + 1)
        if (std::strncmp(at, "user.", 5) == 0) made += std::string(at + 5) + '\0';
    if (to == nullptr || size == 0) return static_cast<ssize_t>(made.size());
    if (made.size() > size) return refuse<ssize_t>(TARGET_ERANGE);
    std::memcpy(to, made.data(), made.size());
    return static_cast<ssize_t>(made.size());
}

unsigned target_mach_task_self() { return 1; }
void target_sys_icache_invalidate(void*, size_t) {}
/// The first region that ends above the address; it may begin above it, too.
int target_vm_region_64(unsigned task, unsigned long* at, unsigned long* size, int kind, int* to, unsigned* count, unsigned* object) {
    if (task != 1 || kind != TARGET_VM_REGION_BASIC_INFO_64 || *count < TARGET_VM_REGION_BASIC_INFO_COUNT_64) return 4;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0, end = 0;
        char rights[5] = "";
        std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights);
        if (end <= *at) continue;
        *at = begin;
        *size = end - begin;
        to[0] = (rights[0] == 'r' ? TARGET_VM_PROT_READ : 0) | (rights[1] == 'w' ? TARGET_VM_PROT_WRITE : 0) |
                (rights[2] == 'x' ? TARGET_VM_PROT_EXECUTE : 0);
        *object = 0;
        return TARGET_KERN_SUCCESS;
    }
    return TARGET_KERN_INVALID_ADDRESS;
}

}  // extern "C"
