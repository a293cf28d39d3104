/* hold_filter.c - a filter as a person types it, made fit to be kept: no subject in clear, no label that may change. */
#include "engine/hold_parts.h"

static bool is_hash(struct str s)
{
    unsigned char b[ROW_KEY_BYTES];
    size_t n = sizeof b;
    return s.n == (size_t)2 * ROW_KEY_BYTES && hex_decode(s, b, &n);
}

/* `subject:TYPE:VALUE`, or a value that says by itself what it is. */
static enum status subject_hash(struct engine *e, struct str value, struct arena *a, struct str *hex, struct err *err)
{
    struct str head, tail, normal;
    enum subject_type type = SUBJECT_CUSTOMER_ID;
    size_t at;
    bool stated = str_split(value, ':', &head, &tail) && subject_type_parse(head, &type);
    if (stated)
        value = tail;
    else if (str_find(value, '@', &at))
        type = SUBJECT_EMAIL;
    else if (value.n && value.p[0] == '+')
        type = SUBJECT_PHONE;
    TRY(subject_normalise(type, value, STR_NONE, a, &normal, err));
    struct row_key key = row_key_of_subject(&e->registry->identifier, type, normal);
    *hex = row_key_hex(&key, a);
    return hex->p ? OK : ARENA_FULL(err, a);
}

/* What stands for the word's value in the text that is kept. */
static enum status kept_value(struct engine *e, const struct filter_word *w, size_t column, struct arena *a, struct str *out,
                              struct err *err)
{
    *out = w->value;
    if (w->key == FILTER_STATUS)
        return FAIL(err, E_INVALID, "column %zu: a hold cannot depend on a status, which the hold itself changes", column);
    if (w->key == FILTER_SOURCE) {
        const struct source_config *s = config_source(&e->config, w->value);
        if (s && s->instance.n)
            *out = s->instance;
    }
    if (w->key == FILTER_SUBJECT && !is_hash(w->value) && subject_hash(e, w->value, a, out, err) != OK)
        return err_prefix(err, "column %zu: ", column);
    return OK;
}

enum status hold_filter_text(struct engine *e, struct str text, struct arena *a, struct str *out, struct filter *compiled,
                             struct err *err)
{
    struct filter f;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 1 << 16);
    TRY(filter_parse(text, e->config.zone, a, &f, err));
    const char *from = f.text.p;
    for (size_t i = 0; i < f.n; i++) {
        struct str kept;
        size_t column = (size_t)(f.words[i].value.p - f.text.p) + 1;
        TRY(kept_value(e, &f.words[i], column, a, &kept, err));
        buf_add(&b, from, (size_t)(f.words[i].value.p - from));
        buf_str(&b, kept);
        from = f.words[i].value.p + f.words[i].value.n;
    }
    buf_add(&b, from, (size_t)(f.text.p + f.text.n - from));
    TRY(buf_check(&b, err));
    TRY(filter_parse(buf_view(&b), e->config.zone, a, compiled, err));
    *out = compiled->text;
    return OK;
}
