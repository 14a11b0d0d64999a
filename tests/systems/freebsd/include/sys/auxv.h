#pragma once
#include <target.hpp>
#include <numbers/sys/auxv.h>
extern "C" int elf_aux_info(int, void*, int) TARGET(elf_aux_info);
