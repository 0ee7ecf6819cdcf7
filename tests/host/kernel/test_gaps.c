/* test_gaps.c - what planted faults (tests/mutants) showed that nothing else looks at. */
#include <string.h>

#include "fold.h"
#include "pair.h"
#include "sched.h"
#include "unit.h"
#include "view.h"

#define VADDR 0x400000ull

/* A CNode of 4 KiB and, right behind it, a page that its holder writes. */
TEST(GAP0001, "the slot behind the last is none, whatever a page there looks like")
{
    struct pair p = pair_make();
    uint64_t ut = memory_untyped(13), cnode = make_from(ut, CAP_CNODE, 12);
    uint64_t page = make_from(ut, CAP_FRAME, PAGE_BITS);
    EXPECT_EQ(ax_slot(page)->obj, ax_slot(cnode)->obj + PAGE_BYTES);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_CSPACE), 0));
    OKAY(OP(axiom, OP_COPY, in(p.client.tcb, TS_CSPACE), cnode, RIGHTS_ALL));
    struct slot forged = *ax_slot(p.ntfn);
    forged.badge = 1;
    memcpy(object_at(page), &forged, sizeof(forged));
    REFUSED(ERR_CAP_EMPTY, sys(p.c, SYS_SIGNAL, PROC_SLOTS, 0, 0));
    EXPECT_EQ(((const struct notification *)object_at(p.ntfn))->word, 0);
}

TEST(GAP0002, "what ends within a CNode that ends is not marked, in slot or record")
{
    uint64_t ut = memory_untyped(13), cnode = make_from(ut, CAP_CNODE, 10);
    uint64_t ep = make(CAP_ENDPOINT, 0), before;
    OKAY(OP(axiom, OP_COPY, in(cnode, 3), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_MOVE, in(make(CAP_CNODE, 10), 1), cnode)); /* revoke marks that slot */
    before = commits();
    OKAY(OP(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    EXPECT_EQ(commit_at(before)->op, COMMIT_DELETE);
    EXPECT_EQ(commit_at(before)->type, CAP_ENDPOINT);
    EXPECT_EQ(commit_at(before)->flags, 0);
    EXPECT_EQ(commit_at(before + 1)->type, CAP_CNODE);
    EXPECT_EQ(commit_at(before + 1)->flags, DELETE_MARKS);
}

/* A page of the boot image in the client's slot S_FREE. */
static void give_device(const struct pair *p)
{
    uint64_t page = slot_new(1);
    OKAY(OP(axiom, OP_RETYPE, GS_UNTYPED, CAP_FRAME, PAGE_BITS, 1, page));
    give(&p->client, S_FREE, page, RIGHTS_ALL, 0);
    EXPECT_EQ(slot_at(p->client.cspace, S_FREE)->flags, CAP_FLAG_DEVICE);
}

TEST(GAP0003, "a copy of a device's page is one, also by a message")
{
    struct pair p = pair_make();
    give_device(&p);
    pair_serve(&p, 1);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->flags, CAP_FLAG_DEVICE);
}

static uint64_t space_with_tables(uint64_t vaddr, uint64_t *lowest)
{
    uint64_t space = make(CAP_ASPACE, 0);
    for (uint32_t i = 0; i < 3; i++) {
        *lowest = make(CAP_PTABLE, 0);
        OKAY(OP(axiom, OP_MAP, *lowest, space, vaddr));
    }
    return space;
}

TEST(GAP0004, "a mapped frame arrives unmapped")
{
    struct pair p = pair_make();
    uint64_t lowest, space = space_with_tables(VADDR, &lowest), frame = make(CAP_FRAME, PAGE_BITS);
    OKAY(OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ));
    OKAY(OP(axiom, OP_MOVE, in(p.client.cnode, S_FREE), frame));
    pair_serve(&p, 1);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->badge, 0);
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->extra, 0);
}

TEST(GAP0005, "a table is busy by its last entry; a second name of an address space never is")
{
    uint64_t last = VADDR + 511 * PAGE_BYTES, lowest, space = space_with_tables(last, &lowest);
    uint64_t frame = make(CAP_FRAME, PAGE_BITS), name = slot_new(1);
    OKAY(OP(axiom, OP_MAP, frame, space, last, RIGHT_READ));
    REFUSED(ERR_BUSY, OP(axiom, OP_UNMAP, lowest));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, name), space, RIGHTS_ALL));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, name), 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_DELETE, in(GS_CNODE, space), 0));
}

