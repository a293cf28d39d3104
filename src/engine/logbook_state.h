/* logbook_state.h - what the registry keeps of the log, and the parts of the logbook among themselves. */
#ifndef EXPUNGE_LOGBOOK_STATE_H
#define EXPUNGE_LOGBOOK_STATE_H

#include "audit/checkpoint.h"
#include "audit/tile_dir.h"
#include "engine/audit_keys.h"
#include "engine/logbook.h"

/* Meta value "log". */
struct log_identity {
    struct str origin;
    int64_t created_ms;
    uint64_t version;
};
/* Meta value "head": the tree as far as it is integrated. version 0: none. */
struct log_head {
    struct frontier frontier;
    struct hash root;
    struct str checkpoint;
    int64_t signed_ms;
    uint64_t version;
};
/* Meta value "published": what was published last; version 0: nothing. */
struct log_published {
    uint64_t size;
    struct hash root;
    struct str dir;
    uint64_t version;
};

enum status log_identity_get(struct engine *e, struct arena *a, struct log_identity *out, struct err *err) MUST_USE;
enum status log_identity_row(const struct log_identity *log, struct arena *a, struct row *out,
                             struct err *err) MUST_USE;
enum status log_head_get(struct engine *e, struct arena *a, struct log_head *out, struct err *err) MUST_USE;
enum status log_head_row(const struct log_head *head, struct arena *a, struct row *out, struct err *err) MUST_USE;
enum status log_published_get(struct engine *e, struct arena *a, struct log_published *out, struct err *err) MUST_USE;
enum status log_published_put(struct engine *e, const struct log_published *p, struct err *err) MUST_USE;

/* The keys that sign this log now, under its own name: a key's name is its log's origin. The last is the newest, the one
 * to hand out; those before it are replaced and still in their overlap (key_rotate.h). The caller wipes *out in every
 * case. */
enum { LOG_KEYS_MAX = AUDIT_KEYS_OLD_MAX + 2 };
struct log_keys {
    struct note_skey key[LOG_KEYS_MAX];
    size_t n;
    bool replaced; /* the newest here is one that was replaced: somebody has put old key files back */
};
enum status log_keys(struct engine *e, struct str origin, struct log_keys *out, struct err *err) MUST_USE;
/* Of these, to believe what one of them has signed. */
struct log_vkeys {
    struct note_vkey key[LOG_KEYS_MAX];
    size_t n;
};
enum status log_vkeys(struct engine *e, struct str origin, struct log_vkeys *out, struct err *err) MUST_USE;
/* The text of the newest. */
enum status log_vkey(struct engine *e, struct str origin, struct arena *a, struct str *text, struct err *err) MUST_USE;
/* Root and checkpoint from the frontier, a line for each key, the newest last. E_DENIED: the key was replaced. */
enum status log_sign(struct engine *e, struct str origin, int64_t now_ms, struct arena *a, struct log_head *head,
                     struct err *err) MUST_USE;

/* The folder this log is published in: the configured one, or `dir`; in a subfolder of its own for a log that was
 * reopened (origin ending in /rN). Absent: not published. */
struct str log_dir(const struct engine *e, struct str origin, struct str dir, struct arena *a);
/* What stands published there: *any false when nothing does. E_DENIED: it is another log, or not signed by a key of ours. The
 * text is the checkpoint verbatim. */
struct log_there {
    bool any;
    uint64_t size;
    struct hash root;
    struct str text;
};
enum status log_there_get(struct engine *e, struct str origin, struct str dir, struct arena *a, struct log_there *out,
                          struct err *err) MUST_USE;

/* Entries of the registry in order of index, page by page. */
struct log_reader {
    struct engine *engine;
    struct arena arena; /* of one page */
    struct entry *page;
    size_t page_n;
    uint64_t from, to;
};
void log_reader_init(struct log_reader *r, struct engine *e, uint64_t to);
void log_reader_release(struct log_reader *r);
/* Stays valid until the next call. E_IO: the registry has a gap. */
enum status log_reader_entry(struct log_reader *r, uint64_t index, const struct entry **out, struct err *err) MUST_USE;
struct entry_source log_reader_source(struct log_reader *r);
/* The root of the first `size` entries, computed from the entries themselves. */
enum status log_root_at(struct engine *e, uint64_t size, struct hash *out, struct err *err) MUST_USE;

#endif
