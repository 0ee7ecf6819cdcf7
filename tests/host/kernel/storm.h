/*
 * storm.h - worlds full of processes, and what happens in them, chosen by steps (steps.h).
 */
#pragma once
#include "harness.h"
#include "steps.h"

enum {
    STORM_PROCS = 9,
    WINDOW = 96, /* slots of axiom's CNode that the storm fills and empties */
    P_FIRST = 8, /* slots of a process: what it was given, */
    P_FREE = 24, /* and where more may come */
    P_SLOTS = 40,
};

#define STORM_VADDR 0x400000ull /* frames are mapped from here up */

/* What differs from world to world; storm_world() chooses. */
struct world {
    uint32_t procs;     /* 1 to STORM_PROCS */
    uint64_t window;    /* the first slot of it */
    uint64_t replies;   /* an untyped outside the window */
    bool slow_reader;   /* the rings are nearly full, and seldom acknowledged */
    bool has_log_pages; /* axiom keeps its many frames of the rings */
};
extern struct world the_world;

/* storm_world.c: processes with some capabilities in common. */
void storm_world(void);
/* Somebody who can run, more often than not another one than the kernel chose: who has the highest
 * priority would act alone. NULL: the one chosen has no time left. */
struct thread *storm_choose(void);
/* Axiom starts again a process that waits or stands; false: it cannot. */
bool storm_rescue(void);
/* An operation of axiom's if it can run now, ERR_BUSY if not. The state is whole either way. */
int storm_ax(enum operation op, uint64_t name, const uint64_t w[8]);
#define AX(op, name, ...) storm_ax(op, name, (const uint64_t[8]){__VA_ARGS__})
/* Any slot of the window; one that has a capability of this type, if there is one. */
uint64_t window_slot(void);
uint64_t window_pick(enum cap_type type);

/* storm_calls.c: the registers of a random system call; plausible more often than not. */
void storm_registers(struct thread *t);

/* storm_run.c: makes the world of the list's first step and carries out the others, with all
 * invariants and the fold after each. NULL: all is well; else what broke. `progress` (may be NULL)
 * counts the steps begun; `shown` (may be NULL) is called after each. */
typedef void step_shown(size_t index, const struct step *s);
const char *storm_run(const struct steps *list, volatile size_t *progress, step_shown *shown);
/* What storm_run() asks after each step: NULL, or what broke. */
typedef const char *storm_checker(void);
extern storm_checker *storm_check;
/* storm_each.c: which of the checkers, each for itself, see something in `seeds` times `steps`? */
void storm_each(uint64_t first, uint64_t seeds, uint64_t steps);
/* Of the last run: what it did, to compare two of them. */
uint64_t storm_digest(void);
struct storm_counts {
    uint64_t worlds, steps, results[64], blocked; /* how often each result came */
};
extern struct storm_counts storm_counts;
