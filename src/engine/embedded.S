/* embedded.S - files of the source tree that the binary carries: the first configuration, the log's format. */
    .section .rodata
    .global embedded_template, embedded_template_end, embedded_audit_format, embedded_audit_format_end
embedded_template:
    .incbin "examples/template.yaml"
embedded_template_end:
    .byte 0
embedded_audit_format:
    .incbin "docs/audit-format.md"
embedded_audit_format_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
