#pragma once
#include <stdint.h>
#include <target.hpp>
#include <numbers/mach/vm_region.h>
#include <numbers/mach/vm_prot.h>
#include <numbers/mach/kern_return.h>
typedef int kern_return_t;
typedef unsigned mach_port_t;
typedef unsigned mach_msg_type_number_t;
typedef unsigned long vm_address_t;
typedef unsigned long vm_size_t;
typedef int* vm_region_info_t;
struct vm_region_basic_info_data_64_t {
    int protection;
    int max_protection;
    unsigned inheritance;
    int shared;
    int reserved;
    unsigned long offset __attribute__((packed, aligned(4)));
    int behavior;
    unsigned short user_wired_count;
};
#define MACH_PORT_NULL 0
extern "C" {
mach_port_t mach_task_self(void) TARGET(mach_task_self);
kern_return_t vm_region_64(mach_port_t, vm_address_t*, vm_size_t*, int, vm_region_info_t, mach_msg_type_number_t*,
                           mach_port_t*) TARGET(vm_region_64);
void sys_icache_invalidate(void*, size_t) TARGET(sys_icache_invalidate);
}
