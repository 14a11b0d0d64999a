#pragma once
#define getentropy host_getentropy /* not everywhere, or in another header */
#include_next <unistd.h>
#undef getentropy
#include <target.hpp>
#include <numbers/unistd.h>
extern "C" {
int close(int) TARGET(close);
ssize_t read(int, void*, size_t) TARGET(read);
ssize_t write(int, const void*, size_t) TARGET(write);
ssize_t pread(int, void*, size_t, off_t) TARGET(pread);
ssize_t pwrite(int, const void*, size_t, off_t) TARGET(pwrite);
off_t lseek(int, off_t, int) noexcept TARGET(lseek);
int ftruncate(int, off_t) noexcept TARGET(ftruncate);
int fsync(int) TARGET(fsync);
int unlink(const char*) noexcept TARGET(unlink);
int unlinkat(int, const char*, int) noexcept TARGET(unlinkat);
int linkat(int, const char*, int, const char*, int) noexcept TARGET(linkat);
int symlinkat(const char*, int, const char*) noexcept TARGET(symlinkat);
ssize_t readlinkat(int, const char*, char*, size_t) noexcept TARGET(readlinkat);
int fchown(int, uid_t, gid_t) noexcept TARGET(fchown);
int fchownat(int, const char*, uid_t, gid_t, int) noexcept TARGET(fchownat);
int chdir(const char*) noexcept TARGET(chdir);
int fchdir(int) noexcept TARGET(fchdir);
char* getcwd(char*, size_t) noexcept TARGET(getcwd);
int dup2(int, int) noexcept TARGET(dup2);
int pipe(int*) noexcept TARGET(pipe);
long sysconf(int) noexcept TARGET(sysconf);
int execve(const char*, char* const*, char* const*) noexcept TARGET(execve);
pid_t fork(void) noexcept TARGET(fork);
pid_t setsid(void) noexcept TARGET(setsid);
int setpgid(pid_t, pid_t) noexcept TARGET(setpgid);
int setuid(uid_t) noexcept TARGET(setuid);
int setgid(gid_t) noexcept TARGET(setgid);
int getgroups(int, gid_t*) noexcept TARGET(getgroups);
int isatty(int) noexcept TARGET(isatty);
int getpeereid(int, uid_t*, gid_t*) TARGET(getpeereid);
/* <grp.h> of Linux declares it, with another type. */
#if defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
int pipe2(int*, int) noexcept TARGET(pipe2);
#else
int pipe2(int*, int) noexcept __attribute__((unavailable("not before POSIX.1-2024")));
#endif
#if !defined(__NetBSD__) && !defined(__APPLE__) /* it came with NetBSD 10 */
int getentropy(void*, size_t) TARGET(getentropy);
#endif
#if defined(__APPLE__)
int fdatasync(int) __attribute__((unavailable("not declared by macOS")));
#else
int fdatasync(int) TARGET(fdatasync);
#endif
#if defined(__FreeBSD__)
ssize_t copy_file_range(int, off_t*, int, off_t*, size_t, unsigned) TARGET(copy_file_range);
#else
ssize_t copy_file_range(int, off_t*, int, off_t*, size_t, unsigned) __attribute__((unavailable("of Linux and FreeBSD")));
#endif
#if defined(__OpenBSD__)
int getdtablecount(void) TARGET(getdtablecount);
#endif
}
#if defined(__NetBSD__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__) || defined(__APPLE__)
extern "C" int setgroups(int, const gid_t*) TARGET(setgroups);
#endif
#if defined(__APPLE__) /* of <sys/xattr.h> */
extern "C" {
ssize_t fgetxattr(int, const char*, void*, size_t, unsigned, int) TARGET(fgetxattr);
int fsetxattr(int, const char*, const void*, size_t, unsigned, int) TARGET(fsetxattr);
int fremovexattr(int, const char*, int) TARGET(fremovexattr);
ssize_t flistxattr(int, char*, size_t, int) TARGET(flistxattr);
}
#endif
#if defined(__OpenBSD__)
extern "C" pid_t getthrid(void) TARGET(getthrid);
#elif defined(__DragonFly__)
extern "C" {
int umtx_sleep(volatile const int*, int, int) TARGET(umtx_sleep);
int umtx_wakeup(volatile const int*, int) TARGET(umtx_wakeup);
}
#endif
