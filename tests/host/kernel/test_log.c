/* test_log.c - the rings: who is stopped, what is dropped and counted, signals, the cursor. */
#include <string.h>

#include "commit.h"
#include "irq.h"
#include "pair.h"
#include "unit.h"
#include "view.h"

static uint64_t event_room(void)
{
    return LOG_EVENTS - (log_header()->event_head - log_header()->event_tail);
}

static uint64_t commit_room(void)
{
    return LOG_COMMITS - (log_header()->commit_head - log_header()->commit_tail);
}

/* Yields until `room` events are left; invariants are checked at the end. */
static void fill_events(struct thread *t, uint64_t room)
{
    check_each_step = false;
    while (event_room() > room && t->state != T_STOPPED) {
        sys(t, SYS_YIELD, 0, 0, 0);
    }
    check_each_step = true;
    check_all();
}

/* Revokes of a childless capability: one record each. */
static void fill_commits(uint64_t room)
{
    uint64_t ep = make(CAP_ENDPOINT, 0);
    check_each_step = false;
    while (commit_room() > room) {
        OKAY(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0));
        if (event_room() < 4096)
            OKAY(
                OP(axiom, OP_LOG_ACK, GS_LOG, log_header()->commit_tail, log_header()->event_head));
    }
    check_each_step = true;
    check_all();
}

TEST(LOG0001, "tails move by acknowledgement, never back and never beyond the heads")
{
    const struct log_header *h = log_header();
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), GS_LOG, RIGHT_READ));
    OKAY(OP(axiom, OP_LOG_ACK, GS_LOG, 10, 1));
    EXPECT_EQ(h->commit_tail, 10);
    EXPECT_EQ(h->event_tail, 1);
    EXPECT_EQ(axiom->regs.w[0], 0);
    REFUSED(ERR_RANGE, OP(axiom, OP_LOG_ACK, GS_LOG, 9, 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_LOG_ACK, GS_LOG, 10, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_LOG_ACK, GS_LOG, h->commit_head + 1, 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_LOG_ACK, GS_LOG, 10, h->event_head + 100));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_LOG_ACK, weak, 10, 1));
    ack_all();
    EXPECT_EQ(h->commit_tail, h->commit_head);
    EXPECT_EQ(h->event_tail + 2, h->event_head); /* itself an event, with its operands */
}

TEST(LOG0002, "a full event ring stops callers before decode; they run again unchanged")
{
    struct pair p = pair_make();
    fill_events(p.c, 0);
    EXPECT_EQ(p.c->state, T_STOPPED);
    EXPECT(event_room() >= EVENT_RESERVE - 2); /* ticks between the calls, and who stopped */
    uint64_t events;
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    OKAY(OP(axiom, OP_THREAD_START, p.client.tcb, 0x1000, 0, 0, 0));
    run_as(p.c);
    events = log_header()->event_head;
    p.c->regs.w[0] = 42;
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(1, 1, 0, 0)), BLOCKED);
    EXPECT_EQ(p.c->state, T_STOPPED);
    EXPECT_EQ(log_header()->event_head, events + 1); /* only a record that it stopped */
    EXPECT_EQ(last_event()->kind, EVENT_STOPPED);
    EXPECT_EQ(last_event()->thread, p.c->id);
    EXPECT_EQ(last_event()->time, now);
    EXPECT_EQ(p.c->regs.rip, 0x1000 - SYSCALL_BYTES);
    EXPECT_EQ(p.c->regs.rax, SYS_SEND);
    EXPECT_EQ(p.c->regs.w[0], 42);
    ack_all();
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(step_syscall(p.c), BLOCKED);
    EXPECT_EQ(p.c->state, T_SENDING);
}

