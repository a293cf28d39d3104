#include "audit/entry_writer.h"

#include "audit/tile.h"

static void hex_text(char *out, const void *p, size_t n)
{
    static const char DIGITS[] = "0123456789abcdef";
    const unsigned char *byte = p;

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = DIGITS[byte[i] >> 4];
        out[2 * i + 1] = DIGITS[byte[i] & 15];
    }
    out[2 * n] = '\0';
}

void entry_id_new(char out[ENTRY_ID_DIGITS + 1])
{
    unsigned char id[ENTRY_ID_BYTES];

    crypto_random(id, sizeof(id));
    hex_text(out, id, sizeof(id));
}

static void push(struct entry_writer *w)
{
    ASSERT(w->depth + 1 < EW_DEPTH_MAX);
    w->last[++w->depth] = NULL;
}

static void key_in_order(struct entry_writer *w, const char *key)
{
    ASSERT(!w->last[w->depth] || strcmp(w->last[w->depth], key) < 0);
    w->last[w->depth] = key;
    jw_key(&w->json, key);
}

void ew_begin(struct entry_writer *w, struct buf *b)
{
    buf_clear(b);
    w->b = b;
    w->depth = 0;
    w->last[0] = NULL;
    jw_init(&w->json, b, 0);
    jw_object(&w->json);
}

void ew_text(struct entry_writer *w, const char *key, struct str s)
{
    key_in_order(w, key);
    jw_string(&w->json, s);
}

void ew_int(struct entry_writer *w, const char *key, int64_t v)
{
    key_in_order(w, key);
    jw_int(&w->json, v);
}

void ew_bool(struct entry_writer *w, const char *key, bool v)
{
    key_in_order(w, key);
    jw_bool(&w->json, v);
}

void ew_null(struct entry_writer *w, const char *key)
{
    key_in_order(w, key);
    jw_null(&w->json);
}

void ew_hex(struct entry_writer *w, const char *key, const void *p, size_t n)
{
    char text[2 * HASH_BYTES + 1];

    ASSERT(n <= HASH_BYTES);
    hex_text(text, p, n);
    key_in_order(w, key);
    jw_cstr(&w->json, text);
}

void ew_hash(struct entry_writer *w, const char *key, const struct hash *h)
{
    ew_hex(w, key, h->b, HASH_BYTES);
}

void ew_object(struct entry_writer *w, const char *key)
{
    key_in_order(w, key);
    jw_object(&w->json);
    push(w);
}

void ew_list(struct entry_writer *w, const char *key)
{
    key_in_order(w, key);
    jw_array(&w->json);
    push(w);
}

void ew_item_text(struct entry_writer *w, struct str s)
{
    jw_string(&w->json, s);
}

void ew_item_hash(struct entry_writer *w, const struct hash *h)
{
    char text[2 * HASH_BYTES + 1];

    hex_text(text, h->b, HASH_BYTES);
    jw_cstr(&w->json, text);
}

void ew_item_object(struct entry_writer *w)
{
    jw_object(&w->json);
    push(w);
}

void ew_end(struct entry_writer *w)
{
    ASSERT(w->depth > 0);
    w->depth--;
    jw_end(&w->json);
}

enum status ew_finish(struct entry_writer *w, struct str *out, struct err *err)
{
    struct entry_view view;

    ASSERT(w->depth == 0);
    jw_end(&w->json);
    TRY(buf_check(w->b, err));
    if (w->b->n > ENTRY_BYTES_MAX)
        return FAIL(err, E_LIMIT, "audit entry of %zu bytes; at most %d fit", w->b->n, ENTRY_BYTES_MAX);
    struct str bytes = buf_view(w->b);
    TRY(entry_check(bytes, &view, err));
    *out = bytes;
    return OK;
}
