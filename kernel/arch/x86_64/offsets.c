/*
 * offsets.c - compiled to assembly, never linked: each pair becomes a `.set` in offsets.h, so that
 * assembly and C cannot disagree about a layout.
 */
#include <stddef.h>

#include "core.h"

#define PAIR(name, value)                                                                          \
    {                                                                                              \
        name, value                                                                                \
    }
#define AT(prefix, name, type, field) PAIR(#prefix "_" #name, offsetof(struct type, field))
#define ARCH(f) AT(CPU, f, cpu, arch.f)
#define REG(f) AT(REGS, f, thread, regs.f)
#define WORD(name, i) AT(REGS, name, thread, regs.w[i])
#define ASPACE(f) AT(ASPACE, f, thread, config[TS_ASPACE - 1].f)

#define LIST(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

extern const struct offset {
    char name[24];
    uint64_t value;
} offsets[];
const struct offset offsets[] =
    LIST(ARCH(stack_top), ARCH(user_rsp), ARCH(loaded), ARCH(root), AT(CPU, current, cpu, current),
         AT(THREAD, by_syscall, thread, by_syscall), ASPACE(type), ASPACE(obj),
         PAIR("TYPE_ASPACE", CAP_ASPACE), REG(rax), REG(rdi), REG(rsi), REG(rbx), WORD(rdx, 0),
         WORD(r8, 1), WORD(r9, 2), WORD(r10, 3), WORD(r12, 4), WORD(r13, 5), WORD(r14, 6),
         WORD(r15, 7), REG(rbp), REG(rcx), REG(r11), REG(rip), REG(rflags), REG(rsp));
