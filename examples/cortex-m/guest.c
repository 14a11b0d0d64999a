/* A rule that a device is given later, as WebAssembly or as an object of Thumb-2 code: it watches a sensor of the host and
 * tells when its mean is too high. */
#if defined(__wasm__)
#define IMPORT(name) __attribute__((import_module("device"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
#else
#define IMPORT(name)
#define EXPORT(name)
#endif

IMPORT("sensor") int sensor(int channel);
IMPORT("say") void say(const char *text, int size);

static int samples[8];
static unsigned taken;

/* The mean of the last eight samples. */
EXPORT("sample") int sample(int channel, int limit) {
    samples[taken++ % 8] = sensor(channel);
    int sum = 0;
    for (int i = 0; i < 8; ++i) sum += samples[i];
    if (sum / 8 > limit) say("too warm", 8);
    return sum / 8;
}
