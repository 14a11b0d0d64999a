/*
 * The C interface between a program and its plugins, for authors of plugins in any language. A plugin is a shared
 * object or a WebAssembly module with two things in it: the table `vitte_plugin`, whose functions the host calls, and a
 * text about itself, which the host reads before anything of the plugin is mapped or runs. The C++ side of the host is
 * `vitte/loader/plugin.hpp`; the same plugin in C, C++ and Rust, natively and for WebAssembly, is in
 * `examples/plugins/`.
 *
 * The text is JSON (RFC 8259), at most 64 KiB, an object with these members; others are not looked at:
 *
 *   {
 *     "name": "acme/savings",                  a module's name: lower-case letters, digits, - _ . and / between parts
 *     "version": "1.2.0",                      Semantic Versioning 2.0.0
 *     "abi": 1,                                VITTE_PLUGIN_ABI when it was compiled
 *     "needs": [                               nothing, if absent
 *       {"service": "acme/clock", "version": 1},
 *       {"service": "acme/tax", "version": 2, "optional": true},
 *       {"plugin": "acme/rates", "range": "^1.2"}
 *     ],
 *     "provides": [                            services that it may register; no others
 *       {"service": "acme/savings", "version": 1}
 *     ],
 *     "options": {}                            what its options are: the schema of the host's configuration
 *   }
 *
 * It stands in a section of its own: "vitte.plugin" in ELF and as a custom section in WebAssembly, ".vitplug" in PE,
 * "vitte_plugin" of the segment "__TEXT" in Mach-O; NULs behind it do not count. In a container (`.vitplug`) it is the
 * entry PLUG. What its name, version and needs are in the table and in the text must be the same.
 *
 * Growth. Structures only grow at their end, and each begins with its size as the side that made it knows it:
 * VITTE_HAS(table, member) tells whether a member is there. VITTE_PLUGIN_ABI changes only if that is not enough; a host
 * refuses plugins of an ABI that it does not know.
 *
 * Errors. Functions that return int32_t return 0, or a negative number of `enum vitte_status`. Texts are UTF-8; with a
 * size beside them they need no NUL.
 *
 * Threads. The host calls the functions of one plugin one after the other, never two at once, from any thread. A
 * plugin calls `log`, `allocate` and `release` from any thread, and everything else only while it is called by the host
 * and from that thread; nothing of the host after its `shutdown` has returned.
 *
 * Memory. What one side gives to the other as a pointer stays the giver's, and is valid until the call returns, but for
 * what is said otherwise.
 */
#ifndef VITTE_PLUGIN_H
#define VITTE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VITTE_PLUGIN_ABI 1

/* What functions return. Others that are negative are errors, too: they count as VITTE_FAILED. */
enum vitte_status {
    VITTE_OK = 0,
    VITTE_FAILED = -1,            /* for another reason than those below; see `set_error` */
    VITTE_INVALID_ARGUMENT = -2,
    VITTE_NOT_FOUND = -3,
    VITTE_NOT_SUPPORTED = -4,     /* such as a function that the other side's table does not have */
    VITTE_OUT_OF_MEMORY = -5,
    VITTE_ALREADY_EXISTS = -6,
    VITTE_PERMISSION_DENIED = -7,
    VITTE_TOO_LARGE = -8,
    VITTE_TIMED_OUT = -9,
    VITTE_STOPPED = -10           /* the plugin, or the one whose service this is, does not run any more */
};

/* How important a line of the log is. */
enum vitte_level { VITTE_DEBUG = 0, VITTE_INFO = 1, VITTE_WARNING = 2, VITTE_ERROR = 3 };

/* Where a function puts what it gives back: by any number of writes, one after the other. */
struct vitte_output {
    uint32_t size; /* of this structure */
    uint32_t zero;
    void* context; /* the first argument of `write` */
    int32_t (*write)(void* context, const void* bytes, size_t size); /* fails if the host wants no more */
};

/*
 * What a service begins with. C functions of its own may follow, which take `state` first, for those who run in the
 * same memory; `call` works from everywhere: between native plugins, WebAssembly and other processes. Either may be
 * absent: `call` null, or `size` no more than this.
 */
struct vitte_service {
    uint32_t size; /* of the whole table */
    uint32_t zero;
    void* state;
    int32_t (*call)(void* state, const void* input, size_t input_size, struct vitte_output* output);
};

/* What the host offers a plugin. The table and `context` stay until `shutdown` has returned. */
struct vitte_host {
    uint32_t size; /* of this structure as the host knows it */
    uint32_t abi;
    void* context; /* the first argument of all functions */

