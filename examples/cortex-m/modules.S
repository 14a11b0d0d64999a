/* The containers in the flash of modules.cpp. */
    .macro container name, file
    .section .rodata.\name, "a"
    .balign 16
    .global \name, \name\()_end
\name:
    .incbin "\file"
\name\()_end:
    .endm
    container guest_file, GUEST
    container rule_file, RULE
    container located_file, LOCATED
    container unsigned_file, UNSIGNED
    container foreign_file, FOREIGN
