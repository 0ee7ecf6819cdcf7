/* storm_world.c - the worlds that the storm rages in. */
#include "storm.h"

#include "fold.h"
#include "sched.h"
#include "unit.h"
#include "view.h"

enum { ENDPOINTS = 3, NOTIFICATIONS = 3, KINDS = ENDPOINTS + NOTIFICATIONS + 1 /* a frame */ };

struct world the_world;
static struct proc procs[STORM_PROCS];
static uint64_t shared[KINDS]; /* slots of axiom's CNode, outside the window */

uint64_t window_slot(void)
{
    return the_world.window + any(WINDOW);
}

uint64_t window_pick(enum cap_type type)
{
    uint64_t start = any(WINDOW);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint64_t s = the_world.window + (start + i) % WINDOW;
        if (ax_slot(s)->type == type) return s;
    }
    return the_world.window + start;
}

static bool is_runnable(const struct thread *t)
{
    return t->state == T_READY || t->state == T_RUNNING;
}

int storm_ax(enum operation op, uint64_t name, const uint64_t w[8])
{
    if (!is_runnable(axiom)) return ERR_BUSY;
    if (!run_try(axiom)) {
        core_tick(++now);
        return ERR_BUSY;
    }
    axiom->regs.rax = SYS_INVOKE;
    axiom->regs.rdi = name;
    axiom->regs.rsi = msg_info(op, 0, 0, 0);
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        axiom->regs.w[i] = w[i];
    }
    fake_syscall(now += STEP_TICKS);
    return (int)axiom->regs.rax;
}

/* One more capability in a slot of the process that is empty; a Reply is made for it. */
static void refill(const struct proc *p)
{
    uint64_t to = in(p->cnode, P_FIRST + any(P_FREE - P_FIRST)), kind = any(KINDS + 2);
    uint64_t rights = one_in(4) ? any(8) : RIGHTS_ALL;
    if (kind < KINDS) {
        bool badged = kind < KINDS - 1 && one_in(2);
        AX(OP_MINT, to, shared[kind], rights, badged ? 1 + any(3) : 0,
           one_in(12) ? CAP_FLAG_BOUND : 0);
    } else if (AX(OP_RETYPE, the_world.replies, CAP_REPLY, 0, 1, the_world.window + WINDOW) == OK) {
        AX(OP_MOVE, to, the_world.window + WINDOW);
        AX(OP_DELETE, in(GS_CNODE, the_world.window + WINDOW), 0); /* if the place was taken */
    }
}

/* Rings that are nearly full, and a reader that is slow. */
static void fill_rings(void)
{
    const struct log_header *h = log_header();
    uint64_t room = 100 + any(2500), lone = make(CAP_ENDPOINT, 0);
    bool commits_too = one_in(2);
    while (commits_too && h->commit_tail + LOG_COMMITS - h->commit_head > room) {
        for (uint32_t i = 0; i < 50; i++) {
            AX(OP_REVOKE, in(GS_CNODE, lone), 0); /* one record each */
        }
    }
    if (one_in(3)) room = 10 + any(60); /* deep in what is kept for axiom and the machine */
    while (h->event_tail + LOG_EVENTS - h->event_head > room) {
        core_tick(++now);
    }
}

/* Most capabilities of the first state are pages of the rings; without them a step is checked in
 * half the time. */
static void drop_log_pages(void)
{
    for (uint64_t i = 1; i < LOG_BYTES / PAGE_BYTES; i++) {
        AX(OP_DELETE, in(GS_CNODE, GS_FRAMES + i), 0);
    }
}

/* Time enough, little, or next to none. */
static void set_budget(const struct proc *p, uint64_t wealth)
{
    uint64_t budget = BUDGET_TICKS_MIN + any(wealth == 2 ? 3000 : 100000);
    if (wealth != 0) AX(OP_SCHED_CONFIG, p->sched, budget, budget * (2 + any(8)));
}

/* So that frames can be mapped at the addresses that the storm uses. */
static void map_tables(const struct proc *p)
{
    for (uint32_t i = 0; i < 3; i++) {
        AX(OP_MAP, make(CAP_PTABLE, 0), p->aspace, STORM_VADDR);
    }
}

/* A chain of copies as long as one can be; its end is in the window. */
static void make_chain(void)
{
    enum { DEEP = 260 };
    uint64_t from = shared[0], to = slot_new(DEEP);
    for (uint32_t i = 0; i < DEEP; i++, from = to++) {
        if (AX(OP_COPY, in(GS_CNODE, to), from, RIGHTS_ALL) != OK) break;
    }
    AX(OP_COPY, in(GS_CNODE, window_pick(CAP_EMPTY)), from, RIGHTS_ALL);
}

/* Threads that only run, and have run: more of them are parked, and due at one time, than one step
 * wakes. */
