/*
 * config.h - the configuration file read whole: every problem in one pass, as file:line:col (product.md section 4).
 */
#ifndef EXPUNGE_CONFIG_H
#define EXPUNGE_CONFIG_H

#include "base/option.h"
#include "engine/keys.h"
#include "model/policy.h"
#include "store/store.h"

struct source_config {
    struct str name;              /* configured label, e.g. connect-eu */
    struct str type;              /* amazon-connect, genesys, csv */
    struct str instance;          /* id as documents state it; absent: the label itself */
    struct str country;
    const struct zone *zone;      /* NULL: dates must carry their own */
    struct period record_retention;
    struct options options;       /* of the intake format */
    const struct intake_format *format;
};
struct store_config { struct str name; const struct yaml *node; };

struct config {
    struct arena arena;           /* holds everything below */
    struct str path, dir;         /* of the file; relative paths start at dir */
    struct str registry;          /* URL; secrets resolved, sqlite path made absolute */
    const struct zone *zone;
    struct str audit_origin, audit_publish; /* publish absent: not published */
    struct str keys;              /* folder; that of the seal keys where each key has its own place */
    struct key_places key_places;
    int64_t guard_floor, guard_times;
    struct str purge_at;
    const struct zone *purge_zone;
    size_t purge_visits;          /* at the same time in one process */
    struct str notify_legal, notify_privacy, notify_operations;
    bool strict_sources;
    bool strict_places;           /* a place no store looks at keeps a contact PARTIAL */
    struct period approval_delay; /* .set: a site of one person (rule 2.26) */
    struct period own_tombstones, own_openings, own_results, own_quarantine; /* rule 2.29 */
    struct period target;         /* PT24H: from acceptance to submitted (2.19) */
    struct policy policy;         /* as the file states it; the one in force is in the registry */
    struct source_config *sources;
    size_t sources_n;
    struct store_config *stores;
    size_t stores_n;
};

/* Finds and reads `path` (absent: ./expunge.yaml, then /etc/expunge/expunge.yaml). E_INVALID: problems were printed into
 * *report (one line each) and nothing else may be used. Stores are checked by their drivers' configure as well.
 * `out` is on the caller's stack or heap; release with config_release in every case. */
enum status config_load(const char *path, struct config *out, struct buf *report, struct err *err) MUST_USE;
void config_release(struct config *c);
/* Whether audit.origin may be this. */
enum { CONFIG_ORIGIN_MAX = 200 };
bool config_origin_good(struct str origin);
/* By configured label or by instance id; NULL: not configured. */
const struct source_config *config_source(const struct config *c, struct str name);
extern const struct option config_options[]; /* top-level scalar options, for docs/options.md */
/* The other tables, for docs/options.md; ends with name NULL. */
struct config_section { const char *name; const struct option *options; };
extern const struct config_section config_sections[];

#endif
