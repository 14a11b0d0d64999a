// Pages, and shared memory objects.
#include <stdarg.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "host.hpp"

using namespace systems;

namespace {

using identity = std::pair<dev_t, ino_t>;

identity identity_of(int file) {
    struct stat s {};
    ::fstat(file, &s);
    return {s.st_dev, s.st_ino};
}

/// Which files are shared memory objects. Their numbers are never used again (tmpfs).
struct shared_objects {
    std::mutex lock;
    std::set<identity> all;

    void add(int file) {
        const std::lock_guard hold(lock);
        all.insert(identity_of(file));
    }
    bool has(int file) {
        const std::lock_guard hold(lock);
        return !all.empty() && all.contains(identity_of(file));
    }
};
shared_objects& shared() {
    static shared_objects all;
    return all;
}

/// What mprotect(2) may give to pages, where mmap(2) has decided that for ever.
struct final_rights {
    std::mutex lock;
    std::map<std::uintptr_t, std::pair<std::uintptr_t, int>> areas;  // begin: end, rights

    /// Areas that overlap what is between, cut off at its ends.
    void cut(std::uintptr_t begin, std::uintptr_t end) {
        auto at = areas.lower_bound(begin);
        if (at != areas.begin() && std::prev(at)->second.first > begin) --at;
        while (at != areas.end() && at->first < end) {
            const auto [area_begin, rest] = *at;
            at = areas.erase(at);
            if (area_begin < begin) areas[area_begin] = {begin, rest.second};
            if (rest.first > end) areas[end] = rest;
        }
    }
    void set(void* at, std::size_t size, int rights) {
        const std::lock_guard hold(lock);
        const auto begin = reinterpret_cast<std::uintptr_t>(at), end = begin + ((size + 4095) & ~std::uintptr_t{4095});
        cut(begin, end);
        if (rights != -1) areas[begin] = {end, rights};
    }
    bool allow(void* at, std::size_t size, int rights) {
        const std::lock_guard hold(lock);
        const auto begin = reinterpret_cast<std::uintptr_t>(at);
        for (const auto& [area, rest] : areas)
            if (area < begin + size && rest.first > begin && (rights & ~rest.second) != 0) return false;
        return true;
    }
};
final_rights& rights_of_pages() {
    static final_rights all;
    return all;
}

constexpr int all_rights = PROT_READ | PROT_WRITE | PROT_EXEC;  // the same everywhere

bool is_code_that_changes(int rights) {
    return !here.maps_writable_code && (rights & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC);
}

}  // namespace

