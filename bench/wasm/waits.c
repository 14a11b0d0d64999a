// Guests that wait for what never comes, by WASI: input at handle 0, and the other end of a FIFO in folder 3.
#include <stdint.h>

struct part {
    void* to;
    uint32_t size;
};
struct subscription {
    uint64_t user;
    uint8_t kind;  // 1: something to read
    _Alignas(8) uint32_t fd;
    uint64_t unused[3];
};
_Static_assert(sizeof(struct subscription) == 48, "as preview 1 has it");
#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t name
WASI(fd_read)(int32_t fd, const struct part* parts, uint32_t count, uint32_t* got);
WASI(path_open)
(int32_t folder, int32_t follow, const char* path, uint32_t length, int32_t how, uint64_t rights, uint64_t inherited,
 int32_t flags, int32_t* opened);
WASI(poll_oneoff)(const struct subscription* asked, void* told, uint32_t count, uint32_t* happened);

static uint32_t got;

__attribute__((export_name("reading"))) void reading(void) {
    static char byte;
    const struct part whole = {&byte, 1};
    for (;;) fd_read(0, &whole, 1, &got);
}
__attribute__((export_name("polling"))) void polling(void) {
    static char told[32];
    const struct subscription input = {0, 1, 0, {0}};
    for (;;) poll_oneoff(&input, told, 1, &got);
}
__attribute__((export_name("opening"))) void opening(void) {
    const uint64_t fd_read_right = 2, fd_write_right = 64;
    int32_t opened;
    for (;;) {
        path_open(3, 0, "fifo", 4, 0, fd_read_right, 0, 0, &opened);
        path_open(3, 0, "fifo", 4, 0, fd_write_right, 0, 0, &opened);
    }
}
