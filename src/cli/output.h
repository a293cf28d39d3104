/* output.h - standard output and standard error as cli.c and main see them. For nobody else in this folder. */
#ifndef EXPUNGE_OUTPUT_H
#define EXPUNGE_OUTPUT_H

#include "base/file.h"
#include "cli/cli.h"

void cli_flush(struct cli *c);
void cli_lines_to_stderr(struct cli *c, struct str text); /* as they are */
/* Everything out; a write that failed makes a success a failure. Gives the exit status. */
int cli_finish(struct cli *c, int status);

#endif
