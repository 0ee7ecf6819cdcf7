/* config_sched.c - the order in which the kernel lets threads run, and the rings running full. */
#include <string.h>

#include "commit.h"
#include "configs.h"
#include "fold.h"
#include "sched.h"
#include "unit.h"
#include "view.h"

enum { EP = 1, REPLY = 2, NTFN = 3, SCRATCH = 4, LINE = 7, QUANTUM = BUDGET_TICKS_MIN };

static uint64_t wake, irq; /* slots: what axiom waits for, the line that signals it */

/* Axiom comes first, when an interrupt wakes it; then the others, in the kernel's own order. */
static void in_order(const uint8_t priorities[THREADS_MAX])
{
    world.real_order = true;
    world.budget = QUANTUM;
    memcpy(world.priorities, priorities, sizeof(world.priorities));
    irq = world_slot();
    wake = world_make(CAP_NOTIFICATION, 0);
    uint64_t named = world_slot();
    DO_NOW(OP_MINT, in(world.cnode[0], named), wake, RIGHTS_ALL, 1);
    DO_NOW(OP_IRQ_GET, AX_IRQ_CONTROL, LINE, irq);
    DO_NOW(OP_IRQ_BIND, irq, named);
    DO_NOW(OP_IRQ_ACK, irq, 0);
    world_sys(0, "waits", SYS_WAIT, wake);
    world_op((struct op){.kind = KIND_IRQ, .name = LINE, .text = "interrupt for axiom"});
    world_op((struct op){.kind = KIND_TICK, .text = "the timer's tick"});
    INVOKE("acknowledges the interrupt", OP_IRQ_ACK, irq, 0);
}

static uint32_t serve(const char *name, uint64_t ep)
{
    uint32_t server = world_thread(name, 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY);
    world_sys(server, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(server, "answers and receives", SYS_REPLY_RECV, EP)->rbx = REPLY;
    world_sys(server, "yields", SYS_YIELD, 0);
    return server;
}

static uint32_t client_of(const char *name, uint64_t ep, uint64_t badge)
{
    uint32_t client = world_thread(name, 8, false);
    world_give(client, EP, ep, RIGHT_WRITE, badge);
    world_sys(client, "calls", SYS_CALL, EP);
    world_sys(client, "yields", SYS_YIELD, 0);
    return client;
}

/* One server, one client, and time in halves of a budget: debts, lent budgets that end. */
void config_budget(void)
{
    world_begin("budget");
    uint64_t ep = world_make(CAP_ENDPOINT, 0);
    uint32_t server = serve("server", ep), client = client_of("client", ep, 7);
    world_sys(client, "works half its budget, and calls", SYS_CALL, EP)->delay = QUANTUM / 2;
    struct op *late = world_sys(server, "works twice its budget, and answers", SYS_REPLY, 0);
    late->rbx = REPLY;
    late->delay = 2 * QUANTUM;
    world_op((struct op){.kind = KIND_LATER, .text = "an early tick", .delay = QUANTUM / 2});
    in_order((const uint8_t[THREADS_MAX]){200, 120, 110});
    INVOKE("stops the server", OP_THREAD_STOP, world.tcb[server], 0);
    INVOKE("starts the server", OP_THREAD_START, world.tcb[server], RIP_AFTER, 0, 0, 0);
    INVOKE("halves the client's budget", OP_SCHED_CONFIG, world.sched[client], QUANTUM,
           QUANTUM + QUANTUM / 2);
    INVOKE("takes the client's context", OP_DELETE, in(world.tcb[client], TS_SCHED), 0);
    INVOKE("gives the client its context", OP_COPY, in(world.tcb[client], TS_SCHED),
           world.sched[client], RIGHTS_ALL);
    INVOKE("starts the client", OP_THREAD_START, world.tcb[client], RIP_AFTER, 0, 0, 0);
    world_end();
}

/* A chain of servers and two clients of two priorities, in whole budgets. */
void config_order(void)
{
    world_begin("order");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), deep = world_make(CAP_ENDPOINT, 0);
    uint32_t server = serve("server", ep), last = serve("last", deep);
    uint32_t client = client_of("client", ep, 7), other = client_of("other", ep, 8);
    world_give(server, NTFN, deep, RIGHT_WRITE, 0);
    world_sys(server, "calls the last", SYS_CALL, NTFN);
    in_order((const uint8_t[THREADS_MAX]){200, 120, 110, 110, 110});
    INVOKE("lifts the other client", OP_THREAD_CONFIG, world.tcb[other], 130, 0);
    INVOKE("lowers the server", OP_THREAD_CONFIG, world.tcb[server], 100, 0);
    INVOKE("stops the last", OP_THREAD_STOP, world.tcb[last], 0);
    INVOKE("starts the last", OP_THREAD_START, world.tcb[last], RIP_AFTER, 0, 0, 0);
    INVOKE("deletes the client", OP_DELETE, in(world.cnode[0], world.tcb[client]), 0);
    world_end();
}

