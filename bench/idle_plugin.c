/* A plugin that does nothing: what is measured is the call. */
#include <vitte/plugin.h>

VITTE_PLUGIN_INFO("{\"name\": \"idle\", \"version\": \"1.0.0\", \"abi\": 1}")

static int32_t start(const struct vitte_host* host, void** state) {
    (void)host;
    *state = 0;
    return VITTE_OK;
}
static int32_t execute(void* state, const void* input, size_t size, struct vitte_output* output) {
    (void)state, (void)input, (void)output;
    return size == 0;
}
VITTE_PLUGIN_TABLE = {sizeof(struct vitte_plugin), VITTE_PLUGIN_ABI, "idle", "1.0.0", 0, start, execute, 0, 0, 0};