TEST(LOG0003, "drain threads, interrupts and ticks go on in the reserve")
{
    struct pair p = pair_make();
    uint64_t irq = slot_new(1);
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 3, irq));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, p.ntfn));
    fill_events(p.c, 0);
    uint64_t dropped = log_header()->events_dropped;
    step_irq(3);
    EXPECT_EQ(last_event()->kind, EVENT_IRQ);
    step_tick(now + 1);
    EXPECT_EQ(last_event()->kind, EVENT_TICK);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, slot_new(1)), p.ep, RIGHTS_ALL));
    EXPECT_EQ(last_event()->kind, EVENT_SYSCALL);
    EXPECT_EQ(log_header()->events_dropped, dropped);
}

TEST(LOG0004, "an acknowledgement lets sixteen stopped threads go on, and says if more wait")
{
    enum { THREADS = 20 };
    struct proc t[THREADS];
    struct pair p = pair_make();
    for (uint32_t i = 0; i < THREADS; i++) {
        t[i] = make_proc(9);
    }
    fill_events(p.c, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        EXPECT_EQ(sys(t[i].thread, SYS_YIELD, 0, 0, 0), BLOCKED);
    }
    ack_all();
    EXPECT_EQ(axiom->regs.w[0], 1);
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(t[14].thread->state, T_READY);
    EXPECT_EQ(t[15].thread->state, T_STOPPED);
    OKAY(OP(axiom, OP_THREAD_STOP, t[15].tcb, 0)); /* a stopped one may be killed */
    ack_all();
    EXPECT_EQ(axiom->regs.w[0], 0);
    EXPECT_EQ(t[19].thread->state, T_READY);
}

TEST(LOG0005, "sigma 1: the ring drops, counts, and says how many at the first room")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_LOG_MODE, GS_LOG, 1));
    EXPECT_EQ(log_header()->sigma, 1);
    fill_events(p.c, EVENT_RESERVE + 1);
    uint64_t head = log_header()->event_head;
    check_each_step = false;
    for (uint32_t i = 0; i < 10; i++) {
        if (cpu()->current != p.c) run_as(p.c);
        head = log_header()->event_head;
        p.c->regs.rax = SYS_YIELD;
        fake_syscall(now += STEP_TICKS);
    }
    check_each_step = true;
    EXPECT_EQ(log_header()->event_head, head); /* the last one was dropped */
    uint64_t dropped = log_header()->events_dropped;
    EXPECT(dropped > 0);
    ack_all();
    bool gap = false;
    uint64_t counted = 0;
    for (uint64_t i = log_header()->event_tail - 40; i < log_header()->event_head; i++) {
        if (event_at(i)->kind != EVENT_GAP) continue;
        gap = true;
        counted += event_at(i)->arg;
    }
    EXPECT(gap);
    EXPECT_EQ(counted, log_header()->events_dropped);
    OKAY(OP(axiom, OP_LOG_MODE, GS_LOG, 0));
}

TEST(LOG0006, "every event has a number: those before it, and what gaps counted, but no ARGS")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_LOG_MODE, GS_LOG, 1));
    fill_events(p.c, EVENT_RESERVE + 1);
    check_each_step = false;
    for (uint32_t i = 0; i < 50; i++) {
        sys(p.c, SYS_YIELD, 0, 0, 0);
    }
    uint64_t head = log_header()->event_head;
    EXPECT(OP(p.c, OP_THREAD_READ, 1, 7, 7, 7) != OK); /* its ARGS are dropped with it */
    for (; head < log_header()->event_head; head++) {
        EXPECT(event_at(head)->kind != EVENT_ARGS && event_at(head)->kind != EVENT_SYSCALL);
    }
    check_each_step = true;
    ack_all();
    uint64_t ep = make(CAP_ENDPOINT, 0);
    uint64_t count = 0, kinds[EVENT_ARGS + 1] = {0};
    for (uint64_t i = 0; i < log_header()->event_head; i++) { /* nothing was overwritten yet */
        const struct event *e = event_at(i);
        kinds[e->kind]++;
        if (e->kind != EVENT_ARGS) count += e->kind == EVENT_GAP ? e->arg : 1;
    }
    EXPECT(ep != 0);
    EXPECT(kinds[EVENT_GAP] != 0 && kinds[EVENT_ARGS] != 0);
    EXPECT_EQ(last_commit()->cause, count - 1);
}

