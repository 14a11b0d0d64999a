/// The code of our own linker, see `vitte/separate.hpp`.
#pragma once

#if !defined(VITTE_SEPARATE)
#error "it is for programs whose files are all compiled with -DVITTE_SEPARATE"
#endif
#include <vitte/loader/linker.hpp>
#include <vitte/loader/native/link.hpp>

template class vitte::loader::own_linker<>;
