/* certificate_text.c - the certificate for machines, and how to check it with common tools. */
#include "engine/certificate_parts.h"

#include "base/json.h"

enum { PARTS_ARENA_MAX = 8 << 20 };

struct str certificate_plain(struct str quoted, struct arena *a)
{
    const struct json *j;
    struct str text = arena_fmt(a, "\"%.*s\"", STR_ARG(quoted));
    if (!quoted.n || !text.p || json_parse(text, a, &j, NULL) != OK)
        return STR_NONE;
    return json_string(j);
}

/* {"store": 1234} as {"store": "2026-..."}; [{"kind": ..., "until": 1234}] likewise. */
static void times_json(struct json_writer *w, const struct json *j, struct arena *a)
{
    int64_t ms;
    if (j && j->type == JSON_NUMBER && json_int(j, &ms)) {
        jw_time(w, ms);
    } else if (j && (j->type == JSON_OBJECT || j->type == JSON_ARRAY)) {
        if (j->type == JSON_OBJECT)
            jw_object(w);
        else
            jw_array(w);
        for (const struct json *k = j->first; k; k = k->next) {
            if (j->type == JSON_OBJECT)
                jw_key(w, arena_cstr(a, k->key));
            times_json(w, k, a);
        }
        jw_end(w);
    } else {
        jw_string(w, json_string(j));
    }
}

static void key_times(struct json_writer *w, const char *key, struct str raw, struct arena *a)
{
    const struct json *j = NULL;
    jw_key(w, key);
    if (raw.n && json_parse(raw, a, &j, NULL) == OK)
        times_json(w, j, a);
    else
        jw_null(w);
}

static void key_raw(struct json_writer *w, const char *key, struct str raw)
{
    jw_key(w, key);
    if (raw.n)
        jw_raw(w, raw);
    else
        jw_null(w);
}

static void write_summary(struct json_writer *w, const struct certificate *c, struct arena *a)
{
    jw_key_string(w, "headline", c->headline);
    jw_key_string(w, "why", c->why);
    jw_key_bool(w, "erased", c->erased);
    jw_key_bool(w, "proven", c->proven);
    jw_key_string(w, "status", str_of(contact_status_name(c->status)));
    jw_key_string(w, "verdict", c->verdict);
    jw_key_time(w, "verified_at", c->at_ms);
    jw_key_time(w, "purged_at", c->purged_ms);
    jw_key_time(w, "verified_again_at", c->verified_again_ms);
    jw_key_time(w, "registered_at", c->registered_ms);
    jw_key_time(w, "retained_until", c->until_ms);
    jw_key_string(w, "law", certificate_plain(c->law, a));
    jw_key_string(w, "reason", c->reason);
    jw_key_string(w, "request", c->request);
    jw_key_string(w, "run", c->run);
    key_raw(w, "stores", c->stores);
    key_times(w, "times", c->times, a);
    key_times(w, "residuals", c->residuals, a);
    key_times(w, "stores_later", c->later, a);
}

enum status certificate_json(const struct certificate *c, struct buf *b, struct err *err)
{
    struct json_writer w;
    struct arena a;
    arena_init(&a, PARTS_ARENA_MAX);
    jw_init(&w, b, 2);
    jw_object(&w);
    jw_key_string(&w, "format", STR("expunge-certificate/v1"));
    jw_key_time(&w, "issued_at", c->issued_ms);
    jw_key_string(&w, "reference", c->reference);
    jw_key_string(&w, "source", c->openings.n ? c->source : STR_NONE);
    jw_key_string(&w, "id", c->openings.n ? c->id : STR_NONE);
    write_summary(&w, c, &a);
    jw_key_string(&w, "origin", c->origin);
    jw_key_string(&w, "vkey", c->vkey);
    jw_key(&w, "index");
    c->proven ? jw_int(&w, (int64_t)c->index) : jw_null(&w);
    jw_key_string(&w, "statement", c->statement);
    jw_key_string(&w, "proof", c->proof);
    key_raw(&w, "openings", c->openings);
    jw_end(&w);
    buf_char(b, '\n');
    arena_release(&a);
    return buf_check(b, err);
}

