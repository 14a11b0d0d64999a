// What a call has done to the disk: tests are told of it and do the same to a disk of their own.
#pragma once

#include <cstddef>

struct target_disk_call {
    enum kind { opened, closed, written, renamed, removed, synced, fully_synced } what;
    int file;                  ///< or the folder that `path` is in
    const char* path = "";
    int flags = 0, made = -1;  ///< how it was opened, and as what
    int to_folder = -1;
    const char* to = "";
    const void* data = nullptr;
    std::size_t size = 0;
    long offset = -1;          ///< -1 for where the file is
};
/// Null for nobody.
extern "C" void (*target_disk_watcher)(const target_disk_call&);
