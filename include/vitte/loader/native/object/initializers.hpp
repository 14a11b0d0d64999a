/// The order in which a linked image's initialisers run, as linkers sort them: by the number at the end of the
/// section's name, the lowest first, and those without one last. `.ctors`, which is older, counts down and is run from
/// its end.
#pragma once

#include <vitte/loader/native/object/layout.hpp>

namespace vitte::loader::native::object {

namespace detail {
inline constexpr std::uint32_t no_priority = 65'536;

/// The priority of a section of `kind`, such as `.init_array.00101`.
inline std::uint32_t priority_of(std::string_view name, std::string_view kind, bool counts_down) noexcept {
    std::uint32_t number = 0;
    if (name.size() <= kind.size() + 1 || name.size() > kind.size() + 6) return no_priority;
    for (const char c : name.substr(kind.size() + 1)) {
        if (c < '0' || c > '9') return no_priority;
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return !counts_down ? number : number > 65'535 ? 0 : 65'535 - number;
}
}  // namespace detail

/// The functions in sections of `kind` and of the older kind `old`, in the order of an array of initialisers. The image
/// at `base` has been relocated.
inline std::vector<std::uintptr_t> functions_in_order(layout& plan, std::uintptr_t base, std::string_view kind,
                                                      std::string_view old) {
    struct run {
        std::uint32_t priority;
        const section* in;
        bool reversed;
    };
    std::vector<run> runs;
    for (const layout::place& p : plan.of(image_part::relro)) {
        const section& s = plan.at(p);
        if (detail::is_kind(s.name, kind)) runs.push_back({detail::priority_of(s.name, kind, false), &s, false});
        if (detail::is_kind(s.name, old)) runs.push_back({detail::priority_of(s.name, old, true), &s, true});
    }
    std::stable_sort(runs.begin(), runs.end(), [](const run& a, const run& b) { return a.priority < b.priority; });
    std::vector<std::uintptr_t> functions;
    for (const run& r : runs) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(base + r.in->offset);
        const auto count = static_cast<std::size_t>(r.in->size() / sizeof(word));
        for (std::size_t i = 0; i < count; ++i)
            functions.push_back(
                load<word>(bytes + (r.reversed ? count - 1 - i : i) * sizeof(word), byte_order::native));
    }
    return functions;
}

}  // namespace vitte::loader::native::object
