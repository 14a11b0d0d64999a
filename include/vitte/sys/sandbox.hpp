/// A guard that the kernel enforces, for this process or for a child that is to be started: what is not allowed fails,
/// whatever code runs in it. (`confined<P>`, by contrast, is a guard inside the process: it holds back those who go
/// through the library, and nobody else.) On Linux it is Landlock (landlock(7)) and a filter of calls (seccomp(2)),
/// both without any privilege; elsewhere `enter` says that nothing is supported.
///
/// What is open stays usable: files, folders, sockets and mappings that the process had before. Landlock does not rule
/// everything: facts about files may still be asked for, and modes, owners and times be changed, by whom the file
/// system lets; sockets with a path may be connected to, unless all sockets are refused; and memory that poses as a
/// file (memfd_create(2)) may be executed, unless programs are refused. The filter is made from a table of all system
/// calls, which says why each is let through; calls that are newer than the table do not exist in a sandbox. It kills
/// programs of other instruction sets, such as those of 32 bits, and refuses io_uring(7), which works behind its back.
/// Root keeps what the kernel allows by capability alone: give who is not trusted a user of its own, too. A sandbox
/// cannot be left. Another one within narrows it; Linux takes 16.
#pragma once

#include <vector>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/platform/sandbox.hpp>

namespace vitte::sys {

/// A set of rules.
struct sandbox_rules {
    unsigned bits = 0;  ///< of `sandbox_rule`

    constexpr bool has(sandbox_rule rule) const noexcept { return (bits & rule) != 0; }
    constexpr bool empty() const noexcept { return bits == 0; }
    /// The name of the first rule in it; "sandbox" if there is none.
    constexpr const char* name() const noexcept { return name_of(static_cast<sandbox_rule>(bits & (~bits + 1))); }
    friend constexpr bool operator==(sandbox_rules, sandbox_rules) = default;
};

/// What became of the rules that were asked for.
struct sandbox_report {
    sandbox_rules enforced;
    sandbox_rules missing;  ///< what the running kernel cannot enforce
};

/// What to do about rules that the running kernel cannot enforce.
enum class enforce : unsigned char {
    all_or_fail,  ///< `errc::not_supported` with the name of the first one, before anything is changed
    what_it_can,  ///< the others; the report says which ones are missing
};

/// Who enters a sandbox, with all that it starts later.
enum class sandbox_scope : unsigned char {
    whole_process,  ///< which must have no other threads yet: `errc::busy`
    one_thread,     ///< this one. Others share its memory and may do its work, so it guards against mistakes only
};

/// What the running kernel can enforce, on platform `P`; empty where there is nothing of the kind.
template <platform P = native>
sandbox_rules supported_sandbox() noexcept {
    if constexpr (requires { typename P::sandbox; })
        return {P::sandbox::supported()};
    else
        return {};
}

/// Builds up what is allowed and what is refused, and enforces it. A new one refuses only the calls of privileged
/// programs, and to look into processes outside. Refusals are `errc::permission_denied`, and of links from folder to
/// folder `errc::cross_device`. For one thread at a time.
/// ```
/// sandbox box;
/// VITTE_CHECK(box.allow("/usr", may_read | may_execute));
/// VITTE_CHECK(box.allow("work", may_read | may_write));
/// VITTE_CHECK(box.deny_processes().deny_sockets().enter());
/// ```
template <platform P = native>
class basic_sandbox {
    using handle = typename P::files::handle;
    static constexpr bool present = requires { typename P::sandbox; };

public:
    /// Files: only these, and what is beneath these folders, as they are now, wherever they are moved later; `rights`
    /// are bits of `sandbox_right`. A symbolic link is followed now, and those beneath lead nowhere else. Fails if
    /// there is nothing at `path`. Links and renames from folder to folder need Linux 5.19.
    result<void> allow(const char* path, unsigned rights) {
        if constexpr (present) return keep(P::sandbox::open_place(P::directories::current, path), rights);
        return deny_files(), result<void>();
    }
    result<void> allow(const basic_directory<P>& folder, unsigned rights)
        requires present
    {
        return keep(P::sandbox::open_place(folder.native_handle(), "."), rights);
    }
    /// Files: none but those that are allowed.
    basic_sandbox& deny_files() noexcept { return refuse(sandbox_files | sandbox_truncation | sandbox_device_control); }

    /// TCP: only these ports; `rights` are bits of `sandbox_port_right`. Port 0 is any that the system picks.
    basic_sandbox& allow_tcp(std::uint16_t port, unsigned rights) {
        ports_.push_back({port, rights});
        return deny_tcp();
    }
    /// TCP: no connections and no ports to listen on but those that are allowed. Connections that the kernel's rules do
    /// not see are refused: MPTCP, SMC, RDS, sockets that become those of another protocol (TCP_ULP, also the kernel's
    /// TLS), and those that a first message makes (MSG_FASTOPEN). Who may bind a port may listen on one that the system
    /// picks. UDP is not ruled. Where one call is all calls of sockets (socketcall(2)), it is refused.
    basic_sandbox& deny_tcp() noexcept { return refuse(sandbox_tcp); }
    /// No new sockets of any kind are made, in pairs neither. Those that are there may be used, also to accept
    /// connections.
    basic_sandbox& deny_sockets() noexcept { return refuse(sandbox_sockets); }
    /// No connections to sockets with abstract names (unix(7)) that were made outside.
    basic_sandbox& deny_abstract_sockets() noexcept { return refuse(sandbox_abstract_sockets); }

