/*
 * kernel_id.S - the build id of the kernel that this engine's core was compiled beside: what
 * follows the note's header.
 */
    .section .rodata
    .globl kernel_id
kernel_id:
    .incbin "kernel.id", 16, 20
    .section .note.GNU-stack, "", @progbits
