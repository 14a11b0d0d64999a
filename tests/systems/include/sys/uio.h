#pragma once
#include_next <sys/uio.h>
#include <target.hpp>
extern "C" {
ssize_t readv(int, const struct iovec*, int) TARGET(readv);
ssize_t writev(int, const struct iovec*, int) TARGET(writev);
}
