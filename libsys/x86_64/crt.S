/* crt.S - first instruction of a program. rdi: struct startup. The stack ends here: no caller. */
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    and $-16, %rsp
    call start_program
    ud2
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
