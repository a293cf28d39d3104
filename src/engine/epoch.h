/*
 * epoch.h - one thread that reads the hold epoch from the registry every 200 ms into the engine's watch, so that every
 * gate knows a hold at most a second after it committed (rule 2.12). A registry that cannot be read closes every gate.
 */
#ifndef EXPUNGE_EPOCH_H
#define EXPUNGE_EPOCH_H
#include "engine/engine.h"
struct epoch_thread;
enum status epoch_start(struct engine *e, struct epoch_thread **out, struct err *err) MUST_USE;
void epoch_stop(struct epoch_thread **t); /* joins; NULL-safe */
#endif
