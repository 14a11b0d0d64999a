/// Mach-O files of 32 or 64 bits and either byte order, and universal files of several, as checked views of their
/// bytes. Nothing is copied, allocated or mapped: loading is the OS's business. `macho::universal` splits universal
/// files, `macho::file` has what every file has; the others read what the dynamic linker is told.
#pragma once

#include <vitte/loader/format/macho/bindings.hpp>
#include <vitte/loader/format/macho/code_signature.hpp>
#include <vitte/loader/format/macho/exports.hpp>
#include <vitte/loader/format/macho/file.hpp>
#include <vitte/loader/format/macho/fixups.hpp>
#include <vitte/loader/format/macho/universal.hpp>
