#include "audit/note.h"

#define LINE_START "\xE2\x80\x94 " /* em dash, space */

/* --- names and keys --- */

/* Code points with the Unicode property White_Space above ASCII; s is valid UTF-8 and begins a code point. */
static bool is_wide_space(const unsigned char *p, size_t n)
{
    if (n >= 2 && p[0] == 0xC2)
        return p[1] == 0x85 || p[1] == 0xA0;
    if (n < 3)
        return false;
    unsigned code = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    if ((p[0] & 0xF0) != 0xE0)
        return false;
    return code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
           code == 0x202F || code == 0x205F || code == 0x3000;
}

bool note_name_ok(struct str name)
{
    if (name.n == 0 || !str_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        const unsigned char *p = (const unsigned char *)name.p + i;

        if (*p <= 0x20 || *p == '+' || is_wide_space(p, name.n - i))
            return false;
    }
    return true;
}

uint32_t note_key_id(struct str name, unsigned char alg, const unsigned char pub[KEY_BYTES])
{
    unsigned char tail[2 + KEY_BYTES] = {0x0A, alg};

    memcpy(tail + 2, pub, KEY_BYTES);
    struct hash h = sha256_2(name, (struct str){(const char *)tail, sizeof(tail)});
    return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

static bool parse_key_id(struct str hex, uint32_t *out)
{
    unsigned char b[4];
    size_t n = sizeof(b);

    if (hex.n != 8 || !hex_decode(hex, b, &n) || n != 4)
        return false;
    *out = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return true;
}

/* "name+hex+base64(alg || 32 bytes)", the part both forms share. */
static bool parse_key(struct str text, struct str *name, uint32_t *id, unsigned char material[1 + KEY_BYTES])
{
    struct str rest, hex, base64;
    size_t n = 1 + KEY_BYTES;

    return str_split(text, '+', name, &rest) && str_split(rest, '+', &hex, &base64) && note_name_ok(*name) &&
           parse_key_id(hex, id) && base64_decode(base64, material, &n) && n == 1 + KEY_BYTES;
}

static enum status check_alg(unsigned char alg, struct err *err)
{
    if (alg == NOTE_ED25519 || alg == NOTE_COSIGNATURE)
        return OK;
    return FAIL(err, E_UNSUPPORTED, "key algorithm 0x%02x is not supported; Ed25519 is 0x01, cosignatures 0x04", alg);
}

enum status note_vkey_parse(struct str text, struct note_vkey *out, struct err *err)
{
    struct note_vkey key;
    unsigned char material[1 + KEY_BYTES];

    if (!parse_key(text, &key.name, &key.id, material))
        return FAIL(err, E_INVALID, "not a verifier key: expected name+8 hex digits+base64");
    TRY(check_alg(material[0], err));
    key.alg = material[0];
    memcpy(key.pub, material + 1, KEY_BYTES);
    if (key.id != note_key_id(key.name, key.alg, key.pub))
        return FAIL(err, E_INVALID, "verifier key of %.*s: its id %08x does not belong to its name and public key",
                    STR_ARG(key.name), key.id);
    *out = key;
    return OK;
}

static void format_key(struct str name, uint32_t id, unsigned char alg, const unsigned char bytes[KEY_BYTES],
                       struct buf *out)
{
    unsigned char material[1 + KEY_BYTES];

    material[0] = alg;
    memcpy(material + 1, bytes, KEY_BYTES);
    buf_str(out, name);
    buf_fmt(out, "+%08x+", id);
    buf_base64(out, material, sizeof(material));
    explicit_bzero(material, sizeof(material));
}

void note_vkey_format(const struct note_vkey *key, struct buf *out)
{
    format_key(key->name, key->id, key->alg, key->pub, out);
}

enum status note_skey_parse(struct str text, struct note_skey *out, struct err *err)
{
    struct str prefix = STR("PRIVATE+KEY+"), name;
    unsigned char material[1 + KEY_BYTES];
    uint32_t id;
    enum status status = OK;

    if (!str_starts(text, prefix) ||
        !parse_key((struct str){text.p + prefix.n, text.n - prefix.n}, &name, &id, material)) {
        explicit_bzero(material, sizeof(material));
        return FAIL(err, E_INVALID, "not a signing key: expected PRIVATE+KEY+name+8 hex digits+base64");
    }
    status = check_alg(material[0], err);
    if (status == OK) {
        struct note_skey key;

        note_skey_init(&key, name, material[0], material + 1);
        if (key.id == id)
            *out = key;
        else
            status = FAIL(err, E_INVALID, "signing key of %.*s: its id %08x does not belong to it", STR_ARG(name), id);
        explicit_bzero(&key, sizeof(key));
    }
    explicit_bzero(material, sizeof(material));
    return status;
}

void note_skey_format(const struct note_skey *key, struct buf *out)
{
    buf_cstr(out, "PRIVATE+KEY+");
    format_key(key->name, key->id, key->alg, key->seed, out);
}

void note_skey_init(struct note_skey *key, struct str name, unsigned char alg, const unsigned char seed[KEY_BYTES])
{
    ASSERT(note_name_ok(name));
    key->name = name;
    key->alg = alg;
    memcpy(key->seed, seed, KEY_BYTES);
    ed25519_public(seed, key->pub);
    key->id = note_key_id(name, alg, key->pub);
}

struct note_vkey note_vkey_of(const struct note_skey *key)
{
    struct note_vkey out = {.name = key->name, .id = key->id, .alg = key->alg};

    memcpy(out.pub, key->pub, KEY_BYTES);
    return out;
}

/* --- lines --- */

/* One signature line taken apart. */
struct line {
    struct str name;
    struct str base64;
    uint32_t id;
};

/* Base64 of any length is checked in pieces, so that a signature of an unknown kind may be as long as it likes. */
static bool base64_ok(struct str s)
{
    enum { PIECE = 1024 };
    unsigned char scratch[PIECE / 4 * 3];

    while (s.n > PIECE) {
        size_t n = sizeof(scratch);

        if (!base64_decode((struct str){s.p, PIECE}, scratch, &n) || n != sizeof(scratch))
            return false;
        s = (struct str){s.p + PIECE, s.n - PIECE};
    }
    size_t n = sizeof(scratch);
    return base64_decode(s, scratch, &n);
}

/* Takes the next line off *rest, which is not empty. */
static bool next_line(struct str *rest, struct line *out)
{
    struct str line, tail, start = STR(LINE_START);
    unsigned char head[6];
    size_t n = sizeof(head);

    if (!str_split(*rest, '\n', &line, &tail) || !str_starts(line, start))
        return false;
    line = (struct str){line.p + start.n, line.n - start.n};
    if (!str_split(line, ' ', &out->name, &out->base64) || !note_name_ok(out->name) || !base64_ok(out->base64))
        return false;
    /* Eight characters hold four bytes of key id and at least one of signature. */
    if (out->base64.n < 8 || !base64_decode((struct str){out->base64.p, 8}, head, &n) || n < 5)
        return false;
    out->id = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    *rest = tail;
    return true;
}

static bool text_ok(struct str text)
{
    if (text.n == 0 || text.p[text.n - 1] != '\n' || !str_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n')
            return false;
    }
    return true;
}

enum status note_split(struct str bytes, struct note *out, struct err *err)
{
    size_t at = bytes.n, lines = 0;

    if (bytes.n > NOTE_BYTES_MAX)
        return FAIL(err, E_LIMIT, "signed note is longer than %d bytes", NOTE_BYTES_MAX);
    if (bytes.n < 3 || !text_ok(bytes))
        return FAIL(err, E_INVALID, "signed note is not UTF-8 text of whole lines");
    while (at >= 2 && !(bytes.p[at - 1] == '\n' && bytes.p[at - 2] == '\n'))
        at--;
    if (at < 2 || at == bytes.n)
        return FAIL(err, E_INVALID, "signed note has no signature lines behind a blank line");

    struct note note = {.text = {bytes.p, at - 1}, .signatures = {bytes.p + at, bytes.n - at}};
    for (struct str rest = note.signatures; rest.n > 0; lines++) {
        struct line line;

        if (lines == NOTE_SIGNATURES_MAX)
            return FAIL(err, E_LIMIT, "signed note has more than %d signatures", NOTE_SIGNATURES_MAX);
        if (!next_line(&rest, &line))
            return FAIL(err, E_INVALID, "signature line %zu of the note is malformed", lines + 1);
    }
    *out = note;
    return OK;
}

/* --- signing and verifying --- */

/* Ed25519 over what the algorithm says is signed. Uses `message` as scratch. */
static struct str signed_bytes(unsigned char alg, int64_t time_s, struct str text, struct buf *message)
{
    if (alg != NOTE_COSIGNATURE)
        return text;
    buf_clear(message);
    buf_fmt(message, "cosignature/v1\ntime %lld\n", (long long)time_s);
    buf_str(message, text);
    return buf_view(message);
}

void note_sign_line(struct str text, const struct note_skey *key, int64_t time_s, struct buf *out)
{
    unsigned char blob[4 + NOTE_COSIGNATURE_BYTES];
    struct buf message;
    size_t n = 4;

    ASSERT(key->alg == NOTE_ED25519 || key->alg == NOTE_COSIGNATURE);
    ASSERT(text_ok(text) && text.n <= NOTE_BYTES_MAX && time_s >= 0);
    buf_init(&message, NOTE_BYTES_MAX + 64);
    for (unsigned i = 0; i < 4; i++)
        blob[i] = (unsigned char)(key->id >> (24 - 8 * i));
    for (unsigned i = 0; key->alg == NOTE_COSIGNATURE && i < 8; i++)
        blob[n++] = (unsigned char)((uint64_t)time_s >> (56 - 8 * i));
    ed25519_sign(key->seed, signed_bytes(key->alg, time_s, text, &message), blob + n);
    /* Out of memory would have signed something else. */
    ASSERT(!message.failed);
    buf_release(&message);
    buf_cstr(out, LINE_START);
    buf_str(out, key->name);
    buf_char(out, ' ');
    buf_base64(out, blob, n + SIG_BYTES);
    buf_char(out, '\n');
}

enum status note_sign(struct str text, const struct note_skey *keys, size_t n, int64_t time_s, struct buf *out,
                      struct err *err)
{
    if (!text_ok(text) || text.n > NOTE_BYTES_MAX / 2)
        return FAIL(err, E_INVALID, "a note's text is UTF-8, ends in a newline and has no control characters");
    buf_str(out, text);
    buf_char(out, '\n');
    for (size_t i = 0; i < n; i++)
        note_sign_line(text, &keys[i], time_s, out);
    return buf_check(out, err);
}

static bool line_verify(const struct line *line, const struct note_vkey *key, struct str text, int64_t *time_s)
{
    unsigned char blob[4 + NOTE_COSIGNATURE_BYTES];
    size_t n = sizeof(blob), prefix = key->alg == NOTE_COSIGNATURE ? 8 : 0;
    uint64_t time = 0;
    struct buf message;

    if (!base64_decode(line->base64, blob, &n) || n != 4 + prefix + SIG_BYTES)
        return false;
    for (size_t i = 0; i < prefix; i++)
        time = time << 8 | blob[4 + i];
    if (time > INT64_MAX)
        return false;
    buf_init(&message, NOTE_BYTES_MAX + 64);
    struct str covered = signed_bytes(key->alg, (int64_t)time, text, &message);
    bool ok = !message.failed && ed25519_verify(key->pub, covered, blob + 4 + prefix);
    buf_release(&message);
    *time_s = (int64_t)time;
    return ok;
}

enum status note_verify(struct str bytes, const struct note_vkey *keys, size_t n, struct note_verified *out,
                        struct err *err)
{
    struct note_verified v = {0};

    ASSERT(n <= NOTE_KEYS_MAX);
    TRY(note_split(bytes, &v.note, err));
    for (struct str rest = v.note.signatures; rest.n > 0;) {
        struct line line;

        bool well_formed = next_line(&rest, &line);
        ASSERT(well_formed); /* note_split has seen it */
        for (size_t i = 0; i < n; i++) {
            if (keys[i].id != line.id || !str_eq(keys[i].name, line.name))
                continue;
            if (!line_verify(&line, &keys[i], v.note.text, &v.time_s[i]))
                return FAIL(err, E_DENIED, "the signature of %.*s (key %08x) is wrong", STR_ARG(line.name), line.id);
            v.by |= (uint32_t)1 << i;
        }
    }
    if (v.by == 0)
        return FAIL(err, E_DENIED, "the note is not signed by a key we were given");
    *out = v;
    return OK;
}
