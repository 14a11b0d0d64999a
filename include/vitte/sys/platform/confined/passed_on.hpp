/// The functions of a facet that `confined` has no question about.
#pragma once

/// A static function of `inner`, if it has it, as a static function of the same name.
#define VITTE_DETAIL_PASSED_ON(name)                                      \
    template <class... Arguments>                                         \
        requires requires(Arguments&... given) { inner::name(given...); } \
    static auto name(Arguments&&... given) noexcept {                     \
        return inner::name(given...);                                     \
    }
