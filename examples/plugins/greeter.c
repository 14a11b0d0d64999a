/* A plugin in C: greets through the host, and says when it comes and goes. */
extern void host_print(const char *text);

static const char *const greetings[] = {"hello", "bonjour", "moin"};
static unsigned greeted;

__attribute__((constructor)) static void arrive(void) { host_print("greeter: loaded"); }
__attribute__((destructor)) static void leave(void) { host_print("greeter: unloading"); }

unsigned greet(unsigned language) {
    host_print(greetings[language % 3]);
    return ++greeted;
}
