/* centre.c - see centre.h. */
#include "tests/lib/centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/holds.h"

static int64_t ended_ms(int days)
{
    return WORLD_NOW_MS - days * DAY_MS;
}

const char *centre_record(struct world *w, const char *id, const char *initial, int days, const char *category, const char *extra)
{
    char start[32], end[32], update[32];
    time_text(ended_ms(days) - 10 * MINUTE_MS, start);
    time_text(ended_ms(days), end);
    time_text(ended_ms(days) + MINUTE_MS, update);
    struct str quoted = initial ? arena_fmt(&w->a, "\"%s\"", initial) : STR("null");
    struct str attributes = category ? arena_fmt(&w->a, "{\"retentionCategory\":\"%s\"}", category) : STR("{}");
    return arena_fmt(&w->a,
                     "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"%s\",\"InitialContactId\":%.*s,"
                     "\"InstanceARN\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\",\"Channel\":\"VOICE\","
                     "\"InitiationTimestamp\":\"%s\",\"DisconnectTimestamp\":\"%s\",\"LastUpdateTimestamp\":\"%s\",\"Attributes\":%.*s,"
                     "\"CustomerEndpoint\":{\"Address\":\"+442079460123\",\"Type\":\"TELEPHONE_NUMBER\"}%s}\n",
                     id, STR_ARG(quoted), start, end, update, STR_ARG(attributes), extra ? extra : "")
        .p;
}

struct ingest_report centre_ingest(struct world *w, const char *documents)
{
    struct ingest_report report = {.read = 0};
    struct ingest_options o = {.format = STR("auto"), .threads = 1};
    char path[] = "/tmp/expunge-ingest.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(write(fd, documents, strlen(documents)), (ssize_t)strlen(documents));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    WORLD_OK(w, ingest_fd(w->e, fd, STR("test"), &o, &report, &w->err));
    close(fd);
    return report;
}

static const char *file_of(struct world *w, const char *kind, const char *id, int days, const char *ending)
{
    struct civil c;
    ms_to_civil(ended_ms(days) - 10 * MINUTE_MS, &c);
    return world_path(w, arena_fmt(&w->a, "artefacts/%s/%04d/%02d/%02d/%s%s", kind, c.year, c.month, c.day, id, ending).p);
}

void centre_files(struct world *w, const char *id, int days)
{
    const char *files[] = {file_of(w, "recordings", id, days, "_1.wav"), file_of(w, "transcripts", id, days, ".json")};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        WORLD_OK(w, dir_make(arena_cstr(&w->a, path_dir(str_of(files[i]))), 0755, &w->err));
        WORLD_OK(w, file_write(files[i], STR("personal data"), 0644, &w->err));
    }
}

bool centre_has_files(struct world *w, const char *id, int days)
{
    return file_exists(file_of(w, "recordings", id, days, "_1.wav")) || file_exists(file_of(w, "transcripts", id, days, ".json"));
}

void centre_arm(struct world *w)
{
    WORLD_OK(w, registry_meta_put(w->e->registry, "armed", STR("test"), 0, NULL, &w->err));
    w->e->disarmed = false;
}

struct tally centre_purge(struct world *w, bool dry_run)
{
    struct tally t = {.dry_run = false};
    struct purge_options o = {.dry_run = dry_run};
    WORLD_OK(w, purge_run(w->e, &o, &t, &w->a, &w->err));
    return t;
}

struct tally centre_erase(struct world *w, const struct order_options *o, ...)
{
    struct tally t = {.dry_run = false};
    struct order order = {.ids_n = 0};
    va_list ids;
    va_start(ids, o);
    for (const char *id; (id = va_arg(ids, const char *)) != NULL;)
        WORLD_OK(w, order_add(&order, str_of(id), &w->a, &w->err));
    va_end(ids);
    WORLD_OK(w, order_look_up(w->e, &order, o, &w->a, &w->err));
    WORLD_OK(w, order_run(w->e, &order, o, &t, &w->a, &w->err));
    return t;
}

struct chain centre_chain(struct world *w, const char *id)
{
    struct row_key contact = engine_contact_key(w->e, STR(CENTRE_SOURCE), str_of(id)), chain;
    struct chain c;
    WORLD_OK(w, registry_chain_of(w->e->registry, &contact, 1, &w->a, &chain, &w->err));
    WORLD_OK(w, registry_chains(w->e->registry, &chain, 1, &w->a, &c, &w->err));
    return c;
}

enum contact_status centre_status(struct world *w, const char *id)
{
    struct chain c = centre_chain(w, id);
    WORLD_OK(w, engine_holds(w->e, NULL, &w->err));
    return chain_status(&c, w->e->holds, w->e->holds_n, &w->e->policy, engine_now(w->e));
}

void centre_hold(struct world *w, const char *matter, const char *id)
{
    struct str ids[] = {str_of(id)};
    struct hold_order o = {.matter = str_of(matter), .reason = STR("court order"), .review_ms = TIME_NONE, .scope = HOLD_IDS,
                           .ids = ids, .ids_n = 1, .source = STR(CENTRE_SOURCE)};
    struct hold_reply reply;
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &reply, &w->err));
}

size_t centre_count(struct world *w, const char *type)
{
    size_t n, count = 0;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        count += str_is(entries[i].type, type);
    return count;
}
