/*
 * centre.h - a contact centre in a world: contact records written, files laid out, runs made. For engine tests.
 */
#ifndef EXPUNGE_TEST_CENTRE_H
#define EXPUNGE_TEST_CENTRE_H

#include "engine/ingest.h"
#include "engine/orders.h"
#include "engine/purge.h"
#include "tests/lib/world.h"

/* One Amazon Connect contact record, ended `days` before WORLD_NOW_MS; initial, category and extra (JSON members with a
 * leading comma) may be NULL. In the world's arena. */
const char *centre_record(struct world *w, const char *id, const char *initial, int days, const char *category, const char *extra);
/* Documents as one stream into the registry. */
struct ingest_report centre_ingest(struct world *w, const char *documents);
/* The recording and transcript files of such a contact under artefacts/. */
void centre_files(struct world *w, const char *id, int days);
bool centre_has_files(struct world *w, const char *id, int days);
/* Armed: expiry erases (policy activated by a named person). */
void centre_arm(struct world *w);
struct tally centre_purge(struct world *w, bool dry_run);
/* One order; ids end with NULL. */
struct tally centre_erase(struct world *w, const struct order_options *o, ...);
struct chain centre_chain(struct world *w, const char *id);
enum contact_status centre_status(struct world *w, const char *id);
/* Members of a hold by ids, applied. */
void centre_hold(struct world *w, const char *matter, const char *id);
/* How many entries of a type the log has. */
size_t centre_count(struct world *w, const char *type);
#define CENTRE_SOURCE "11111111-2222-3333-4444-555555555555"

#endif