TEST(GAP0006, "a receive that answers PARTIAL leaves its Reply free meanwhile")
{
    enum { SENDERS = 12 };
    struct pair p = pair_make();
    for (uint32_t i = 0; i < SENDERS; i++) {
        struct proc sender = make_proc(5);
        give(&sender, S_EP, p.ep, RIGHT_WRITE | RIGHT_GRANT, 0);
        give(&sender, S_CAP, p.cap, RIGHTS_ALL, 0);
        put_cap(sender.thread, 0, S_CAP, RIGHTS_ALL, 0); /* for which there is no receive slot */
        EXPECT_EQ(sys_send(sender.thread, S_EP, msg_info(0, 0, 1, 0)), BLOCKED);
    }
    OKAY(sys_recv(p.s, S_EP, S_REPLY) == SYS_RECV ? OK : ERR_BUSY);
    EXPECT_EQ(last_event()->result, ERR_PARTIAL);
    const struct reply *r = cap_object(slot_at(p.server.cspace, S_REPLY));
    EXPECT_EQ(r->state, REPLY_FREE);
    EXPECT(p.s->reply == NULL);
}

TEST(GAP0007, "a table is mapped through a capability that writes the address space")
{
    uint64_t space = make(CAP_ASPACE, 0), weak = slot_new(1), table = make(CAP_PTABLE, 0);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), space, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_MAP, table, weak, VADDR));
}

TEST(GAP0008, "a line whose notification ends shows no badge")
{
    uint64_t irq = slot_new(1), ntfn = make(CAP_NOTIFICATION, 0);
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 4, irq));
    uint64_t badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), ntfn, RIGHTS_ALL, 5, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, badged));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, badged), 0));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, ntfn), 0));
    fold_begin();
    view_take();
    if (!fold_agrees()) fail_msg("%s", fold_message);
}

TEST(GAP0009, "the cursor begins again when told to; the last of siblings says so")
{
    struct walk_item *items = (void *)thread_buffer(axiom);
    OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 1));
    uint64_t first = items[0].slot;
    OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 1));
    EXPECT_EQ(items[0].slot, first);
    while (axiom->regs.w[2] == 0) {
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, 0));
    }
    EXPECT_EQ(items[axiom->regs.w[1] - 1].next & 1, 1);
}

TEST(GAP0010, "a machine whose pool is too small for genesis stops")
{
    struct boot_params p = make_machine();
    p.pool.size = LOG_BYTES;
    fake_reset();
    make_image(p.image.base, p.image.size / PAGE_BYTES);
    const char *refusal = NULL;
    CATCH_PANIC(refusal = core_boot(&p));
    EXPECT(fake.panic != NULL && refusal == NULL);
    boot();
}

/* The sixteenth slot of the first step is the thread's context, and the thread was ready. */
TEST(GAP0011, "a thread stops with the first of its slots that goes")
{
    enum { BEFORE = 15 };
    struct proc p = make_proc(5);
    uint64_t ut = memory_untyped(14), tcb = make_from(ut, CAP_THREAD, 0), s = slot_new(BEFORE);
    struct thread *t = object_at(tcb);
    OKAY(OP(axiom, OP_DELETE, in(p.tcb, TS_SCHED), 0));
    OKAY(OP(axiom, OP_COPY, in(tcb, TS_ASPACE), p.aspace, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(tcb, TS_SCHED), p.sched, RIGHTS_ALL));
    OKAY(OP(axiom, OP_THREAD_START, tcb, 0x1000, 0, 0, 0));
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, BEFORE, s));
    EXPECT_EQ(t->state, T_READY);
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ut)), ERR_PARTIAL);
    EXPECT_EQ(thread_slot(t, TS_SCHED)->type, CAP_EMPTY);
    EXPECT_EQ(thread_slot(t, TS_ASPACE)->type, CAP_ASPACE);
    EXPECT_EQ(t->state, T_INACTIVE);
}