static void fold_so_far(void)
{
    view_take();
    if (!fold_agrees()) fail_msg("%s", fold_message);
}

/* Until the rings have no more room than this. */
static void fill(uint64_t commit_room, uint64_t event_room)
{
    const struct log_header *h = log_header();
    uint64_t from = in(world.cnode[0], AX_FIRST);
    check_each_step = false;
    for (uint32_t i = 1; LOG_COMMITS - (h->commit_head - h->commit_tail) > commit_room; i++) {
        uint64_t to = in(world.cnode[0], world_slot());
        DO_NOW(OP_COPY, to, from, RIGHTS_ALL);
        DO_NOW(OP_DELETE, to, 0);
        world_slot_back();
        if (i % 1000 == 0) fold_so_far();
    }
    fold_so_far();
    while (LOG_EVENTS - (h->event_head - h->event_tail) > event_room) {
        sys(axiom, SYS_POLL, 0, 0, 0);
    }
}

static void acknowledges(const char *text, uint64_t commit_room, uint64_t event_room)
{
    const struct log_header *h = log_header();
    INVOKE(text, OP_LOG_ACK, AX_LOG, h->commit_head - (LOG_COMMITS - commit_room),
           h->event_head - (LOG_EVENTS - event_room));
}

/* Two workers that are stopped, and axiom, which drains. */
void config_log(void)
{
    enum { COMMITS = COMMIT_RESERVE + COMMITS_PER_STEP, EVENTS = EVENT_RESERVE + EVENTS_PER_STEP };
    world_begin("log");
    uint64_t object = world_make(CAP_ENDPOINT, 0), ntfn = world_make(CAP_NOTIFICATION, 0);
    if (object != AX_FIRST) fail_msg("the first slot is %u", (unsigned)object);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t w = world_thread(i == 0 ? "worker" : "other", 8, false);
        world_give(w, EP, object, RIGHTS_ALL, 0);
        world_give(w, NTFN, ntfn, RIGHTS_ALL, 1 + i);
        world_sys(w, "signals", SYS_SIGNAL, NTFN);
        world_sys(w, "drops its endpoint", SYS_DROP, EP);
        world_sys(w, "yields", SYS_YIELD, 0);
        INVOKE(i == 0 ? "gives the worker an endpoint" : "gives the other an endpoint", OP_COPY,
               in(world.cnode[w], EP), object, RIGHTS_ALL);
    }
    in_order((const uint8_t[THREADS_MAX]){200, 110, 110});
    uint64_t scratch = in(world.cnode[0], world_slot());
    INVOKE("copies", OP_COPY, scratch, object, RIGHTS_ALL);
    INVOKE("deletes the copy", OP_DELETE, scratch, 0);
    DO_NOW(OP_LOG_BIND, AX_LOG, wake + 1); /* the slot behind: the same, with a badge */
    world.real_rings = true;
    world.event_fill_max = LOG_EVENTS - EVENTS + 8;
    fill(COMMITS_PER_STEP + 3 + 2 * world.thread_count, EVENTS - 2); /* world_end needs two each */
    world_end();
    acknowledges("acknowledges commits, but for the reserve", COMMITS, EVENTS - 8);
    acknowledges("acknowledges commits, to one above", COMMITS + 1, EVENTS - 8);
    acknowledges("acknowledges events, but for the reserve", COMMITS_PER_STEP, EVENTS);
    acknowledges("acknowledges both, to two above", COMMITS + 2, EVENTS + 2);
    INVOKE("acknowledges everything, and more", OP_LOG_ACK, AX_LOG, ~0ull, ~0ull);
    INVOKE("lets events be dropped", OP_LOG_MODE, AX_LOG, 1);
    INVOKE("lets no event be dropped", OP_LOG_MODE, AX_LOG, 0);
}
