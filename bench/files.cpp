// Files and folders: many small ones, whole trees, large copies. files [FOLDER]
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/parallel_walk.hpp>
#include <vitte/sys/fs/tree.hpp>
#include <vitte/sys/fs/walk.hpp>

#include "row.hpp"

#if __has_include(<uv.h>)
#include <uv.h>
#endif

namespace {
using bench::nanoseconds;
namespace sys = vitte::sys;

constexpr int folders = 1000, per_folder = 100, small_files = 20'000;
volatile std::uint64_t seen;

void require(bool well, const char* what) {
    if (well) return;
    std::perror(what);
    std::exit(1);
}

std::vector<std::string> plant(const std::string& top) {
    std::vector<std::string> files;
    const std::string content(1500, 'x');
    for (int i = 0; i < folders; ++i) {
        const std::string folder = top + "/" + std::to_string(i / 32) + "/" + std::to_string(i);
        require(sys::create_directories(folder.c_str()).has_value(), "make folders");
        for (int k = 0; k < per_folder; ++k) {
            const std::string path = folder + "/file" + std::to_string(k);
            const bool filled = static_cast<int>(files.size()) < small_files;
            require(sys::write(path.c_str(), std::as_bytes(std::span(content).first(filled ? content.size() : 0)))
                        .has_value(),
                    "make files");
            if (filled) files.push_back(path);
        }
    }
    return files;
}

void raw_read(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat s;
    fstat(file, &s);
    void* const buffer = std::malloc(static_cast<std::size_t>(s.st_size));
    seen = seen + static_cast<std::uint64_t>(read(file, buffer, static_cast<std::size_t>(s.st_size)));
    close(file);
    std::free(buffer);
}

/// Counts entries, by the calls themselves.
std::uint64_t raw_walk(int folder) {
    std::vector<std::string> below;
    std::uint64_t count = 0;
    alignas(8) static thread_local char buffer[32768];
    for (;;) {
        const long size = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        if (size <= 0) break;
        for (long at = 0; at < size;) {
            unsigned short length;
            __builtin_memcpy(&length, buffer + at + 16, 2);
            const char* const name = buffer + at + 19;
            const bool dots = name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
            if (!dots) ++count;
            if (!dots && buffer[at + 18] == 4) below.emplace_back(name);
            at += length;
        }
    }
    for (const std::string& name : below) {
        const int child = openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        count += raw_walk(child);
        close(child);
    }
    return count;
}

/// The least that finds the end of what may be a pipe, or in /proc.
void raw_read_on(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char beginning[4096];
    const auto size = static_cast<std::size_t>(read(file, beginning, sizeof beginning));
    seen = seen + static_cast<std::uint64_t>(read(file, beginning + size, sizeof beginning - size));
    void* const buffer = std::malloc(size);
    std::memcpy(buffer, beginning, size);
    seen = seen + size;
    close(file);
    std::free(buffer);
}

#if __has_include(<uv.h>)
void uv_read(const std::string& path) {
    uv_fs_t request;
    const int file = uv_fs_open(nullptr, &request, path.c_str(), UV_FS_O_RDONLY, 0, nullptr);
    uv_fs_fstat(nullptr, &request, file, nullptr);
    const std::size_t size = request.statbuf.st_size;
    uv_buf_t buffer = uv_buf_init(static_cast<char*>(std::malloc(size)), static_cast<unsigned>(size));
    seen = seen + static_cast<std::uint64_t>(uv_fs_read(nullptr, &request, file, &buffer, 1, 0, nullptr));
    uv_fs_close(nullptr, &request, file, nullptr);
    std::free(buffer.base);
}

std::uint64_t uv_walk(const std::string& folder) {
    uv_fs_t request;
    uv_dirent_t entry;
    std::uint64_t count = 0;
    if (uv_fs_scandir(nullptr, &request, folder.c_str(), 0, nullptr) < 0) return 0;
    while (uv_fs_scandir_next(&request, &entry) != UV_EOF) {
        ++count;
        if (entry.type == UV_DIRENT_DIR) count += uv_walk(folder + "/" + entry.name);
    }
    uv_fs_req_cleanup(&request);
    return count;
}
#endif

void measure_small_files(const std::vector<std::string>& files) {
    const auto all = [&](auto&& one) {
        return [&files, one] {
            return nanoseconds([&] {
                for (const std::string& path : files) one(path);
            }) / small_files;
        };
    };
    const auto ours = all([](const std::string& path) { seen = seen + sys::read(path.c_str())->size(); });
    bench::compare("files: read a small one", "open, fstat, read, close", 0.93, 15, ours, all(raw_read));
    bench::compare("files: read a small one", "open, read, read, close", 1.05, 15, ours, all(raw_read_on));
#if __has_include(<uv.h>)
    bench::compare("files: read a small one", "libuv", 1.00, 15, ours, all(uv_read));
#else
    bench::missing("files: read a small one", "libuv", ours(), 1.00);
#endif
}

void measure_walk(const std::string& top) {
    const auto ours = [&] {
        std::uint64_t count = 0;
        return nanoseconds([&] {
            require(sys::walk(top.c_str(), [&](const auto&) { return ++count, sys::walk_next::on; }).has_value(),
                    "walk");
            seen = count;
        });
    };
    const auto raw = [&] {
        return nanoseconds([&] {
            const int folder = open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            seen = raw_walk(folder);
            close(folder);
        });
    };
    const auto standard = [&] {
        return nanoseconds([&] {
            std::uint64_t count = 0;
            for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) count += !entry.path().empty();
            seen = count;
        });
    };
    bench::compare("walk: 100,000 entries", "getdents64", 1.10, 15, ours, raw);
    bench::compare("walk: 100,000 entries, a thread per CPU", "getdents64", 0.65, 15, [&] {
        vitte::atomic<std::uint64_t> count{0};
        const auto visit = [&](const auto&) { return count.fetch_add_relaxed(1), sys::walk_next::on; };
        return nanoseconds([&] { require(sys::parallel_walk(top.c_str(), visit).has_value(), "walk"); });
    }, raw);
    bench::compare("walk: 100,000 entries", "std::filesystem", 0.33, 7, ours, standard);
#if __has_include(<uv.h>)
    bench::compare("walk: 100,000 entries", "libuv", 1.00, 7, ours,
                   [&] { return nanoseconds([&] { seen = uv_walk(top); }); });
#else
    bench::missing("walk: 100,000 entries", "libuv", ours(), 1.00);
#endif
}

