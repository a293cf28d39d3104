/*
 * ingest.c - files into the registry: one thread reads the next batch while another writes the last.
 */
#include "engine/reading.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/quarantine.h"

enum { DIR_DEPTH_MAX = 32, NAMES_MAX = 1 << 20, AHEAD = 2 /* batches in memory */ };

/* What is written, and what is told of it; of the caller's thread alone. */
struct writing {
    struct engine *engine;
    const struct ingest_options *options;
    struct ingest_report report;      /* counts, and puts aside */
    struct ingest_report *asked;      /* the caller's */
    struct str file;
    struct str csv_header;            /* of the batch being written */
    char last_source[ID_BYTES_MAX];   /* known to be in the registry */
    size_t last_source_n;
    struct quarantine_box box;
    uint64_t put_aside, more;         /* kept of this file; only counted */
    char more_position[64];           /* of the first of those */
    struct arena a;                   /* of what is put aside until it is written */
    enum status box_status;
    struct err box_err;
};

/* Of a file that is bad throughout the first ones are kept; the rest is a number. */
static void keep(struct writing *w, const struct quarantine_line *line)
{
    struct quarantined q = {.file = line->file, .position = line->position, .reason = line->reason, .bytes = line->bytes,
                            .source = w->options->source, .format = w->options->format};
    if (w->put_aside == QUARANTINE_FILE_MAX) {
        if (!w->more++)
            (void)snprintf(w->more_position, sizeof w->more_position, "%.*s", STR_ARG(line->position));
        return;
    }
    w->put_aside++;
    if (w->csv_header.n && q.bytes.n) /* a record alone could not be read again */
        q.bytes = arena_fmt(&w->a, "%.*s\n%.*s", STR_ARG(w->csv_header), STR_ARG(q.bytes));
    w->box_status = quarantine_add(&w->box, &q, &w->box_err);
}

/* What every quarantined document passes, wherever it was found out: kept first, then told. */
static void put_aside(void *ctx, const struct quarantine_line *line)
{
    struct writing *w = ctx;
    if (!w->options->not_kept && w->box_status == OK)
        keep(w, line);
    if (w->asked->on_quarantine)
        w->asked->on_quarantine(w->asked->ctx, line);
}

static enum status keep_number(struct writing *w, struct err *err)
{
    char reason[64];
    if (!w->more)
        return OK;
    (void)snprintf(reason, sizeof reason, "and %llu more like this", (unsigned long long)w->more);
    struct quarantined q = {.file = w->file, .position = str_of(w->more_position), .reason = str_of(reason),
                            .source = w->options->source, .format = w->options->format};
    TRY(quarantine_add(&w->box, &q, err));
    return quarantine_flush(&w->box, err);
}

static enum status add_sources(struct writing *w, const struct batch *b, struct err *err)
{
    for (size_t i = 0; i < b->n; i++) {
        struct str source = b->arrivals[i].source;
        if (str_eq(source, (struct str){w->last_source, w->last_source_n}))
            continue;
        TRY(registry_source_add(w->engine->registry, source, err));
        w->last_source_n = source.n <= sizeof w->last_source ? source.n : 0;
        memcpy(w->last_source, source.p, w->last_source_n);
    }
    return OK;
}

static enum status write_batch(struct writing *w, struct batch *b, struct err *err)
{
    w->csv_header = b->csv_header;
    w->report.read += b->ignored + b->refused_n;
    w->report.ignored += b->ignored;
    w->report.quarantined += b->refused_n;
    for (size_t i = 0; i < b->refused_n; i++)
        put_aside(w, &(struct quarantine_line){w->file, b->refused[i].position, b->refused[i].reason, b->refused[i].bytes});
    TRY(add_sources(w, b, err));
    TRY(batch_flush(b, w->file, &w->report, err));
    if (w->box_status != OK)
        return FAIL(err, w->box_status, "%s", w->box_err.text);
    TRY(quarantine_flush(&w->box, err));
    arena_reset(&w->a);
    if (w->engine->progress.tick)
        w->engine->progress.tick(w->engine->progress.ctx, "documents", w->report.read, 0);
    return OK;
}

