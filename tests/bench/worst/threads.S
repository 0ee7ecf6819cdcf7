/* threads.S - the first instruction, and what the threads of worst.h do: they have no stack. */
#include "numbers.h"
    .text
    .globl _start, thread_spins, thread_sends, thread_calls, thread_signals
_start:
    andq $-16, %rsp
    call start_program
thread_spins:
    jmp thread_spins
thread_sends:
    movl $CALL_SEND, %eax
    xorl %esi, %esi
    xorl %ebx, %ebx
    syscall
    jmp thread_spins
thread_calls:
    movq 16(%rdi), %rbx
    movq 8(%rdi), %rsi
    movq (%rdi), %rdi
    movl $CALL_CALL, %eax
    syscall
    jmp thread_spins
thread_signals:
    movq %rdi, %rbp
    movl $CALL_SIGNAL, %eax
    syscall
    movq %rbp, %rdi
    movl $CALL_WAIT, %eax
    syscall
    jmp thread_spins
