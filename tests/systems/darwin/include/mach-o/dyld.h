#pragma once
#include <stdint.h>
#include <target.hpp>
extern "C" {
uint32_t _dyld_image_count(void) TARGET(_dyld_image_count);
intptr_t _dyld_get_image_vmaddr_slide(uint32_t) TARGET(_dyld_get_image_vmaddr_slide);
const char* _dyld_get_image_name(uint32_t) TARGET(_dyld_get_image_name);
int _NSGetExecutablePath(char*, uint32_t*) TARGET(_NSGetExecutablePath);
}