    /* Puts a line into the host's log. */
    void (*log)(void* context, int32_t level, const char* text, size_t text_size);
    /* Memory for any object; null if there is none. What is not released at `shutdown` is lost until the host ends. */
    void* (*allocate)(void* context, size_t size);
    /* `memory` is null or came from `allocate`. */
    void (*release)(void* context, void* memory);
    /* Says why the call that is about to fail does so. */
    void (*set_error)(void* context, const char* text, size_t text_size);
    /*
     * The service `name` (with a NUL) in exactly this version, or null: if nobody has registered it, or if it is none of
     * those that this plugin's text says it needs. Valid until this plugin's `shutdown` has returned, but for optional
     * ones, which may be gone as soon as the next call of the plugin begins.
     */
    const struct vitte_service* (*get_service)(void* context, const char* name, uint32_t version);
    /*
     * Offers a service to the host and to other plugins, from within `init`. The table stays until `shutdown` has
     * returned. VITTE_PERMISSION_DENIED if the text does not say that this plugin provides it, VITTE_ALREADY_EXISTS if
     * somebody has registered it, VITTE_INVALID_ARGUMENT for a name or a table that is none.
     */
    int32_t (*register_service)(void* context, const char* name, uint32_t version, const struct vitte_service* service);
    /* Writes the options that the host has for this plugin, a JSON object: "{}" if there are none. */
    int32_t (*get_options)(void* context, struct vitte_output* to);
};

/* A plugin. Functions may be null but for `init`. */
struct vitte_plugin {
    uint32_t size; /* of this structure as the plugin knows it: sizeof(struct vitte_plugin) */
    uint32_t abi;  /* VITTE_PLUGIN_ABI */
    const char* name;
    const char* version;
    const char* needs; /* the JSON array of that name in the text; null if there is none */

    /* Starts the plugin; `*state` is then the first argument of the others. What was begun before a failure is undone
     * here: `shutdown` is not called then. */
    int32_t (*init)(const struct vitte_host* host, void** state);
    /* Does what the plugin is for. */
    int32_t (*execute)(void* state, const void* input, size_t input_size, struct vitte_output* output);
    /* Ends the plugin. Threads that it has begun have ended when this returns. */
    void (*shutdown)(void* state);
    /* Writes what another instance of the plugin, perhaps of another version, needs to go on where this one is. */
    int32_t (*save)(void* state, struct vitte_output* output);
    /* Takes over, after `init`, what `save` wrote. What it does not understand is an error. */
    int32_t (*restore)(void* state, const void* saved, size_t saved_size);
};

/* Whether what `table` points to is large enough for `member`. */
#define VITTE_HAS(table, member) \
    ((table)->size >= (size_t)((const char*)(&(table)->member + 1) - (const char*)(table)))

#if defined(_WIN32)
#define VITTE_PLUGIN_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define VITTE_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define VITTE_PLUGIN_EXPORT
#endif

#ifdef __cplusplus
#define VITTE_PLUGIN_C extern "C"
#else
#define VITTE_PLUGIN_C extern
#endif

/*
 * Defines the table: VITTE_PLUGIN_TABLE = {sizeof(struct vitte_plugin), VITTE_PLUGIN_ABI, "acme/savings", ...};
 * In other languages it is a constant `vitte_plugin` with C's linkage, exported; see `plugin/wasm.h` for WebAssembly.
 */
#if defined(__wasm__)
#define VITTE_PLUGIN_TABLE                            \
    VITTE_PLUGIN_C const struct vitte_plugin vitte_plugin; \
    VITTE_PLUGIN_EXPORTS(&vitte_plugin)               \
    const struct vitte_plugin vitte_plugin
#else
#define VITTE_PLUGIN_TABLE                                                      \
    VITTE_PLUGIN_C VITTE_PLUGIN_EXPORT const struct vitte_plugin vitte_plugin; \
    const struct vitte_plugin vitte_plugin
#endif

/* Puts the text, a literal, where it is read: VITTE_PLUGIN_INFO("{\"name\": ...}") once in a plugin. */
#if defined(__wasm__)
#define VITTE_PLUGIN_QUOTE(...) #__VA_ARGS__
#define VITTE_PLUGIN_INFO(...) \
    __asm__(".section .custom_section.vitte.plugin,\"\",@\n.ascii " VITTE_PLUGIN_QUOTE(__VA_ARGS__) "\n");
#elif defined(_MSC_VER) && !defined(__clang__)
#pragma section(".vitplug", read)
#define VITTE_PLUGIN_INFO(...)                                           \
    VITTE_PLUGIN_C VITTE_PLUGIN_EXPORT const char vitte_plugin_info[];  \
    __declspec(allocate(".vitplug")) const char vitte_plugin_info[] = __VA_ARGS__;
#else
#if defined(_WIN32)
#define VITTE_PLUGIN_SECTION ".vitplug"
#elif defined(__APPLE__)
#define VITTE_PLUGIN_SECTION "__TEXT,vitte_plugin"
#else
#define VITTE_PLUGIN_SECTION "vitte.plugin"
#endif
#define VITTE_PLUGIN_INFO(...)                                          \
    VITTE_PLUGIN_C VITTE_PLUGIN_EXPORT const char vitte_plugin_info[]; \
    __attribute__((section(VITTE_PLUGIN_SECTION), used)) const char vitte_plugin_info[] = __VA_ARGS__;
#endif

#ifdef __cplusplus
}
#endif

#if defined(__wasm__)
#include "plugin/wasm.h"
#endif

#endif
