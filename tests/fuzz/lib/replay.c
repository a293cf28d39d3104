/*
 * replay.c - runs a fuzz target over its corpus: tests/fuzz/corpus/NAME for the program fuzz_NAME, or the files and
 * folders that are named. Every input whole, and cut short at 32 places. Speaks TAP for tests/run.sh: what breaks a
 * target ends the program, and the last "# ..." line says over which input.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tests/fuzz/lib/fuzz.h"

enum { CUTS = 32, INPUT_MAX = 1 << 20 };

static size_t inputs;

/* In memory of exactly its size, so that a read behind it is seen. */
static void run(struct str bytes)
{
    uint8_t *copy = malloc(bytes.n > 0 ? bytes.n : 1);
    HOLDS(copy != NULL);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    HOLDS(LLVMFuzzerTestOneInput(copy, bytes.n) == 0);
    free(copy);
}

static void replay_file(const char *path)
{
    struct arena a;
    struct str bytes;
    struct err err;
    arena_init(&a, 2 * INPUT_MAX);
    printf("# %s\n", path);
    (void)fflush(stdout);
    HOLDS_OK(file_read(path, INPUT_MAX, &a, &bytes, &err), &err);
    run(bytes);
    for (size_t i = 0; i < CUTS && bytes.n > 0; i++)
        run((struct str){bytes.p, bytes.n * i / CUTS});
    inputs++;
    arena_release(&a);
}

static void replay(const char *path)
{
    struct dirent **names = NULL;
    struct stat st;
    char file[4096];
    HOLDS(stat(path, &st) == 0);
    if (!S_ISDIR(st.st_mode)) {
        replay_file(path);
        return;
    }
    int n = scandir(path, &names, NULL, alphasort);
    HOLDS(n >= 0);
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            HOLDS(snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name) < (int)sizeof file);
            replay_file(file);
        }
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    char corpus[512];
    const char *name = strrchr(argv[0], '/');
    name = name ? name + 1 : argv[0];
    HOLDS(strncmp(name, "fuzz_", 5) == 0);
    (void)snprintf(corpus, sizeof corpus, "tests/fuzz/corpus/%s", name + 5);
    printf("1..1\n");
    if (argc == 1)
        replay(corpus);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%s 1 - %s: %zu inputs\n", inputs ? "ok" : "not ok", name, inputs);
    return inputs ? 0 : 1;
}
