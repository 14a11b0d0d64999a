/// Everything. Programs that care for compile time include the headers they use instead.
#pragma once

#include <vitte/core/assert.hpp>
#include <vitte/core/blake3.hpp>
#include <vitte/core/bytes.hpp>
#include <vitte/core/crc32.hpp>
#include <vitte/core/endian.hpp>
#include <vitte/core/error.hpp>
#include <vitte/core/leb128.hpp>
#include <vitte/core/result.hpp>
#include <vitte/loader/ffi.hpp>
#include <vitte/loader/format/elf.hpp>
#include <vitte/loader/format/elf/names.hpp>
#include <vitte/loader/loader.hpp>
#include <vitte/loader/signature.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/library.hpp>
#include <vitte/sys/memory.hpp>
#include <vitte/sys/time.hpp>
