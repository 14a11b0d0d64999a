/// What `confined` allows, and what it says of the rest: each rule is the `operation` of the errors that it causes.
#pragma once

#include <vitte/sys/platform/policy.hpp>

namespace vitte::sys {

/// What may be done below a granted folder.
enum class grant_rights : unsigned char { read, read_write };

/// What may be used up at most.
struct confinement_limits {
    std::uint64_t memory = unlimited;   ///< bytes of address space and of shared memory at a time
    std::uint64_t handles = unlimited;  ///< open at a time; never more than `most_handles` of the confinement
    std::uint64_t sockets = unlimited;  ///< likewise
    std::uint64_t written = unlimited;  ///< bytes, all in all
};

namespace detail::rule {

inline constexpr const char* outside = "confined: path is outside the granted folders";
inline constexpr const char* leads_out = "confined: path leads out of the granted folder";
inline constexpr const char* read_only = "confined: folder may only be read";
inline constexpr const char* foreign = "confined: handle was not opened here";
inline constexpr const char* streams = "confined: no standard streams";
inline constexpr const char* shared_names = "confined: no shared memory by name";
inline constexpr const char* current_path = "confined: no path of the current folder";
inline constexpr const char* temporary = "confined: no granted folder for what is not kept";
inline constexpr const char* processes = "confined: no processes";
inline constexpr const char* libraries = "confined: no libraries";
inline constexpr const char* network = "confined: network address is not granted";
inline constexpr const char* local = "confined: no local addresses of sockets";
inline constexpr const char* unbound = "confined: a socket that is not bound does not listen";
inline constexpr const char* unaddressed = "confined: a socket that is neither bound nor connected does not receive";
inline constexpr const char* names = "confined: no names of hosts";
inline constexpr const char* devices = "confined: no devices";
inline constexpr const char* environment = "confined: no environment";
inline constexpr const char* memory = "confined: limit of memory";
inline constexpr const char* handles = "confined: limit of open handles";
inline constexpr const char* sockets = "confined: limit of open sockets";
inline constexpr const char* written = "confined: limit of bytes written";

}  // namespace detail::rule

}  // namespace vitte::sys
