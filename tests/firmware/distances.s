@ Code and constants that know each other by distances, and a table in memory that knows both.
    .syntax unified
    .thumb
    .cpu cortex-m7
    .text
    .global run, helper, entry
    .type run, %function
    .thumb_func
run:
    bl helper
    ldr r0, 1f
    bx lr
    .balign 4
1:  .word numbers - .
    .section .text.helper, "ax", %progbits
    .type helper, %function
    .thumb_func
helper:
    b.w run
    .section .rodata, "a", %progbits
    .balign 4
numbers:
    .word 1, 2, 3
    .data
entry:
    .word run, numbers, sensor
