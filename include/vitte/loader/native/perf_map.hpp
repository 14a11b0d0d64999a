/// `/tmp/perf-PID.map`, in which Linux's `perf` looks for the names of code that no file has at its place
/// (tools/perf/Documentation/jit-interface.txt). Shared objects that are mapped from their files need none.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vitte/core/printable.hpp>
#include <vitte/loader/native/symbol_index.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/platform/processes.hpp>

namespace vitte::loader::native {

/// The lines of `symbols`: start and size in hexadecimal, and the name as `append_printable` has it. A symbol without
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
        append_printable(text, std::string_view(symbols.name(all[i])));
        text += '\n';
    }
    return text;
}

/// The file of this process; others in it may write to it as well. What has gone is not taken out. Safe from several
/// threads at once. A child that is forked needs its own. Who knew where code lies would know what the system keeps
/// from him by moving it: nobody else may read the new file.
template <sys::platform P = sys::native>
class perf_map {
public:
    /// Anybody may put something at the name before: fails, mostly with `errc::permission_denied`, if that is not a
    /// file of this user's, with one name.
    static result<perf_map> open() noexcept {
        constexpr unsigned flags = sys::open_append | sys::open_no_follow;
        constexpr std::uint32_t private_rights = 0600;
        char path[48];
        std::snprintf(path, sizeof path, "/tmp/perf-%llu.map", static_cast<unsigned long long>(P::processes::own_id()));
        auto made = sys::basic_file<P>::open(path, {sys::open_mode::create_new, flags, private_rights});
        if (made) return perf_map(std::move(*made));
        if (made.error().code != errc::already_exists) return unexpected(made.error());
        VITTE_TRY(auto file,
                  sys::basic_file<P>::open(path, {sys::open_mode::read_write, flags | sys::open_nonblocking}));
        VITTE_TRY(const bool own, is_own(file));
        if (!own) return fail(errc::permission_denied, "open perf map");
        return perf_map(std::move(file));
    }
    bool is_of_this_process() const noexcept { return process_ == P::processes::own_id(); }
    result<void> add(const symbol_index& symbols) const {
        const std::string lines = perf_lines(symbols);
        return file_.write(std::as_bytes(std::span(lines)));
    }

private:
    /// Whether this user has made it, and it is nothing that has another name, too. New memory has the same owner.
    static result<bool> is_own(const sys::basic_file<P>& file) noexcept {
        VITTE_TRY(const sys::file_info facts, file.info());
        if (facts.kind != sys::file_kind::regular || facts.links != 1) return false;
        VITTE_TRY(const auto memory, sys::basic_shared_memory<P>::create(1));
        VITTE_TRY(const sys::file_info ours, memory.file().info());
        return facts.owner == ours.owner;
    }

    explicit perf_map(sys::basic_file<P>&& file) noexcept : file_(std::move(file)) {}
    sys::basic_file<P> file_;
    std::uint64_t process_ = P::processes::own_id();
};

}  // namespace vitte::loader::native
