#pragma once
#include_next <errno.h>
/* libstdc++ names these, whoever has them. */
#pragma push_macro("ENODATA")
#pragma push_macro("ENOSR")
#pragma push_macro("ENOSTR")
#pragma push_macro("ETIME")
#include <numbers/errno.h>
#if !defined(ENODATA)
#pragma pop_macro("ENODATA")
#pragma pop_macro("ENOSR")
#pragma pop_macro("ENOSTR")
#pragma pop_macro("ETIME")
#endif
