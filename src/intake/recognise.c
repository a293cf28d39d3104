/* recognise.c - which format a document is of, and what lies inside envelopes. */
#include "intake/envelope.h"
#include "intake/formats.h"
#include "intake/ignored.h"
#include "intake/intake.h"

#define FORMAT_ADDRESS(name) &intake_##name,
const struct intake_format *const intake_formats[] = {INTAKE_FORMATS(FORMAT_ADDRESS) NULL};

const struct intake_format *intake_format_named(struct str name)
{
    for (size_t i = 0; intake_formats[i] != NULL; i++)
        if (str_is(name, intake_formats[i]->name))
            return intake_formats[i];
    return NULL;
}

struct opening {
    struct arena *a;
    struct intake_part *parts;
    size_t n, cap;
    struct err *err;
};

static enum status add(struct opening *o, struct intake_part part)
{
    void *items = o->parts;
    if (!arena_grow(o->a, &items, &o->cap, o->n + 1, sizeof *o->parts))
        return ARENA_FULL(o->err, o->a);
    o->parts = items;
    o->parts[o->n++] = part;
    return OK;
}

static enum status add_trouble(struct opening *o, const struct json *document, struct str place, struct str text)
{
    if (text.p == NULL)
        return ARENA_FULL(o->err, o->a);
    return add(o, (struct intake_part){.document = document, .trouble = text, .place = place});
}

static const struct intake_format *format_of(const struct json *document)
{
    for (size_t i = 0; intake_formats[i] != NULL; i++)
        if (intake_formats[i]->recognise != NULL && intake_formats[i]->recognise(document))
            return intake_formats[i];
    return NULL;
}

static struct str place_in(struct opening *o, struct str place, const char *name)
{
    if (name[0] == '\0')
        return place;
    return arena_fmt(o->a, "%.*s%s%s", STR_ARG(place), place.n > 0 ? "." : "", name);
}

static enum status open_layer(struct opening *o, const struct json *document, struct str place, int layers);

static enum status open_list(struct opening *o, const struct json *list, struct str place, int layers)
{
    size_t i = 0;
    if (list->first == NULL)
        return add(o, (struct intake_part){.document = list, .ignored_why = "an empty list", .place = place});
    for (const struct json *one = list->first; one != NULL; one = one->next, i++) {
        struct str at = arena_fmt(o->a, "%.*s[%zu]", STR_ARG(place), i);
        if (at.p == NULL)
            return ARENA_FULL(o->err, o->a);
        TRY(open_layer(o, one, at, layers));
    }
    return OK;
}

static enum status open_envelope(struct opening *o, const struct json *document, const struct envelope *e,
                                 struct str place, int layers)
{
    struct err why = {.code = OK};
    const struct json *inner = e->content;
    if (layers == 0)
        return add_trouble(o, document, place, STR("more than 4 envelopes one inside the other"));
    struct str inside = place_in(o, place, e->name);
    if (e->name[0] != '\0' && inside.p == NULL)
        return ARENA_FULL(o->err, o->a);
    if (e->kind == ENVELOPE_LIST)
        return open_list(o, inner, inside, layers - 1);
    if (e->kind == ENVELOPE_TEXT || e->kind == ENVELOPE_BASE64) {
        if (envelope_open(e, o->a, &inner, &why) != OK)
            return add_trouble(o, document, inside, arena_fmt(o->a, "%s", why.text));
    }
    return open_layer(o, inner, inside, layers - 1);
}

/* A format's own document first: an event is read with its envelope, which says when it was sent. Then what is known
 * to be no contact, then what may hold contacts. Recursion is bounded by `layers`. */
static enum status open_layer(struct opening *o, const struct json *document, struct str place, int layers)
{
    const struct intake_format *format = format_of(document);
    if (format != NULL)
        return add(o, (struct intake_part){.document = document, .format = format, .place = place});
    const char *why = ignored_kind(document);
    if (why != NULL)
        return add(o, (struct intake_part){.document = document, .ignored_why = why, .place = place});
    struct envelope e = envelope_of(document);
    if (e.kind != ENVELOPE_NONE)
        return open_envelope(o, document, &e, place, layers);
    return add_trouble(o, document, place, STR("not a format this program knows"));
}

enum status intake_open(const struct json *document, struct arena *a, struct intake_part **parts, size_t *n,
                        struct err *err)
{
    struct opening o = {.a = a, .err = err};
    TRY(open_layer(&o, document, STR_NONE, INTAKE_LAYERS_MAX));
    *parts = o.parts;
    *n = o.n;
    return OK;
}

enum status intake_recognise(const struct json *document, struct arena *a, const struct intake_format **format,
                             const struct json **inner, const char **ignored_why, struct err *err)
{
    struct intake_part *parts;
    size_t n;
    TRY(intake_open(document, a, &parts, &n, err));
    if (n > 1)
        return FAIL(err, E_UNSUPPORTED, "an envelope with %zu documents", n);
    *format = parts[0].format;
    *inner = parts[0].document;
    *ignored_why = parts[0].ignored_why;
    return OK;
}