static const char verify_head[] =
    "How to check this certificate without trusting who wrote it\n"
    "===========================================================\n"
    "\n"
    "Log:          %.*s\n"
    "Verifier key: %.*s\n"
    "Entry:        %llu\n"
    "\n"
    "Compare the verifier key with the copy you were given by another way. statement.json is the exact entry of the "
    "log;\n"
    "statement.tlog-proof (C2SP tlog-proof) shows that it stands in the tree whose signed head is at its end.\n"
    "\n"
    "With the independent script of the Expunge source tree (Python, nothing else needed):\n"
    "\n"
    "    python3 verify_log.py --vkey '%.*s' --certificate .\n"
    "\n"
    "By hand, in this folder. The signature of the head:\n"
    "\n"
    "    VKEY='%.*s'\n"
    "    sed '1,/^$/d' statement.tlog-proof > /tmp/checkpoint\n"
    "    sed '/^$/,$d' /tmp/checkpoint > /tmp/body\n"
    "    tail -n 1 /tmp/checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > /tmp/sig\n"
    "    ( printf '302a300506032b6570032100' | xxd -r -p\n"
    "      printf %%s \"${VKEY##*+}\" | head -c 44 | base64 -d | tail -c 32 ) > /tmp/pub.der\n"
    "    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey /tmp/pub.der -in /tmp/body -sigfile /tmp/sig\n";

static const char verify_tail[] =
    "\n"
    "The entry's place in the tree (RFC 6962): its leaf hash, then each hash of the proof joined on the side that the "
    "index\n"
    "and the size say; the result is the root in the third line of /tmp/checkpoint:\n"
    "\n"
    "    hash=$( ( printf '\\000'; cat statement.json ) | sha256sum | cut -d' ' -f1 )\n"
    "    fn=$(sed -n 's/^index //p' statement.tlog-proof); sn=$(( $(sed -n 2p /tmp/checkpoint) - 1 ))\n"
    "    for p in $(sed -n '/^index /,/^$/p' statement.tlog-proof | sed '1d;/^$/d'); do\n"
    "        p=$(printf %s \"$p\" | base64 -d | xxd -p -c 32)\n"
    "        if [ $((fn % 2)) = 1 ] || [ $fn = $sn ]; then\n"
    "            pair=$p$hash; while [ $fn != 0 ] && [ $((fn % 2)) = 0 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done\n"
    "        else\n"
    "            pair=$hash$p\n"
    "        fi\n"
    "        hash=$(printf '01%s' \"$pair\" | xxd -r -p | sha256sum | cut -d' ' -f1); fn=$((fn / 2)); sn=$((sn / 2))\n"
    "    done\n"
    "    printf %s \"$hash\" | xxd -r -p | base64; sed -n 3p /tmp/checkpoint\n"
    "\n"
    "Whom it is about, where openings.json was given: for each of its members\n"
    "\n"
    "    printf 'erasure-audit/v1/FIELD\\000%s' \"$VALUE\" | openssl dgst -sha256 -mac HMAC -macopt hexkey:\"$KEY\"\n"
    "\n"
    "must be found in statement.json (`chain` or `ids`).\n";

enum status certificate_verify_text(const struct certificate *c, struct buf *b, struct err *err)
{
    if (!c->proven) {
        buf_fmt(b, "There is nothing to verify.\n\n%.*s.\n%.*s\n", STR_ARG(c->headline), STR_ARG(c->why));
        return buf_check(b, err);
    }
    buf_fmt(b, verify_head, STR_ARG(c->origin), STR_ARG(c->vkey), (unsigned long long)c->index, STR_ARG(c->vkey),
            STR_ARG(c->vkey));
    buf_cstr(b, verify_tail);
    return buf_check(b, err);
}
