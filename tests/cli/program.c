// What a program can do to the command-line tool: program exit N | trap | echo WORD… | variable NAME | file NAME | input
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static int inner(volatile int* where) { return *where; }
__attribute__((noinline)) static int outer(char** arguments) {
    return 1 + inner((volatile int*)(strtoul(arguments[2], NULL, 0)));
}

int main(int argc, char** argv) {
    const char* const what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "exit") == 0) exit(atoi(argv[2]));
    if (strcmp(what, "trap") == 0) return outer(argv);
    if (strcmp(what, "echo") == 0)
        for (int i = 2; i < argc; ++i) printf("[%s]", argv[i]);
    if (strcmp(what, "variable") == 0) printf("%s", getenv(argv[2]) ? getenv(argv[2]) : "none");
    if (strcmp(what, "file") == 0) {
        FILE* const file = fopen(argv[2], "r");
        if (file == NULL) return perror("open"), 5;
        for (int c; (c = getc(file)) != EOF;) putchar(c);
    }
    if (strcmp(what, "input") == 0)
        for (int c; (c = getchar()) != EOF;) putchar(c == '\n' ? '|' : c);
    return 0;
}
