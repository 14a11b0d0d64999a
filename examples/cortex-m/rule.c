/* The rule of guest.c as a native module whose code can stay in flash: the code uses no variables, and gets at its state
 * and at the functions of the firmware through what it is given. The table is none of constants, since it holds an
 * address: it is in memory. */
#include "rule.h"

static const int weights[8] = {1, 1, 1, 1, 1, 1, 1, 1};

static int mean(const int *samples) {
    int sum = 0;
    for (int i = 0; i < 8; ++i) sum += weights[i] * samples[i];
    return sum / 8;
}

int32_t sample(struct rule_state *state, const struct rule_host *host, int32_t channel, int32_t limit) {
    state->samples[state->taken++ % 8] = host->sensor(channel);
    const int now = mean(state->samples);
    if (now > limit) host->say("too warm", 8);
    return now;
}

struct rule rule = {sizeof(struct rule_state), sample};
