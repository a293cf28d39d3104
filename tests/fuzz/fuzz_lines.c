/*
 * fuzz_lines.c - an archive of JSON lines rewritten: lines of others keep every byte, lines of the ids named are gone or
 * differ in the stated fields alone, and doing it again changes nothing. First byte: 1: pseudonymise, else erase.
 */
#include "base/clock.h"
#include "base/json.h"
#include "store/folder.h"
#include "tests/fuzz/lib/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#define NOW_MS INT64_C(1785542400000)
static const char *const field_names[] = {"phone", "name"};

static int64_t now(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

static struct str pseudonym(void *ctx, struct str value, struct arena *a)
{
    (void)ctx;
    return arena_fmt(a, "PSN-%020zu", value.n);
}

struct archive {
    struct arena a;
    struct folder_entry entry;
    struct str fields[2];
    struct epoch_watch watch;
    struct gate gate;
    struct pseudonymiser psn;
    struct artefact artefacts[2];
    struct folder_lines lines[2];
};

static void change(struct archive *w, enum effect effect)
{
    struct store_call call = {.now_ms = NOW_MS, .deadline_ms = NOW_MS + 60000, .a = &w->a, .gate = &w->gate,
                              .pseudonymiser = &w->psn, .began_ms = clock_monotonic_ms()};
    struct err err;
    int root = open(fuzz_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HOLDS(root >= 0);
    for (size_t i = 0; i < 2; i++) {
        w->artefacts[i] = (struct artefact){.kind = KIND_EVENT_RECORD};
        w->lines[i] = (struct folder_lines){.id = i == 0 ? STR("id-1") : STR("7"), .artefact = &w->artefacts[i]};
    }
    HOLDS_OK(folder_lines_change(root, STR("a.jsonl"), &w->entry, &call, effect, w->lines, 2, &err), &err);
    close(root);
}

/* ---- what must come out ---- */

static bool is_named(const struct json *j)
{
    struct str id = json_text(json_path(j, "c.id"));
    return str_is(id, "id-1") || str_is(id, "7");
}

static bool is_field(struct str key)
{
    return str_is(key, field_names[0]) || str_is(key, field_names[1]);
}

static void same_but_fields(const struct json *was, const struct json *is, bool inside)
{
    struct str text = json_text(was);
    bool replaced = inside && was->type != JSON_OBJECT && was->type != JSON_ARRAY && text.n > 0;
    HOLDS(str_eq(was->key, is->key) && was->count == is->count);
    if (replaced) {
        HOLDS(is->type == JSON_STRING && store_is_pseudonym(is->text));
        return;
    }
    HOLDS(was->type == is->type && str_eq(was->text, is->text));
    const struct json *d = is->first;
    for (const struct json *c = was->first; c; c = c->next, d = d->next) {
        HOLDS(d != NULL);
        same_but_fields(c, d, inside || (was->type == JSON_OBJECT && is_field(c->key)));
    }
}

/* The next line with its break; false at the end. */
static bool next_line(struct str *rest, struct str *line)
{
    const char *feed = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = feed ? (size_t)(feed - rest->p) + 1 : rest->n;
    *line = (struct str){rest->p, n};
    *rest = (struct str){rest->p + n, rest->n - n};
    return n > 0;
}

static void compare(struct str was, struct str is, enum effect effect, struct arena *a)
{
    struct str old, new;
    const struct json *before, *after;
    struct err err;
    while (next_line(&was, &old)) {
        bool named = json_parse(str_trim(old), a, &before, NULL) == OK && is_named(before);
        if (named && effect == EFFECT_ERASE)
            continue;
        HOLDS(next_line(&is, &new));
        HOLDS(named || str_eq(old, new));
        if (!named)
            continue;
        HOLDS(str_ends(old, STR("\n")) == str_ends(new, STR("\n")));
        HOLDS_OK(json_parse(str_trim(new), a, &after, &err), &err);
        same_but_fields(before, after, false);
    }
    HOLDS(!next_line(&is, &new));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct archive w = {.entry = {.kind = KIND_EVENT_RECORD, .format = FOLDER_JSON_LINES, .id_field = STR("c.id"), .fields_n = 2},
                        .watch = {.epoch = 1, .read_ms = NOW_MS, .clock = now, .stale_after_ms = 1000},
                        .psn = {NULL, pseudonym}};
    enum effect effect = fuzz_byte(&input) & 1 ? EFFECT_PSEUDONYMISE : EFFECT_ERASE;
    arena_init(&w.a, 64 << 20);
    w.fields[0] = str_of(field_names[0]);
    w.fields[1] = str_of(field_names[1]);
    w.entry.fields = w.fields;
    w.gate = (struct gate){1, NOW_MS + 60000, &w.watch};
    fuzz_put("a.jsonl", input);
    change(&w, effect);
    struct str once = fuzz_get("a.jsonl", &w.a);
    bool packed = input.n >= 2 && memcmp(input.p, "\x1f\x8b", 2) == 0;
    if (packed)
        HOLDS(str_eq(once, input) && w.artefacts[0].outcome != OUT_GONE && w.artefacts[0].outcome != OUT_ABSENT);
    else
        compare(input, once, effect, &w.a);
    change(&w, effect);
    HOLDS(str_eq(once, fuzz_get("a.jsonl", &w.a)));
    for (size_t i = 0; i < 2; i++)
        HOLDS(effect != EFFECT_ERASE || (w.artefacts[i].outcome != OUT_GONE && w.artefacts[i].outcome != OUT_PRESENT));
    arena_release(&w.a);
    return 0;
}
