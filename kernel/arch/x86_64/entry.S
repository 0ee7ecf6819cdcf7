/*
 * entry.S - from user mode into the core and back.
 *
 * The kernel's stack is empty at each entry and dropped at each exit: what a thread was doing is in
 * its struct thread alone. Interrupts are off but in `idle`. In the kernel gs points to this CPU's
 * struct cpu, in user mode to what the user set; only entries from user mode swap. NMI, double
 * fault and machine check have a stack of their own, touch neither gs nor any thread, and are the
 * end: they may come between any two instructions here.
 */
#include "offsets.h"
#include "x86.h"

#define OTHERS rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15, rbp

    .text
    .macro SAVE thread, registers:vararg
    .irp r, \registers
    movq %\r, REGS_\r(\thread)
    .endr
    .endm

    .macro LOAD thread, registers:vararg
    .irp r, \registers
    movq REGS_\r(\thread), %\r
    .endr
    .endm

    /* rsp serves as the thread pointer until all is saved: nothing uses a stack meanwhile. */
    .globl syscall_entry
    .balign 64
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_user_rsp
    movq %gs:CPU_current, %rsp
    SAVE %rsp, rax, rbx, OTHERS
    movq %rcx, REGS_rip(%rsp)
    movq %r11, REGS_rflags(%rsp)
    movb $1, THREAD_by_syscall(%rsp)
    movq %gs:CPU_user_rsp, %rax
    movq %rax, REGS_rsp(%rsp)
    movl $VECTOR_SYSCALL, %edi
step:
    movq %gs:CPU_stack_top, %rsp
    call trap_user              /* (vector, error code) */

    .globl run
run:                            /* rax: the thread, loaded, or NULL */
    testq %rax, %rax
    jz idle
    movq %rax, %rbx
    movq REGS_rip(%rbx), %rcx
    movq REGS_rflags(%rbx), %r11
    cmpb $0, THREAD_by_syscall(%rbx)
    je by_interrupt
    LOAD %rbx, rax, OTHERS, rsp, rbx
    swapgs
    sysretq                     /* rcx was the address after a `syscall`, so it is canonical */

by_interrupt:
    movq %gs:CPU_stack_top, %rsp
    pushq $SEL_USER_DATA
    pushq REGS_rsp(%rbx)
    pushq %r11
    pushq $SEL_USER_CODE
    pushq %rcx
    LOAD %rbx, rax, rcx, r11, OTHERS, rbx
    swapgs
    iretq

idle:
    movq %gs:CPU_stack_top, %rsp
1:  sti
    hlt                         /* interrupts do not return, but what else wakes a CPU may */
    jmp 1b

    /* Stack: vector, error code or 0, rip, cs, rflags, rsp, ss. Gates keep the user's DF and AC. */
trap:
    cld
    clac
    testb $3, 24(%rsp)
    jz trap_kernel
    swapgs
    pushq %rax
    movq %gs:CPU_current, %rax
    SAVE %rax, rbx, rcx, r11, OTHERS
    movb $0, THREAD_by_syscall(%rax)
    popq REGS_rax(%rax)
    popq %rdi
    popq %rsi
    popq REGS_rip(%rax)
    popq %rdx
    popq REGS_rflags(%rax)
    popq REGS_rsp(%rax)
    jmp step

trap_kernel:                    /* `idle` keeps nothing; any other trap is the end */
    cmpl $VECTOR_IRQ, (%rsp)
    jb trap_own_stack
    popq %rdi
    jmp step

trap_own_stack:
    cld
    movq %rsp, %rdi
    pushq %rdi                  /* room for one word more */
    andq $-16, %rsp
    call trap_kernel_mode       /* (what was pushed); does not return */

    /* One stub of 16 bytes a vector. SDM vol 3A table 6-1 says which push an error code. */
    .globl trap_stubs
    .balign 16
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector >= 32 || !(1 << vector & VECTORS_WITH_ERROR)
    pushq $0
    .endif
    pushq $vector
    .if vector < 32 && (1 << vector & VECTORS_OWN_STACK)
    jmp trap_own_stack
    .else
    jmp trap
    .endif
    .set vector, vector + 1
    .endr

    /* The compiler calls these two for whole structures. */
    .globl memcpy, memset
memcpy:
    movq %rdi, %rax
    movq %rdx, %rcx
    rep movsb
    ret
memset:
    movq %rdi, %r8
    movl %esi, %eax
    movq %rdx, %rcx
    rep stosb
    movq %r8, %rax
    ret
