/*
 * entry.S - from user mode into the core and back.
 *
 * The kernel's stack is empty at each entry and dropped at each exit: what a thread was doing is in
 * its struct thread alone. Interrupts are off but in `idle`. In the kernel gs points to this CPU's
 * struct cpu, in user mode to what the user set; only entries from user mode swap. NMI, double
 * fault and machine check have a stack of their own, and touch neither gs nor any thread: they may
 * come between any two instructions here.
 */
#include "offsets.h"
#include "x86.h"

    .text
    .macro NOW into             /* the one reading of the clock of this step */
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, \into
    .endm

    .macro SAVE_MESSAGE base    /* the registers that carry a message, and rbp for fault messages */
    movq %rax, REGS_RAX(\base)
    movq %rdi, REGS_RDI(\base)
    movq %rsi, REGS_RSI(\base)
    movq %rbx, REGS_RBX(\base)
    movq %rdx, REGS_RDX(\base)
    movq %r8, REGS_R8(\base)
    movq %r9, REGS_R9(\base)
    movq %r10, REGS_R10(\base)
    movq %r12, REGS_R12(\base)
    movq %r13, REGS_R13(\base)
    movq %r14, REGS_R14(\base)
    movq %r15, REGS_R15(\base)
    .endm

    .macro LOAD_MESSAGE base    /* all but rbx, which may be the base */
    movq REGS_RAX(\base), %rax
    movq REGS_RDI(\base), %rdi
    movq REGS_RSI(\base), %rsi
    movq REGS_RDX(\base), %rdx
    movq REGS_R8(\base), %r8
    movq REGS_R9(\base), %r9
    movq REGS_R10(\base), %r10
    movq REGS_R12(\base), %r12
    movq REGS_R13(\base), %r13
    movq REGS_R14(\base), %r14
    movq REGS_R15(\base), %r15
    movq REGS_RBP(\base), %rbp
    .endm

    /* rsp serves as the thread pointer until all registers are saved: nothing pushes meanwhile. */
    .globl syscall_entry
    .balign 64
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_USER_RSP
    movq %gs:CPU_CURRENT, %rsp
    SAVE_MESSAGE %rsp
    movq %rbp, REGS_RBP(%rsp)
    movq %rcx, REGS_RIP(%rsp)
    movq %r11, REGS_RFLAGS(%rsp)
    movb $1, BY_SYSCALL(%rsp)
    movq %gs:CPU_USER_RSP, %rax
    movq %rax, REGS_RSP(%rsp)
    movq %gs:CPU_STACK_TOP, %rsp
    NOW %rdi
    call core_syscall

    .globl resume
resume:
    movq %gs:CPU_CURRENT, %rbx
    cmpq %gs:CPU_LOADED, %rbx
    jne load
    testq %rbx, %rbx
    jz idle
    cmpb $TYPE_ASPACE, ASPACE_TYPE(%rbx)
    jne load                    /* its address space may have been taken away: even its own */
    movq ASPACE_ROOT(%rbx), %rax
    cmpq %rax, %gs:CPU_ROOT
    je loaded
load:
    movq %gs:CPU_STACK_TOP, %rsp
    movq %rbx, %rdi
    call thread_load
    testq %rbx, %rbx
    jz idle
loaded:
    movq REGS_RIP(%rbx), %rcx
    movq REGS_RFLAGS(%rbx), %r11
    andl $RFLAGS_ALLOWED, %r11d
    orl $RFLAGS_FIXED, %r11d
    cmpb $0, BY_SYSCALL(%rbx)
    je by_interrupt
    LOAD_MESSAGE %rbx
    movq REGS_RSP(%rbx), %rsp
    movq REGS_RBX(%rbx), %rbx
    swapgs
    sysretq                     /* rcx is below USER_MAX: it was the address after a `syscall` */

by_interrupt:
    movq %rcx, %rax             /* iretq to an address that is not canonical faults in the kernel; */
    shrq $47, %rax              /* the last page below the hole is never mapped: there the user does */
    jz 1f
    movabsq $0x7ffffffff000, %rcx
1:  movq %gs:CPU_STACK_TOP, %rsp
    pushq $SEL_USER_DATA
    pushq REGS_RSP(%rbx)
    pushq %r11
    pushq $SEL_USER_CODE
    pushq %rcx
    LOAD_MESSAGE %rbx
    movq REGS_RCX(%rbx), %rcx
    movq REGS_R11(%rbx), %r11
    movq REGS_RBX(%rbx), %rbx
    swapgs
    iretq

idle:
    movq %gs:CPU_STACK_TOP, %rsp
1:  sti
    hlt
    jmp 1b                      /* after an NMI; interrupts leave by `resume` */

    /* Stack: vector, error code or 0, rip, cs, rflags, rsp, ss. */
trap:
    cld                         /* gates keep the user's DF and AC */
    clac
    testb $3, 24(%rsp)
    jz trap_kernel
    swapgs
    pushq %rbp
    movq %gs:CPU_CURRENT, %rbp
    SAVE_MESSAGE %rbp
    movq %rcx, REGS_RCX(%rbp)
    movq %r11, REGS_R11(%rbp)
    movb $0, BY_SYSCALL(%rbp)
    popq REGS_RBP(%rbp)
    popq %rdi
    popq %rsi
    popq REGS_RIP(%rbp)
    popq %rax
    popq REGS_RFLAGS(%rbp)
    popq REGS_RSP(%rbp)
step:
    NOW %rdx
    movq %gs:CPU_STACK_TOP, %rsp
    call trap_user              /* (vector, error code, time) */
    jmp resume

trap_kernel:                    /* idle keeps nothing; any other trap is the end */
    cmpl $VECTOR_IRQ, (%rsp)
    jb trap_own_stack
    popq %rdi
    popq %rsi
    jmp step

trap_own_stack:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    movq %rsp, %rdi
    movq %rsp, %rbx
    andq $-16, %rsp
    call trap_kernel_mode       /* (struct trap_frame); returns from NMI only */
    movq %rbx, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp
    iretq

    /* One stub of 16 bytes a vector. SDM vol 3A table 6-1 says which push an error code. */
    .globl trap_stubs
    .balign 16
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if !((vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) \
          || (vector == 29) || (vector == 30))
    pushq $0
    .endif
    pushq $vector
    .if (vector == VECTOR_NMI) || (vector == VECTOR_DOUBLE_FAULT) || (vector == VECTOR_MACHINE_CHECK)
    jmp trap_own_stack
    .else
    jmp trap
    .endif
    .set vector, vector + 1
    .endr

    /* The compiler calls these for structures. */
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
