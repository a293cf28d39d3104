/*
 * fuzz.h - fuzz targets: tests/fuzz/fuzz_NAME.c holds LLVMFuzzerTestOneInput, which takes any bytes and says with HOLDS
 * what must be true of them. `make fuzz` runs the targets under libFuzzer; `make test` replays tests/fuzz/corpus/NAME
 * through the same code, built by gcc with sanitizers (replay.c).
 */
#ifndef EXPUNGE_FUZZ_H
#define EXPUNGE_FUZZ_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fuzz_broken(const char *what, const char *where, const char *detail);
#define HOLDS(cond) ((cond) ? (void)0 : fuzz_broken(#cond, WHERE, ""))
/* With the text of the error that should not be. */
#define HOLDS_OK(call, err) (HOLDS_ERR((call) == OK, #call, err))
#define HOLDS_ERR(cond, what, err) ((cond) ? (void)0 : fuzz_broken(what, WHERE, (err)->text))

/* Takes one byte off the front of the input, 0 when it is empty. */
unsigned fuzz_byte(struct str *input);
/* Takes what stands before the next `sep`, or everything. */
struct str fuzz_until(struct str *input, char sep);
/* A file of these bytes that has no name; closed by the caller. */
int fuzz_fd(struct str bytes);
/* An own folder of the process in memory, made once and removed when it ends; and a file put there. */
const char *fuzz_dir(void);
void fuzz_put(const char *name, struct str bytes);
struct str fuzz_get(const char *name, struct arena *a); /* absent: there is none */
void fuzz_dir_path(const char *name, char out[256]);

#endif
