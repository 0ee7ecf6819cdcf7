/*
 * registers.h - code with all registers as given: rip and rsp of the struct aside, which are its
 * own. What was in them afterwards stands in the struct.
 */
#pragma once
#include "test.h"

#define REGS_TOUCHED 0x50000000 /* an address that nothing is mapped at, as registers.S has it */

void regs_syscall(struct thread_regs *r);    /* one system call */
void regs_syscall_on(struct thread_regs *r); /* the same with regs_stack as stack pointer */
void regs_spin(struct thread_regs *r);       /* rcx iterations of 32 instructions */
void regs_spin_on(struct thread_regs *r);    /* the same with regs_stack as stack pointer */
void regs_touch(struct thread_regs *r);      /* writes 7 to REGS_TOUCHED, at regs_touch_at */
_Noreturn void regs_fault(const struct thread_regs *r); /* ud2, at regs_fault_at */
_Noreturn void regs_step(const struct thread_regs *r);  /* TF, then a system call */
extern const char regs_touch_at[], regs_fault_at[], regs_stepped[];

/* Entry of a thread that only says what it found, and sets regs_started. */
void regs_start(void);
extern struct thread_regs regs_first;
extern volatile uint32_t regs_started;
extern uint64_t regs_stack;

enum { GENERAL_REGISTERS = 15 }; /* the first of struct thread_regs */
#define FLAG_CARRY (1ull << 0)
#define FLAG_FIXED (1ull << 1)
#define FLAG_TRAP (1ull << 8)
#define FLAG_INTERRUPTS (1ull << 9)
#define FLAG_DIRECTION (1ull << 10)
#define FLAG_NESTED (1ull << 14)
#define FLAG_ALIGNMENT (1ull << 18)
#define FLAG_ID (1ull << 21)
/* All that a program can set, the trap flag aside. */
#define FLAGS_USER                                                                                 \
    (0x8d5 | FLAG_FIXED | FLAG_INTERRUPTS | FLAG_DIRECTION | FLAG_NESTED | FLAG_ALIGNMENT | FLAG_ID)

/* Another value for each register, from a seed; flags as if nothing had been set. */
void regs_fill(struct thread_regs *out_regs, uint64_t seed);
/* How many of the general registers differ. */
uint32_t regs_differ(const struct thread_regs *a, const struct thread_regs *b);
