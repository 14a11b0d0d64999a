#pragma once
#include <target.hpp>
extern "C" int lwp_gettid(void) TARGET(lwp_gettid);
