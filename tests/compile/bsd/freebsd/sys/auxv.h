#pragma once /* elf_aux_info(3); AT_HWCAP is in <elf.h>, which Linux has as well */
#include <elf.h>
#define SHM_ANON ((char *)1) /* shm_open(2), of <sys/mman.h> */
extern "C" int elf_aux_info(int, void *, int);
