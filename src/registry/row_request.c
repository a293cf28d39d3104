/* row_request.c - requests of people as rows: what names the person is sealed (rule 2.28). */
#include "registry/front.h"

#define AT(type, member) {type, offsetof(struct request, member), 0}
/* Stored numbers: append only. */
static const struct field request_fields[] = {
    AT(FIELD_TEXT, id),
    {FIELD_ENUM, offsetof(struct request, state), REQUEST_STATE_COUNT},
    {FIELD_ENUM, offsetof(struct request, regime), REGIME_COUNT},
    AT(FIELD_TEXT, ground),
    AT(FIELD_TIME, received_ms),
    AT(FIELD_TIME, due_ms),
    AT(FIELD_TIME, lenient_due_ms),
    AT(FIELD_TIME, acknowledge_ms),
    AT(FIELD_TIME, extended_ms),
    AT(FIELD_TEXT, identity_checked),
    AT(FIELD_TEXT, actor),
    AT(FIELD_TEXT, note),
    AT(FIELD_TEXT, refused_why),
    AT(FIELD_TEXT, extended_why),
    AT(FIELD_TIME, ended_ms),
    AT(FIELD_TIME, watch_until_ms),
};
enum request_list { REQUEST_SUBJECTS = FIELD_LISTS, REQUEST_CANDIDATE, REQUEST_SEALED };

#define CANDIDATE_AT(type, member) {type, offsetof(struct candidate, member), 0}
static const struct field candidate_fields[] = {
    CANDIDATE_AT(FIELD_KEY, chain), CANDIDATE_AT(FIELD_KEY, matched),
    {FIELD_ENUM, offsetof(struct candidate, state), CANDIDATE_EXCLUDED + 1}, CANDIDATE_AT(FIELD_TIME, proposed_ms),
};
#define IDENTIFIER_AT(type, member) {type, offsetof(struct identifier, member), 0}
static const struct field identifier_fields[] = {
    {FIELD_ENUM, offsetof(struct identifier, type), SUBJECT_TYPE_COUNT}, IDENTIFIER_AT(FIELD_TEXT, value),
    IDENTIFIER_AT(FIELD_TIME, from_ms), IDENTIFIER_AT(FIELD_TIME, to_ms),
};
enum { IDENTIFIER = 1 };
static const char seal_purpose[] = "request";

static enum status seal_identifiers(struct registry *r, const struct request *q, int64_t now_ms, struct arena *a,
                                    struct str *out, struct err *err)
{
    struct buf plain, item;
    *out = STR_NONE;
    if (q->identifiers_n == 0)
        return OK;
    buf_init(&plain, BODY_BYTES_MAX);
    buf_init(&item, BODY_BYTES_MAX);
    for (size_t i = 0; i < q->identifiers_n; i++) {
        buf_clear(&item);
        fields_pack(&item, identifier_fields, ARRAY_LEN(identifier_fields), &q->identifiers[i]);
        pack_buf(&plain, IDENTIFIER, &item);
    }
    enum status status = buf_check(&plain, err);
    if (status == OK)
        status = r->sealer->seal(r->sealer->ctx, seal_purpose, now_ms, buf_view(&plain), a, out, err);
    buf_release(&item);
    buf_release(&plain);
    return status;
}

enum status registry_request_row(struct registry *r, const struct request *q, int64_t now_ms, struct arena *a,
                                 struct row *out, struct err *err)
{
    struct buf b, item;
    struct str sealed;
    struct row row = {.table = TABLE_REQUEST, .op = ROW_PUT, .version = q->version};
    TRY(seal_identifiers(r, q, now_ms, a, &sealed, err));
    buf_init(&b, BODY_BYTES_MAX);
    buf_init(&item, BODY_BYTES_MAX);
    fields_pack(&b, request_fields, ARRAY_LEN(request_fields), q);
    pack_keys(&b, REQUEST_SUBJECTS, q->subjects, q->subjects_n);
    for (size_t i = 0; i < q->candidates_n && !b.failed; i++) {
        buf_clear(&item);
        fields_pack(&item, candidate_fields, ARRAY_LEN(candidate_fields), &q->candidates[i]);
        pack_buf(&b, REQUEST_CANDIDATE, &item);
    }
    pack_str(&b, REQUEST_SEALED, sealed);
    buf_release(&item);
    TRY(body_take(&b, "a request with its candidates", a, &row.body, err));
    row.key = arena_str(a, key_str(&q->key));
    if (row.key.p == NULL)
        return ARENA_FULL(err, a);
    *out = row;
    return OK;
}

