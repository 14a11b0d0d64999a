#pragma once
#include <stddef.h>
#include <stdint.h>
#include <target.hpp>
#include <numbers/os/clock.h>
#define OS_SYNC_WAIT_ON_ADDRESS_NONE 0
#define OS_SYNC_WAKE_BY_ADDRESS_NONE 0
extern "C" {
int os_sync_wait_on_address(void*, uint64_t, size_t, unsigned) TARGET(os_sync_wait_on_address);
int os_sync_wait_on_address_with_timeout(void*, uint64_t, size_t, unsigned, unsigned, uint64_t)
    TARGET(os_sync_wait_on_address_with_timeout);
int os_sync_wake_by_address_any(void*, size_t, unsigned) TARGET(os_sync_wake_by_address_any);
int os_sync_wake_by_address_all(void*, size_t, unsigned) TARGET(os_sync_wake_by_address_all);
}
