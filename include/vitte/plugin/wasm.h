/*
 * What makes a WebAssembly module of a plugin in C or C++; `plugin.h` includes it. The table and the functions of the
 * host stand in the module's own memory, and these imports and exports are all that the two sides share. Plugins in
 * other languages have them, too. Pointers are addresses in the memory that the module exports as "memory"; `i32` is
 * the type of all parameters and results.
 *
 * Exports:
 *   vitte_plugin_init(functions) -> status            how many functions the host's table has, from `log` on
 *   vitte_plugin_execute(input, size) -> status
 *   vitte_plugin_shutdown()
 *   vitte_plugin_save() -> status
 *   vitte_plugin_restore(saved, size) -> status
 *   vitte_plugin_allocate(size) -> pointer, or 0      where the host puts what it gives
 *   vitte_plugin_release(pointer)
 *   vitte_plugin_serve(service, input, size) -> status   `call` of a service; the number that it registered
 *
 * Imports from "vitte". What a host does not know it offers, too: it returns VITTE_NOT_SUPPORTED.
 *   log(level, text, size)
 *   set_error(text, size)
 *   write(bytes, size) -> status                      to the output of the call that runs
 *   get_service(name, size, version) -> number, or 0
 *   call_service(number, input, size) -> status       what it writes is kept for `take`
 *   get_options() -> status                           likewise
 *   kept_size() -> size                               of what is kept
 *   take(to)                                          copies that, and keeps it no longer
 *   register_service(name, size, version, number) -> status
 */
#ifndef VITTE_PLUGIN_WASM_H
#define VITTE_PLUGIN_WASM_H

#include <vitte/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VITTE_GUEST_IMPORT(name) __attribute__((import_module("vitte"), import_name(#name)))

VITTE_GUEST_IMPORT(log) void vitte_guest_log(int32_t level, const char* text, uint32_t size);
VITTE_GUEST_IMPORT(set_error) void vitte_guest_set_error(const char* text, uint32_t size);
VITTE_GUEST_IMPORT(write) int32_t vitte_guest_write(const void* bytes, uint32_t size);
VITTE_GUEST_IMPORT(get_service) uint32_t vitte_guest_get_service(const char* name, uint32_t size, uint32_t version);
VITTE_GUEST_IMPORT(call_service) int32_t vitte_guest_call_service(uint32_t number, const void* input, uint32_t size);
VITTE_GUEST_IMPORT(get_options) int32_t vitte_guest_get_options(void);
VITTE_GUEST_IMPORT(kept_size) uint32_t vitte_guest_kept_size(void);
VITTE_GUEST_IMPORT(take) void vitte_guest_take(void* to);
VITTE_GUEST_IMPORT(register_service)
int32_t vitte_guest_register_service(const char* name, uint32_t size, uint32_t version, uint32_t number);

/* Free memory, by address; what is released joins its neighbours. */
struct vitte_guest_block {
    size_t size; /* with this header */
    struct vitte_guest_block* next;
    size_t fill[2];
};
static struct vitte_guest_block* vitte_guest_free;

