/// Modules that are chosen when a program is compiled, by the names that a configuration has for them:
///
///     if constexpr (vitte::loader::module_enabled<"acme/image">) image::offer(loader);
///
/// What is not chosen is not in the program. Meson's option `-Dmodules=acme/log,acme/image` chooses (of a subproject:
/// `-Dvitte:modules=...`), or who compiles without Meson, `-DVITTE_MODULES='"acme/log,acme/image"'`: names, or patterns
/// of them as `glob_match_path` has them, such as "acme/*" or "**"; "" for none. All are, if nothing is said. It has to
/// be the same in all parts of a program.
#pragma once

#include <vitte/core/glob.hpp>
#include <vitte/loader/module_name.hpp>

namespace vitte::loader {

namespace detail {

#ifdef VITTE_MODULES
inline constexpr std::string_view selected_modules = VITTE_MODULES;
#else
inline constexpr std::string_view selected_modules = "**";
#endif

constexpr bool is_selected(std::string_view name, std::string_view patterns) noexcept {
    for (;;) {
        const std::size_t end = std::min(patterns.find(','), patterns.size());
        if (glob_match_path(patterns.substr(0, end), name).whole) return true;
        if (end == patterns.size()) return false;
        patterns.remove_prefix(end + 1);
    }
}

/// The name of a module, as an argument of a template.
template <std::size_t N>
struct constant_name {
    char text[N] = {};
    consteval constant_name(const char (&literal)[N]) noexcept {
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }
    constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

template <constant_name Name>
consteval bool is_enabled() noexcept {
    static_assert(is_module_name(Name.view()), "lower-case letters, digits, - _ . and / between parts");
    return is_selected(Name.view(), selected_modules);
}

}  // namespace detail

/// Whether the module of this name is in the program.
template <detail::constant_name Name>
inline constexpr bool module_enabled = detail::is_enabled<Name>();

}  // namespace vitte::loader
