/*
 * fuzz_args.c - command lines, words separated by NUL: a command with as many arguments as it takes, options that are
 * its own, and values where they belong; or a reason.
 */
#include "cli/cli.h"
#include "tests/fuzz/lib/fuzz.h"

enum { WORDS_MAX = 40 };

static bool own_or_common(const struct command *k, const struct cli_option *o)
{
    for (const struct cli_option *p = k->options; p && p->name; p++)
        if (p == o)
            return true;
    for (const struct cli_option *p = common_options; p->name; p++)
        if (p == o)
            return true;
    return false;
}

static void is_sound(struct cli *c, struct str input)
{
    HOLDS(c->command != NULL);
    bool help = strcmp(c->command->name, "help") == 0;
    HOLDS(help || ((int)c->args_n >= c->command->args_min &&
                   (c->command->args_max == ARGS_ANY || (int)c->args_n <= c->command->args_max)));
    for (size_t i = 0; i < c->given_n; i++) {
        /* Options that come by a command's needs (--now) are in no table of its own. */
        HOLDS(own_or_common(c->command, c->given[i].option) || c->command->needs & (CLI_NOW | CLI_NOW_DRY));
        HOLDS(!c->given[i].option->value || c->given[i].value != NULL);
    }
    for (size_t i = 0; i < c->args_n; i++)
        HOLDS(c->args[i] >= input.p && c->args[i] <= input.p + input.n);
    int64_t ms = 0;
    if (!help && c->command->needs & CLI_NOW)
        IGNORE(cli_option_time(c, "now", &ms, &c->err)); /* any answer but a crash */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cli c = {.command = NULL};
    struct str rest;
    char *argv[WORDS_MAX + 1], *copy;
    int argc = 0;
    arena_init(&c.arena, 4 << 20);
    copy = arena_cstr(&c.arena, (struct str){size ? (const char *)data : "", size});
    HOLDS(copy != NULL);
    rest = (struct str){copy, size};
    while (rest.n > 0 && argc < WORDS_MAX) {
        argv[argc++] = (char *)(uintptr_t)rest.p;
        (void)fuzz_until(&rest, '\0');
    }
    argv[argc] = NULL;
    if (args_parse(argc, argv, &c, &c.err) == OK)
        is_sound(&c, (struct str){copy, size});
    else
        HOLDS(c.err.code == E_INVALID && c.err.text[0] != '\0');
    arena_release(&c.arena);
    return 0;
}
