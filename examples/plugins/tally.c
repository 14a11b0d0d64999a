/* A plugin: gives text back in capitals, and counts its bytes, for everybody as the service acme/tally. The same stands
 * in tally.cpp and tally.rs. With clang --target=wasm32 it becomes a WebAssembly module, see run.sh. */
#include <vitte/plugin.h>

VITTE_PLUGIN_INFO(
    "{\"name\": \"acme/tally\", \"version\": \"1.0.0\", \"abi\": 1,"
    " \"needs\": [{\"service\": \"acme/echo\", \"version\": 1, \"optional\": true}],"
    " \"provides\": [{\"service\": \"acme/tally\", \"version\": 1}]}")

struct tally {
    const struct vitte_host* host;
    uint64_t count;
    struct vitte_service service;
};

static int32_t put(struct vitte_output* to, const void* bytes, size_t size) {
    return to->write(to->context, bytes, size);
}

/* The service: the count, as 8 bytes, the lowest first. `save` writes the same. */
static int32_t tell(void* state, const void* input, size_t size, struct vitte_output* output) {
    const struct tally* const self = state;
    unsigned char bytes[8];
    (void)input, (void)size;
    for (int i = 0; i < 8; ++i) bytes[i] = (unsigned char)(self->count >> 8 * i);
    return put(output, bytes, sizeof bytes);
}

static int32_t start(const struct vitte_host* host, void** state) {
    struct tally* const self = host->allocate(host->context, sizeof *self);
    if (self == 0) return VITTE_OUT_OF_MEMORY;
    self->host = host;
    self->count = 0;
    const struct vitte_service service = {sizeof service, 0, self, tell};
    self->service = service;
    const int32_t status = host->register_service(host->context, "acme/tally", 1, &self->service);
    if (status != VITTE_OK) {
        host->release(host->context, self);
        return status;
    }
    host->log(host->context, VITTE_INFO, "started", 7);
    *state = self;
    return VITTE_OK;
}

static void end(void* state) {
    struct tally* const self = state;
    self->host->log(self->host->context, VITTE_INFO, "ended", 5);
    self->host->release(self->host->context, self);
}

static int is(const char* input, size_t size, const char* word) {
    size_t i = 0;
    while (i < size && word[i] != 0 && word[i] == input[i]) ++i;
    return i == size && word[i] == 0;
}

/* "options" and "echo" ask the host; everything else comes back in capitals. */
static int32_t execute(void* state, const void* input, size_t size, struct vitte_output* output) {
    struct tally* const self = state;
    const struct vitte_host* const host = self->host;
    const char* const text = input;
    if (size == 0) {
        host->set_error(host->context, "there is nothing to count", 25);
        return VITTE_INVALID_ARGUMENT;
    }
    if (is(text, size, "options")) {
        if (!VITTE_HAS(host, get_options)) return VITTE_NOT_SUPPORTED;
        return host->get_options(host->context, output);
    }
    if (is(text, size, "echo")) {
        const struct vitte_service* const echo = host->get_service(host->context, "acme/echo", 1);
        if (echo == 0 || echo->call == 0) return VITTE_NOT_FOUND;
        return echo->call(echo->state, text, size, output);
    }
    self->count += size;
    for (size_t i = 0; i < size; ++i) {
        const char capital = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
        const int32_t status = put(output, &capital, 1);
        if (status != VITTE_OK) return status;
    }
    return VITTE_OK;
}

static int32_t save(void* state, struct vitte_output* output) { return tell(state, 0, 0, output); }

static int32_t restore(void* state, const void* saved, size_t size) {
    struct tally* const self = state;
    const unsigned char* const bytes = saved;
    uint64_t count = 0;
    if (size != 8) return VITTE_INVALID_ARGUMENT;
    for (int i = 0; i < 8; ++i) count |= (uint64_t)bytes[i] << 8 * i;
    self->count = count;
    return VITTE_OK;
}

VITTE_PLUGIN_TABLE = {
    sizeof(struct vitte_plugin),
    VITTE_PLUGIN_ABI,
    "acme/tally",
    "1.0.0",
    "[{\"service\": \"acme/echo\", \"version\": 1, \"optional\": true}]",
    start,
    execute,
    end,
    save,
    restore,
};
