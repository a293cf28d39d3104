/* cmd_request.h - what the request commands share. For cmd_request*.c only. */
#ifndef EXPUNGE_CMD_REQUEST_H
#define EXPUNGE_CMD_REQUEST_H

#include "cli/cli.h"
#include "model/request.h"

void request_show_json(struct cli *c, const struct request *q);
void request_show_text(struct cli *c, const struct request *q);
/* Either, as c->json says. */
void request_show(struct cli *c, const struct request *q);
size_t request_candidates_in(const struct request *q, enum candidate_state state);

#endif