    /// No signals to processes outside, and no limits, priorities and CPUs set but those of the calling thread, whose
    /// number there is 0: with them a process can be killed or stopped, too. Nor are terminals set, since they send
    /// signals to whom they are told, nor is another process group joined. The process that enters, or the child, gets
    /// a session of its own, without a controlling terminal: keys such as Ctrl-C do not reach it any more. One that
    /// leads a process group stays in it: reading from a terminal in the background stops that group, with all its
    /// members.
    basic_sandbox& deny_signals() noexcept { return refuse(sandbox_signals); }
    /// No new processes, and no other program in the place of this one; threads may be started. A child that
    /// `basic_command` starts must become its program in the sandbox: it may go on to another one that it is allowed to
    /// execute, but has no children.
    basic_sandbox& deny_processes() noexcept { return refuse(sandbox_processes | sandbox_programs); }
    /// Lets calls through that administer the system or look into other processes: ptrace, process_vm_readv,
    /// pidfd_getfd and files such as /proc/PID/mem; mount, chroot, namespaces, handles of files, swap and quotas; BPF,
    /// performance counters, userfaultfd, keys, modules, kexec, reboot, the clock, the names of the machine; and
    /// pushing input to a terminal. They need the rights that they always need.
    basic_sandbox& allow_privileges() noexcept {
        wanted_.bits &= ~static_cast<unsigned>(sandbox_privileges | sandbox_tracing);
        return *this;
    }

    /// What `enter` would enforce now, and a child all of but `sandbox_programs`; or the failure that `how` makes of
    /// what is missing.
    result<sandbox_report> plan(enforce how = enforce::all_or_fail) const noexcept { return planned(wanted_, how); }
    /// Enforces the rules, for ever, and that no program gets rights by set-user-ID (PR_SET_NO_NEW_PRIVS). Call it
    /// before there are other threads: those would stay free. If the failure is that of "landlock_restrict_self" or
    /// "seccomp", a part may be enforced already, and the program should end. `errc::too_large` for more than 16
    /// sandboxes within each other.
    result<sandbox_report> enter(enforce how = enforce::all_or_fail,
                                 sandbox_scope who = sandbox_scope::whole_process) const noexcept {
        VITTE_TRY(const sandbox_report report, plan(how));
        if constexpr (present) {
            if (who == sandbox_scope::whole_process) {
                VITTE_TRY(const std::size_t threads, P::sandbox::thread_count());
                if (threads != 1) return fail(errc::busy, "sandbox: other threads");
            }
            VITTE_TRY(const prepared rules, prepared::make(*this, report.enforced));
            if (who == sandbox_scope::whole_process) rules.leave_group();
            VITTE_CHECK(rules.enforce());
        }
        return report;
    }
    /// Starts a child that enters the sandbox before its program begins; `basic_command::confine` asks for it.
    /// `Processes` is the facet of `P`.
    template <class Processes>
    result<typename Processes::child> spawn(process_request<handle>& request, enforce how) const noexcept {
        VITTE_TRY(const sandbox_report report, planned({wanted_.bits & ~static_cast<unsigned>(sandbox_programs)}, how));
        if constexpr (present) {
            VITTE_TRY(const prepared rules, prepared::make(*this, report.enforced));
            request.confine = [](const void* opaque) noexcept {
                static_cast<const prepared*>(opaque)->leave_group();
                return static_cast<const prepared*>(opaque)->enforce();
            };
            request.confinement = &rules;
            return Processes::spawn(request);
        } else {
            return Processes::spawn(request);
        }
    }

private:
    struct place {
        basic_file<P> at;
        unsigned rights;
    };
    struct tcp_port {
        std::uint16_t number;
        unsigned rights;
    };

    /// What the kernel is given, as long as it needs it.
    class prepared {
    public:
        static result<prepared> make(const basic_sandbox& from, sandbox_rules rules) noexcept {
            prepared made;
            VITTE_CHECK(made.rules_.open(rules.bits));
            if (rules.has(sandbox_files)) {
                for (const place& p : from.places_) VITTE_CHECK(made.rules_.allow(p.at.native_handle(), p.rights));
            }
            if (rules.has(sandbox_tcp)) {
                for (const tcp_port& p : from.ports_) VITTE_CHECK(made.rules_.allow_port(p.number, p.rights));
            }
            return made;
        }
        prepared(prepared&& other) noexcept : rules_(std::exchange(other.rules_, {})) {}
        prepared& operator=(prepared&&) = delete;
        ~prepared() { rules_.close(); }
        void leave_group() const noexcept {
            if constexpr (requires { rules_.leave_group(); }) rules_.leave_group();
        }
        result<void> enforce() const noexcept { return rules_.enforce(); }

    private:
        prepared() = default;
        typename P::sandbox::ruleset rules_;
    };

    basic_sandbox& refuse(unsigned rules) noexcept {
        wanted_.bits |= rules;
        return *this;
    }
    result<void> keep(result<handle> opened, unsigned rights) {
        if (!opened) return unexpected(opened.error());
        places_.push_back({basic_file<P>(*opened), rights});
        deny_files();
        return {};
    }
    static result<sandbox_report> planned(sandbox_rules wanted, enforce how) noexcept {
        const unsigned supported = supported_sandbox<P>().bits;
        const sandbox_report report{{wanted.bits & supported}, {wanted.bits & ~supported}};
        if (how == enforce::all_or_fail && !report.missing.empty())
            return fail(errc::not_supported, report.missing.name());
        return report;
    }

    std::vector<place> places_;
    std::vector<tcp_port> ports_;
    sandbox_rules wanted_{sandbox_privileges | sandbox_tracing};
};
using sandbox = basic_sandbox<>;

}  // namespace vitte::sys
