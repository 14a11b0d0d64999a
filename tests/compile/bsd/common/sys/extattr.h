#pragma once /* extattr(2) */
#ifndef makedev
#error "it wants <sys/types.h> before it"
#endif
enum { EXTATTR_NAMESPACE_USER = 1 };
extern "C" ssize_t extattr_get_fd(int, int, const char *, void *, size_t);
extern "C" ssize_t extattr_set_fd(int, int, const char *, const void *, size_t);
extern "C" int extattr_delete_fd(int, int, const char *);
extern "C" ssize_t extattr_list_fd(int, int, void *, size_t);
