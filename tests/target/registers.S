/*
 * registers.S - all registers at once, from and to a struct thread_regs: see registers.h.
 *
 * `mov`, `push`, `xchg` and `loop` leave the flags alone, so that they too are as given.
 */
    .set SPIN_INSTRUCTIONS, 32      /* of an iteration: an emulator is slow at single ones */
    .macro EACH, what               /* but rdi and the flags */
    \what 0, %rax
    \what 16, %rsi
    \what 24, %rbx
    \what 32, %rdx
    \what 40, %r8
    \what 48, %r9
    \what 56, %r10
    \what 64, %r12
    \what 72, %r13
    \what 80, %r14
    \what 88, %r15
    \what 96, %rbp
    \what 104, %rcx
    \what 112, %r11
    .endm
    .macro FROM at, register
    mov \at(%rdi), \register
    .endm
    .macro TO at, register
    mov \register, \at(%rdi)
    .endm
    .macro TO_FIRST at, register
    mov \register, regs_first + \at
    .endm

    .macro BEGIN name
    .globl \name
\name:
    .irp r, rbx, rbp, r12, r13, r14, r15, rdi
    push %\r
    .endr
    pushq 128(%rdi)
    popfq
    EACH FROM
    .endm
    .macro END
    pushfq
    push %rdi
    mov 16(%rsp), %rdi
    EACH TO
    pop %rax
    mov %rax, 8(%rdi)
    pop %rax
    mov %rax, 128(%rdi)
    pushq $2
    popfq
    .irp r, rdi, r15, r14, r13, r12, rbp, rbx
    pop %\r
    .endr
    ret
    .endm

    .text
    BEGIN regs_syscall
    mov 8(%rdi), %rdi
    syscall
    END

    BEGIN regs_syscall_on           /* regs_stack: the stack pointer, and what became of it */
    mov 8(%rdi), %rdi
    xchg %rsp, regs_stack(%rip)
    syscall
    xchg %rsp, regs_stack(%rip)
    END

    BEGIN regs_spin
    mov 8(%rdi), %rdi
1:  .rept SPIN_INSTRUCTIONS - 1
    nop
    .endr
    loop 1b
    END

    BEGIN regs_spin_on
    mov 8(%rdi), %rdi
    xchg %rsp, regs_stack(%rip)
1:  .rept SPIN_INSTRUCTIONS - 1
    nop
    .endr
    loop 1b
    xchg %rsp, regs_stack(%rip)
    END

    BEGIN regs_touch
    mov 8(%rdi), %rdi
    .globl regs_touch_at
regs_touch_at:
    movb $7, 0x50000000
    END

    BEGIN regs_fault
    mov 8(%rdi), %rdi
    .globl regs_fault_at
regs_fault_at:
    ud2

    BEGIN regs_step                 /* a system call with TF set before it */
    mov 8(%rdi), %rdi
    pushfq
    orq $0x100, (%rsp)
    popfq
    syscall
    .globl regs_stepped
regs_stepped:
    nop
    nop
    ud2

    .globl regs_start               /* entry of a thread: what it finds */
regs_start:
    EACH TO_FIRST
    mov %rdi, regs_first + 8
    mov %rsp, regs_first + 136
    pushfq
    popq regs_first + 128
    rdfsbase %rax
    mov %rax, regs_first + 144
    rdgsbase %rax
    mov %rax, regs_first + 152
    movl $1, regs_started
1:  pause
    jmp 1b

    .bss
    .balign 16
    .globl regs_first, regs_started, regs_stack
regs_first:
    .skip 160
regs_stack:
    .quad 0
regs_started:
    .long 0
    .section .note.GNU-stack, "", @progbits
