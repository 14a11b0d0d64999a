#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <vitte/sys/fs/file.hpp>

#include "pair.hpp"

int main(int argc, char** argv) {
    const auto file = vitte::sys::file::open("/dev/zero", vitte::sys::open_mode::read_write);
    if (!file) return 1;
    const int descriptor = file->native_handle();
    std::byte block[256]{};
    return run_pair(argc, argv, [&] { if (!file->read_at(block, 4096)) std::abort(); },
        [&] {
            for (std::size_t done = 0; done < sizeof block;) {
                const ssize_t some =
                    pread(descriptor, block + done, sizeof block - done, static_cast<off_t>(4096 + done));
                if (some == -1 && errno == EINTR) continue;
                if (some <= 0) std::abort();
                done += static_cast<std::size_t>(some);
            }
        });
}
