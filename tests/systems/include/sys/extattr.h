#pragma once
#include <sys/types.h>
#include <target.hpp>
#include <numbers/sys/extattr.h>
extern "C" {
ssize_t extattr_get_fd(int, int, const char*, void*, size_t) TARGET(extattr_get_fd);
ssize_t extattr_set_fd(int, int, const char*, const void*, size_t) TARGET(extattr_set_fd);
int extattr_delete_fd(int, int, const char*) TARGET(extattr_delete_fd);
ssize_t extattr_list_fd(int, int, void*, size_t) TARGET(extattr_list_fd);
}
