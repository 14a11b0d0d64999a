/// How files of modules are opened.
#pragma once

#include <vitte/sys/fs/file.hpp>

namespace vitte::loader::native {

/// A FIFO in the place of a module is an error, and holds nobody up.
inline constexpr sys::open_options without_waiting{sys::open_mode::read, sys::open_nonblocking};

}  // namespace vitte::loader::native
