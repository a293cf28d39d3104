#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/output.h"

enum { FLUSH_BYTES = 64 << 10, NOTE_BYTES = 4096 };

static void write_all(struct cli *c, int fd, struct str text)
{
    while (text.n && !(fd == STDOUT_FILENO && c->out_errno)) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (fd == STDOUT_FILENO)
                c->out_errno = errno;
            return;
        }
        text.p += n;
        text.n -= (size_t)n;
    }
}

void cli_flush(struct cli *c)
{
    if (!c->out.n && !c->out.failed)
        return;
    progress_clear(&c->progress);
    write_all(c, STDOUT_FILENO, buf_view(&c->out));
    if (c->out.failed && !c->out_errno)
        c->out_errno = ENOMEM;
    buf_clear(&c->out);
}

void cli_print(struct cli *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&c->out, fmt, ap);
    va_end(ap);
    if (c->out.n >= FLUSH_BYTES)
        cli_flush(c);
}

void cli_write(struct cli *c, struct str text)
{
    buf_str(&c->out, text);
    if (c->out.n >= FLUSH_BYTES)
        cli_flush(c);
}

void cli_listing(struct cli *c, const struct listing *t)
{
    listing_write(t, &c->out);
    cli_flush(c);
}

/* Without allocating: that there is no memory must be said too. */
void cli_note(struct cli *c, const char *fmt, ...)
{
    static const char before[] = "expunge: ", cut[] = "...";
    char line[NOTE_BYTES];
    va_list ap;
    cli_flush(c);
    progress_clear(&c->progress);
    memcpy(line, before, sizeof before - 1);
    size_t n = sizeof before - 1, room = sizeof line - n - 1; /* of which one is the NUL's; the line feed has its own */
    va_start(ap, fmt);
    int wanted = vsnprintf(line + n, room, fmt, ap);
    va_end(ap);
    n += wanted < 0 ? 0 : (size_t)wanted < room ? (size_t)wanted : room - 1;
    if (wanted > 0 && (size_t)wanted >= room)
        memcpy(line + n - (sizeof cut - 1), cut, sizeof cut - 1);
    line[n++] = '\n';
    write_all(c, STDERR_FILENO, (struct str){line, n});
}

void cli_lines_to_stderr(struct cli *c, struct str text)
{
    cli_flush(c);
    progress_clear(&c->progress);
    write_all(c, STDERR_FILENO, text);
}

struct json_writer *cli_json(struct cli *c)
{
    jw_init(&c->writer, &c->out, 0);
    return &c->writer;
}

void cli_json_end(struct cli *c)
{
    buf_char(&c->out, '\n');
    if (c->out.n >= FLUSH_BYTES)
        cli_flush(c);
}

void jw_strings(struct json_writer *w, const char *key, const struct str *list, size_t n)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_string(w, list[i]);
    jw_end(w);
}

bool cli_out_broken(const struct cli *c)
{
    return c->out_errno != 0;
}

struct str cli_shown(struct cli *c, struct str s)
{
    struct str shown = text_shown(&c->arena, s);
    return shown.n ? shown : STR("-");
}

struct str cli_time(struct cli *c, int64_t ms)
{
    struct civil t;
    if (ms == TIME_NONE)
        return STR("-");
    ms_to_civil(ms < TIME_LEAST ? TIME_LEAST : ms > TIME_MOST ? TIME_MOST : ms, &t);
    struct str text = arena_fmt(&c->arena, "%04d-%02d-%02d %02d:%02d UTC", t.year, t.month, t.day, t.hour, t.minute);
    return text.p ? text : STR("-");
}

int cli_fail(struct cli *c)
{
    c->failed = true;
    struct str text = str_of(c->err.text), shown = text_shown(&c->arena, text); /* it may quote ids */
    cli_note(c, "%.*s", STR_ARG(shown.n ? shown : text));
    switch (c->err.code) {
    case E_INVALID:
        return 2;
    case E_DENIED:
        return 3;
    case OK:
    case E_RETRY:
    case E_ABSENT:
    case E_CONFLICT:
    case E_UNSUPPORTED:
    case E_IO:
    case E_LIMIT:
        break;
    }
    return 1;
}

int cli_finish(struct cli *c, int status)
{
    char why[128];
    cli_flush(c);
    progress_clear(&c->progress);
    if (!c->out_errno)
        return status;
    /* Whoever closed a pipe (`| head`) knows that; anything else is news. */
    if (c->out_errno != EPIPE)
        cli_note(c, "standard output could not be written whole: %s", errno_text(c->out_errno, why, sizeof why));
    return status ? status : 1;
}
