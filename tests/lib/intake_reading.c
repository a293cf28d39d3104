/* intake_reading.c - reading synthetic documents in tests of src/intake. */
#include "tests/lib/intake_reading.h"

#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

static struct problems read_options(struct reading *r, const struct intake_format *format, const char *yaml)
{
    struct problems p;
    struct yaml *tree = NULL;
    problems_init(&p, &r->arena, STR("source.yaml"));
    yaml_parse(str_of(yaml), &r->arena, &tree, &p);
    assert_non_null(tree);
    assert_int_equal(options_read(tree, format->options, NULL, STR("."), &r->arena, &p, &r->options, &r->err), OK);
    if (format->check != NULL)
        format->check(&r->options, &p);
    return p;
}

void reading_init(struct reading *r, const struct intake_format *format, const char *yaml)
{
    *r = (struct reading){.context = {.now_ms = READING_NOW_MS}};
    arena_init(&r->arena, 16 << 20);
    if (yaml == NULL)
        return;
    struct problems p = read_options(r, format, yaml);
    assert_int_equal(p.count, 0);
    r->context.options = &r->options;
}

void reading_release(struct reading *r)
{
    arena_release(&r->arena);
}

const char *reading_problems(struct reading *r, const struct intake_format *format, const char *yaml)
{
    struct problems p = read_options(r, format, yaml);
    struct buf b;
    buf_init(&b, 1 << 16);
    problems_print(&p, &b);
    const char *text = arena_cstr(&r->arena, b.n > 0 ? buf_view(&b) : STR(""));
    buf_release(&b);
    assert_non_null(text);
    return text;
}

const struct json *reading_json(struct reading *r, const char *text)
{
    const struct json *document;
    char *copy = arena_cstr(&r->arena, str_of(text));
    assert_non_null(copy);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    if (json_parse(str_of(copy), &r->arena, &document, &r->err) != OK)
        fail_msg("%s in %s", r->err.text, copy);
    return document;
}

const struct intake_contact *reading_contact(struct reading *r, const struct intake_format *format, const char *text)
{
    const struct json *document = reading_json(r, text);
    assert_true(format->recognise(document));
    if (format->read(document, &r->context, &r->arena, &r->result, &r->err) != OK)
        fail_msg("%s in %s", r->err.text, text);
    assert_int_equal(r->result.verdict, INTAKE_CONTACTS);
    assert_int_equal(r->result.contacts_n, 1);
    return &r->result.contacts[0];
}

void reading_wrong(struct reading *r, const struct intake_format *format, const char *text, const char *reason)
{
    const struct json *document = reading_json(r, text);
    assert_int_equal(format->read(document, &r->context, &r->arena, &r->result, &r->err), E_INVALID);
    assert_string_equal(r->err.text, reason);
}

const struct intake_part *reading_part(struct reading *r, const char *text)
{
    struct intake_part *parts;
    size_t n;
    assert_int_equal(intake_open(reading_json(r, text), &r->arena, &parts, &n, &r->err), OK);
    assert_int_equal(n, 1);
    return parts;
}

void assert_str(struct str s, const char *expected)
{
    if (expected == NULL) {
        assert_null(s.p);
        return;
    }
    if (!str_is(s, expected) || s.p == NULL)
        fail_msg("'%.*s' where '%s' was expected", STR_ARG(s), expected);
}

void assert_time(int64_t ms, const char *rfc3339)
{
    char text[32] = "none";
    if (ms != TIME_NONE)
        time_text(ms, text);
    assert_string_equal(text, rfc3339 != NULL ? rfc3339 : "none");
}

void assert_attribute(const struct intake_contact *c, const char *name, const char *value)
{
    struct str found = STR_NONE;
    for (size_t i = 0; i < c->facts.attributes_n; i++)
        if (str_is(c->facts.attributes[i].name, name))
            found = c->facts.attributes[i].value;
    assert_str(found, value);
}

static void assert_text(struct buf *b, const char *expected)
{
    assert_false(b->failed);
    assert_string_equal(b->n > 0 ? b->p : "", expected);
    buf_release(b);
}

void assert_identifiers(const struct intake_contact *c, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < c->identifiers_n; i++)
        buf_fmt(&b, "%s%s:%.*s", i > 0 ? ", " : "", subject_type_name(c->identifiers[i].type),
                STR_ARG(c->identifiers[i].value));
    assert_text(&b, expected);
}

void assert_locators(const struct intake_contact *c, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < c->facts.locators_n; i++) {
        const struct locator *l = &c->facts.locators[i];
        buf_fmt(&b, "%s%s %.*s %.*s", i > 0 ? "\n" : "", kind_name(l->kind), STR_ARG(l->place), STR_ARG(l->path));
    }
    assert_text(&b, expected);
}

void assert_related(const struct intake_contact *c, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < c->facts.related_n; i++)
        buf_fmt(&b, "%s%.*s", i > 0 ? "," : "", STR_ARG(c->facts.related[i]));
    assert_text(&b, expected);
}
