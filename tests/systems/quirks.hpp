// In what the systems differ, other than by numbers. README.md has a line with the source for each.
#pragma once

namespace systems {

struct quirks {
    int link_not_followed = TARGET_ELOOP;      ///< open(2) of a link with O_NOFOLLOW
    int unlinked_folder = TARGET_EPERM;        ///< unlink(2) of a folder
    bool files_at_most_int = false;            ///< no transfer of more than INT_MAX bytes
    bool all_descriptors_listed = false;       ///< /dev/fd has more than the standard streams
    bool zombies_are_found = false;            ///< by EVFILT_PROC
    bool truncation_has_a_note = false;        ///< NOTE_TRUNCATE; elsewhere it is a change of attributes
    std::size_t shared_name = 1023;            ///< the longest name of a shared memory object
    bool shared_resized_once = false;          ///< ftruncate of a shared memory object that has a size
    bool rights_are_final = false;             ///< mprotect(2) gives no more than mmap(2) (PaX MPROTECT)
    bool maps_writable_code = true;            ///< PROT_WRITE | PROT_EXEC
    bool groups_of_zombies_refuse = false;     ///< EPERM of kill(2) for a process group with nobody alive
    bool descriptors_are_limited = false;      ///< RLIM_INFINITY is no limit for RLIMIT_NOFILE
    bool flags_raise_signals = false;          ///< MSG_NOSIGNAL has no effect
    bool sequences_local_messages = true;      ///< SOCK_SEQPACKET
    bool nothing_of_what_is_over = false;      ///< setsockopt(2) and getpeername(2) of a connection that was reset: EINVAL
    bool end_hangs_up = false;                 ///< POLLHUP when the other side sends no more
    bool multicast_takes_bytes = false;        ///< IP_MULTICAST_TTL and IP_MULTICAST_LOOP, and no numbers
    bool groups_have_numbers = false;          ///< of their interfaces: ip_mreqn
    int maps_no_ipv4 = 0;                      ///< what setsockopt(2) says of IPV6_V6ONLY that is to be 0
};

#if defined(TARGET_FREEBSD)
inline constexpr quirks here{.link_not_followed = TARGET_EMLINK, .files_at_most_int = true, .zombies_are_found = true,
                               .groups_have_numbers = true};
#elif defined(TARGET_DARWIN)
inline constexpr quirks here{.files_at_most_int = true,
                               .all_descriptors_listed = true,
                               .shared_name = 31,
                               .shared_resized_once = true,
                               .groups_of_zombies_refuse = true,
                               .descriptors_are_limited = true,
                               .flags_raise_signals = true,
                               .sequences_local_messages = false,
                               .nothing_of_what_is_over = true,
                               .end_hangs_up = true,
                               .groups_have_numbers = true};
#elif defined(TARGET_NETBSD)
inline constexpr quirks here{.link_not_followed = TARGET_EFTYPE,
                               .rights_are_final = true,
                               .maps_writable_code = false};
#elif defined(TARGET_OPENBSD)
inline constexpr quirks here{.truncation_has_a_note = true,
                               .maps_writable_code = false,
                               .multicast_takes_bytes = true,
                               .maps_no_ipv4 = TARGET_EINVAL};
#elif defined(TARGET_DRAGONFLY)
inline constexpr quirks here{.zombies_are_found = true, .maps_no_ipv4 = TARGET_EOPNOTSUPP};
#endif

}  // namespace systems
