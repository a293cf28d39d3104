/* help.h - help, manual pages, completion and the reference documents, from the tables of commands and options. */
#ifndef EXPUNGE_HELP_H
#define EXPUNGE_HELP_H

#include "cli/cli.h"
#include "intake/intake.h"

void help_overview(struct buf *out);
/* One command; subcommand NULL: the command, or every subcommand of that name. False: there is none. */
bool help_command(const char *name, const char *subcommand, struct buf *out);
void help_markdown(struct buf *out); /* docs/commands.md */
void help_options(struct buf *out);  /* docs/options.md */
/* A manual page, docs/man/: NULL is expunge(1), the name of a command expunge-NAME(1), "expunge.yaml" the section 5 page of
 * the configuration. False: there is no such page. */
bool help_man(const char *page, struct buf *out);
void help_completion(struct buf *out); /* docs/completion.bash */

/* For the two references of the configuration. */
const char *help_option_type(enum option_type t);
/* Whether an earlier format has this one's type of source, and so its options. */
bool help_source_told(const struct intake_format *const *f);

#endif
