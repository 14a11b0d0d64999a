// What the OS's linker makes of a library: dlopen FILE.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return printf("refused: %s\n", dlerror()), 1;
    dlclose(library);
    puts("unloaded");
    return 0;
}
