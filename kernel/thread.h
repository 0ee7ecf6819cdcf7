/*
 * thread.h - threads, what they wait for, and the per-CPU state.
 *
 * A thread is in exactly the queue its state says (INV-THREAD-1). `state` is written by
 * thread_move() alone.
 */
#pragma once
#include "abi/syscall.h"
#include "arch.h"
#include "cap.h"

/* READY: in a ready queue. RUNNING: cpu()->current, in no queue. PARKED: in cpu()->parked, until
 * its context is refilled. STOPPED: its system call waits for room in the rings. SENDING and
 * RECEIVING: in an endpoint's queue. WAITING: in a notification's. AWAIT_REPLY: see `reply`. */
/* clang-format off */
enum thread_state { T_INACTIVE, T_READY, T_RUNNING, T_PARKED, T_STOPPED, T_SENDING, T_RECEIVING,
                    T_WAITING, T_AWAIT_REPLY };
/* clang-format on */

struct queue { /* of threads, linked by q_prev and q_next; FIFO */
    struct thread *head, *tail;
};

struct endpoint {
    struct queue queue; /* only senders or only receivers: INV-EP-1 */
};

struct notification {
    struct thread *user; /* whose TS_NOTIFY slot names this */
    struct queue queue;
    uint64_t word; /* 0 while threads wait */
};

enum reply_state { REPLY_FREE, REPLY_NAMED, REPLY_BOUND };
struct reply {
    struct thread *thread; /* NAMED: who receives with it; BOUND: who waits for the answer */
    uint64_t state;        /* enum reply_state */
};

struct sched {               /* scheduling context; one refill */
    struct thread *user;     /* whose TS_SCHED slot names this */
    uint64_t cpu;            /* index: where its user runs */
    uint64_t budget, period; /* ticks */
    int64_t remaining;       /* negative: debt, paid from the next refill */
    uint64_t refill_at;      /* 0: the present budget is untouched */
    uint64_t consumed;       /* in all */
};

struct thread {
    struct container head;
    struct slot config[TS_COUNT - 1]; /* enum thread_slot, from 1 */
    struct thread_regs regs;          /* of user mode; offsets are pinned in arch */

    uint32_t id;                                /* never used twice */
    uint8_t state, priority, flags, by_syscall; /* the last: rcx and r11 are dead. For arch */
    struct container *cspace;                   /* that TS_CSPACE names, or an empty one */
    struct cpu *cpu, *goes; /* where it is ready, parked or running; where it is made ready */
    struct thread *q_prev, *q_next;
    struct queue *queue; /* the one it is in, or NULL */

    /* SENDING, RECEIVING, WAITING: through the capability `via`, which has SLOT_WAITED. With a
     * fault, and while it awaits the answer, the message is not in its registers but in `fault`. */
    struct slot *via;
    uint8_t is_call, is_fault, fault_kind;
    uint32_t lend_depth;
    /* `borrower` runs on the context this thread runs on. INV-SCHED-2: both or neither */
    struct thread *lender, *borrower;
    struct reply *reply; /* RECEIVING, a call's SENDING and AWAIT_REPLY: it named, or is bound to */
    struct msg_cap caps[MSG_CAPS_MAX + 1]; /* it sends, or operands, as it named them: for ARGS */
    uint64_t fault[MSG_REGISTERS];
    uint8_t fpu[512] __attribute__((aligned(16))); /* FXSAVE image, if THREAD_FPU */
};
_Static_assert(sizeof(struct thread) <= 1 << THREAD_BITS, "a thread fits its object");
enum { LEND_DEPTH_MAX = 8, GENESIS_THREAD = 1, SYSCALL_BYTES = 2 /* of the instruction */ };
#define RFLAGS_USER 0x202ull /* interrupts on; bit 1 is always set. SDM vol 1 3.4.3 */

struct cpu {
    struct arch_cpu arch;   /* first: assembly reaches it through gs */
    struct thread *actor;   /* who ran when this step began, */
    uint64_t acts;          /* and the id in its records */
    struct thread *current; /* T_RUNNING, or NULL when idle */
    uint64_t now, stamp;    /* of this step, read once on entry; the same in all records of calls */
    uint64_t calm;          /* before it, all that `sched` asks for is that it pays; 0: unknown */
    uint32_t top;           /* above the priority of all that are ready */
    struct sched *sched;    /* what `current` runs on, */
    uint64_t charged, timer, index; /* paid until then; arch_timer_set() was told; this CPU's */
    struct queue ready[256];
    uint64_t ready_map[4]; /* bit p: ready[p] is not empty */
    struct queue parked;   /* by refill time, soonest first */
};
enum { CPUS_MAX = 8 };
extern struct container no_cspace;
extern struct cpu cpus[CPUS_MAX]; /* one lock around every step guards them, and all else */
extern uint32_t cpu_last;         /* the highest index that has come up */

static inline struct slot *thread_slot(const struct thread *t, enum thread_slot which)
{
    return container_slot(&t->head, which);
}
static inline void *thread_object(const struct thread *t, enum thread_slot which, uint8_t type)
{
    const struct slot *s = thread_slot(t, which);
    return s->type == type ? cap_object(s) : NULL;
}
static inline struct ipc_buffer *thread_buffer(const struct thread *t)
{
    return thread_object(t, TS_BUFFER, CAP_FRAME);
}

void thread_init(struct thread *t);
/* The only writer of `state`. Leaves the old queue; the caller puts it into the new one. */
void thread_move(struct thread *t, enum thread_state to);
/* Ends whatever it waits for or lends, without an answer: to T_INACTIVE. */
void thread_stop(struct thread *t);

void queue_insert(struct queue *q, struct thread *t, struct thread *before); /* NULL: at the end */
void queue_remove(struct thread *t);
