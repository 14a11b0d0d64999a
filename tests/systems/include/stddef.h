/* The compiler's own, which is for Linux; it is included again and again, for another part each time. */
#pragma push_macro("__FreeBSD__")
#pragma push_macro("__NetBSD__")
#pragma push_macro("__OpenBSD__")
#pragma push_macro("__DragonFly__")
#pragma push_macro("__APPLE__")
#undef __FreeBSD__
#undef __NetBSD__
#undef __OpenBSD__
#undef __DragonFly__
#undef __APPLE__
#include_next <stddef.h>
#pragma pop_macro("__FreeBSD__")
#pragma pop_macro("__NetBSD__")
#pragma pop_macro("__OpenBSD__")
#pragma pop_macro("__DragonFly__")
#pragma pop_macro("__APPLE__")
