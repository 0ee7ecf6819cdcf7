/* test_invariants.c - every checker sees what it is for: each test breaks one fact by hand. */
#include <string.h>

#include "fold.h"
#include "invariants.h"
#include "irq.h"
#include "pair.h"
#include "unit.h"

/* The first broken invariant is `id`. Boots anew, so that the end of the test finds all well. */
static void sees(const char *id)
{
    const char *broken = invariants_broken();
    if (broken == NULL || strncmp(broken, id, strlen(id)) != 0 || broken[strlen(id)] != ':')
        fail_msg("%s not seen: %s", id, broken == NULL ? "nothing wrong" : broken);
    boot();
}

static uint64_t copied(uint64_t *copy)
{
    uint64_t ep = make(CAP_ENDPOINT, 0);
    *copy = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, *copy), ep, RIGHT_WRITE));
    return ep;
}

TEST(INVCAP0001, "links: a wrong previous, next, first or last one")
{
    uint64_t copy, ep = copied(&copy);
    ax_slot(copy)->prev = ax_slot(GS_LOG);
    sees("INV-CAP-1");
    ep = copied(&copy);
    ax_slot(copy)->next = ax_slot(GS_LOG);
    sees("INV-CAP-1");
    ep = copied(&copy);
    ax_slot(ep)->child = NULL;
    sees("INV-CAP-1");
    ep = copied(&copy);
    ax_slot(ep)->last = ax_slot(GS_LOG);
    sees("INV-CAP-1");
    ep = copied(&copy);
    ax_slot(copy)->child = ax_slot(copy)->last = ax_slot(ep); /* a circle */
    sees("INV-CAP-1");
    cap_root.child = NULL;
    sees("INV-THREAD-1"); /* a sound forest of nothing, but who runs is not in it */
}

TEST(INVCAP0002, "rights: more than the parent has, another badge, less bound")
{
    uint64_t copy;
    uint64_t ep = copied(&copy);
    ax_slot(ep)->rights = RIGHT_READ;
    sees("INV-CAP-2");
    ep = copied(&copy);
    ax_slot(ep)->badge = 5;
    sees("INV-CAP-2");
    ep = copied(&copy);
    ax_slot(ep)->flags |= CAP_FLAG_BOUND;
    sees("INV-CAP-2");
    ax_slot(GS_LOG)->rights = 8;
    sees("INV-CAP-2");
}

TEST(INVCAP0003, "depth: not below the parent")
{
    uint64_t copy, ep = copied(&copy);
    ax_slot(copy)->depth = ax_slot(ep)->depth;
    sees("INV-CAP-3");
}

TEST(INVCAP0004, "flags: unknown, or on a type that has no such")
{
    ax_slot(GS_LOG)->flags = 16;
    sees("INV-CAP-4");
    ax_slot(GS_LOG)->flags = SLOT_WAITED;
    sees("INV-CAP-4");
}

TEST(INVCAP0005, "containers: stray contents, a wrong index, something above the top")
{
    uint64_t empty = slot_new(1), ep = make(CAP_ENDPOINT, 0);
    ax_slot(empty)->badge = 1;
    sees("INV-CAP-5");
    ax_slot(empty)->type = CAP_ENDPOINT; /* in no tree */
    sees("INV-CAP-5");
    ep = make(CAP_ENDPOINT, 0);
    ax_slot(ep)->index++;
    sees("INV-CAP-5");
    ep = make(CAP_ENDPOINT, 0);
    axiom->cspace->top = (uint32_t)ep - 1;
    sees("INV-CAP-5");
    axiom->cspace->count--;
    sees("INV-CAP-5");
}

TEST(INVCAP0006, "relatives: two families with one object")
{
    uint64_t a = make(CAP_ENDPOINT, 0), b = make(CAP_ENDPOINT, 0), c = make(CAP_ENDPOINT, 0);
    ax_slot(c)->obj = ax_slot(a)->obj; /* `b` stands between them */
    (void)b;
    sees("INV-CAP-6");
}

TEST(INVCAP0007, "parents: a child of something else")
{
    uint64_t copy;
    copied(&copy);
    ax_slot(copy)->type = CAP_NOTIFICATION;
    sees("INV-CAP-7");
    uint64_t ut = memory_untyped(12), frame = make_from(ut, CAP_FRAME, PAGE_BITS);
    ax_slot(frame)->obj += PAGE_BYTES;
    sees("INV-CAP-7");
}

TEST(INVUNTYPED0001, "children: above the watermark, or a watermark without children")
{
    uint64_t ut = memory_untyped(13);
    make_from(ut, CAP_ENDPOINT, 0);
    ax_slot(ut)->badge = 32;
    sees("INV-UNTYPED-1");
    ut = memory_untyped(13);
    ax_slot(ut)->badge = ax_slot(ut)->extra = 4096;
    sees("INV-UNTYPED-1");
    ut = memory_untyped(13);
    uint64_t first = slot_new(2);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 2, first));
    ax_slot(first)->obj += 128; /* behind its younger sibling */
    ax_slot(ut)->badge += 128;
    sees("INV-UNTYPED-1");
}

