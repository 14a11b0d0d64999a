/// Memory from the OS: reserved regions, files and shared objects as memory, arenas, memory for code.
#pragma once

#include <vitte/core/secure_zero.hpp>
#include <vitte/sys/memory/arena.hpp>
#include <vitte/sys/memory/code.hpp>
#include <vitte/sys/memory/mapping.hpp>
#include <vitte/sys/memory/region.hpp>