void measure_copy(const std::string& top) {
    const std::string from = top + "/large", to = top + "/copy";
    constexpr std::size_t size = std::size_t{1} << 30;
    {
        const auto file = sys::file::open(from.c_str(), sys::open_mode::create_new);
        std::vector<std::byte> piece(std::size_t{1} << 20, std::byte{1});
        for (std::size_t done = 0; done < size; done += piece.size()) require(file->write(piece).has_value(), "write");
    }
    const auto timed = [&](auto copy) {
        return [&, copy] {
            const double took = nanoseconds(copy);
            require(std::filesystem::file_size(to) == size, "copy");
            unlink(to.c_str());
            return took;
        };
    };
    const auto ours = timed([&] { require(sys::copy(from.c_str(), to.c_str()).has_value(), "copy"); });
    bench::compare("copy: 1 GiB", "copy_file_range", 1.05, 5, ours, timed([&] {
                       const int source = open(from.c_str(), O_RDONLY | O_CLOEXEC),
                                 target = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
                       while (copy_file_range(source, nullptr, target, nullptr, size, 0) > 0) {
                       }
                       close(source);
                       close(target);
                   }));
    bench::compare("copy: 1 GiB", "std::filesystem", 1.00, 5, ours,
                   timed([&] { std::filesystem::copy_file(from, to); }));
    const auto holes = from + ".holes";
    {
        const auto file = sys::file::open(holes.c_str(), sys::open_mode::create_new);
        const std::vector<std::byte> piece(std::size_t{1} << 16, std::byte{1});
        for (std::size_t at = 0; at < size; at += size / 64) require(file->write_at(piece, at).has_value(), "write");
        require(file->resize(size).has_value(), "resize");
    }
    bench::compare("copy: 1 GiB, most of it holes", "std::filesystem", 1.00, 5,
                   timed([&] { require(sys::copy(holes.c_str(), to.c_str()).has_value(), "copy"); }),
                   timed([&] { std::filesystem::copy_file(holes, to); }));
#if __has_include(<uv.h>)
    bench::compare("copy: 1 GiB", "libuv", 1.00, 5, ours, timed([&] {
        uv_fs_t request;
        uv_fs_copyfile(nullptr, &request, from.c_str(), to.c_str(), 0, nullptr);
    }));
#else
    bench::missing("copy: 1 GiB", "libuv", ours(), 1.00);
#endif
}
}  // namespace

int main(int argc, char** argv) {
    const std::string top = std::string(argc > 1 ? argv[1] : ".") + "/files-bench";
    require(sys::remove_all(top.c_str()).has_value(), "remove");
    const auto files = plant(top + "/tree");
    measure_small_files(files);
    measure_walk(top + "/tree");
    measure_copy(top);
    require(sys::remove_all(top.c_str()).has_value(), "remove");
}