static inline void vitte_guest_give(struct vitte_guest_block* block) {
    struct vitte_guest_block** at = &vitte_guest_free;
    struct vitte_guest_block* before = 0;
    while (*at != 0 && *at < block) {
        before = *at;
        at = &before->next;
    }
    block->next = *at;
    *at = block;
    if (block->next == (struct vitte_guest_block*)((char*)block + block->size)) {
        block->size += block->next->size;
        block->next = block->next->next;
    }
    if (before != 0 && block == (struct vitte_guest_block*)((char*)before + before->size)) {
        before->size += block->size;
        before->next = block->next;
    }
}
static inline void* vitte_guest_allocate(size_t size) {
    const size_t page = 65536, header = sizeof(struct vitte_guest_block);
    if (size > ((size_t)1 << 31) - page) return 0;
    const size_t room = (size + header + 15) & ~(size_t)15;
    for (int grown = 0; grown < 2; ++grown) {
        for (struct vitte_guest_block** at = &vitte_guest_free; *at != 0; at = &(*at)->next) {
            struct vitte_guest_block* const block = *at;
            if (block->size < room) continue;
            if (block->size - room <= header) {
                *at = block->next;
            } else {
                struct vitte_guest_block* const rest = (struct vitte_guest_block*)((char*)block + room);
                rest->size = block->size - room;
                rest->next = block->next;
                *at = rest;
                block->size = room;
            }
            return block + 1;
        }
        const size_t pages = (room + page - 1) / page, first = __builtin_wasm_memory_grow(0, pages);
        if (first == (size_t)-1) return 0;
        struct vitte_guest_block* const made = (struct vitte_guest_block*)(first * page);
        made->size = pages * page;
        vitte_guest_give(made);
    }
    return 0;
}
static inline void vitte_guest_release(void* memory) {
    if (memory != 0) vitte_guest_give((struct vitte_guest_block*)memory - 1);
}

/* Writes to `to` what the host keeps. */
static inline int32_t vitte_guest_pass(int32_t status, struct vitte_output* to) {
    const uint32_t size = vitte_guest_kept_size();
    if (size == 0) return status;
    void* const bytes = vitte_guest_allocate(size);
    if (bytes == 0) return VITTE_OUT_OF_MEMORY;
    vitte_guest_take(bytes);
    const int32_t written = to->write(to->context, bytes, size);
    vitte_guest_release(bytes);
    return status != 0 ? status : written;
}

struct vitte_guest_service {
    struct vitte_service service;
    struct vitte_guest_service* next;
};
static struct vitte_guest_service* vitte_guest_services;

static inline uint32_t vitte_guest_length(const char* text) {
    uint32_t size = 0;
    while (text[size] != 0) ++size;
    return size;
}
static inline int32_t vitte_guest_call(void* number, const void* input, size_t size, struct vitte_output* output) {
    return vitte_guest_pass(vitte_guest_call_service((uint32_t)(size_t)number, input, (uint32_t)size), output);
}

/* The functions of the host's table. */
static inline void vitte_guest_host_log(void* context, int32_t level, const char* text, size_t size) {
    (void)context;
    vitte_guest_log(level, text, (uint32_t)size);
}
static inline void* vitte_guest_host_allocate(void* context, size_t size) {
    (void)context;
    return vitte_guest_allocate(size);
}
static inline void vitte_guest_host_release(void* context, void* memory) {
    (void)context;
    vitte_guest_release(memory);
}
static inline void vitte_guest_host_set_error(void* context, const char* text, size_t size) {
    (void)context;
    vitte_guest_set_error(text, (uint32_t)size);
}
static inline const struct vitte_service* vitte_guest_host_get_service(void* context, const char* name,
                                                                       uint32_t version) {
    (void)context;
    const uint32_t number = vitte_guest_get_service(name, vitte_guest_length(name), version);
    if (number == 0) return 0;
    for (struct vitte_guest_service* known = vitte_guest_services; known != 0; known = known->next)
        if (known->service.state == (void*)(size_t)number) return &known->service;
    struct vitte_guest_service* const made =
        (struct vitte_guest_service*)vitte_guest_allocate(sizeof(struct vitte_guest_service));
    if (made == 0) return 0;
    made->service.size = sizeof(struct vitte_service);
    made->service.zero = 0;
    made->service.state = (void*)(size_t)number;
    made->service.call = vitte_guest_call;
    made->next = vitte_guest_services;
    vitte_guest_services = made;
    return &made->service;
}
static inline int32_t vitte_guest_host_register_service(void* context, const char* name, uint32_t version,
                                                        const struct vitte_service* service) {
    (void)context;
    if (service == 0 || service->size < sizeof(struct vitte_service)) return VITTE_INVALID_ARGUMENT;
    return vitte_guest_register_service(name, vitte_guest_length(name), version, (uint32_t)(size_t)service);
}
static inline int32_t vitte_guest_host_get_options(void* context, struct vitte_output* to) {
    (void)context;
    return vitte_guest_pass(vitte_guest_get_options(), to);
}

