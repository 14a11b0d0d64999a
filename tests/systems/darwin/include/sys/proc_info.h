#pragma once
#include <cstdint>
#if __has_include(<numbers/sys/proc_info.h>)
#include <numbers/sys/proc_info.h>
#endif
struct proc_bsdinfo {
    std::uint32_t pbi_flags, pbi_status, pbi_xstatus, pbi_pid, pbi_ppid, users[6], reserved;
    char pbi_comm[16], pbi_name[32];
    std::uint32_t pbi_nfiles, pbi_pgid, pbi_pjobc, terminal[2];
    std::int32_t pbi_nice;
    std::uint64_t pbi_start_tvsec, pbi_start_tvusec;
};
static_assert(sizeof(proc_bsdinfo) == 136);