TEST(INVUNTYPED0002, "memory: two owners")
{
    uint64_t free = ax_slot(GS_UNTYPED + 1)->obj;
    ax_slot(GS_FRAMES + 460)->obj = free;
    sees("INV-UNTYPED-2");
}

TEST(INVUNTYPED0003, "memory: not zero where it is said to be")
{
    uint64_t ut = memory_untyped(13);
    make_from(ut, CAP_ENDPOINT, 0);
    *((char *)object_at(ut) + 500) = 1;
    sees("INV-UNTYPED-3");
}

TEST(INVTHREAD0001, "threads: a state that is not that of the queue")
{
    struct pair p = pair_make();
    p.c->state = T_WAITING;
    sees("INV-THREAD-1");
    p = pair_make();
    p.c->state = T_INACTIVE;
    sees("INV-THREAD-1");
    p = pair_make();
    p.c->priority++;
    sees("INV-THREAD-1");
    p = pair_make();
    p.c->is_fault = true;
    sees("INV-THREAD-1");
    axiom->state = T_READY;
    sees("INV-THREAD-1");
}

TEST(INVTHREAD0002, "queues: a link, an end, a dead thread")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    p.o->q_prev = NULL;
    sees("INV-THREAD-2");
    p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    ((struct endpoint *)object_at(p.ep))->queue.tail = p.o;
    sees("INV-THREAD-2");
    p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    ((struct endpoint *)object_at(p.ep))->queue = (struct queue){NULL, NULL};
    sees("INV-THREAD-2");
}

TEST(INVEP0001, "endpoints: senders and receivers in one queue")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    p.o->state = T_RECEIVING;
    sees("INV-EP-1");
}

TEST(INVEP0002, "senders: a capability that is not marked, or dead, or another's")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    p.c->via->flags = 0;
    sees("INV-EP-2");
    p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    p.c->via = slot_at(p.client.cspace, S_FREE);
    sees("INV-EP-2");
    p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    p.c->via = slot_at(p.client.cspace, S_CAP);
    sees("INV-EP-2");
}

TEST(INVREPLY0001, "Replies: bound to nobody, or to one who does not wait")
{
    struct pair p = pair_make();
    pair_call(&p);
    p.c->reply->thread = p.o;
    sees("INV-REPLY-1");
    p = pair_make();
    pair_call(&p);
    p.c->reply->state = REPLY_FREE;
    sees("INV-REPLY-1");
    p = pair_make();
    pair_serve(&p, 0);
    p.s->reply = NULL;
    sees("INV-REPLY-1");
}

TEST(INVNTFN0001, "notifications: bits while somebody waits; a user that does not know")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    ((struct notification *)object_at(p.ntfn))->word = 1;
    sees("INV-NTFN-1");
    p = pair_make();
    ((struct notification *)object_at(p.ntfn))->user = p.c;
    sees("INV-NTFN-2");
    p = pair_make();
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHTS_ALL));
    ((struct notification *)object_at(p.ntfn))->user = NULL;
    sees("INV-NTFN-2");
}

TEST(INVSCHED0001, "contexts: a user that does not know; none where there is one")
{
    struct pair p = pair_make();
    ((struct sched *)object_at(p.client.sched))->user = p.o;
    sees("INV-SCHED-1");
    p = pair_make();
    ((struct sched *)object_at(p.client.sched))->user = NULL;
    sees("INV-SCHED-1");
}

TEST(INVSCHED0002, "lending: one side only, or deeper than is known")
{
    struct pair p = pair_make();
    pair_call(&p);
    p.s->lender = NULL;
    sees("INV-SCHED-2");
    p = pair_make();
    pair_call(&p);
    p.s->lend_depth = 0;
    sees("INV-SCHED-2");
    p = pair_make();
    p.c->lender = p.c; /* a circle */
    sees("INV-SCHED-2");
}

TEST(INVSCHED0003, "ready queues: a bit that is missing")
{
    struct pair p = pair_make();
    cpu()->ready_map[p.c->priority / 64] = 0;
    sees("INV-SCHED-3");
}

TEST(INVSCHED0004, "parked: out of order, or due")
{
    struct proc a = make_proc(5), b = make_proc(6);
    OKAY(OP(axiom, OP_SCHED_CONFIG, a.sched, 10000, 50000));
    OKAY(OP(axiom, OP_SCHED_CONFIG, b.sched, 10000, 90000));
    EXPECT_EQ(sys(axiom, SYS_WAIT, make(CAP_NOTIFICATION, 0), 0, 0), BLOCKED);
    step_tick(fake.timer);
    step_tick(fake.timer);
    EXPECT(cpu()->parked.head != cpu()->parked.tail);
    ((struct sched *)cap_object(thread_slot(a.thread, TS_SCHED)))->refill_at = now + 900000;
    sees("INV-SCHED-4");
}

