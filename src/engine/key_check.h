/*
 * key_check.h - whether the keys in the folder are this registry's (rule 2.29). The identifier key's check value is the
 * registry's own (registry.h); here are those of the pseudonym key and of the keys that sign the log.
 */
#ifndef EXPUNGE_KEY_CHECK_H
#define EXPUNGE_KEY_CHECK_H
#include "audit/note.h"
#include "engine/engine.h"

/* By init: what the folder holds now belongs to this registry. */
enum status key_check_create(struct engine *e, struct str origin, struct err *err) MUST_USE;
/* E_DENIED with a sentence: pseudonym.key is another. */
enum status key_check_pseudonym(struct engine *e, struct err *err) MUST_USE;
/* E_DENIED with a sentence: neither audit.key nor one replaced lately beside it ever signed this registry's log. */
enum status key_check_audit(struct engine *e, struct err *err) MUST_USE;
/* By reopening: the key in use signs from now on, whether or not this copy of the registry knows of it. */
enum status key_check_add_current(struct engine *e, struct str origin, struct err *err) MUST_USE;
/* One more key will sign: before it takes audit.key's place. Idempotent. */
enum status key_check_add(struct engine *e, const struct note_skey *key, struct err *err) MUST_USE;
#endif
