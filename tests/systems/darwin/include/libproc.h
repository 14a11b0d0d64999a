#pragma once
#include <sys/types.h>
#include <target.hpp>
extern "C" int proc_listchildpids(pid_t, void*, int) TARGET(proc_listchildpids);
