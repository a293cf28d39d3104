/*
 * actor.h - who is acting (rule 2.26): the account of EXPUNGE_TOKEN, else os:NAME@HOST, which cannot approve.
 */
#ifndef EXPUNGE_ACTOR_H
#define EXPUNGE_ACTOR_H
#include "engine/engine.h"

struct account { struct str id, name, role; bool disabled; struct hash token; int64_t created_ms; };
/* Fills e->actor. A token that names no account is E_DENIED: never silently the operating system's user. */
enum status actor_find(struct engine *e, struct str by, struct err *err) MUST_USE;
/* Makes an account; the token is shown once, only its hash is kept. E_CONFLICT: the name is taken. */
enum status account_add(struct engine *e, struct str name, struct str role, struct arena *a, struct str *token, struct err *err) MUST_USE;
enum status account_disable(struct engine *e, struct str name, struct arena *a, struct err *err) MUST_USE;
enum status account_list(struct engine *e, struct arena *a, struct account **out, size_t *n, struct err *err) MUST_USE;
/* As people read it: the account's name, or the id of what is none; under a claim (--by): "CLAIM (NAME)". p NULL: arena full. */
struct str actor_text(const struct account *accounts, size_t n, struct str id, struct str claim, struct arena *a);
/* Roles of product.md section 6 and what they may do. */
#define ROLE_LOCAL "local" /* of os:NAME@HOST; given to no account: may do everything but approve */
bool role_known(struct str role);
bool role_may(struct str role, const char *permission);
extern const char *const role_names[]; /* ends with NULL */
#endif
