#include "engine/batch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/quarantine.h"

enum { DIR_DEPTH_MAX = 32, NAMES_MAX = 1 << 20 };

struct reading_file {
    struct engine *engine;
    const struct ingest_options *options;
    struct ingest_report *report;
    struct str file;
    struct batch batch;
    const struct intake_format *only; /* --format; NULL: auto */
    const struct source_config *source;
    void *csv;                        /* state of the CSV format */
    struct arena csv_arena;
    bool header_done;
    struct str last_source;           /* known to be in the registry */
    struct str bytes, csv_header;     /* of the document being read */
    struct ingest_report *asked;      /* the caller's; `report` counts here and puts aside */
    struct quarantine_box box;
    uint64_t put_aside, more;         /* kept of this file; only counted */
    char more_position[64];           /* of the first of those */
    enum status box_status;
    struct err box_err;
};

/* Of a file that is bad throughout the first ones are kept; the rest is a number. */
static void keep(struct reading_file *f, const struct quarantine_line *line)
{
    struct quarantined q = {.file = line->file, .position = line->position, .reason = line->reason, .bytes = line->bytes,
                            .source = f->options->source, .format = f->options->format};
    if (f->put_aside == QUARANTINE_FILE_MAX) {
        if (!f->more++)
            (void)snprintf(f->more_position, sizeof f->more_position, "%.*s", STR_ARG(line->position));
        return;
    }
    f->put_aside++;
    if (f->csv_header.n && q.bytes.n) /* a record alone could not be read again */
        q.bytes = arena_fmt(&f->batch.a, "%.*s\n%.*s", STR_ARG(f->csv_header), STR_ARG(q.bytes));
    f->box_status = quarantine_add(&f->box, &q, &f->box_err);
}

/* What every quarantined document passes, wherever it was found out: kept first, then told. */
static void put_aside(void *ctx, const struct quarantine_line *line)
{
    struct reading_file *f = ctx;
    if (!f->options->not_kept && f->box_status == OK)
        keep(f, line);
    if (f->asked->on_quarantine)
        f->asked->on_quarantine(f->asked->ctx, line);
}

static enum status keep_number(struct reading_file *f, struct err *err)
{
    char reason[64];
    if (!f->more)
        return OK;
    (void)snprintf(reason, sizeof reason, "and %llu more like this", (unsigned long long)f->more);
    struct quarantined q = {.file = f->file, .position = str_of(f->more_position), .reason = str_of(reason),
                            .source = f->options->source, .format = f->options->format};
    TRY(quarantine_add(&f->box, &q, err));
    return quarantine_flush(&f->box, err);
}

