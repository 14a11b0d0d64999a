/* What a firmware and its rules have agreed on. */
#pragma once

#include <stdint.h>

struct rule_host {
    int32_t (*sensor)(int32_t channel);
    void (*say)(const char *text, uint32_t size);
};
struct rule_state {
    int samples[8];
    uint32_t taken;
};
/* A module has one, `rule`. */
struct rule {
    uint32_t state_size;
    int32_t (*sample)(struct rule_state *state, const struct rule_host *host, int32_t channel, int32_t limit);
};
