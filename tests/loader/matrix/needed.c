// What the plugin in C needs: two versions of a function, and data.
int needed_old(void) { return 1; }
int needed_new(void) { return 2; }
int needed_number = 77;
__thread int needed_per_thread = 9;
__asm__(".symver needed_old, needed_value@NEEDED_1");
__asm__(".symver needed_new, needed_value@@NEEDED_2");
int needed_address(const int* of) { return of == &needed_number; }
