/// What becomes of calls that a signal has interrupted.
#pragma once

#include <vitte/core/result.hpp>

namespace vitte::sys {

/// What `call()` returns, which is made again as long as it is `errc::interrupted`.
template <class Call>
auto retried(Call call) noexcept {
    for (;;)
        if (auto done = call(); done || done.error().code != errc::interrupted) return done;
}

}  // namespace vitte::sys