static void* vitte_guest_state;

static inline int32_t vitte_guest_output_write(void* context, const void* bytes, size_t size) {
    (void)context;
    return vitte_guest_write(bytes, (uint32_t)size);
}
static inline struct vitte_output vitte_guest_output(void) {
    const struct vitte_output made = {sizeof(struct vitte_output), 0, 0, vitte_guest_output_write};
    return made;
}
static inline int32_t vitte_guest_init(const struct vitte_plugin* plugin, uint32_t functions) {
    static struct vitte_host host;
    const size_t shown = offsetof(struct vitte_host, log) + functions * sizeof(void*);
    host.size = (uint32_t)(functions < 64 && shown < sizeof(host) ? shown : sizeof(host));
    host.abi = VITTE_PLUGIN_ABI;
    host.log = vitte_guest_host_log;
    host.allocate = vitte_guest_host_allocate;
    host.release = vitte_guest_host_release;
    host.set_error = vitte_guest_host_set_error;
    host.get_service = vitte_guest_host_get_service;
    host.register_service = vitte_guest_host_register_service;
    host.get_options = vitte_guest_host_get_options;
    return plugin->init(&host, &vitte_guest_state);
}

/* The exports of a plugin; a part of VITTE_PLUGIN_TABLE. */
#define VITTE_GUEST_EXPORT(name) \
    VITTE_PLUGIN_C __attribute__((export_name(#name), used))
#define VITTE_PLUGIN_EXPORTS(plugin)                                                                                 \
    VITTE_GUEST_EXPORT(vitte_plugin_init) int32_t vitte_plugin_init(uint32_t functions) {                            \
        return vitte_guest_init(plugin, functions);                                                                  \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_execute) int32_t vitte_plugin_execute(const void* input, uint32_t size) {        \
        struct vitte_output output = vitte_guest_output();                                                           \
        if (!VITTE_HAS(plugin, execute) || (plugin)->execute == 0) return VITTE_NOT_SUPPORTED;                       \
        return (plugin)->execute(vitte_guest_state, input, size, &output);                                           \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_shutdown) void vitte_plugin_shutdown(void) {                                     \
        if (VITTE_HAS(plugin, shutdown) && (plugin)->shutdown != 0) (plugin)->shutdown(vitte_guest_state);           \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_save) int32_t vitte_plugin_save(void) {                                          \
        struct vitte_output output = vitte_guest_output();                                                           \
        if (!VITTE_HAS(plugin, save) || (plugin)->save == 0) return VITTE_NOT_SUPPORTED;                             \
        return (plugin)->save(vitte_guest_state, &output);                                                           \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_restore) int32_t vitte_plugin_restore(const void* saved, uint32_t size) {        \
        if (!VITTE_HAS(plugin, restore) || (plugin)->restore == 0) return VITTE_NOT_SUPPORTED;                       \
        return (plugin)->restore(vitte_guest_state, saved, size);                                                    \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_allocate) void* vitte_plugin_allocate(uint32_t size) {                           \
        return vitte_guest_allocate(size);                                                                           \
    }                                                                                                                \
    VITTE_GUEST_EXPORT(vitte_plugin_release) void vitte_plugin_release(void* memory) { vitte_guest_release(memory); } \
    VITTE_GUEST_EXPORT(vitte_plugin_serve)                                                                           \
    int32_t vitte_plugin_serve(const struct vitte_service* service, const void* input, uint32_t size) {              \
        struct vitte_output output = vitte_guest_output();                                                           \
        if (service->call == 0) return VITTE_NOT_SUPPORTED;                                                          \
        return service->call(service->state, input, size, &output);                                                  \
    }

#ifdef __cplusplus
}
#endif

#endif
