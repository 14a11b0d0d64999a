/// Rulesets of Landlock (landlock(7)), for kernels of any ABI: constants are the kernel's own, since the headers of
/// some systems know fewer of them.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vitte/sys/platform/linux/call_table.hpp>
#include <vitte/sys/platform/posix/descriptor.hpp>
#include <vitte/sys/platform/sandbox_types.hpp>

namespace vitte::sys::linux_os {

/// LANDLOCK_ACCESS_FS_...
enum landlock_access : std::uint64_t {
    access_execute = 1 << 0,
    access_write_file = 1 << 1,
    access_read_file = 1 << 2,
    access_read_folder = 1 << 3,
    access_remove_folder = 1 << 4,
    access_remove_file = 1 << 5,
    access_make_character_device = 1 << 6,
    access_make_folder = 1 << 7,
    access_make_file = 1 << 8,
    access_make_socket = 1 << 9,
    access_make_pipe = 1 << 10,
    access_make_block_device = 1 << 11,
    access_make_link = 1 << 12,
    access_refer = 1 << 13,  ///< from one folder to another; ABI 2, and always refused before
    access_truncate = 1 << 14,
    access_device_control = 1 << 15,
};

/// What the running kernel has: 1 to 7 and more, or 0 for no Landlock.
inline int landlock_abi() noexcept {
    constexpr unsigned version = 1;
    const long abi = ::syscall(landlock_create_ruleset_call, nullptr, std::size_t{0}, version);
    return abi > 0 ? static_cast<int>(abi) : 0;
}

/// The rules that a kernel of that ABI enforces.
constexpr unsigned landlock_rules(int abi) noexcept {
    return (abi >= 1 ? sandbox_files | sandbox_tracing : 0u) | (abi >= 3 ? sandbox_truncation : 0u) |
           (abi >= 4 ? sandbox_tcp : 0u) | (abi >= 5 ? sandbox_device_control : 0u) |
           (abi >= 6 ? sandbox_signals | sandbox_abstract_sockets : 0u);
}
inline constexpr unsigned all_landlock_rules = landlock_rules(6);

/// What `rules` take away from everybody who is not allowed it.
constexpr std::uint64_t handled_accesses(unsigned rules, int abi) noexcept {
    const std::uint64_t of_files = access_refer - 1;
    return ((rules & sandbox_files) != 0 ? of_files : 0) |
           ((rules & sandbox_files) != 0 && abi >= 2 ? std::uint64_t{access_refer} : 0) |
           ((rules & sandbox_truncation) != 0 ? std::uint64_t{access_truncate} : 0) |
           ((rules & sandbox_device_control) != 0 ? std::uint64_t{access_device_control} : 0);
}

/// Bits of `sandbox_right` as accesses; devices are in none of them, since one that was made would be allowed to be
/// used as well.
constexpr std::uint64_t accesses_of(unsigned rights) noexcept {
    constexpr std::uint64_t reading = access_read_file | access_read_folder;
    constexpr std::uint64_t writing = access_write_file | access_remove_folder | access_remove_file |
                                      access_make_folder | access_make_file | access_make_socket | access_make_pipe |
                                      access_make_link | access_refer | access_truncate;
    return ((rights & may_read) != 0 ? reading : 0) | ((rights & may_write) != 0 ? writing : 0) |
           ((rights & may_execute) != 0 ? std::uint64_t{access_execute} : 0) |
           ((rights & may_control_devices) != 0 ? std::uint64_t{access_device_control} : 0);
}

/// A ruleset that is built up and then enforced, as often as wanted.
class landlock_ruleset {
public:
    /// With nothing allowed. For no rule of Landlock nothing is opened.
    result<void> open(unsigned rules) noexcept {
        if ((rules & all_landlock_rules) == 0) return {};
        const int abi = landlock_abi();
        struct {
            std::uint64_t files, ports, scopes;  // a shorter one is an older kernel's, which takes zeros behind it
        } handled{handled_accesses(rules, abi), (rules & sandbox_tcp) != 0 ? std::uint64_t{may_bind | may_connect} : 0,
                  ((rules & sandbox_abstract_sockets) != 0 ? 1u : 0u) | ((rules & sandbox_signals) != 0 ? 2u : 0u)};
        const bool open_to_all = (handled.files | handled.ports | handled.scopes) == 0;
        // No ruleset is empty, and each of files refuses to link from one folder to another unless a rule allows it.
        if (open_to_all) handled.files = access_make_block_device | (abi >= 2 ? std::uint64_t{access_refer} : 0);
        handled_ = handled.files;
        // No child gets its streams at this number.
        ruleset_ = posix::above_streams(
            static_cast<int>(::syscall(landlock_create_ruleset_call, &handled, sizeof handled, 0)));
        if (ruleset_ == -1) return posix::last_error("landlock_create_ruleset");
        return open_to_all ? allow_everywhere() : result<void>();
    }
    /// Bits of `sandbox_right` for what the handle stands for.
    result<void> allow(int at, unsigned rights) noexcept {
        constexpr std::uint64_t of_one_file =
            access_execute | access_write_file | access_read_file | access_truncate | access_device_control;
        struct stat facts;
        if (::fstat(at, &facts) == -1) return posix::last_error("fstat");
        return allow_beneath(at, accesses_of(rights) & (S_ISDIR(facts.st_mode) ? ~std::uint64_t{0} : of_one_file));
    }
    /// Bits of `sandbox_port_right`, which are those of LANDLOCK_ACCESS_NET_....
    result<void> allow_port(std::uint16_t port, unsigned rights) noexcept {
        const std::uint64_t rule[2]{rights, port};
        return rights != 0 ? add(2, rule) : result<void>();
    }
    /// For this thread, which cannot get new privileges any more.
    result<void> enforce() const noexcept {
        if (ruleset_ == -1 || ::syscall(landlock_restrict_self_call, ruleset_, 0) == 0) return {};
        return posix::last_error("landlock_restrict_self");
    }
    void close() noexcept {
        if (ruleset_ != -1) ::close(ruleset_);
        ruleset_ = -1;
    }

private:
    result<void> allow_beneath(int at, std::uint64_t accesses) noexcept {
        struct [[gnu::packed]] {
            std::uint64_t allowed;
            std::int32_t beneath;
        } rule{accesses & handled_, at};
        return rule.allowed != 0 ? add(1, &rule) : result<void>();  // an empty rule is an error to the kernel
    }
    result<void> allow_everywhere() noexcept {
        const int root = posix::above_streams(::open("/", O_PATH | O_CLOEXEC));
        if (root == -1) return posix::last_error("open O_PATH");
        const auto allowed = allow_beneath(root, handled_);
        ::close(root);
        return allowed;
    }
    result<void> add(int kind, const void* rule) noexcept {
        if (::syscall(landlock_add_rule_call, ruleset_, kind, rule, 0) == 0) return {};
        return posix::last_error("landlock_add_rule");
    }

    int ruleset_ = -1;
    std::uint64_t handled_ = 0;
};

}  // namespace vitte::sys::linux_os
