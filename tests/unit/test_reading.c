/* Documents into batches: what a batch holds, when it is full, and that two threads make of a file what one makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/reading.h"
#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static int file_with(struct str text)
{
    char path[] = "/tmp/expunge-reading.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Read without a registry: no arrival is written, and what is wrong waits in the batch. */
static void a_batch_holds_what_was_read(void **state)
{
    struct world *w = *state;
    struct str text = arena_fmt(&w->a, "%s{\"broken\":\n{\"object\":\"page\",\"entry\":[]}\n%s", centre_record(w, "c-1", NULL, YOUNG, NULL, NULL),
                                centre_record(w, "c-2", NULL, YOUNG, NULL, NULL));
    int fd = file_with(text);
    struct ingest_options o = {.format = STR("auto")};
    struct reading r;
    struct batch b;
    bool end;
    batch_init(&b, w->e);
    WORLD_OK(w, reading_begin(&r, w->e, fd, &o, &w->err));
    WORLD_OK(w, reading_fill(&r, &b, &end, &w->err));
    assert_true(end);
    assert_int_equal(b.n, 2);
    assert_true(str_is(b.arrivals[1].contact.facts.id, "c-2"));
    assert_int_equal(b.refused_n, 1);
    assert_true(str_starts(b.refused[0].position, STR("2:1")));
    assert_int_equal(b.ignored, 1); /* a webhook */
    reading_end(&r);
    batch_release(&b);
    close(fd);
    assert_int_equal(centre_count(w, "REGISTERED"), 0);
}

static struct str many(struct world *w, int n, struct buf *b)
{
    for (int i = 0; i < n; i++) {
        struct arena one = w->a;
        arena_init(&w->a, 1 << 16);
        if (i % 97 == 13)
            buf_fmt(b, "{\"bad\":%d]\n", i);
        else /* every third comes again later, newer, and some are transfers of others */
            buf_cstr(b, centre_record(w, arena_fmt(&w->a, "c-%d", i % (n * 2 / 3)).p,
                                      i % 10 == 3 ? arena_fmt(&w->a, "c-%d", i / 2).p : NULL, OLD - i % 53, NULL, NULL));
        arena_release(&w->a);
        w->a = one;
    }
    assert_int_equal(buf_check(b, NULL), OK);
    return buf_view(b);
}

static void a_full_batch_ends_between_documents(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 16 << 20);
    int fd = file_with(many(w, BATCH_ARRIVALS_MAX + 700, &b));
    struct ingest_options o = {.format = STR("auto")};
    struct reading r;
    struct batch first, second;
    bool end;
    batch_init(&first, w->e);
    batch_init(&second, w->e);
    WORLD_OK(w, reading_begin(&r, w->e, fd, &o, &w->err));
    WORLD_OK(w, reading_fill(&r, &first, &end, &w->err));
    assert_false(end);
    assert_int_equal(first.n, BATCH_ARRIVALS_MAX);
    WORLD_OK(w, reading_fill(&r, &second, &end, &w->err));
    assert_true(end);
    assert_int_equal(first.n + second.n + first.refused_n + second.refused_n, BATCH_ARRIVALS_MAX + 700);
    for (size_t i = 0; i < first.n; i++) /* its text is its own, not the document's tree's */
        assert_true(str_starts(first.arrivals[i].contact.facts.id, STR("c-")));
    reading_end(&r);
    batch_release(&first);
    batch_release(&second);
    close(fd);
}

struct told { struct buf lines; };
static void tell(void *ctx, const struct quarantine_line *line)
{
    struct told *t = ctx;
    buf_fmt(&t->lines, "%.*s %.*s;", STR_ARG(line->position), STR_ARG(line->reason));
}

static struct ingest_report run(struct world *w, struct str text, unsigned threads, struct told *t)
{
    int fd = file_with(text);
    struct ingest_options o = {.format = STR("auto"), .threads = threads};
    struct ingest_report report = {.on_quarantine = tell, .ctx = t};
    buf_init(&t->lines, 1 << 20);
    WORLD_OK(w, ingest_fd(w->e, fd, STR("test"), &o, &report, &w->err));
    close(fd);
    return report;
}

/* The same counts, the same order of what was put aside, the same chains. */
static void two_threads_do_what_one_does(void **state)
{
    struct world *w = *state, *other;
    struct told alone, together;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 16 << 20);
    struct str text = many(w, 2 * BATCH_ARRIVALS_MAX + 900, &b);
    assert_int_equal(world_begin((void **)&other), 0);
    struct ingest_report one = run(w, text, 1, &alone), two = run(other, text, 2, &together);
    assert_int_equal(one.read, 2 * BATCH_ARRIVALS_MAX + 900);
    assert_true(one.quarantined > 50 && one.updated > 300 && one.duplicate > 300);
    assert_int_equal(one.read, two.read);
    assert_int_equal(one.registered, two.registered);
    assert_int_equal(one.updated, two.updated);
    assert_int_equal(one.duplicate, two.duplicate);
    assert_int_equal(one.quarantined, two.quarantined);
    assert_true(str_eq(buf_view(&alone.lines), buf_view(&together.lines)));
    for (int i = 0; i < BATCH_ARRIVALS_MAX; i += 371) {
        const char *id = arena_fmt(&w->a, "c-%d", i).p;
        struct chain x = centre_chain(w, id), y = centre_chain(other, id);
        assert_int_equal(x.legs_n, y.legs_n);
        for (size_t k = 0; k < x.legs_n; k++)
            assert_true(str_eq(x.legs[k].id, y.legs[k].id) && x.legs[k].ended_ms == y.legs[k].ended_ms);
    }
    buf_release(&alone.lines);
    buf_release(&together.lines);
    assert_int_equal(world_end((void **)&other), 0);
}

static enum status no_get(struct backend *b, enum table t, const struct str *keys, size_t n, struct arena *a, struct row *out, struct err *err)
{
    (void)b, (void)t, (void)keys, (void)n, (void)a, (void)out;
    return FAIL(err, E_IO, "the disk is gone");
}

/* The registry is gone under the writer: both threads come to an end, and the error is the writer's. */
static void a_failed_write_ends_the_reading(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf b;
    struct told t;
    buf_init(&b, 32 << 20);
    struct str text = many(w, 5 * BATCH_ARRIVALS_MAX, &b);
    int fd = file_with(text);
    struct ingest_options o = {.format = STR("auto"), .threads = 2, .not_kept = true};
    struct ingest_report report = {.on_quarantine = tell, .ctx = &t};
    struct backend_driver broken = *w->e->registry->backend.driver;
    const struct backend_driver *real = w->e->registry->backend.driver;
    buf_init(&t.lines, 1 << 20);
    broken.get = no_get;
    w->e->registry->backend.driver = &broken;
    assert_int_equal(ingest_fd(w->e, fd, STR("test"), &o, &report, &w->err), E_IO);
    assert_true(str_contains(str_of(w->err.text), "the disk is gone"));
    w->e->registry->backend.driver = real;
    buf_release(&t.lines);
    close(fd);
}
#define TEST(t) cmocka_unit_test_setup_teardown(t, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_batch_holds_what_was_read), TEST(a_full_batch_ends_between_documents),
                                       TEST(two_threads_do_what_one_does), TEST(a_failed_write_ends_the_reading)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
