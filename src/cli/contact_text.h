/* contact_text.h - a contact's page on a terminal and as JSON (product.md section 3, `contact show`). */
#ifndef EXPUNGE_CONTACT_TEXT_H
#define EXPUNGE_CONTACT_TEXT_H

#include "cli/cli.h"
#include "engine/contact_view.h"

void contact_json(struct cli *c, const struct contact_view *v);
void contact_text(struct cli *c, const struct contact_view *v);
struct str outcome_words(enum outcome o); /* people read "deleted" for gone */

#endif
