/// `/tmp/perf-PID.map`, in which Linux's `perf` looks for the names of code that no file has at its place
/// (tools/perf/Documentation/jit-interface.txt). Shared objects that are mapped from their files need none.
#pragma once

#include <cstdio>
#include <string>

#include <vitte/loader/native/symbol_index.hpp>
#include <vitte/sys/fs/file.hpp>

namespace vitte::loader::native {

/// The lines of `symbols`: start and size in hexadecimal, and the name, control characters replaced. A symbol without
/// size reaches to the next.
inline std::string perf_lines(const symbol_index& symbols) {
    std::string text;
    const auto all = symbols.entries();
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::uint64_t size = all[i].size;
        if (size == 0)
            size = i + 1 < all.size() && all[i + 1].address > all[i].address ? all[i + 1].address - all[i].address : 1;
        char numbers[40];
        std::snprintf(numbers, sizeof numbers, "%llx %llx ", static_cast<unsigned long long>(all[i].address),
                      static_cast<unsigned long long>(size));
        text += numbers;
        for (const char* c = symbols.name(all[i]); *c != 0; ++c)
            text += static_cast<unsigned char>(*c) < ' ' || *c == 0x7f ? '?' : *c;
        text += '\n';
    }
    return text;
}

/// The file of this process; others in it may write to it as well. What has gone is not taken out. Safe from several
/// threads at once. A child that is forked needs its own.
template <sys::platform P = sys::native>
class perf_map {
public:
    static result<perf_map> open() noexcept {
        char path[48];
        std::snprintf(path, sizeof path, "/tmp/perf-%llu.map", static_cast<unsigned long long>(P::processes::own_id()));
        VITTE_TRY(auto file, sys::basic_file<P>::open(
                                 path, {sys::open_mode::update, sys::open_append | sys::open_no_follow, 0644}));
        return perf_map(std::move(file));
    }
    result<void> add(const symbol_index& symbols) const {
        const std::string lines = perf_lines(symbols);
        return file_.write(std::as_bytes(std::span(lines)));
    }

private:
    explicit perf_map(sys::basic_file<P>&& file) noexcept : file_(std::move(file)) {}
    sys::basic_file<P> file_;
};

}  // namespace vitte::loader::native
