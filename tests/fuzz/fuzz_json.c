/* fuzz_json.c - the JSON reader agrees with jansson; what it read, written and read again, is the same. */
#include "base/json.h"
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>

/* Where both have a name, jansson's is put aside. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#define json_string jansson_string
#define json_true jansson_true
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_string
#undef json_true

static void number_agrees(struct str text, json_t *theirs)
{
    char copy[512];
    int64_t i;
    struct json number = {.type = JSON_NUMBER, .text = text};
    if (text.n >= sizeof copy)
        return;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (json_typeof(theirs) == JSON_INTEGER)
        HOLDS(json_int(&number, &i) && i == json_integer_value(theirs));
    else
        HOLDS(strtod(copy, NULL) <= json_real_value(theirs) && strtod(copy, NULL) >= json_real_value(theirs));
}

static void tree_agrees(const struct json *ours, json_t *theirs)
{
    size_t i = 0;
    HOLDS(theirs != NULL);
    switch (ours->type) {
    case JSON_NULL:
        HOLDS(json_typeof(theirs) == JANSSON_NULL);
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        HOLDS(json_typeof(theirs) == (ours->type == JSON_TRUE ? JANSSON_TRUE : JANSSON_FALSE));
        return;
    case JSON_NUMBER:
        HOLDS(json_typeof(theirs) == JSON_INTEGER || json_typeof(theirs) == JSON_REAL);
        number_agrees(ours->text, theirs);
        return;
    case JSON_STRING:
        HOLDS(json_typeof(theirs) == JANSSON_STRING);
        HOLDS(str_eq(ours->text, (struct str){json_string_value(theirs), json_string_length(theirs)}));
        return;
    case JSON_ARRAY:
        HOLDS(json_typeof(theirs) == JANSSON_ARRAY && json_array_size(theirs) == ours->count);
        for (const struct json *j = ours->first; j; j = j->next)
            tree_agrees(j, json_array_get(theirs, i++));
        return;
    case JSON_OBJECT:
        HOLDS(json_typeof(theirs) == JANSSON_OBJECT && json_object_size(theirs) == ours->count);
        for (const struct json *j = ours->first; j; j = j->next)
            tree_agrees(j, json_object_getn(theirs, j->key.p, j->key.n));
        return;
    case JSON_NONE:
    default:
        HOLDS(!"a node without a type");
    }
}

/* What jansson does not take and we do. */
static bool beyond_jansson(const json_error_t *why)
{
    return strstr(why->text, "too big") || strstr(why->text, "overflow") || strstr(why->text, "NUL byte in object key");
}

static void write_tree(struct json_writer *w, const struct json *j)
{
    if (j->type == JSON_STRING) {
        jw_string(w, j->text);
        return;
    }
    if (j->type != JSON_ARRAY && j->type != JSON_OBJECT) {
        jw_raw(w, j->type == JSON_NUMBER ? j->text : j->type == JSON_TRUE ? STR("true") : j->type == JSON_FALSE ? STR("false") : STR("null"));
        return;
    }
    j->type == JSON_ARRAY ? jw_array(w) : jw_object(w);
    for (const struct json *c = j->first; c; c = c->next) {
        if (j->type == JSON_OBJECT)
            jw_key_str(w, c->key);
        write_tree(w, c);
    }
    jw_end(w);
}

static void same_tree(const struct json *a, const struct json *b)
{
    HOLDS(a->type == b->type && a->count == b->count && str_eq(a->text, b->text) && str_eq(a->key, b->key));
    const struct json *d = b->first;
    for (const struct json *c = a->first; c; c = c->next, d = d->next) {
        HOLDS(d != NULL);
        same_tree(c, d);
    }
    HOLDS(d == NULL);
}

static void round_trip(const struct json *ours, int indent, struct arena *a)
{
    struct buf text;
    struct json_writer w;
    const struct json *again;
    struct err err;
    buf_init(&text, 4 << 20);
    jw_init(&w, &text, indent);
    write_tree(&w, ours);
    HOLDS(!text.failed);
    HOLDS_OK(json_parse(buf_view(&text), a, &again, &err), &err);
    same_tree(ours, again);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct err err = {.code = OK};
    json_error_t why = {0};
    struct str text = {(const char *)data, size};
    const struct json *ours = NULL;
    arena_init(&a, 64 << 20);
    enum status st = json_parse(text, &a, &ours, &err);
    struct str body = str_starts(text, STR("\xef\xbb\xbf")) ? (struct str){text.p + 3, size - 3} : text;
    json_t *theirs = json_loadb(body.n ? body.p : "", body.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    HOLDS((st == OK) == (ours != NULL));
    if (st == OK && theirs)
        tree_agrees(ours, theirs);
    HOLDS(st != OK || theirs || beyond_jansson(&why));
    bool nul = size > 0 && memchr(data, '\0', size); /* jansson takes "[1.<NUL>]" */
    HOLDS_ERR(st == OK || !theirs || st == E_LIMIT || nul, "refused what jansson takes", &err);
    if (st == OK) {
        round_trip(ours, 0, &a);
        round_trip(ours, 2, &a);
    }
    json_decref(theirs);
    arena_release(&a);
    return 0;
}