/* How many fields of this number: lists are allocated once, at their size. */
static size_t count_of(struct str body, unsigned number)
{
    size_t n = 0;
    struct unpack u;
    unpack_init(&u, body);
    while (unpack_next(&u))
        n += u.number == number;
    return n;
}

static void nested_read(struct unpack *outer, const struct field *fields, size_t n, void *record)
{
    struct unpack u;
    fields_clear(fields, n, record);
    unpack_init(&u, outer->s);
    while (unpack_next(&u))
        (void)field_read(&u, fields, n, record);
    outer->bad |= u.bad || !outer->is_bytes;
}

static enum status unseal_identifiers(struct registry *r, struct str sealed, struct arena *a, struct request *q,
                                      bool *bad, struct err *err)
{
    struct str plain;
    struct unpack u;
    TRY(r->sealer->unseal(r->sealer->ctx, seal_purpose, sealed, a, &plain, err));
    q->identifiers = ARENA_ARRAY(a, struct identifier, count_of(plain, IDENTIFIER));
    if (q->identifiers == NULL)
        return ARENA_FULL(err, a);
    unpack_init(&u, plain);
    while (unpack_next(&u))
        if (u.number == IDENTIFIER)
            nested_read(&u, identifier_fields, ARRAY_LEN(identifier_fields), &q->identifiers[q->identifiers_n++]);
    *bad = u.bad;
    return OK;
}

static enum status list_read(struct registry *r, struct unpack *u, struct arena *a, struct request *q,
                             struct err *err)
{
    bool bad = false;
    switch (u->number) {
    case REQUEST_SUBJECTS:
        return unpack_keys(u, a, &q->subjects, &q->subjects_n, err);
    case REQUEST_CANDIDATE:
        nested_read(u, candidate_fields, ARRAY_LEN(candidate_fields), &q->candidates[q->candidates_n++]);
        break;
    case REQUEST_SEALED:
        TRY(unseal_identifiers(r, u->s, a, q, &bad, err));
        u->bad |= bad;
        break;
    default:
        break; /* a newer program's */
    }
    return OK;
}

static enum status request_read(struct registry *r, const struct row *row, struct arena *a, struct request *out,
                                struct err *err)
{
    struct request q = {.version = row->version};
    struct unpack u;
    size_t candidates = count_of(row->body, REQUEST_CANDIDATE);
    fields_clear(request_fields, ARRAY_LEN(request_fields), &q);
    q.candidates = candidates > 0 ? ARENA_ARRAY(a, struct candidate, candidates) : NULL;
    if (candidates > 0 && q.candidates == NULL)
        return ARENA_FULL(err, a);
    unpack_init(&u, row->body);
    while (unpack_next(&u))
        if (!field_read(&u, request_fields, ARRAY_LEN(request_fields), &q))
            TRY(list_read(r, &u, a, &q, err));
    if (u.bad || row->key.n != ROW_KEY_BYTES)
        return fail_damaged("request", row->key, err);
    memcpy(q.key.b, row->key.p, ROW_KEY_BYTES);
    *out = q;
    return OK;
}

enum status registry_request_get(struct registry *r, struct str id, struct arena *a, struct request *out,
                                 struct err *err)
{
    struct row_key key = row_key_of_request(&r->identifier, id);
    struct row row;
    TRY(registry_get_one(r, TABLE_REQUEST, key_str(&key), a, &row, err));
    if (row.version == 0)
        return FAIL(err, E_ABSENT, "there is no request %.*s", STR_ARG(id));
    return request_read(r, &row, a, out, err);
}

enum status registry_requests(struct registry *r, struct str after, size_t max, struct arena *a,
                              struct request **out, size_t *n, struct err *err)
{
    struct row_key key;
    struct str from = STR_NONE;
    struct row *rows;
    size_t rows_n;
    if (after.n > 0) {
        key = row_key_of_request(&r->identifier, after);
        from = key_str(&key);
    }
    TRY(backend_page(&r->backend, TABLE_REQUEST, STR(""), from, max, a, &rows, &rows_n, err));
    struct request *requests = ARENA_ARRAY(a, struct request, rows_n);
    if (requests == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++)
        TRY(request_read(r, &rows[i], a, &requests[i], err));
    *out = requests;
    *n = rows_n;
    return OK;
}
