/// VITB version 2, the container of `.vitbc`, `.vitmod` and `.vitplug` files, as checked views of its bytes: nothing is
/// copied, and allocated only for what is compressed. For the other direction see `vitb/writer.hpp`.
///
/// Numbers are little-endian, `zeros(16)` as many bytes of 0 as the next multiple of 16, counted from the start of the
/// file, is away. What does not follow this to the letter is an error, so that there is one file for the same entries:
///
///     container  = header *( entry zeros(16) ) table [ zeros(16) 1*signature ]
///     header     = "VITB" version flags place       ; u16 of 2, u16 of 0, u64: where the table is
///     table      = count *row                       ; u32
///     row        = kind flags offset stored plain crc zero
///                                                   ; 4 bytes, u32, u64, u64, u64, u32, u32 of 0
///     entry      = [ label ] content                ; `stored` bytes at `offset`, a multiple of 16
///     label      = length 1*1024OCTET zeros(16)     ; u16; UTF-8 of characters that stand in a line
///     signature  = key signed                       ; 8 bytes: minisign's id of a key; 64 bytes of Ed25519
///
/// - Rows are sorted by kind, as bytes are, and within a kind by label, as bytes are. The entries stand in the order of
///   their rows, the first one behind the header, the table behind the last one.
/// - Kinds, of which those with a label may have several entries, with different labels: `META`, `DEPS` and `SYMB`
///   (JSON), `CODE` (a WebAssembly module), `PLUG`, `SIGN`; with the target (`x86_64-linux-gnu`) as label `NATV`, with
///   the language `SCPT`, with a name `DATA` and `DBUG`. There may be other kinds, which have no label, unless their
///   flag bit 31 says that who does not know the kind must not read the file. The writer sets it for the kinds that are
///   named here, so that an entry does not get lost when its kind is damaged.
/// - Flag bit 0 says that the content is compressed by deflate (RFC 1951), bit 1 by LZ4 (one block); not both, and only
///   if that made it smaller. The label never is. All other bits are 0.
/// - `plain` is `stored` with the size of the content before it was compressed; `crc` is CRC-32 of the stored bytes.
/// - The row of `SIGN` has as offset where the signatures begin, and 0 for the rest: they go up to the end of the file,
///   and sign all that is before them, the table with this row, too. A further one is appended and changes nothing of
///   that.
#pragma once

#include <vitte/loader/format/vitb/container.hpp>
#include <vitte/loader/format/vitb/content.hpp>