static void quarantine(struct reading_file *f, struct str position, struct str reason)
{
    struct quarantine_line line = {f->file, position, reason, f->bytes};
    f->report->read++;
    f->report->quarantined++;
    if (f->report->on_quarantine)
        f->report->on_quarantine(f->report->ctx, &line);
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
static enum status resolve_source(struct reading_file *f, const struct intake_format *format, struct arrival *x, struct err *err)
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

static enum status add_arrival(struct reading_file *f, const struct intake_format *format, const struct intake_contact *contact,
                               struct str position, struct err *err)
{
    struct batch *b = &f->batch;
    struct arrival x = {.contact = *contact, .position = position, .bytes = f->bytes};
    struct err why;
    if (resolve_source(f, format, &x, &why) != OK) {
        quarantine(f, position, arena_fmt(&b->a, "%s", why.text));
        return OK;
    }
    x.key = engine_contact_key(f->engine, x.source, contact->facts.id);
    if (!str_eq(x.source, f->last_source)) {
        TRY(registry_source_add(f->engine->registry, x.source, err));
        f->last_source = arena_str(&f->csv_arena, x.source);
    }
    void *items = b->arrivals; /* never flushed here: the contact's memory is the batch's */
    if (!arena_grow(&b->a, &items, &b->cap, b->n + 1, sizeof *b->arrivals))
        return ARENA_FULL(err, &b->a);
    b->arrivals = items;
    b->arrivals[b->n++] = x;
    return OK;
}

static enum status take_result(struct reading_file *f, const struct intake_format *format, const struct intake_result *result,
                               struct str position, struct err *err)
{
    if (result->verdict == INTAKE_IGNORED) {
        f->report->read++;
        f->report->ignored++;
        return OK;
    }
    for (size_t i = 0; i < result->contacts_n; i++)
        TRY(add_arrival(f, format, &result->contacts[i], position, err));
    return OK;
}

static struct intake_context context_of(const struct reading_file *f, const struct intake_format *format)
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
static enum status take_part(struct reading_file *f, const struct intake_part *part, struct str position, struct err *err)
{
    struct arena *a = &f->batch.a;
    struct err why = {.code = OK};
    struct intake_result result;
    if (part->place.n)
        position = arena_fmt(a, "%.*s %.*s", STR_ARG(position), STR_ARG(part->place));
    if (part->ignored_why) {
        f->report->read++;
        f->report->ignored++;
        return OK;
    }
    if (part->trouble.n || !part->format) {
        quarantine(f, position, part->trouble.n ? part->trouble : STR("not a document this program knows"));
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
    quarantine(f, position, arena_fmt(a, "%s", why.text));
    return OK;
}

static enum status take_json(struct reading_file *f, const struct doc *doc, struct err *err)
{
    struct arena *a = &f->batch.a;
    struct str bytes = arena_str(a, doc->bytes), position = place_of(a, doc);
    const struct json *tree;
    struct intake_part *parts;
    size_t n;
    struct err why;
    if (!bytes.p)
        return ARENA_FULL(err, a);
    f->bytes = bytes;
    if (json_parse(bytes, a, &tree, &why) != OK) {
        quarantine(f, position, arena_fmt(a, "%s", why.text));
        return OK;
    }
    TRY(intake_open(tree, a, &parts, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(take_part(f, &parts[i], position, err));
    return OK;
}

static const struct intake_format *csv_format(const struct reading_file *f)
{
    if (f->only)
        return f->only;
    for (size_t i = 0; intake_formats[i]; i++)
        if (intake_formats[i]->shape == STREAM_CSV)
            return intake_formats[i];
    return NULL;
}

static enum status take_csv(struct reading_file *f, const struct doc *doc, bool *stop, struct err *err)
{
    const struct intake_format *format = csv_format(f);
    struct intake_context context = context_of(f, format);
    struct arena *a = &f->batch.a;
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
        quarantine(f, position, arena_fmt(a, "%s", why.text));
    return OK;
}

static enum status flush(struct reading_file *f, struct err *err)
{
    TRY(batch_flush(&f->batch, f->file, f->report, err));
    if (f->box_status != OK)
        return FAIL(err, f->box_status, "%s", f->box_err.text);
    return quarantine_flush(&f->box, err);
}

static enum status take_stream(struct reading_file *f, struct docstream *stream, enum stream_shape shape, struct err *err)
{
    struct doc doc;
    bool stop = false;
    while (!stop) {
        TRY(docstream_next(stream, &doc, err));
        if (doc.kind == DOC_END)
            break;
        if (doc.kind == DOC_BAD) {
            f->bytes = arena_str(&f->batch.a, doc.bytes);
            quarantine(f, place_of(&f->batch.a, &doc), arena_fmt(&f->batch.a, "%s", doc.reason));
        } else
            TRY(shape == STREAM_CSV ? take_csv(f, &doc, &stop, err) : take_json(f, &doc, err));
        if (f->batch.n >= BATCH_ARRIVALS_MAX || f->batch.a.used > BATCH_ARENA_FLUSH) {
            TRY(flush(f, err));
            if (f->engine->progress.tick)
                f->engine->progress.tick(f->engine->progress.ctx, "documents", f->report->read, 0);
        }
    }
    return flush(f, err);
}

/* *known: the whole file is of a kind that holds no contacts (an e-mail message). */
static enum status open_stream(const struct reading_file *f, int fd, struct docstream **out, bool *known, struct err *err)
{
    struct str head = STR_NONE;
    if (f->only)
        return docstream_open(fd, f->only->shape, f->only->shape == STREAM_JSON ? intake_wrapper_keys : NULL, out, err);
    TRY(docstream_open_any(fd, intake_wrapper_keys, out, &head, err));
    *known = docstream_shape(*out) == STREAM_CSV && intake_ignored_text(head);
    return OK;
}

enum status ingest_fd(struct engine *e, int fd, struct str file, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    struct ingest_report counted = *report;
    struct reading_file f = {.engine = e, .options = o, .report = &counted, .asked = report, .file = file};
    struct docstream *stream = NULL;
    counted.on_quarantine = put_aside;
    counted.ctx = &f;
    if (o->format.n && !str_is(o->format, "auto")) {
        f.only = intake_format_named(o->format);
        if (!f.only)
            return FAIL(err, E_INVALID, "unknown format \"%.*s\": auto, connect-ctr, connect-event, genesys-conversation, genesys-event or csv", STR_ARG(o->format));
    }
    f.source = o->source.n ? config_source(&e->config, o->source) : NULL;
    batch_init(&f.batch, e);
    f.batch.now_ms = engine_now(e);
    arena_init(&f.csv_arena, 16 << 20);
    quarantine_begin(&f.box, e);
    bool no_contacts = false;
    enum status s = open_stream(&f, fd, &stream, &no_contacts, err);
    if (s == OK && no_contacts) {
        counted.read++;
        counted.ignored++;
    } else if (s == OK)
        s = take_stream(&f, stream, docstream_shape(stream), err);
    if (s == OK)
        s = keep_number(&f, err);
    counted.on_quarantine = report->on_quarantine;
    counted.ctx = report->ctx;
    *report = counted;
    docstream_close(&stream);
    quarantine_end(&f.box);
    batch_release(&f.batch);
    arena_release(&f.csv_arena);
    return s;
}

static enum status ingest_file(struct engine *e, const char *path, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return FAIL(err, errno == ENOENT ? E_ABSENT : E_IO, "%s cannot be read: %s", path, strerror(errno));
    return ingest_fd(e, fd, str_of(path), o, report, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum status ingest_dir(struct engine *e, const char *path, int depth, const struct ingest_options *o, struct ingest_report *report, struct err *err);

static enum status ingest_entry(struct engine *e, const char *path, int depth, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return FAIL(err, errno == ENOENT ? E_ABSENT : E_IO, "%s cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return ingest_dir(e, path, depth + 1, o, report, err);
    if (!S_ISREG(st.st_mode) && depth > 0)
        return OK; /* links and devices inside a folder are not followed */
    return ingest_file(e, path, o, report, err);
}

static enum status ingest_dir(struct engine *e, const char *path, int depth, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    if (depth > DIR_DEPTH_MAX)
        return FAIL(err, E_LIMIT, "%s: folders nest deeper than %d", path, DIR_DEPTH_MAX);
    DIR *dir = opendir(path);
    if (!dir)
        return FAIL(err, E_IO, "folder %s cannot be read: %s", path, strerror(errno));
    struct arena a;
    arena_init(&a, 256 << 20);
    char **names = NULL;
    size_t n = 0, cap = 0;
    enum status s = OK;
    for (struct dirent *d = readdir(dir); s == OK && d; d = readdir(dir)) {
        if (d->d_name[0] == '.')
            continue;
        void *items = names;
        if (n >= NAMES_MAX || !arena_grow(&a, &items, &cap, n + 1, sizeof *names))
            s = FAIL(err, E_LIMIT, "folder %s holds too many files for one call", path);
        names = items;
        if (s == OK)
            names[n++] = arena_cstr(&a, path_join(&a, str_of(path), str_of(d->d_name)));
    }
    closedir(dir);
    if (n)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; s == OK && i < n; i++)
        s = names[i] ? ingest_entry(e, names[i], depth, o, report, err) : ARENA_FULL(err, &a);
    arena_release(&a);
    return s;
}

enum status ingest_path(struct engine *e, const char *path, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return ingest_fd(e, STDIN_FILENO, STR("-"), o, report, err);
    struct stat st;
    if (stat(path, &st) != 0)
        return FAIL(err, errno == ENOENT ? E_ABSENT : E_IO, "%s cannot be read: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? ingest_dir(e, path, 0, o, report, err) : ingest_file(e, path, o, report, err);
}
