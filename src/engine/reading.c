/* reading.c - a stream of documents, each recognised and turned into contacts, a batch at a time. */
#include "engine/reading.h"

enum { CSV_ARENA_MAX = 16 << 20, NODES_MAX = 256 << 20 };

static void refuse(struct reading *f, struct str position, struct str reason)
{
    struct batch *b = f->batch;
    void *items = b->refused;
    if (!arena_grow(&b->a, &items, &b->refused_cap, b->refused_n + 1, sizeof *b->refused)) {
        b->refused_lost = true;
        return;
    }
    b->refused = items;
    b->refused[b->refused_n++] = (struct refused){position, reason, f->bytes};
}

static struct str place_of(struct arena *a, const struct doc *doc)
{
    return arena_fmt(a, "%llu:%llu", (unsigned long long)doc->line, (unsigned long long)doc->column);
}

/* The only configured source of this type, when there is just one: then nothing is guessed. */
static const struct source_config *only_source(const struct engine *e, const char *type, bool *several)
{
    const struct source_config *found = NULL;
    for (size_t i = 0; i < e->config.sources_n; i++)
        if (str_is(e->config.sources[i].type, type)) {
            *several = found != NULL;
            if (found)
                return NULL;
            found = &e->config.sources[i];
        }
    return found;
}

static struct str instance_of(const struct source_config *s)
{
    return s->instance.n ? s->instance : s->name;
}

/* Whose contact this is: what the document states, --source, or the one source of this type; else its vendor's name. */
static enum status resolve_source(struct reading *f, const struct intake_format *format, struct arrival *x, struct err *err)
{
    const struct config *c = &f->engine->config;
    struct str stated = x->contact.source;
    bool several = false;
    if (f->options->source.n) {
        x->source = f->source ? instance_of(f->source) : f->options->source;
        if (stated.n && f->source && f->source->instance.n && !str_eq(stated, f->source->instance))
            return FAIL(err, E_INVALID, "names the source \"%.*s\", but --source is \"%.*s\"", STR_ARG(stated), STR_ARG(f->options->source));
    } else if (stated.n) {
        const struct source_config *s = config_source(c, stated);
        x->source = s ? instance_of(s) : stated;
    } else {
        const struct source_config *s = only_source(f->engine, format->source_type, &several);
        if (several)
            return FAIL(err, E_INVALID, "does not say which source it is from, and several of type %s are configured: use --source", format->source_type);
        x->source = s ? instance_of(s) : str_of(format->source_type);
    }
    const struct source_config *s = config_source(c, x->source);
    if (!s && c->strict_sources)
        return FAIL(err, E_INVALID, "source \"%.*s\" is not configured (strict_sources)", STR_ARG(x->source));
    return OK;
}

static enum status add_arrival(struct reading *f, const struct intake_format *format, const struct intake_contact *contact,
                               struct str position, struct err *err)
{
    struct batch *b = f->batch;
    struct arrival x = {.contact = *contact, .position = position, .bytes = f->bytes};
    struct err why;
    if (resolve_source(f, format, &x, &why) != OK) {
        refuse(f, position, arena_fmt(&b->a, "%s", why.text));
        return OK;
    }
    x.key = engine_contact_key(f->engine, x.source, contact->facts.id);
    void *items = b->arrivals;
    size_t need = b->cap ? b->n + 1 : BATCH_ARRIVALS_MAX + 1; /* at once: growing leaves the smaller ones behind */
    if (!arena_grow(&b->a, &items, &b->cap, need, sizeof *b->arrivals))
        return ARENA_FULL(err, &b->a);
    b->arrivals = items;
    b->arrivals[b->n++] = x;
    return OK;
}

static enum status take_result(struct reading *f, const struct intake_format *format, const struct intake_result *result,
                               struct str position, struct err *err)
{
    if (result->verdict == INTAKE_IGNORED) {
        f->batch->ignored++;
        return OK;
    }
    for (size_t i = 0; i < result->contacts_n; i++)
        TRY(add_arrival(f, format, &result->contacts[i], position, err));
    return OK;
}

static struct intake_context context_of(const struct reading *f, const struct intake_format *format)
{
    bool several;
    const struct source_config *s = f->source ? f->source : only_source(f->engine, format->source_type, &several);
    struct intake_context c = {.now_ms = engine_now(f->engine), .source = f->options->source};
    if (s && str_is(s->type, format->source_type)) {
        c.country = s->country;
        c.zone = s->zone;
        c.options = s->options.n ? &s->options : NULL;
    }
    return c;
}

/* One recognised document out of what may have been an envelope of many. */
static enum status take_part(struct reading *f, const struct intake_part *part, struct str position, struct err *err)
{
    struct arena *a = &f->batch->a;
    struct err why = {.code = OK};
    struct intake_result result;
    if (part->place.n)
        position = arena_fmt(a, "%.*s %.*s", STR_ARG(position), STR_ARG(part->place));
    if (part->ignored_why) {
        f->batch->ignored++;
        return OK;
    }
    if (part->trouble.n || !part->format) {
        refuse(f, position, part->trouble.n ? part->trouble : STR("not a document this program knows"));
        return OK;
    }
    enum status s = OK;
    if (f->only && part->format != f->only)
        s = FAIL(&why, E_INVALID, "is a %s document, but --format is %s", part->format->name, f->only->name);
    struct intake_context context = context_of(f, part->format);
    if (s == OK)
        s = part->format->read(part->document, &context, a, &result, &why);
    if (s == OK)
        return take_result(f, part->format, &result, position, err);
    if (s == E_LIMIT && a->used >= a->cap / 2)
        return FAIL(err, E_LIMIT, "%s", why.text);
    refuse(f, position, arena_fmt(a, "%s", why.text));
    return OK;
}

