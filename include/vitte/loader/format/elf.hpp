/// ELF files, of 32 or 64 bits and either byte order, as checked views of their bytes: shared objects, executables and
/// relocatable objects. Nothing is copied or allocated. `elf::file` has what every file has, `elf::dynamic_view` what
/// the dynamic linker is told. For images in memory see `native/`.
#pragma once

#include <vitte/loader/format/elf/dynamic.hpp>
#include <vitte/loader/format/elf/file.hpp>