static void make_crowd(void)
{
    enum { CROWD = 24, LONG = 1000000 };
    uint64_t space = make(CAP_ASPACE, 0), threads[CROWD];
    for (uint32_t i = 0; i < CROWD; i++) {
        struct proc p = {0};
        uint64_t sched = make(CAP_SCHED, 0);
        make_thread(&p, 255);
        threads[i] = p.tcb;
        AX(OP_SCHED_CONFIG, sched, BUDGET_TICKS_MIN, LONG);
        AX(OP_COPY, in(p.tcb, TS_ASPACE), space, RIGHTS_ALL);
        AX(OP_COPY, in(p.tcb, TS_SCHED), sched, RIGHTS_ALL);
    }
    for (uint32_t i = 0; i < CROWD; i++) {
        AX(OP_THREAD_START, threads[i], 0x1000, 0, 0, 0);
        core_tick(now += BUDGET_TICKS_MIN);
        AX(OP_THREAD_CONFIG, threads[i], 253, 0);
    }
}

static void make_process(struct proc *p, uint64_t fill, uint64_t wealth, bool poor)
{
    *p = make_proc((uint8_t)(252 + any(3)));
    set_budget(p, one_in(2) ? 0 : wealth);
    for (uint64_t n = 0; n < fill; n++) {
        refill(p);
    }
    if (one_in(2)) AX(OP_COPY, in(p->tcb, TS_FAULT), shared[any(ENDPOINTS)], RIGHTS_ALL);
    if (one_in(2)) /* unless it is another's */
        AX(OP_COPY, in(p->tcb, TS_NOTIFY), shared[ENDPOINTS + any(NOTIFICATIONS)], RIGHTS_ALL);
    if (poor) AX(OP_CREDIT, p->cnode, any(40));
    if (one_in(3)) map_tables(p);
    /* the storm's own capabilities to the process, in the window */
    const uint64_t own[] = {p->tcb, p->cnode, p->aspace, p->sched};
    for (uint32_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        AX(OP_COPY, in(GS_CNODE, window_pick(CAP_EMPTY)), own[i], RIGHTS_ALL);
    }
}

/* What is left of the boot image: memory that counts as a device's. */
static uint64_t device_untyped(void)
{
    for (uint32_t i = 0; i < boot_info->untyped_count; i++) {
        if (boot_info->untypeds[i].kind == UNTYPED_IMAGE) return GS_UNTYPED + i;
    }
    fail_msg("the boot image leaves nothing");
    return 0;
}

void storm_world(void)
{
    check_each_step = false;
    the_world = (struct world){.procs = 1 + (uint32_t)any(STORM_PROCS)};
    uint64_t fill = any(17), wealth = any(3);
    uint32_t bits = 13 + (uint32_t)any(4); /* of the memory that the storm makes things from */
    bool poor = one_in(6), rings_fill = one_in(8), development = one_in(8), deep = one_in(8),
         crowd = one_in(8);
    the_world.has_log_pages = one_in(8);
    the_world.window = slot_new(WINDOW + 1);
    the_world.replies = memory_untyped(16);
    for (uint32_t i = 0; i < KINDS; i++) {
        shared[i] = i < ENDPOINTS   ? make(CAP_ENDPOINT, 0)
                    : i < KINDS - 1 ? make(CAP_NOTIFICATION, 0)
                                    : make(CAP_FRAME, PAGE_BITS);
    }
    for (uint32_t i = 0; i < 3; i++) {
        AX(OP_MOVE, in(GS_CNODE, the_world.window + i), memory_untyped(bits));
    }
    AX(OP_MOVE, in(GS_CNODE, the_world.window + 3), device_untyped());
    AX(OP_COPY, in(GS_CNODE, the_world.window + 4), GS_FRAMES, RIGHTS_ALL); /* of the rings */
    for (uint32_t i = 0; i < the_world.procs; i++) {
        make_process(&procs[i], fill, wealth, poor);
    }
    if (deep) make_chain();
    if (crowd) make_crowd();
    if (!the_world.has_log_pages) drop_log_pages();
    ack_all();
    if (development) AX(OP_LOG_MODE, GS_LOG, 1);
    the_world.slow_reader = rings_fill;
    fold_follow(); /* before the ring goes round; what it may find is found again */
    if (rings_fill) fill_rings();
}

/* The same byte means the same process whatever else there is. */
struct thread *storm_choose(void)
{
    enum { CURRENT = 4, AXIOM = 6, OTHERS = 7, OF = 16 };
    const struct view *v = view_last();
    uint64_t who = any(OF), first = any(the_world.procs);
    struct thread *t = NULL;
    if (who < CURRENT) return cpu()->current;
    if (who < AXIOM) t = axiom;
    if (who >= AXIOM && who < OTHERS && v->thread_count > 0)
        t = v->threads[first % v->thread_count];
    for (uint32_t i = 0; i < the_world.procs && (t == NULL || !is_runnable(t)); i++) {
        t = procs[(first + i) % the_world.procs].thread;
    }
    if (!is_runnable(t)) t = axiom;
    return is_runnable(t) && run_try(t) ? t : NULL;
}

bool storm_rescue(void)
{
    const struct proc *p = &procs[any(the_world.procs)];
    uint32_t run = 0;
    for (uint32_t i = 0; i < the_world.procs; i++) {
        run += is_runnable(procs[i].thread);
    }
    if (is_runnable(p->thread) || run > 3) return false;
    for (uint32_t i = 0; i < 4; i++) {
        refill(p);
    }
    AX(OP_THREAD_STOP, p->tcb, 0);
    AX(OP_THREAD_START, p->tcb, 0x1000, 0, 0, 0);
    return true;
}