TEST(LOG0007, "the commit reserve is for drain threads; at its end they hear LOG_FULL and can "
              "still acknowledge")
{
    struct pair p = pair_make();
    fill_commits(COMMIT_RESERVE + COMMITS_PER_STEP - 1);
    EXPECT_EQ(sys(p.c, SYS_YIELD, 0, 0, 0), BLOCKED);
    EXPECT_EQ(p.c->state, T_STOPPED);
    fill_commits(COMMITS_PER_STEP - 1);
    uint64_t to = slot_new(1), ep = ax_slot(to - 1)->type == CAP_ENDPOINT ? to - 1 : p.ep;
    REFUSED(ERR_LOG_FULL, OP(axiom, OP_COPY, in(GS_CNODE, to), ep, RIGHTS_ALL));
    REFUSED(ERR_LOG_FULL, OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0));
    REFUSED(ERR_LOG_FULL, OP(axiom, OP_LOG_WALK, GS_LOG, 1));
    REFUSED(ERR_LOG_FULL, sys(axiom, SYS_DROP, 999, 0, 0));
    REFUSED(ERR_LOG_FULL, sys(axiom, SYS_NB_SEND, ep, 0, 0));
    OKAY(sys(axiom, SYS_YIELD, 0, 0, 0)); /* which makes no commits */
    EXPECT_EQ(p.c->state, T_STOPPED);
    ack_all();
    EXPECT_EQ(p.c->state, T_READY);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, to), ep, RIGHTS_ALL));
}

TEST(LOG0008,
     "a bound notification hears once, when a ring is half full, until the next acknowledgement")
{
    struct pair p = pair_make();
    uint64_t badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), p.ntfn, RIGHTS_ALL, 8, 0));
    OKAY(OP(axiom, OP_LOG_BIND, GS_LOG, badged));
    EXPECT_EQ(last_commit()->op, COMMIT_BIND);
    EXPECT_EQ(last_commit()->type, CAP_LOG);
    const struct notification *n = object_at(p.ntfn);
    fill_events(p.c, LOG_EVENTS / 2 + 4);
    EXPECT_EQ(n->word, 0);
    fill_events(p.c, LOG_EVENTS / 2 - 4);
    EXPECT_EQ(n->word, 8);
    OKAY(sys(p.s, SYS_POLL, S_NTFN, 0, 0));
    fill_events(p.c, LOG_EVENTS / 2 - 100);
    EXPECT_EQ(n->word, 0);
    ack_all();
    fill_events(p.c, LOG_EVENTS / 2 - 4);
    EXPECT_EQ(n->word, 8);
    ack_all();
    OKAY(sys(p.s, SYS_POLL, S_NTFN, 0, 0));
    fill_commits(LOG_COMMITS / 2 - 1);
    EXPECT_EQ(n->word, 8);
}

TEST(LOG0009, "no error of the log operations changes anything")
{
    struct pair p = pair_make();
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), GS_LOG, RIGHT_READ));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_LOG_BIND, GS_LOG, p.ep));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_LOG_BIND, GS_LOG, 999));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_LOG_BIND, weak, p.ntfn));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_LOG_MODE, weak, 1));
    uint64_t reader = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, reader), p.ntfn, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_LOG_BIND, GS_LOG, reader));
    uint64_t writer = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, writer), GS_LOG, RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_LOG_WALK, writer, 1));
    give(&p.client, S_FREE, GS_LOG, RIGHT_READ, 0);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    REFUSED(ERR_MESSAGE, OP(p.c, OP_LOG_WALK, S_FREE, 1));
}

