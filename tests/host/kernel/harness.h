/*
 * harness.h - boots the real core over the fake machine and drives its threads.
 *
 * A thread makes a system call by writing its registers and calling fake_syscall() while it is
 * current; `run_as` first makes it current, by priority and a tick, the way the kernel itself
 * chooses. Time is explicit: each step is STEP_TICKS after the last. All invariants are checked
 * after every step.
 */
#pragma once
#include "abi/boot.h"
#include "abi/log.h"
#include "abi/syscall.h"
#include "core.h"
#include "fake/fake.h"
#include "thread.h"

enum { STEP_TICKS = 10, BLOCKED = 1000 /* result of a call after which its thread waits */ };
enum { PROC_CNODE_BITS = 12, PROC_SLOTS = 64, PROC_FIRST_FREE = 8 };
#define TEST_BUDGET 100000000ull

extern uint64_t now;         /* time of the last step */
extern struct thread *axiom; /* the first thread; holds everything */
extern struct boot_info *boot_info;
extern bool check_each_step; /* invariants after each; true unless a test says otherwise */

/* A made-up boot image and machine; `boot` fails the test if the core refuses. */
struct boot_params make_machine(void);
struct image_header *make_image(uint64_t base, uint64_t pages);
void seal_image(struct image_header *h);
void boot(void);

/* --- steps ---- */
bool run_try(struct thread *t);     /* false: it has no time left */
void run_as(struct thread *t);      /* t is runnable, and has time */
int step_syscall(struct thread *t); /* its registers are set */
void step_tick(uint64_t at);
void step_irq(uint32_t line);
void step_fault(struct thread *t, enum fault_kind kind, uint64_t address);
void check_all(void); /* fails the test with the invariant's name */

/* --- system calls of thread t: enum err, or BLOCKED ---- */
int sys(struct thread *t, uint64_t number, uint64_t name, uint64_t info, uint64_t rbx);
int op_words(struct thread *t, enum operation op, uint64_t name, const uint64_t w[8]);
#define OP(t, op, name, ...) op_words(t, op, name, (const uint64_t[8]){__VA_ARGS__})
int op_all(struct thread *t, enum operation op, uint64_t name); /* again while ERR_PARTIAL */
static inline int result_of(const struct thread *t)
{
    return (int)t->regs.rax;
}
static inline uint64_t in(uint64_t container, uint64_t index)
{
    return container << 32 | index;
}
static inline uint64_t receive_slots(uint64_t reply, uint64_t first)
{
    return first << 32 | reply;
}
int sys_call(struct thread *t, uint64_t ep, uint64_t info);
int sys_send(struct thread *t, uint64_t ep, uint64_t info);
int sys_recv(struct thread *t, uint64_t ep, uint64_t reply);
int sys_reply(struct thread *t, uint64_t reply, uint64_t info);
int sys_reply_recv(struct thread *t, uint64_t ep, uint64_t reply, uint64_t info);
int sys_drop(struct thread *t, uint64_t name);

/* --- axiom makes things; results are slots of its CNode ---- */
uint64_t slot_new(uint32_t count);      /* empty slots, never given out twice */
uint64_t memory_untyped(uint32_t bits); /* a fresh untyped of that size */
uint64_t make(enum cap_type type, uint32_t bits);
uint64_t make_from(uint64_t untyped, enum cap_type type, uint32_t bits);
struct slot *slot_at(const struct container *c, uint64_t index);
struct slot *ax_slot(uint64_t index); /* of axiom's CNode */
void *object_at(uint64_t index);      /* of the capability there */

struct proc { /* a process as the kernel sees one; all are slots of axiom's CNode */
    struct thread *thread;
    struct container *cspace;
    uint64_t cnode, aspace, tcb, sched, buffer;
    uint8_t priority;
};
struct proc make_proc(uint8_t priority); /* running, with all configured but fault and notify */
struct thread *make_thread(struct proc *p, uint8_t priority); /* bare: nothing configured */
/* Mints axiom's capability `from` into slot `to` of p's CNode. */
void give(const struct proc *p, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge);
void give_bound(const struct proc *p, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge);
uint64_t give_reply(const struct proc *p, uint64_t to); /* makes a Reply and moves it there */

/* --- what stands in the rings ---- */
const struct log_header *log_header(void);
const struct commit *commit_at(uint64_t seq);
const struct event *event_at(uint64_t position);
const struct commit *last_commit(void);
const struct event *last_event(void); /* its ARGS stand behind it: */
void last_args(uint64_t *out, uint64_t max);
uint64_t commits(void);
void ack_all(void); /* axiom acknowledges everything */
