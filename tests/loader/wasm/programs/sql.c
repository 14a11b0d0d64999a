// Runs the SQL of a file on a database file, and prints what it selects: sql DATABASE SQL-FILE
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int row(void* unused, int count, char** values, char** names) {
    (void)unused, (void)names;
    for (int i = 0; i < count; ++i) printf("%s%s", i == 0 ? "" : "|", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    FILE* const file = fopen(argv[2], "rb");
    if (file == NULL) return perror(argv[2]), 2;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char* const text = calloc(1, (size_t)size + 1);
    if (fread(text, 1, (size_t)size, file) != (size_t)size) return 2;
    fclose(file);
    sqlite3* database;
    char* error = NULL;
    if (sqlite3_open(argv[1], &database) != SQLITE_OK || sqlite3_exec(database, text, row, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "%s\n", error ? error : sqlite3_errmsg(database));
        return 1;
    }
    printf("%s: %d changes\n", sqlite3_libversion(), sqlite3_total_changes(database));
    sqlite3_close(database);
    free(text);
    return 0;
}
