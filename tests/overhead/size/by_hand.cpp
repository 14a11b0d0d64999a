#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

static int fail_with(const char* target) {
    const char* const text = strerror(errno);
    (void)!write(2, text, strlen(text));
    if (target != NULL) unlink(target);
    return 1;
}

static int copy_content(int from, int to) {
    for (;;) {
        const ssize_t done = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
        if (done == -1 && errno == EINTR) continue;
        if (done == 0) return 1;
        if (done == -1) break;
    }
    char* const buffer = static_cast<char*>(malloc(1 << 17));
    if (buffer == NULL) return 0;
    for (;;) {
        const ssize_t got = read(from, buffer, 1 << 17);
        if (got == -1 && errno == EINTR) continue;
        if (got <= 0) return free(buffer), got == 0;
        for (ssize_t at = 0; at < got;) {
            const ssize_t put = write(to, buffer + at, static_cast<size_t>(got - at));
            if (put == -1 && errno == EINTR) continue;
            if (put <= 0) return free(buffer), 0;
            at += put;
        }
    }
}

int main(int count, char** arguments) {
    if (count != 3) return 2;
    struct stat facts;
    const int from = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (from == -1 || fstat(from, &facts) == -1) return fail_with(NULL);
    const int to = open(arguments[2], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (to == -1) return fail_with(NULL);
    if (fchmod(to, facts.st_mode & 07777) == -1) return fail_with(arguments[2]);
    if (ioctl(to, FICLONE, from) == -1 && !copy_content(from, to)) return fail_with(arguments[2]);
    return close(to) == 0 ? 0 : fail_with(arguments[2]);
}
