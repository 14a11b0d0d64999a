#pragma once
#include <sys/proc_info.h>
#include <sys/types.h>
#include <target.hpp>
extern "C" int proc_listallpids(void*, int) TARGET(proc_listallpids);
extern "C" int proc_pidinfo(int, int, std::uint64_t, void*, int) TARGET(proc_pidinfo);
