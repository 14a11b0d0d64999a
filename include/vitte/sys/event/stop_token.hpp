/// `std::stop_token` for loops, in a header of its own for what <stop_token> costs; empty where there is none.
#pragma once

#if __has_include(<stop_token>)
#include <stop_token>
#endif
#if defined(__cpp_lib_jthread)

#include <vitte/sys/event/stop.hpp>

namespace vitte::sys {

/// Requests a stop of `of` when one is requested by `token`, from its beginning to its end.
template <platform P = native>
class basic_stop_link {
public:
    basic_stop_link(std::stop_token token, basic_stop_request<P>& of) noexcept : call_(std::move(token), pass_on{of}) {}

private:
    struct pass_on {
        basic_stop_request<P>& of;
        void operator()() const noexcept { of.request_stop(); }
    };
    std::stop_callback<pass_on> call_;
};
using stop_link = basic_stop_link<>;

}  // namespace vitte::sys

#endif
