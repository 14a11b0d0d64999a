/// PE images (32 and 64 bits) and COFF objects, as checked views of their bytes. Nothing is copied, allocated or
/// mapped: loading is the OS's business. `pe::file` has what every file has; the functions beside it read what data
/// directories of an image point to.
#pragma once

#include <vitte/loader/format/pe/debug.hpp>
#include <vitte/loader/format/pe/exports.hpp>
#include <vitte/loader/format/pe/file.hpp>
#include <vitte/loader/format/pe/imports.hpp>
#include <vitte/loader/format/pe/relocations.hpp>
