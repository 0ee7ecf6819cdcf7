/*
 * offsets.c - compiled to assembly, never linked: each line `@NAME value@` becomes a #define in
 * offsets.h, so that assembly and C cannot disagree about a layout.
 */
#include <stddef.h>

#include "core.h"

#define OFFSET(name, value) __asm__ volatile(".ascii \"@" #name " %c0@\"" ::"i"(value))

void offsets(void);
void offsets(void)
{
    OFFSET(CPU_STACK_TOP, offsetof(struct cpu, arch.stack_top));
    OFFSET(CPU_USER_RSP, offsetof(struct cpu, arch.user_rsp));
    OFFSET(CPU_LOADED, offsetof(struct cpu, arch.loaded));
    OFFSET(CPU_ROOT, offsetof(struct cpu, arch.root));
    OFFSET(CPU_CURRENT, offsetof(struct cpu, current));

    OFFSET(ASPACE_TYPE, offsetof(struct thread, config[TS_ASPACE - 1].type));
    OFFSET(ASPACE_ROOT, offsetof(struct thread, config[TS_ASPACE - 1].obj));
    OFFSET(TYPE_ASPACE, CAP_ASPACE);
    OFFSET(BY_SYSCALL, offsetof(struct thread, by_syscall));

    OFFSET(REGS_RAX, offsetof(struct thread, regs.rax));
    OFFSET(REGS_RDI, offsetof(struct thread, regs.rdi));
    OFFSET(REGS_RSI, offsetof(struct thread, regs.rsi));
    OFFSET(REGS_RBX, offsetof(struct thread, regs.rbx));
    OFFSET(REGS_RDX, offsetof(struct thread, regs.w[0]));
    OFFSET(REGS_R8, offsetof(struct thread, regs.w[1]));
    OFFSET(REGS_R9, offsetof(struct thread, regs.w[2]));
    OFFSET(REGS_R10, offsetof(struct thread, regs.w[3]));
    OFFSET(REGS_R12, offsetof(struct thread, regs.w[4]));
    OFFSET(REGS_R13, offsetof(struct thread, regs.w[5]));
    OFFSET(REGS_R14, offsetof(struct thread, regs.w[6]));
    OFFSET(REGS_R15, offsetof(struct thread, regs.w[7]));
    OFFSET(REGS_RBP, offsetof(struct thread, regs.rbp));
    OFFSET(REGS_RCX, offsetof(struct thread, regs.rcx));
    OFFSET(REGS_R11, offsetof(struct thread, regs.r11));
    OFFSET(REGS_RIP, offsetof(struct thread, regs.rip));
    OFFSET(REGS_RFLAGS, offsetof(struct thread, regs.rflags));
    OFFSET(REGS_RSP, offsetof(struct thread, regs.rsp));
}
