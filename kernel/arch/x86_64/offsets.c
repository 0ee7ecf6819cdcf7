/*
 * offsets.c - compiled to assembly, never linked: each `@NAME, value@` becomes a `.set` in
 * offsets.h, so that assembly and C cannot disagree about a layout.
 */
#include <stddef.h>

#include "core.h"

#define SET(name, value) ".ascii \"@" #name ", %c[" #name "]@\"\n"
#define VALUE(name, value) [name] "i"(value),
#define ARCH(of, f) of(CPU_##f, offsetof(struct cpu, arch.f))
#define REG(of, f) of(REGS_##f, offsetof(struct thread, regs.f))
#define WORD(of, f, i) of(REGS_##f, offsetof(struct thread, regs.w[i]))
#define ASPACE(of, f) of(ASPACE_##f, offsetof(struct thread, config[TS_ASPACE - 1].f))
#define ALL(of)                                                                                    \
    ARCH(of, stack_top) ARCH(of, user_rsp) ARCH(of, loaded) ARCH(of, root)                         \
    of(CPU_current, offsetof(struct cpu, current))                                                 \
    of(THREAD_by_syscall, offsetof(struct thread, by_syscall))                                     \
    ASPACE(of, type) ASPACE(of, obj) of(TYPE_ASPACE, CAP_ASPACE)                                   \
    REG(of, rax) REG(of, rdi) REG(of, rsi) REG(of, rbx) WORD(of, rdx, 0) WORD(of, r8, 1)           \
    WORD(of, r9, 2) WORD(of, r10, 3) WORD(of, r12, 4) WORD(of, r13, 5) WORD(of, r14, 6)            \
    WORD(of, r15, 7) REG(of, rbp) REG(of, rcx) REG(of, r11) REG(of, rip) REG(of, rflags)           \
    REG(of, rsp)

