/// Files: open, read, write, copy, remove.
#pragma once

#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/file.hpp>
