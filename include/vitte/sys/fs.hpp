/// Files and folders: open, read, write, copy, replace, remove. `fs/tree.hpp` is for whole trees.
#pragma once

#include <vitte/sys/fs/copy.hpp>
#include <vitte/sys/fs/directory.hpp>
#include <vitte/sys/fs/file.hpp>
#include <vitte/sys/fs/replace.hpp>
