#pragma once /* elf_aux_info(3); AT_HWCAP is in <elf.h>, which Linux has as well */
#include <elf.h>
extern "C" int elf_aux_info(int, void *, int);
