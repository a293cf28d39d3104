#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { QUIET_MS = 2000, REDRAW_MS = 500, LINE_MS = 10000, WIDTH_DEFAULT = 80, BAR_MAX = 40 };

void progress_init(struct progress_bar *p, int fd, int64_t now_ms)
{
    struct winsize size;
    *p = (struct progress_bar){
        .fd = fd, .terminal = isatty(fd) == 1, .width = WIDTH_DEFAULT, .began_ms = now_ms, .shown_ms = now_ms};
    if (p->terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        p->width = size.ws_col;
}

bool progress_due(const struct progress_bar *p, int64_t now_ms)
{
    if (now_ms - p->began_ms < QUIET_MS)
        return false;
    if (!p->terminal)
        return now_ms - p->shown_ms >= LINE_MS;
    return !p->drawn || now_ms - p->shown_ms >= REDRAW_MS;
}

static void add_bar(struct buf *out, uint64_t done, uint64_t total, size_t cells)
{
    size_t full = (size_t)((double)done / (double)total * (double)cells);
    buf_char(out, '[');
    for (size_t i = 0; i < cells; i++)
        buf_char(out, i < full ? '=' : i == full ? '>' : ' ');
    buf_cstr(out, "] ");
}

static void add_left(struct buf *out, uint64_t done, uint64_t total, int64_t elapsed_ms)
{
    double left_s = (double)elapsed_ms / 1000 * (double)(total - done) / (double)done;
    if (left_s < 90)
        buf_fmt(out, ", %.0f s left", left_s);
    else if (left_s < 5400)
        buf_fmt(out, ", %.0f min left", left_s / 60);
    else
        buf_fmt(out, ", %.1f h left", left_s / 3600);
}

void progress_text(struct buf *out, const char *what, uint64_t done, uint64_t total, int64_t elapsed_ms, bool terminal,
                   size_t width)
{
    bool known = total > 0 && done <= total;
    size_t words = 64; /* what stands beside the bar */
    size_t cells = width > words ? width - words : 0;
    if (terminal && known && cells >= 8)
        add_bar(out, done, total, cells < BAR_MAX ? cells : BAR_MAX);
    buf_fmt(out, "%s: %llu", what, (unsigned long long)done);
    if (known)
        buf_fmt(out, " of %llu", (unsigned long long)total);
    if (elapsed_ms >= 1000 && done)
        buf_fmt(out, ", %.0f/s", (double)done * 1000 / (double)elapsed_ms);
    if (known && done && done < total)
        add_left(out, done, total, elapsed_ms);
}

/* Nothing depends on these lines: a closed standard error is no reason to stop an erasure. */
static void put(const struct progress_bar *p, const struct buf *b)
{
    ssize_t n = write(p->fd, b->p, b->n);
    (void)n;
}

void progress_tick(void *ctx, const char *what, uint64_t done, uint64_t total)
{
    struct progress_bar *p = ctx;
    int64_t now = clock_monotonic_ms();
    if (!progress_due(p, now))
        return;
    CLEANUP(buf_release) struct buf line;
    buf_init(&line, 1024);
    if (p->terminal)
        buf_cstr(&line, "\r\033[K");
    progress_text(&line, what, done, total, now - p->began_ms, p->terminal, p->width);
    if (!p->terminal)
        buf_char(&line, '\n');
    put(p, &line);
    p->drawn = p->terminal;
    p->shown_ms = now;
}

void progress_clear(struct progress_bar *p)
{
    if (!p->drawn)
        return;
    CLEANUP(buf_release) struct buf line;
    buf_init(&line, 16);
    buf_cstr(&line, "\r\033[K");
    put(p, &line);
    p->drawn = false;
}
