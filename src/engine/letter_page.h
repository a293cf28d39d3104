/*
 * letter_page.h - a letter being written, as wrapped plain text or as one HTML page that needs nothing else. Text is
 * escaped here and nowhere else.
 */
#ifndef EXPUNGE_LETTER_PAGE_H
#define EXPUNGE_LETTER_PAGE_H

#include "base/buf.h"

struct letter_page { struct buf *b; bool html; bool in_list; };
void page_begin(struct letter_page *p, struct buf *b, bool html, const char *title);
void page_end(struct letter_page *p);
void page_heading(struct letter_page *p, const char *text);
void page_paragraph(struct letter_page *p, const char *fmt, ...) PRINTF(2, 3);
void page_item(struct letter_page *p, const char *fmt, ...) PRINTF(2, 3); /* items one after another are one list */

#endif
