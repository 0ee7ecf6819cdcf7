/*
 * explore.h - breadth-first search over the real core: what its files share.
 *
 * A configuration is a world (a few threads and objects, made by the kernel's own operations) and a
 * list of operations. A state is the kernel's memory in canonical form (canon.c). From each state
 * every operation is tried; what results is checked, brought into canonical form and looked up.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "harness.h"

enum { THREADS_MAX = 6, OPS_MAX = 128, STATES_MAX_DEFAULT = 1100000 };
enum { RIP_CALL = 0x400000, RIP_AFTER = RIP_CALL + SYSCALL_BYTES };

/* SYSCALL and FAULT: by `actor`. TICK: at the timer's deadline. LATER: a tick, half a budget before
 * which nothing happens. AGAIN: a system call that was put off runs again. POKE: the tick that
 * another CPU asked for. */
enum op_kind { KIND_SYSCALL, KIND_FAULT, KIND_IRQ, KIND_TICK, KIND_LATER, KIND_AGAIN, KIND_POKE };

struct op {
    const char *text; /* in words, for witnesses */
    uint8_t kind, actor, cpu;
    uint64_t number, name, info, rbx, w[4];
    struct msg_cap cap; /* the first in the sender's buffer */
    uint64_t delay;     /* ticks between the step before and this one */
};

/* --- world.c: the kernel after boot, reduced by its own operations to what a search needs ---- */
struct world {
    const char *name;
    bool real_order; /* only who is current acts; else whoever is ready may */
    uint64_t budget; /* of each, if so; the period is twice as long */
    uint8_t priorities[THREADS_MAX], cpus[THREADS_MAX];
    uint64_t event_fill_max; /* with real_rings: more than this is said to be this */
    bool real_rings;         /* the rings fill up; else all is acknowledged at once */
    uint32_t thread_count;
    struct thread *threads[THREADS_MAX]; /* 0: axiom */
    const char *thread_names[THREADS_MAX];
    uint64_t tcb[THREADS_MAX], cnode[THREADS_MAX], sched[THREADS_MAX]; /* slots of axiom's CNode */
    struct sched *scheds[THREADS_MAX];
    struct ipc_buffer *buffers[THREADS_MAX]; /* NULL: none */
    uint32_t op_count;
    struct op ops[OPS_MAX];
    uint64_t untyped; /* slot of the untyped that everything is made of */
    uint64_t aspace;  /* slot */
};
extern struct world world;

enum {
    WORLD_PRIORITY = 100,
    AX_IRQ_CONTROL = 6,
    AX_LOG = 7,
    AX_FIRST = 9 /* slots of axiom's CNode */
};

void world_begin(const char *name);
bool world_has_sched(uint32_t thread);                  /* its context is alive */
struct slot *world_ax(uint64_t index);                  /* a slot of axiom's CNode */
uint64_t world_slot(void);                              /* an empty one of axiom's CNode */
void world_slot_back(void);                             /* the last one stays empty */
uint64_t world_make(enum cap_type type, uint32_t bits); /* its slot of axiom's CNode */
/* A started thread with a CNode of 2^bits bytes; its index. */
uint32_t world_thread(const char *name, uint32_t cnode_bits, bool buffered);
/* Mints axiom's capability into slot `to` of a thread's CNode. */
void world_give(uint32_t thread, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge);
void world_give_reply(uint32_t thread, uint64_t to);
void world_config(uint32_t thread, enum thread_slot slot, uint64_t from); /* a thread's own slot */
struct op *world_op(struct op op);
struct op *world_sys(uint32_t actor, const char *text, uint64_t number, uint64_t name);
struct op *world_invoke(const char *text, enum operation op, uint64_t name, const uint64_t w[4]);
#define INVOKE(text, op, name, ...) world_invoke(text, op, name, (const uint64_t[4]){__VA_ARGS__})
void world_do(enum operation op, uint64_t name, const uint64_t w[8]); /* now, by axiom */
#define DO_NOW(op, name, ...) world_do(op, name, (const uint64_t[8]){__VA_ARGS__})
void world_second_cpu(void); /* comes up */
void world_end(void);        /* the state from which the search begins */

/* --- canon.c ---- */
/* Two moments before canon_begin, and the newest thread's id then: what counts is found by them. */
void canon_mark(uint32_t id);
void canon_find(uint32_t id);
uint64_t canon_event(void); /* the number of the next event */
void canon_begin(void);
/* The state in canonical form: see the README for what it leaves out, and why it may. */
void canon(void);
/* `t` becomes current, by priority and a tick. False: it cannot. */
bool canon_run(struct thread *t);
uint64_t canon_time(void); /* the time of every canonical state */

