/* A module with variables and addresses in its code, for one place in flash and one in memory. */
extern int sensor(int channel);

static int (*volatile get)(int) = sensor;
static int sum, starts;
static const int factors[] = {3, 5};
const int *volatile chosen = &factors[1];

__attribute__((constructor)) static void start(void) { ++starts; }
__attribute__((destructor)) static void stop(void) { get(-1); }

int sample(int channel, int limit) {
    sum += get(channel) * *chosen;
    return starts == 1 ? sum + limit * factors[channel] : -1;
}