TEST(INVSCHED0005, "who runs: one of lower priority, on another's context, or without time")
{
    struct pair p = pair_make();
    axiom->priority = 1;
    sees("INV-SCHED-5");
    p = pair_make();
    cpu()->sched = object_at(p.client.sched);
    sees("INV-SCHED-6");
    cpu()->sched->remaining = 0;
    sees("INV-SCHED-6");
    cpu()->timer++;
    sees("INV-SCHED-7");
    fake.timer--;
    sees("INV-SCHED-7");
}

static uint64_t mapped_frame(void)
{
    return GS_FRAMES + LOG_BYTES / PAGE_BYTES + 1; /* axiom's buffer page: READ and WRITE */
}

static uint64_t *entry_of(uint64_t frame)
{
    for (uint64_t t = GS_TABLES; ax_slot(t)->type == CAP_PTABLE; t++) {
        uint64_t *table = object_at(t);
        for (uint32_t i = 0; i < 512; i++) {
            if ((table[i] & PTE_ADDR_MASK) == ax_slot(frame)->obj) return &table[i];
        }
    }
    fail_msg("no entry");
    return NULL;
}

TEST(INVVSPACE0001, "mappings: a record without entry, an entry without record")
{
    *entry_of(mapped_frame()) = 0;
    sees("INV-VSPACE-1");
    ax_slot(mapped_frame())->badge += PAGE_BYTES * 300;
    sees("INV-VSPACE-1");
    uint64_t *e = entry_of(mapped_frame());
    e[300] = *e;
    sees("INV-VSPACE-2");
    ((uint64_t *)object_at(GS_ASPACE))[300] = 1; /* the kernel's half */
    sees("INV-VSPACE-2");
}

TEST(INVVSPACE0002, "mappings: writable and executable, or writable beyond the record")
{
    *entry_of(mapped_frame()) &= ~PTE_NX;
    sees("INV-VSPACE-3");
    ax_slot(mapped_frame())->badge &= ~(uint64_t)RIGHT_WRITE;
    sees("INV-VSPACE-3");
    ax_slot(mapped_frame())->child->rights &= ~RIGHT_WRITE; /* so that INV-CAP-2 holds */
    ax_slot(mapped_frame())->rights &= ~RIGHT_WRITE;
    sees("INV-VSPACE-3");
}

TEST(INVVSPACE0003, "mappings: an object of the kernel, or the log writable")
{
    EXPECT(inv_tables_private((struct view *)view_take()));
    uint64_t *e = entry_of(mapped_frame());
    uint64_t table = ax_slot(GS_TABLES)->obj;
    *e = table | (*e & ~PTE_ADDR_MASK);
    ax_slot(mapped_frame())->obj = table;
    EXPECT(!inv_tables_private((struct view *)view_take())); /* two owners are seen before it */
    boot();
    *entry_of(GS_FRAMES) |= PTE_WRITE;
    ax_slot(GS_FRAMES)->badge |= RIGHT_WRITE;
    ax_slot(GS_FRAMES)->rights |= RIGHT_WRITE;
    sees("INV-LOG-3");
}

TEST(INVLOG0001, "rings: tails beyond heads, a number missing, a time that runs back")
{
    struct log_header *h = (struct log_header *)log_header();
    h->commit_tail = h->commit_head + 1;
    sees("INV-LOG-1");
    h->event_tail = h->event_head + 1;
    sees("INV-LOG-1");
    ((struct commit *)last_commit())->seq++;
    sees("INV-LOG-2");
    ((struct commit *)last_commit())->time = now + 1;
    sees("INV-LOG-2");
    ((struct event *)last_event())->time = now + 1;
    sees("INV-LOG-2");
}

TEST(INVIRQ0001, "lines: bound to something dead, taken without a handler")
{
    irq_lines[3].taken = true;
    sees("INV-IRQ-1");
    irq_lines[LOG_LINE].notification = phys_to_ptr(PAGE_BYTES);
    sees("INV-IRQ-1");
}

TEST(INVFOLD0001, "the fold sees a change without a commit, and a commit without its change")
{
    struct pair p = pair_make();
    fold_begin();
    view_take();
    EXPECT(fold_agrees());
    p.c->priority++;
    EXPECT(!fold_agrees());
    p.c->priority--;
    EXPECT(fold_agrees());
    ax_slot(p.ep)->rights = RIGHT_READ;
    EXPECT(!fold_agrees());
    ax_slot(p.ep)->rights = RIGHTS_ALL;
    slot_at(p.client.cspace, S_FREE)->type = CAP_REVOKED;
    EXPECT(!fold_agrees());
    slot_at(p.client.cspace, S_FREE)->type = CAP_EMPTY;
    EXPECT(fold_agrees());
    uint64_t to = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, to), p.ep, RIGHTS_ALL));
    ((struct commit *)last_commit())->rights = RIGHT_READ;
    view_take();
    EXPECT(!fold_agrees());
}
