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

    /* From whose state the CPU holds, in rbp, to who runs, in rax; not the general registers. */
    .macro SWITCH if_same
    movb THREAD_flags(%rax), %cl
    orb %gs:CPU_fpu, %cl
    testb $THREAD_FPU, %cl
    jz 1f
    movq %rbp, %rdi
    movq %rax, %rsi
    call fpu_load               /* (last, next); returns next */
1:  movq ASPACE_obj(%rax), %rdi
    cmpq %gs:CPU_root, %rdi
    je 2f
    movq %rdi, %cr3
    movq %rdi, %gs:CPU_root
2:  movq %rax, %gs:CPU_loaded
    swapgs
    .ifnb \if_same
    cmpq %rax, %rbp
    je \if_same
    .endif
    .irp r, fsbase, gsbase
    rd\r %r11
    movq %r11, REGS_\r(%rbp)
    movq REGS_\r(%rax), %r11
    wr\r %r11
    .endr
    .endm

    /* A system call loses all registers but rsp. Those that C leaves alone are saved only for the
     * long way: with the fast one they are taken over as they are. */
    .globl syscall_entry
    .balign 64
syscall_entry:
    swapgs
    movq %rbp, %gs:CPU_user_rbp
    movq %gs:CPU_current, %rbp
    SAVE %rbp, rdi, rsi, rbx, rdx, r8, r9, r10, rsp
    movq %rcx, REGS_rip(%rbp)
    movq %r11, REGS_rflags(%rbp)
    movq %gs:CPU_stack_top, %rsp
    leaq -SYS_CALL(%rax), %rbx
    movl lock_serving(%rip), %eax
    leal 1(%rax), %ecx
    lock cmpxchgl %ecx, lock_next(%rip)
    jne contended
    cmpq $SYS_REPLY_RECV - SYS_CALL, %rbx
    ja long
    rdtsc
    shlq $32, %rdx
    orq %rax, %rdx
    call *lanes(,%rbx,8)        /* (rdi, rsi, now) */
    testq %rax, %rax
    jz long
    SWITCH                      /* not to idle; rbp has the words that it is sent */
    movq REGS_rsi(%rax), %rsi
    testl $0x3ff, %esi           /* zeros after them */
    jz 5f
    movl %esi, %ecx
    andl $0x3ff, %ecx
    LOAD %rbp, rdx, r8, r9, r10
    cmpl $8, %ecx
    jae 6f
    leaq 5f(,%rcx,4), %r11
    jmp *%r11
5:  .irp r, rdx, r8, r9, r10, r12, r13, r14, r15
    andq $0, %\r                /* 4 bytes */
    .endr
6:  incl lock_serving(%rip)     /* from here on the other may run elsewhere */
    LOAD %rax, rdi, rsp
    movq REGS_rip(%rax), %rcx
    movq REGS_rflags(%rax), %r11
    xorl %ebp, %ebp             /* what is left of the other's; rbx has no more than the number */
    xorl %eax, %eax
    sysretq                     /* rcx was the address after a `syscall`, so it is canonical */

contended:
    call lock_take
    cmpq %rbp, %gs:CPU_current
    jne gone                    /* another CPU stopped it, and its memory may be another's */
long:
    leaq SYS_CALL(%rbx), %rax
    SAVE %rbp, rax, r12, r13, r14, r15
    movq %gs:CPU_user_rbp, %rax /* a call that is none of ours is a fault, and keeps it */
    movq %rax, REGS_rbp(%rbp)
gone:
    rdtsc
    shlq $32, %rdx
    leaq (%rax,%rdx), %rdi
    call core_syscall           /* (now) */
    movq %gs:CPU_current, %rax
    jmp run

step:
    movq %gs:CPU_stack_top, %rsp
    call trap_user              /* (vector, error code) */

    .globl run
run:                            /* rax: who runs next, or NULL */
    movq %gs:CPU_loaded, %rbp   /* whose state the CPU holds */
    testq %rax, %rax
    jnz load
    leaq nobody(%rip), %rax
load:
    SWITCH resume
resume:
    incl lock_serving(%rip)
    movq REGS_rip(%rax), %rcx
    movq REGS_rflags(%rax), %r11
    cmpb $0, THREAD_by_syscall(%rax)
    je by_interrupt
    LOAD %rax, OTHERS, rbx, rsp, rax
    sysretq

by_interrupt:
    leaq nobody(%rip), %rdx
    cmpq %rdx, %rax
    je idle
    movb $1, THREAD_by_syscall(%rax) /* until the next trap */
    .irp v, $SEL_USER_DATA, REGS_rsp(%rax), %r11, $SEL_USER_CODE, %rcx
    pushq \v
    .endr
    LOAD %rax, rcx, r11, OTHERS, rbx, rax
    iretq

idle:
    swapgs
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
    .irp to, REGS_rax(%rax), %rdi, %rsi, REGS_rip(%rax), %rdx, REGS_rflags(%rax), REGS_rsp(%rax)
    popq \to
    .endr
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

lanes:                          /* by number */
    .quad core_call, core_answer

    /* The compiler calls these two for whole structures. */
    .globl memcpy, memset
memcpy:
    movq %rdi, %rax
    movq %rdx, %rcx
    shrq $3, %rcx
    rep movsq
    movl %edx, %ecx
    andl $7, %ecx
    rep movsb
    ret
memset:
    movq %rdi, %r8
    movl %esi, %eax
    movq %rdx, %rcx
    rep stosb
    movq %r8, %rax
    ret
