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

/* First instruction of any other thread. rdi: struct thread_start. */
    .section .text.thread_entry, "ax", @progbits
    .globl thread_entry
    .type thread_entry, @function
thread_entry:
    xor %ebp, %ebp
    and $-16, %rsp
    call thread_begin
    ud2
    .size thread_entry, . - thread_entry
    .section .note.GNU-stack, "", @progbits
