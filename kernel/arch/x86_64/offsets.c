/*
 * offsets.c - compiled to assembly, never linked: each pair becomes a `.set` in offsets.h, so that
 * assembly and C cannot disagree about a layout.
 */
#include <stddef.h>

#include "core.h"

/* clang-format off */
#define AT(name, type, field) {#name, offsetof(struct type, field)}
#define ARCH(f) AT(CPU_##f, cpu, arch.f)
#define REG(f) AT(REGS_##f, thread, regs.f)
#define WORD(name, i) AT(REGS_##name, thread, regs.w[i])

extern const struct offset {
    char name[24];
    uint64_t value;
} offsets[];
const struct offset offsets[] =
    {{"SYS_CALL", SYS_CALL}, {"SYS_REPLY_RECV", SYS_REPLY_RECV}, {"THREAD_FPU", THREAD_FPU},
         ARCH(stack_top), ARCH(user_rbp), ARCH(root), ARCH(loaded), ARCH(fpu),
         AT(CPU_current, cpu, current), AT(THREAD_by_syscall, thread, by_syscall),
         AT(THREAD_flags, thread, flags), AT(ASPACE_obj, thread, config[TS_ASPACE - 1].obj),
         AT(REGS_fsbase, thread, regs.fs_base),
         AT(REGS_gsbase, thread, regs.gs_base), REG(rax), REG(rdi), REG(rsi), REG(rbx),
         WORD(rdx, 0), WORD(r8, 1), WORD(r9, 2), WORD(r10, 3), WORD(r12, 4), WORD(r13, 5),
         WORD(r14, 6), WORD(r15, 7), REG(rbp), REG(rcx), REG(r11), REG(rip), REG(rflags), REG(rsp)};
/* clang-format on */
