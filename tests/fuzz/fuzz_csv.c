/* fuzz_csv.c - fields of a CSV record, written with quotes and read again, are the same. First byte: the separator. */
#include "base/docstream.h"
#include "tests/fuzz/lib/fuzz.h"

static void quoted(struct buf *out, struct str field)
{
    buf_char(out, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"')
            buf_char(out, '"');
        buf_char(out, field.p[i]);
    }
    buf_char(out, '"');
}

/* Without a quote in the record, a field is what stands between separators. */
static void plain_fields(struct str record, char sep, const struct str *fields, size_t n)
{
    size_t i = 0;
    for (bool more = true; more; i++) {
        size_t at;
        more = str_find(record, sep, &at);
        HOLDS(i < n && str_eq(fields[i], more ? (struct str){record.p, at} : record));
        if (more)
            record = (struct str){record.p + at + 1, record.n - at - 1};
    }
    HOLDS(i == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = ",;\t|";
    struct str input = {(const char *)data, size};
    struct arena a;
    struct buf again;
    struct str *fields, *twice;
    size_t n, m, at;
    struct err err;
    arena_init(&a, 16 << 20);
    buf_init(&again, 16 << 20);
    char sep = separators[fuzz_byte(&input) % 4];
    enum status st = csv_split(input, sep, &a, &fields, &n, &err);
    HOLDS(st == OK || st == E_INVALID);
    if (!str_find(input, '"', &at)) {
        HOLDS(st == OK);
        plain_fields(input, sep, fields, n);
    }
    if (st == OK) {
        for (size_t i = 0; i < n; i++) {
            if (i)
                buf_char(&again, sep);
            quoted(&again, fields[i]);
        }
        HOLDS_OK(csv_split(buf_view(&again), sep, &a, &twice, &m, &err), &err);
        HOLDS(n == m);
        for (size_t i = 0; i < n; i++)
            HOLDS(str_eq(fields[i], twice[i]));
    }
    buf_release(&again);
    arena_release(&a);
    return 0;
}