extern "C" {

void* target_mmap(void* at, size_t size, int rights, int flags, int file, off_t offset) {
    static constexpr pair known[] = {
        PAIR(MAP_SHARED), PAIR(MAP_PRIVATE), PAIR(MAP_FIXED), {MAP_ANONYMOUS, TARGET_MAP_ANON},
#if defined(TARGET_MAP_NORESERVE)
        PAIR(MAP_NORESERVE),
#endif
#if defined(TARGET_MAP_JIT)
        {0, TARGET_MAP_JIT},
#endif
    };
    const auto bits = host_bits(known, flags);
    int later = rights & all_rights;  // and always
#if defined(TARGET_NETBSD)
    later |= rights >> 3 & all_rights;
    rights &= ~(all_rights << 3);
#endif
    const bool anonymous = bits && (*bits & MAP_ANONYMOUS) != 0;
    if (!bits || (rights & ~all_rights) != 0 || size == 0 || (anonymous && (file != -1 || offset != 0)))
        return errno = TARGET_EINVAL, MAP_FAILED;
#if defined(TARGET_MAP_JIT)
    const bool may_change = (flags & TARGET_MAP_JIT) != 0;
#else
    const bool may_change = false;
#endif
    if (is_code_that_changes(rights) && !may_change) return errno = TARGET_ENOTSUP, MAP_FAILED;
    void* const made = ::mmap(at, size, rights, *bits, file, offset);
    if (made == MAP_FAILED) return errno = target_error(errno), MAP_FAILED;
    if (here.rights_are_final) rights_of_pages().set(made, size, later);
    return made;
}
int target_munmap(void* at, size_t size) {
    const int done = ::munmap(at, size);
    if (done == 0 && here.rights_are_final) rights_of_pages().set(at, size, -1);
    return told(done);
}
int target_mprotect(void* at, size_t size, int rights) {
    if ((rights & ~all_rights) != 0) return refuse(TARGET_EINVAL);
    if (is_code_that_changes(rights)) return refuse(TARGET_ENOTSUP);
    if (here.rights_are_final && !rights_of_pages().allow(at, size, rights)) return refuse(TARGET_EACCES);
    return told(::mprotect(at, size, rights));
}
int target_mlock(const void* at, size_t size) { return told(::mlock(at, size)); }
int target_munlock(const void* at, size_t size) { return told(::munlock(at, size)); }
int target_msync(void* at, size_t size, int flags) {
    static constexpr pair known[] = {PAIR(MS_ASYNC), PAIR(MS_INVALIDATE), PAIR(MS_SYNC)};
    const auto bits = host_bits(known, flags);
    if (!bits) return refuse(TARGET_EINVAL);
    return told(::msync(at, size, (*bits & MS_ASYNC) != 0 ? *bits : *bits | MS_SYNC));
}
int target_madvise(void* at, size_t size, int advice) {
    static constexpr pair known[] = {PAIR(MADV_NORMAL), PAIR(MADV_RANDOM), PAIR(MADV_SEQUENTIAL), PAIR(MADV_WILLNEED),
                                     PAIR(MADV_DONTNEED), PAIR(MADV_FREE)};
    const auto number = host_number(known, advice);
    return number ? told(::madvise(at, size, *number)) : refuse(TARGET_EINVAL);
}
int target_posix_madvise(void* at, size_t size, int advice) {
    return target_error(::posix_madvise(at, size, advice));  // POSIX_MADV_NORMAL to WILLNEED are the same everywhere
}

int target_shm_open(const char* name, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t);
    va_end(more);
    auto bits = host_open_flags(flags);
    int known = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC;
#if defined(TARGET_DARWIN)
    // O_TRUNC is not among what it knows, and O_CLOEXEC neither: descriptors are closed by exec anyway.
    known &= ~O_TRUNC;
#endif
    if (!bits || (*bits & ~known) != 0 || (*bits & O_ACCMODE) == O_WRONLY) return refuse(TARGET_EINVAL);
#if defined(TARGET_SHM_ANON) || defined(TARGET_FREEBSD)
    if (name == reinterpret_cast<const char*>(1)) {
        if ((*bits & O_ACCMODE) == O_RDONLY) return refuse(TARGET_EINVAL);
        const int made = ::memfd_create("shared", MFD_CLOEXEC);
        if (made != -1) shared().add(made);
        return told(made);
    }
#endif
    if (::strlen(name) > here.shared_name) return refuse(TARGET_ENAMETOOLONG);
#if defined(TARGET_FREEBSD)
    if (name[0] != '/') return refuse(TARGET_EINVAL);
#endif
    const int opened = ::shm_open(name, *bits, mode);
    if (opened != -1) shared().add(opened);
    return told(opened);
}
int target_shm_unlink(const char* name) {
    if (::strlen(name) > here.shared_name) return refuse(TARGET_ENAMETOOLONG);
    return told(::shm_unlink(name));
}

int target_ftruncate(int file, off_t size) {
    struct stat before {};
    ::fstat(file, &before);
    if (here.shared_resized_once && before.st_size != 0 && shared().has(file)) return refuse(TARGET_EINVAL);
    // Shared memory objects there are whole pages.
    if (here.shared_resized_once && shared().has(file)) size = (size + 4095) & ~off_t{4095};
    const int done = ::ftruncate(file, size);
    if (done == 0) note_truncated(file);
    return told(done);
}

}  // extern "C"
