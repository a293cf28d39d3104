/*
 * formats.h - the list of formats: one line each, for the format `intake_NAME` in NAME.c. A document is offered to them
 * in this order.
 */
#ifndef EXPUNGE_INTAKE_FORMATS_H
#define EXPUNGE_INTAKE_FORMATS_H

#define INTAKE_FORMATS(FORMAT)                                                                                         \
    FORMAT(connect_event)                                                                                              \
    FORMAT(connect_ctr)                                                                                                \
    FORMAT(genesys_event)                                                                                              \
    FORMAT(genesys_conversation)                                                                                       \
    FORMAT(csv_contacts)

#define INTAKE_FORMAT_DECLARE(name) extern const struct intake_format intake_##name;
INTAKE_FORMATS(INTAKE_FORMAT_DECLARE)

#endif
