/* summary.h - what a run did, as JSON (product.md section 3) and in a few lines for people. */
#ifndef EXPUNGE_SUMMARY_H
#define EXPUNGE_SUMMARY_H

#include "base/json.h"
#include "engine/tally.h"

void summary_json(const struct tally *t, struct json_writer *w);
/* verb: "erased", "read back". Counts that are zero are left out; then what is left to do. */
void summary_text(const struct tally *t, const char *verb, struct buf *out);
/* One contact of --verbose: id, ids, source, outcome, reason, until. */
void summary_contact_json(const struct visit_result *r, bool dry_run, struct json_writer *w);
void summary_contact_text(const struct visit_result *r, bool dry_run, struct arena *a, struct buf *out);

#endif
