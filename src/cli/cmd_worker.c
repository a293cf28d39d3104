#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/summary.h"
#include "engine/shift.h"

enum { AWAY_LEAST_MS = 1000, AWAY_MOST_MS = 60000, NAP_MS = 100 };

static volatile sig_atomic_t asked_to_end;

/* The first: the batch in hand is finished. The second: at once; what is claimed goes on when the lease is over. */
static void on_signal(int number)
{
    (void)number;
    if (asked_to_end)
        _exit(1);
    asked_to_end = 1;
}

static void hear_signals(void)
{
    struct sigaction end = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGINT, &end, NULL);
}

struct working {
    struct cli *c;
    struct tally total;
    bool once;
    int64_t stop_ms; /* monotonic; 0: never */
};

static bool must_end(const struct working *w)
{
    return asked_to_end || (w->stop_ms && clock_monotonic_ms() >= w->stop_ms);
}

static void sleep_for(const struct working *w, int64_t ms)
{
    int64_t until = clock_monotonic_ms() + ms;
    while (!must_end(w) && clock_monotonic_ms() < until)
        clock_sleep_ms(NAP_MS);
}

/* Until somebody asks to end, the engine has to be opened anew (*again), or it fails. */
static enum status work(const struct working *w, struct shift *s, bool *again, struct err *err)
{
    *again = false;
    while (!must_end(w)) {
        int64_t next;
        bool idle;
        TRY(shift_step(s, &next, &idle, err));
        if (!idle)
            continue;
        if (w->once)
            return OK;
        *again = shift_is_over(s);
        if (*again)
            return OK;
        int64_t wait = next - engine_now(s->engine);
        sleep_for(w, wait > AWAY_MOST_MS ? AWAY_MOST_MS : wait);
    }
    return OK;
}

static enum status one_shift(struct working *w, struct engine *e, bool *again, struct err *err)
{
    struct err end = {.code = OK};
    struct shift *s = calloc(1, sizeof *s);
    if (!s)
        return FAIL(err, E_LIMIT, "out of memory");
    enum status st = shift_begin(e, true, s, err);
    if (st == OK)
        log_line(LOG_INFO, "worker.began", "pid=%ld run=%.*s", (long)getpid(), STR_ARG(s->lanes.run.id));
    if (st == OK)
        st = work(w, s, again, err);
    enum status ended = shift_end(s, &w->total, st == OK ? err : &end);
    free(s);
    return st == OK ? ended : st;
}

/* Another attempt may succeed: the registry is away or busy, or we were taken for dead. */
static bool may_pass(enum status s)
{
    return s == E_RETRY || s == E_IO || s == E_CONFLICT;
}

static void close_engine(struct cli *c)
{
    engine_close(c->engine);
    c->engine = NULL;
}

static enum status work_on(struct working *w)
{
    struct cli *c = w->c;
    int64_t away_ms = AWAY_LEAST_MS;
    for (bool again = true; again && !must_end(w);) {
        struct engine *e = cli_engine(c);
        enum status s = e ? one_shift(w, e, &again, &c->err) : c->err.code;
        if (s == OK) {
            away_ms = AWAY_LEAST_MS;
            if (again)
                close_engine(c);
            continue;
        }
        if (!may_pass(s) || must_end(w))
            return s;
        log_line(LOG_WARN, "worker.away", "status=%s wait_ms=%lld why=\"%s\"", status_name(s), (long long)away_ms, c->err.text);
        again = true;
        close_engine(c);
        c->err = (struct err){.code = OK};
        sleep_for(w, away_ms);
        away_ms = away_ms * 2 > AWAY_MOST_MS ? AWAY_MOST_MS : away_ms * 2;
    }
    return OK;
}

static int run(struct cli *c)
{
    struct working w = {.c = c, .once = cli_flag(c, "once")};
    int64_t runtime_ms = 0;
    CLI_TRY(c, cli_option_duration(c, "max-runtime", &runtime_ms, &c->err));
    w.stop_ms = runtime_ms ? clock_monotonic_ms() + runtime_ms : 0;
    hear_signals();
    CLI_TRY(c, work_on(&w));
    log_line(LOG_INFO, "worker.ended", "considered=%llu purged=%llu failed=%llu busy=%llu", (unsigned long long)w.total.considered,
             (unsigned long long)w.total.purged, (unsigned long long)w.total.failed, (unsigned long long)w.total.busy);
    if (c->json) {
        summary_json(&w.total, cli_json(c));
        cli_json_end(c);
    } else if (w.once)
        summary_text(&w.total, "erased", &c->out);
    return w.once ? tally_exit(&w.total, false) : 0;
}

static const struct cli_option options[] = {
    {"once", NULL, "end when nothing is due any more", false},
    {"max-runtime", "S", "end after S seconds (or 90m, 6h) with the batch in hand", false},
    {NULL, NULL, NULL, false}};

const struct command command_worker = {
    .name = "worker",
    .summary = "a process that stays and works off whatever is due, beside any number of others",
    .details =
        "Orders, requests, retries and verifications as their times come; once a night, at purge.at, the daily run (one of "
        "all workers plans it, all share it; missed nights are caught up once); plans that were approved or resumed. A "
        "dead worker's part is taken over. SIGTERM or SIGINT ends it after the batch in hand, a second one at once. While "
        "the registry is away it waits and tries again. What it does is told in lines on standard error.",
    .permission = "run.start",
    .options = options,
    .needs = CLI_STORES | CLI_WRITE,
    .run = run};
