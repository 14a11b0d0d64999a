/* What gdb looks at, loaded as a shared object or linked as an object. gdb.py finds the lines by their comments. */
int module_count = 5;

__attribute__((constructor)) static void start(void) {
    ++module_count; /* in an initialiser */
}

static int square(int a) {
    int result = a * a;
    return result + module_count; /* in a static function */
}

int module_run(int (*back)(int), int n) {
    int local = n + 40;
    int squared = square(local);
    return back(squared); /* after the call */
}
