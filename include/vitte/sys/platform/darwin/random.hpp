/// Random numbers: `getentropy` as macOS declares it.
#pragma once

#include <sys/random.h>

#include <vitte/sys/platform/posix/entropy.hpp>