/* --- classes.c: what a line is, by the objects of the first state ---- */
enum line_class { LINE_OTHER, LINE_EXECUTION, LINE_SLOT, LINE_SCHED, LINE_THREAD };
void classes_begin(void);
enum line_class line_class(const void *at);
bool line_keeps_authority(enum line_class class, const void *at, const void *is, const void *was);

/* --- footprint.c: what a process's step may change ---- */
void footprint_begin(void);
void footprint_parent(void);
/* May a step of this thread have changed this line, of 64 bytes? */
bool footprint_allows(uint32_t actor, const void *at, const void *is, const void *was);

/* --- lines.c: the memory that ever changes, in lines of 64 bytes ---- */
typedef unsigned __int128 key_t128;
void lines_begin(void); /* memory as it stands is the base */
void lines_end(void);   /* all memory is writable again */
uint32_t lines_count(void);
/* Lines that changed unnoticed since the base are tracked from now on; true: there were some, and
 * they read again as in the base. */
bool lines_grown(void);
void lines_parent(void);              /* memory as it stands is what lines_diff compares with */
key_t128 lines_diff(key_t128 parent); /* the key of the memory, of whose parent this is the key */
bool lines_authority_changed(void);   /* perhaps, by the last diff */
bool lines_within(uint32_t actor);    /* all of them within the footprint of this thread's step */
void lines_restore(void);             /* memory is the parent again, as far as the last diff saw */
bool lines_fault(void *at);           /* a write to `at` was refused: may it go on? */
/* Memory against the base: words; the buffer has room for lines_room(). */
uint64_t lines_encode(uint64_t *out);
uint64_t lines_room(void);
void lines_decode(const uint64_t *in);

/* --- store.c: states found ---- */
enum { NO_STATE = UINT32_MAX };
void store_begin(uint64_t limit);
void store_end(void);
/* False: known. Else it is state store_count() - 1. */
bool store_add(key_t128 key, uint32_t parent, uint32_t op);
void store_save(const uint64_t *words, uint64_t count); /* of the state added last */
void store_unwind(uint32_t count);                      /* forgets the newest */
uint32_t store_count(void);
void store_load(uint32_t state, uint64_t *out); /* in rising order only */
key_t128 store_key(uint32_t state);
uint32_t store_parent(uint32_t state);
uint32_t store_op(uint32_t state);

/* --- step.c: one operation, and what is checked of every step ---- */
struct brief {
    uint8_t state;
    bool is_fault, lends;
};
struct step {
    const struct op *op;
    struct thread *actor;
    uint32_t result; /* enum err, EVENT_BLOCKED */
    bool refused;    /* an error that changes nothing */
    uint64_t commits;
    struct brief before[THREADS_MAX];
};
void step_begin(void);
void step_watch(void); /* from now on a step that does not end is found out */
/* False: not possible here. `*broken`: what is wrong with it, NULL nothing. */
bool step_run(const struct op *op, struct step *s, const char **broken);
extern bool step_the_long_way;               /* the fast path is shut: kernel/fast.c */
void step_tick_instead(const struct op *op); /* its actor is given the processor, and that */
void step_brief(struct step *s);
uint64_t step_first_commit(void); /* of the last step */
uint64_t step_first_event(void);

/* --- folding.c: I12 for every step ---- */
void folding_begin(void);
const char *folding_step(void); /* the last step's commits; NULL: the fold is the walked state */
void folding_parent(void);
void folding_restore(void);
uint64_t folding_encode(uint64_t *out);
const uint64_t *folding_decode(const uint64_t *in);
uint64_t folding_room(void);

/* --- witness.c: situations that the search must meet ---- */
void witness_step(const struct step *s, uint32_t parent, uint32_t op);
void witness_config_end(const char *wanted); /* prints the sequence of `wanted` */
bool witness_known(const char *name);
bool witness_all_met(bool steps);

/* --- results.c ---- */
void results_step(const struct step *s);
void results_print(void);

/* --- search.c ---- */
struct search_result {
    uint64_t states, transitions, expanded;
    uint32_t depth;
    bool exhausted;
};
/* At most `limit` states; `wary`: looks for changed memory after each operation, not each state. */
struct search_result search(uint64_t limit, bool wary);
bool op_acts(const struct op *op); /* a thread does it */
void search_path(uint32_t state);  /* prints the operations that lead there */
