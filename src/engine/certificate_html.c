/* certificate_html.c - the certificate for people: one page, nothing fetched, printable. */
#include "engine/certificate_parts.h"

#include "base/json.h"

enum { PARTS_ARENA_MAX = 8 << 20 };

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Certificate</title>\n<style>\n"
    "body{font:11pt/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:46rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.4rem;margin:0 0 .3rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}\n"
    ".verdict{border-left:.4rem solid #8a5a00;background:#fff7e6;padding:.8rem 1rem;margin:1rem 0}\n"
    ".verdict.erased{border-color:#0a6b3d;background:#eef8f2}.verdict strong{font-size:1.1rem}\n"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;"
    "border-bottom:1px solid #ddd}th{font-weight:600;width:13rem}\n"
    "code,pre{font:9pt/1.4 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\n"
    ".note{color:#555;font-size:.9em}@media print{body{margin:0;max-width:none}@page{margin:20mm}}\n"
    "</style>\n</head>\n<body>\n";

static void row(struct buf *b, const char *name, struct str value)
{
    if (!value.n)
        return;
    buf_fmt(b, "<tr><th>%s</th><td>", name);
    buf_html(b, value);
    buf_cstr(b, "</td></tr>\n");
}

static void row_time(struct buf *b, const char *name, int64_t ms)
{
    char text[32];
    if (ms == TIME_NONE)
        return;
    time_text(ms, text);
    row(b, name, str_of(text));
}

static const struct json *parsed(struct str raw, struct arena *a)
{
    const struct json *j = NULL;
    return raw.n && json_parse(raw, a, &j, NULL) == OK ? j : NULL;
}

/* Rule of product.md section 1: people read "deleted". */
static struct str outcome_word(struct str outcome)
{
    return str_is(outcome, "gone") ? STR("deleted") : outcome;
}

static void stores(struct buf *b, const struct certificate *c, struct arena *a)
{
    const struct json *j = parsed(c->stores, a), *times = parsed(c->times, a);
    if (!j)
        return;
    buf_cstr(b, "<h2>Read back from each store</h2>\n<table>\n");
    for (const struct json *store = j->first; store; store = store->next) {
        char at[32] = "";
        int64_t ms;
        if (json_int(json_get(times, arena_cstr(a, store->key)), &ms))
            time_text(ms, at);
        buf_cstr(b, "<tr><th>");
        buf_html(b, store->key);
        buf_cstr(b, "</th><td>");
        for (const struct json *k = store->first; k; k = k->next) {
            buf_html(b, json_text(k));
            buf_char(b, ' ');
            buf_html(b, outcome_word(k->key));
            buf_cstr(b, k->next ? ", " : "");
        }
        buf_fmt(b, "%s%s</td></tr>\n", at[0] ? "; read " : "", at);
    }
    if (!j->first)
        buf_cstr(b, "<tr><td>Nothing of it was found in any store.</td></tr>\n");
    buf_cstr(b, "</table>\n");
}

static void later_stores(struct buf *b, const struct certificate *c, struct arena *a)
{
    const struct json *j = parsed(c->later, a);
    if (!j)
        return;
    buf_cstr(b, "<h2>Stores configured later</h2>\n<table>\n");
    for (const struct json *k = j->first; k; k = k->next) {
        char at[32];
        int64_t ms;
        bool done = json_int(json_get(k, "searched"), &ms);
        if (done)
            time_text(ms, at);
        buf_cstr(b, "<tr><th>");
        buf_html(b, json_string(json_get(k, "store")));
        buf_fmt(b, "</th><td>%s%s</td></tr>\n", done ? "searched for what was purged before, as far as ids were still known; ended "
                                                     : "not searched yet for what was purged before",
                done ? at : "");
    }
    buf_cstr(b, "</table>\n");
}

static void residuals(struct buf *b, const struct certificate *c, struct arena *a)
{
    const struct json *j = parsed(c->residuals, a);
    if (!j || !c->proven)
        return;
    buf_cstr(b, "<h2>Copies that remain</h2>\n<table>\n");
    for (const struct json *k = j->first; k; k = k->next) {
        char until[32] = "no stated date";
        int64_t ms;
        if (json_int(json_get(k, "until"), &ms))
            time_text(ms, until);
        buf_cstr(b, "<tr><th>");
        buf_html(b, json_string(json_get(k, "kind")));
        buf_fmt(b, "</th><td>until %s</td></tr>\n", until);
    }
    if (!j->first)
        buf_cstr(b, "<tr><td>None are known.</td></tr>\n");
    buf_cstr(b, "</table>\n");
}

static void openings(struct buf *b, const struct certificate *c, struct arena *a)
{
    const struct json *j = parsed(c->openings, a);
    if (!j)
        return;
    buf_cstr(b, "<h2>Whom it is about</h2>\n<table>\n");
    for (const struct json *k = j->first; k; k = k->next)
        row(b, str_is(json_string(json_get(k, "field")), "chain") ? "Interaction" : "Contact",
            json_string(json_get(k, "value")));
    buf_cstr(b, "</table>\n<p class=\"note\">openings.json has the keys with which the commitments in the entry are "
                "opened.</p>\n");
}

static void facts(struct buf *b, const struct certificate *c, struct arena *a)
{
    buf_cstr(b, "<table>\n");
    row(b, "Reference", c->reference);
    row(b, "Status now", str_of(contact_status_name(c->status)));
    row(b, "Entry says", c->verdict);
    row_time(b, "Recorded", c->at_ms);
    row_time(b, "Verified absent", c->purged_ms);
    row_time(b, "Verified again", c->verified_again_ms);
    row(b, "Reason", c->reason);
    row(b, "Request", c->request);
    row(b, "Law that retains", certificate_plain(c->law, a));
    row_time(b, "Retained until", c->until_ms);
    row_time(b, "Issued", c->issued_ms);
    buf_cstr(b, "</table>\n");
}

static void proof(struct buf *b, const struct certificate *c)
{
    if (!c->proven)
        return;
    buf_cstr(b, "<h2>Proof</h2>\n<table>\n");
    row(b, "Log", c->origin);
    buf_fmt(b, "<tr><th>Entry</th><td>%llu</td></tr>\n<tr><th>Verifier key</th><td><code>",
            (unsigned long long)c->index);
    buf_html(b, c->vkey);
    buf_cstr(b, "</code></td></tr>\n</table>\n<p>The entry, word for word (statement.json):</p>\n<pre>");
    buf_html(b, c->statement);
    buf_cstr(
        b,
        "</pre>\n<p class=\"note\">VERIFY.txt says how to check it with openssl and sha256sum. It proves that this was "
        "recorded then and has not been changed since; a read-back is the operator's word.</p>\n");
}

enum status certificate_html(const struct certificate *c, struct buf *b, struct err *err)
{
    struct arena a;
    arena_init(&a, PARTS_ARENA_MAX);
    buf_cstr(b, page_head);
    buf_fmt(b, "<h1>%s</h1>\n", c->erased ? "Certificate of erasure" : "Statement: not erased");
    buf_fmt(b, "<div class=\"verdict%s\"><strong>", c->erased ? " erased" : "");
    buf_html(b, c->headline);
    buf_cstr(b, "</strong><br>");
    buf_html(b, c->why);
    buf_cstr(b, "</div>\n");
    facts(b, c, &a);
    stores(b, c, &a);
    later_stores(b, c, &a);
    residuals(b, c, &a);
    openings(b, c, &a);
    proof(b, c);
    buf_cstr(b, "</body>\n</html>\n");
    arena_release(&a);
    return buf_check(b, err);
}
