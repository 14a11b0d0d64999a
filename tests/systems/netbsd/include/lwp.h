#pragma once
#include <target.hpp>
extern "C" int _lwp_self(void) TARGET(_lwp_self);