static enum status take_json(struct reading *f, const struct doc *doc, struct err *err)
{
    struct arena *a = &f->batch->a;
    struct str bytes = arena_str(a, doc->bytes), position = place_of(a, doc);
    const struct json *tree;
    struct intake_part *parts;
    size_t n;
    struct err why;
    if (!bytes.p)
        return ARENA_FULL(err, a);
    f->bytes = bytes;
    arena_reset(&f->nodes);
    if (json_parse_apart(bytes, &f->nodes, a, &tree, &why) != OK) {
        refuse(f, position, arena_fmt(a, "%s", why.text));
        return OK;
    }
    TRY(intake_open(tree, a, &parts, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(take_part(f, &parts[i], position, err));
    return OK;
}

static const struct intake_format *csv_format(const struct reading *f)
{
    if (f->only)
        return f->only;
    for (size_t i = 0; intake_formats[i]; i++)
        if (intake_formats[i]->shape == STREAM_CSV)
            return intake_formats[i];
    return NULL;
}

static enum status take_csv(struct reading *f, const struct doc *doc, bool *stop, struct err *err)
{
    const struct intake_format *format = csv_format(f);
    struct intake_context context = context_of(f, format);
    struct arena *a = &f->batch->a;
    struct str bytes = arena_str(f->header_done ? a : &f->csv_arena, doc->bytes), position = place_of(a, doc);
    struct intake_result result;
    struct err why;
    enum status s;
    if (!bytes.p)
        return ARENA_FULL(err, a);
    f->bytes = bytes;
    if (!f->header_done) {
        s = format->read_header(bytes, &context, &f->csv_arena, &f->csv, &why);
        f->header_done = s == OK;
        f->csv_header = s == OK ? bytes : STR_NONE;
        *stop = s != OK; /* without a header no line can be understood: one reason for the whole file */
    } else {
        s = format->read_record(f->csv, bytes, &context, a, &result, &why);
        if (s == OK)
            return take_result(f, format, &result, position, err);
    }
    if (s != OK)
        refuse(f, position, arena_fmt(a, "%s", why.text));
    return OK;
}

static bool batch_is_full(const struct batch *b)
{
    return b->n >= BATCH_ARRIVALS_MAX || b->a.used > BATCH_ARENA_FLUSH;
}

enum status reading_fill(struct reading *f, struct batch *b, bool *end, struct err *err)
{
    struct doc doc;
    bool csv = docstream_shape(f->stream) == STREAM_CSV;
    f->batch = b;
    *end = f->no_contacts;
    b->ignored += f->no_contacts;
    while (!*end && !batch_is_full(b)) {
        TRY(docstream_next(f->stream, &doc, err));
        if (doc.kind == DOC_END)
            *end = true;
        else if (doc.kind == DOC_OK)
            TRY(csv ? take_csv(f, &doc, end, err) : take_json(f, &doc, err));
        else {
            f->bytes = arena_str(&b->a, doc.bytes);
            refuse(f, place_of(&b->a, &doc), arena_fmt(&b->a, "%s", doc.reason));
        }
        if (b->refused_lost)
            return ARENA_FULL(err, &b->a);
    }
    b->csv_header = f->csv_header;
    return OK;
}

static enum status open_stream(struct reading *f, int fd, struct err *err)
{
    struct str head = STR_NONE;
    if (f->only)
        return docstream_open(fd, f->only->shape, f->only->shape == STREAM_JSON ? intake_wrapper_keys : NULL, &f->stream, err);
    TRY(docstream_open_any(fd, intake_wrapper_keys, &f->stream, &head, err));
    f->no_contacts = docstream_shape(f->stream) == STREAM_CSV && intake_ignored_text(head);
    return OK;
}

enum status reading_begin(struct reading *f, const struct engine *e, int fd, const struct ingest_options *o, struct err *err)
{
    *f = (struct reading){.engine = e, .options = o};
    arena_init(&f->csv_arena, CSV_ARENA_MAX);
    arena_init(&f->nodes, NODES_MAX);
    if (o->format.n && !str_is(o->format, "auto")) {
        f->only = intake_format_named(o->format);
        if (!f->only)
            return FAIL(err, E_INVALID, "unknown format \"%.*s\": auto, connect-ctr, connect-event, genesys-conversation, genesys-event or csv", STR_ARG(o->format));
    }
    f->source = o->source.n ? config_source(&e->config, o->source) : NULL;
    return open_stream(f, fd, err);
}

void reading_end(struct reading *f)
{
    docstream_close(&f->stream);
    arena_release(&f->nodes);
    arena_release(&f->csv_arena);
}
