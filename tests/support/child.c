/* What tests start as a child: child WHAT [ARGUMENT…] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>
#include <shellapi.h>
#define getcwd _getcwd
static void pause_ms(long n) { Sleep((DWORD)n); }
#else
#include <time.h>
#include <unistd.h>
static void pause_ms(long n) {
    const struct timespec t = {n / 1000, n % 1000 * 1000000};
    nanosleep(&t, NULL);
}
#endif

static char block[4096];

static void copy_input(void) {
    size_t got;
    while ((got = fread(block, 1, sizeof block, stdin)) != 0) fwrite(block, 1, got, stdout);
}

/* So much of both, in turns, so that whoever reads one after the other waits for ever. */
static void talk(long bytes) {
    long i;
    for (i = 0; i < bytes; i += (long)sizeof block) {
        memset(block, 'o', sizeof block);
        fwrite(block, 1, sizeof block, stdout);
        memset(block, 'e', sizeof block);
        fwrite(block, 1, sizeof block, stderr);
    }
}

#if defined(_WIN32)
/* In UTF-8, as the system itself splits the command line. */
static char* utf8(const wchar_t* wide) {
    char* const text = malloc(4 * wcslen(wide) + 1);
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)(4 * wcslen(wide) + 1), NULL, NULL);
    return text;
}
static const char* variable(const char* name) {
    wchar_t wide[100];
    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 100);
    return _wgetenv(wide) ? utf8(_wgetenv(wide)) : NULL;
}
#else
static const char* variable(const char* name) { return getenv(name); }
#endif

#if !defined(_WIN32)
static unsigned number_at(const unsigned char* at) {
    return at[0] | (unsigned)at[1] << 8 | (unsigned)at[2] << 16 | (unsigned)at[3] << 24;
}
static size_t read_all(int from, void* to, size_t size) {
    size_t done = 0;
    for (ssize_t got; done < size && (got = read(from, (char*)to + done, size - done)) > 0;) done += (size_t)got;
    return done;
}
/* A plugin's child that answers the start with what the options say, hexadecimal; a point ends it, otherwise it stays. */
static int answer_raw(int requests, int answers) {
    unsigned char header[16], *body;
    unsigned digit;
    if (read_all(requests, header, 16) != 16) return 1;
    body = calloc(number_at(header) + 1, 1);
    if (read_all(requests, body, number_at(header)) != number_at(header)) return 1;
    const char* at = (const char*)body + 16 + 16 * (size_t)number_at(body + 12) + number_at(body + 8);
    for (; sscanf(at, "%2x", &digit) == 1; at += 2) {
        const unsigned char byte = (unsigned char)digit;
        if (write(answers, &byte, 1) != 1) return 1;
    }
    const int ends = *at == '.';
    free(body);
    if (!ends) pause_ms(60000);
    return 3;
}
#endif

static int act(int count, char** arguments) {
    const char* const what = count > 1 ? arguments[1] : "";
    const char* const value = count > 2 ? arguments[2] : "";
    int i;
#if !defined(_WIN32)
    if (!strcmp(what, "--vitte-plugin-child-1")) return answer_raw(atoi(value), atoi(arguments[3]));
#endif
#if defined(_WIN32)
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
    _setmode(2, _O_BINARY);
#endif
    if (strcmp(what, "arguments") == 0)
        for (i = 2; i < count; ++i) printf("[%s]\n", arguments[i]);
    else if (strcmp(what, "name") == 0)
        printf("%s", arguments[0]);
    else if (strcmp(what, "variable") == 0)
        printf("%s", variable(value) ? variable(value) : "(none)");
    else if (strcmp(what, "folder") == 0)
        printf("%s", getcwd(block, sizeof block));
    else if (strcmp(what, "copy") == 0)
        copy_input();
    else if (strcmp(what, "talk") == 0)
        talk(atol(value));
    else if (strcmp(what, "sleep") == 0)
        pause_ms(atol(value));
    else if (strcmp(what, "echo-lines") == 0)
        while (fgets(block, sizeof block, stdin)) {
            printf("%s", block);
            fflush(stdout);
        }
    else if (strcmp(what, "exit") == 0)
        return atoi(value);
    else
        return 99;
    return 0;
}

int main(int count, char** arguments) {
#if defined(_WIN32)
    wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &count);
    int k;
    arguments = malloc(((size_t)count + 1) * sizeof *arguments);
    for (k = 0; k < count; ++k) arguments[k] = utf8(wide[k]);
#endif
    return act(count, arguments);
}
