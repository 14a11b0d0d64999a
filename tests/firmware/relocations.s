@ All relocations that modules of a microcontroller can have, with addends, backward and forward.
    .syntax unified
    .thumb
    .cpu cortex-m7
    .text
    .global first, second, table
    .weak nobody
    .type first, %function
    .thumb_func
first:
    bl first
    bl second
    bl sensor
    bl nobody
    b.w second
    b.w sensor + 8
    b.w nobody
    beq.w second
    bne.w first
    .reloc ., R_ARM_THM_JUMP11, first
    .short 0xe7fe
    .reloc ., R_ARM_THM_JUMP8, first
    .short 0xd0fe
    .reloc ., R_ARM_THM_JUMP11, second
    .short 0xe7fe
    movw r0, #:lower16:table
    movt r0, #:upper16:table
    movw r11, #:lower16:sensor
    movt r11, #:upper16:sensor
    movw r1, #:lower16:(table - . - 4)
    movt r1, #:upper16:(table - . - 8)
    movw r1, #:lower16:(second - .)
    movt r1, #:upper16:(second - .)
    movw r2, #:lower16:limit
    .section .text.second, "ax", %progbits
    .type second, %function
    .thumb_func
second:
    bl first
    bx lr
    .section .rodata, "a", %progbits
    .word table, first, sensor, limit + 3, nobody
    .word table - ., first - ., sensor + 12 - ., first(target1)
    .reloc ., R_ARM_PREL31, second
    .word 0x80000000
    .data
table:
    .word first, table + 4, unwritten + 16, .rodata + 8
    .bss
unwritten:
    .space 24
