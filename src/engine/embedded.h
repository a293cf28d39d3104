/* embedded.h - files of the source tree that the binary carries (embedded.S). */
#ifndef EXPUNGE_EMBEDDED_H
#define EXPUNGE_EMBEDDED_H

extern const char embedded_template[], embedded_template_end[];           /* examples/template.yaml */
extern const char embedded_audit_format[], embedded_audit_format_end[];   /* docs/audit-format.md */

#endif