/* One whole walk; returns how many items it had. */
static uint32_t walk_all(struct walk_item *out, uint32_t max)
{
    uint32_t n = 0;
    for (uint64_t first = 1;; first = 0) {
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, first));
        EXPECT_EQ(axiom->regs.w[0], commits());
        EXPECT(axiom->regs.w[1] <= WALK_ITEMS_MAX && n + axiom->regs.w[1] <= max);
        memcpy(out + n, thread_buffer(axiom), axiom->regs.w[1] * sizeof(*out));
        n += (uint32_t)axiom->regs.w[1];
        if (axiom->regs.w[2] != 0) return n;
    }
}

TEST(WALK0001, "the cursor shows every slot once, in preorder, as it stands")
{
    static struct walk_item items[4096];
    struct pair p = pair_make();
    uint32_t n = walk_all(items, 4096);
    const struct view *v = view_take();
    EXPECT_EQ(n, v->slot_count);
    for (uint32_t i = 0; i < n; i++) {
        const struct slot *s = v->slots[i].slot;
        EXPECT_EQ(items[i].slot, ptr_to_phys(s));
        EXPECT_EQ(items[i].type, s->type);
        EXPECT_EQ(items[i].rights, s->rights);
        EXPECT_EQ(items[i].depth, s->depth);
        EXPECT_EQ(items[i].obj, s->obj);
        EXPECT_EQ(items[i].child, s->child == NULL ? 0 : ptr_to_phys(s->child));
        if (s->type == CAP_THREAD && s->obj == ptr_to_phys(p.c)) EXPECT_EQ(items[i].badge, 20 << 8);
        if (s->type == CAP_SCHED && s->obj == ax_slot(p.client.sched)->obj)
            EXPECT_EQ(items[i].extra, TEST_BUDGET);
    }
}

TEST(WALK0002, "a slot that goes between two answers is skipped; one that moves is shown once")
{
    static struct walk_item items[WALK_ITEMS_MAX];
    uint64_t ep = make(CAP_ENDPOINT, 0), s = slot_new(80), to = slot_new(1);
    for (uint32_t i = 0; i < 80; i++) {
        OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s + i), ep, RIGHTS_ALL));
    }
    for (uint64_t first = 1;; first = 0) { /* until an answer ends within the copies */
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, first));
        EXPECT_EQ(axiom->regs.w[2], 0);
        memcpy(items, thread_buffer(axiom), sizeof(items));
        const struct walk_item *last = &items[WALK_ITEMS_MAX - 1];
        if (last->obj == ax_slot(ep)->obj && last->type == CAP_ENDPOINT) break;
    }
    const struct slot *last = phys_to_ptr(items[WALK_ITEMS_MAX - 1].slot);
    struct slot *next = last == ax_slot(ep) ? last->child : last->next;
    EXPECT(next->type == CAP_ENDPOINT && next->next->type == CAP_ENDPOINT);
    uint64_t after = ptr_to_phys(next->next);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, next->index), 0));
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, to), ((struct slot *)phys_to_ptr(after))->index));
    OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 0));
    EXPECT_EQ(((const struct walk_item *)thread_buffer(axiom))->slot, ptr_to_phys(ax_slot(to)));
}

TEST(WALK0003, "a cursor whose rest is revoked ends")
{
    uint64_t ut = memory_untyped(16), s = slot_new(64);
    EXPECT_EQ(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 64, s), ERR_PARTIAL); /* it cleared */
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 64, s));
    OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 1));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    uint32_t answers = 0;
    do {
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 0));
        answers++;
    } while (axiom->regs.w[2] == 0);
    EXPECT(answers < 20);
    OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 0)); /* over */
    EXPECT_EQ(axiom->regs.w[1], 0);
    EXPECT_EQ(axiom->regs.w[2], 1);
}

TEST(LOG0024, "a call may need five records: with room for four above the reserve it has to wait")
{
    struct pair p = pair_make();
    fill_events(p.c, 0); /* until it is stopped */
    EXPECT_EQ(p.c->state, T_STOPPED);
    EXPECT(event_room() >= EVENT_RESERVE + 2); /* what stopped it, and the ticks, took the rest */
}