static enum status in_turn(struct reading *r, struct writing *w, struct batch *b, struct err *err)
{
    for (bool end = false; !end;) {
        TRY(reading_fill(r, b, &end, err));
        TRY(write_batch(w, b, err));
    }
    return OK;
}

/* Batches go round: filled by the reader in order, written in the same order by the caller. */
struct relay {
    struct reading *reading;
    struct batch *batches;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t filled, written; /* how many batches so far */
    bool ended, stop;         /* nothing comes behind `filled`; the writer wants no more */
    enum status status;       /* of reading, once it has ended */
    struct err err;
};

/* Waits for a batch that may be filled; false: no more are wanted. */
static bool may_fill(struct relay *y)
{
    pthread_mutex_lock(&y->lock);
    while (!y->stop && y->filled - y->written == AHEAD)
        pthread_cond_wait(&y->changed, &y->lock);
    bool go_on = !y->stop;
    pthread_mutex_unlock(&y->lock);
    return go_on;
}

static void *read_on(void *ctx)
{
    struct relay *y = ctx;
    for (bool end = false; !end && may_fill(y);) {
        struct err err = {.code = OK};
        enum status status = reading_fill(y->reading, &y->batches[y->filled % AHEAD], &end, &err);
        pthread_mutex_lock(&y->lock);
        end |= status != OK;
        y->filled += status == OK;
        y->ended = end;
        y->status = status;
        y->err = err;
        pthread_cond_broadcast(&y->changed);
        pthread_mutex_unlock(&y->lock);
    }
    return NULL;
}

/* Waits for a batch to be written; NULL: there is none to come. */
static struct batch *next_filled(struct relay *y)
{
    pthread_mutex_lock(&y->lock);
    while (y->filled == y->written && !y->ended)
        pthread_cond_wait(&y->changed, &y->lock);
    struct batch *b = y->filled == y->written ? NULL : &y->batches[y->written % AHEAD];
    pthread_mutex_unlock(&y->lock);
    return b;
}

static void give_back(struct relay *y, bool stop)
{
    pthread_mutex_lock(&y->lock);
    y->written++;
    y->stop = stop;
    pthread_cond_broadcast(&y->changed);
    pthread_mutex_unlock(&y->lock);
}

static enum status side_by_side(struct reading *r, struct writing *w, struct batch *batches, struct err *err)
{
    struct relay y = {.reading = r, .batches = batches, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t reader;
    if (pthread_create(&reader, NULL, read_on, &y) != 0)
        return in_turn(r, w, &batches[0], err);
    enum status status = OK;
    struct batch *b;
    while (status == OK && (b = next_filled(&y)) != NULL) {
        status = write_batch(w, b, err);
        give_back(&y, status != OK);
    }
    pthread_join(reader, NULL);
    pthread_cond_destroy(&y.changed);
    pthread_mutex_destroy(&y.lock);
    return status != OK || y.status == OK ? status : FAIL(err, y.status, "%s", y.err.text);
}

static bool wants_threads(const struct ingest_options *o)
{
    return o->threads ? o->threads > 1 : sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

enum status ingest_fd(struct engine *e, int fd, struct str file, const struct ingest_options *o, struct ingest_report *report, struct err *err)
{
    struct writing w = {.engine = e, .options = o, .report = *report, .asked = report, .file = file};
    struct batch batches[AHEAD];
    struct reading r;
    w.report.on_quarantine = put_aside;
    w.report.ctx = &w;
    arena_init(&w.a, BATCH_ARENA_MAX);
    quarantine_begin(&w.box, e);
    for (size_t i = 0; i < AHEAD; i++) {
        batch_init(&batches[i], e);
        batches[i].now_ms = engine_now(e);
    }
    enum status s = reading_begin(&r, e, fd, o, err);
    if (s == OK)
        s = wants_threads(o) ? side_by_side(&r, &w, batches, err) : in_turn(&r, &w, &batches[0], err);
    if (s == OK)
        s = keep_number(&w, err);
    w.report.on_quarantine = report->on_quarantine;
    w.report.ctx = report->ctx;
    *report = w.report;
    reading_end(&r);
    quarantine_end(&w.box);
    for (size_t i = 0; i < AHEAD; i++)
        batch_release(&batches[i]);
    arena_release(&w.a);
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
