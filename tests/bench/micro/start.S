/* start.S - the first instruction. */
    .text
    .globl _start
_start:
    andq $-16, %rsp
    call start_program
