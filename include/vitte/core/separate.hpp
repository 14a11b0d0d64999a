/// Where the code of what is large is compiled: in each unit that includes it, or, with `-DVITTE_SEPARATE` for a whole
/// program, in the one that includes `<vitte/separate.hpp>`; the others only see declarations.
#pragma once

#if defined(VITTE_SEPARATE)
#define VITTE_SEPARABLE
#else
#define VITTE_SEPARABLE inline
#endif
