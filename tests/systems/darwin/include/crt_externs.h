#pragma once
#include <target.hpp>
extern "C" {
char*** _NSGetArgv(void) TARGET(_NSGetArgv);
int* _NSGetArgc(void) TARGET(_NSGetArgc);
}
