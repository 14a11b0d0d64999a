/// What native images are for: `x86_64-linux-gnu` and the like.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vitte/sys/platform/host.hpp>

namespace vitte::loader {

/// The parts of a target. A compiler's names differ: "x86_64-pc-linux-gnu", "arm64-apple-darwin22" and
/// "x86_64-w64-mingw32" are the same as x86_64-linux-gnu, aarch64-macos and x86_64-windows-gnu.
struct target {
    std::string_view machine;
    std::string_view system;    ///< "none" on bare metal; empty if it is not known
    std::string_view abi = {};  ///< of which there may be several on a system

    static constexpr target read(std::string_view text) noexcept;
};

/// Whether images for a target run somewhere.
enum class target_fit : unsigned char {
    none,
    other_abi,  ///< those may that need nothing of the C library
    exact,
};

namespace detail {
struct target_word {
    std::string_view begin, meaning;
};
constexpr std::string_view meaning_of(std::string_view word, std::initializer_list<target_word> all) noexcept {
    for (const target_word& known : all)
        if (word.starts_with(known.begin)) return known.meaning;
    return {};
}
}  // namespace detail

constexpr target target::read(std::string_view text) noexcept {
    target made{};
    for (bool is_first = true; !text.empty(); is_first = false) {
        const std::size_t end = text.find('-');
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        const std::string_view system = detail::meaning_of(word, {{"linux", "linux"},
                                                                  {"windows", "windows"},
                                                                  {"mingw", "windows"},
                                                                  {"macos", "macos"},
                                                                  {"darwin", "macos"},
                                                                  {"freebsd", "freebsd"},
                                                                  {"netbsd", "netbsd"},
                                                                  {"openbsd", "openbsd"},
                                                                  {"dragonfly", "dragonfly"},
                                                                  {"wasi", "wasi"},
                                                                  {"none", "none"}});
        if (is_first) {
            const std::string_view machine =
                detail::meaning_of(word, {{"amd64", "x86_64"}, {"arm64", "aarch64"}, {"armv", "arm"}, {"thumbv", "arm"}});
            made.machine = machine.empty() ? word : machine;
        } else if (!system.empty()) {
            made.system = system;
            made.abi = word.starts_with("mingw") ? "gnu" : std::string_view();
        } else if (!made.system.empty()) {
            made.abi = word;
        }
    }
    return made;
}

/// What this program runs.
inline constexpr target host_target{sys::host_machine, sys::host_system, sys::host_abi};

/// Whether images for `wanted` run where those for `host` do. Of other parts of an ABI than the C library, floating
/// point numbers in registers or not have to be the same.
constexpr target_fit fits(const target& wanted, const target& host = host_target) noexcept {
    if (wanted.machine != host.machine || wanted.system != host.system) return target_fit::none;
    if (wanted.abi == host.abi || wanted.abi.empty()) return target_fit::exact;
    const bool is_arm = wanted.machine == "arm";
    return is_arm && wanted.abi.ends_with("hf") != host.abi.ends_with("hf") ? target_fit::none : target_fit::other_abi;
}

}  // namespace vitte::loader
