#pragma once

#include <cstddef>

/// How far apart the bytes are that a test changes one by one: none is left out where programs run at full speed. Where
/// they are emulated or not optimized, which takes thirty times as long, it is every seventh, so that bytes of all
/// fields have their turn.
inline constexpr std::size_t stride = VITTE_STRIDE;
