/// The right to make symbolic links, which administrators have, but switched off.
#pragma once

#include <vitte/sys/platform/win32/api.hpp>

namespace vitte::sys::win32 {

/// SeCreateSymbolicLinkPrivilege for this thread, if its user has it, as CreateSymbolicLinkW takes it; in the
/// developer's mode nobody needs it.
class link_privilege {
public:
    link_privilege() noexcept {
        constexpr auto no_token = static_cast<long>(0xc000007c);
        constexpr int impersonation = 2;
        long status = adjust(true);
        impersonates_ = status == no_token && vitte_impersonate_self(impersonation) >= 0;
        if (impersonates_) status = adjust(true);
        taken_ = status >= 0 && before_ == 0;
    }
    link_privilege(const link_privilege&) = delete;
    link_privilege& operator=(const link_privilege&) = delete;
    ~link_privilege() {
        constexpr int impersonation_token = 5;
        const handle none = nullptr;
        if (impersonates_) vitte_nt_set_thread(GetCurrentThread(), impersonation_token, &none, sizeof none);
        else if (taken_) adjust(false);
    }

private:
    long adjust(bool on) noexcept {
        constexpr std::uint32_t create_symbolic_link = 35;
        constexpr unsigned char of_thread = 1;
        return vitte_adjust_privilege(create_symbolic_link, on ? 1 : 0, of_thread, &before_);
    }
    unsigned char before_ = 0;
    bool impersonates_ = false, taken_ = false;
};

}  // namespace vitte::sys::win32
