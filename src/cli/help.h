/* help.h - help, manual and the two reference documents, from the tables of commands and options. */
#ifndef EXPUNGE_HELP_H
#define EXPUNGE_HELP_H

#include "cli/cli.h"

void help_overview(struct buf *out);
/* One command; subcommand NULL: the command, or every subcommand of that name. False: there is none. */
bool help_command(const char *name, const char *subcommand, struct buf *out);
void help_markdown(struct buf *out); /* docs/commands.md */
void help_options(struct buf *out);  /* docs/options.md */
void help_man(struct buf *out);      /* docs/expunge.1 */

#endif
