/* test_irq.c - interrupt lines and I/O ports. */
#include "irq.h"
#include "pair.h"
#include "unit.h"

static uint64_t line_make(uint32_t line)
{
    uint64_t slot = slot_new(1);
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, line, slot));
    return slot;
}

TEST(IRQ0001, "a bound line signals once, and stays masked until it is acknowledged")
{
    struct pair p = pair_make();
    uint64_t irq = line_make(4), badged = slot_new(1);
    EXPECT_EQ(last_commit()->op, COMMIT_COPY);
    EXPECT_EQ(last_commit()->src, ptr_to_phys(ax_slot(GS_IRQ_CONTROL)));
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), p.ntfn, RIGHTS_ALL, 0x20, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, badged));
    EXPECT_EQ(last_commit()->op, COMMIT_BIND);
    EXPECT_EQ(last_commit()->obj, ax_slot(badged)->obj);
    EXPECT_EQ(last_commit()->badge, 0x20);
    EXPECT(fake.masked[4]);
    OKAY(OP(axiom, OP_IRQ_ACK, irq, 0));
    EXPECT(!fake.masked[4]);
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    step_irq(4);
    EXPECT(fake.masked[4]);
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(p.s->regs.rdi, 0x20);
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
    EXPECT_EQ(last_event()->kind, EVENT_IRQ);
    EXPECT_EQ(last_event()->slot, 4);
}

TEST(IRQ0002, "no error of the line operations changes anything")
{
    uint64_t irq = line_make(4), ntfn = make(CAP_NOTIFICATION, 0), weak = slot_new(2);
    uint64_t to = slot_new(1), ep = make(CAP_ENDPOINT, 0);
    REFUSED(ERR_RANGE, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, IRQ_LINES, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, ~0ull, to));
    REFUSED(ERR_BUSY, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 4, to));
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 5, irq));
    REFUSED(ERR_RANGE, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 5, 4096));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 5, in(999, 1)));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_IRQ_GET, GS_PORT_CONTROL, 5, to));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_IRQ_BIND, irq, ep));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_IRQ_BIND, irq, to));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), ntfn, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_IRQ_BIND, irq, weak));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak + 1), irq, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_IRQ_BIND, weak + 1, ntfn));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_IRQ_ACK, weak + 1, 0));
    uint64_t control = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, control), GS_IRQ_CONTROL, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_IRQ_GET, control, 5, to));
}

TEST(IRQ0003, "a new handler goes into a CNode, never among a thread's slots")
{
    struct pair p = pair_make();
    for (uint32_t i = 1; i < TS_COUNT; i++) {
        REFUSED(ERR_CAP_TYPE, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 5, in(p.client.tcb, i)));
    }
}

TEST(IRQ0004, "a handler has no more rights than its control capability, and is no deeper than 255")
{
    uint64_t control = slot_new(1), irq = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, control), GS_IRQ_CONTROL, RIGHT_WRITE));
    OKAY(OP(axiom, OP_IRQ_GET, control, 6, irq));
    EXPECT_EQ(ax_slot(irq)->rights, RIGHT_WRITE);
    uint64_t chain = make(CAP_CNODE, 15), from = control, last = slot_new(1);
    check_each_step = false;
    for (uint32_t i = 1; ax_slot(control)->depth + i <= 255; i++) {
        OKAY(OP(axiom, OP_COPY, in(chain, i), from, RIGHTS_ALL));
        from = in(chain, i);
    }
    REFUSED(ERR_DEPTH, OP(axiom, OP_IRQ_GET, from, 7, last));
    check_each_step = true;
}

TEST(IRQ0005, "with its last handler a line is free again and says nothing")
{
    uint64_t irq = line_make(4), copy = slot_new(1), ntfn = make(CAP_NOTIFICATION, 0);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, copy), irq, RIGHTS_ALL));
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, slot_new(1)), ntfn, RIGHTS_ALL, 1, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, ntfn));
    OKAY(OP(axiom, OP_IRQ_ACK, irq, 0));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, irq), 0));
    EXPECT(irq_lines[4].notification != NULL);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, copy), 0));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(last_commit()->type, CAP_IRQ);
    EXPECT(fake.masked[4]);
    EXPECT(irq_lines[4].notification == NULL);
    step_irq(4); /* one that was on its way */
    EXPECT_EQ(((struct notification *)object_at(ntfn))->word, 0);
    line_make(4);
}

TEST(IRQ0006, "a notification that goes is forgotten by its lines")
{
    uint64_t irq = line_make(4), ntfn = make(CAP_NOTIFICATION, 0);
    OKAY(OP(axiom, OP_IRQ_BIND, irq, ntfn));
    OKAY(OP(axiom, OP_LOG_BIND, GS_LOG, ntfn));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, ntfn), 0));
    EXPECT(irq_lines[4].notification == NULL);
    EXPECT(irq_lines[4].taken);
    EXPECT(irq_lines[LOG_LINE].notification == NULL);
    step_irq(4);
}

TEST(IRQ0007, "an interrupt while nobody runs, and one while its thread waits at top priority")
{
    struct pair p = pair_make();
    uint64_t irq = line_make(9), badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), p.ntfn, RIGHTS_ALL, 1, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, badged));
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    OKAY(OP(axiom, OP_THREAD_STOP, p.other.tcb, 0));
    EXPECT_EQ(OP(axiom, OP_THREAD_STOP, GS_THREAD, 0), BLOCKED);
    EXPECT(cpu()->current == NULL);
    step_irq(9);
    EXPECT(cpu()->current == p.s);
    EXPECT_EQ(last_event()->thread, 0);
}

TEST(PORTS0001, "ports are read and written within their range")
{
    uint64_t ports = slot_new(1);
    OKAY(OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 0x3f8, 0x3ff, ports));
    EXPECT_EQ(ax_slot(ports)->obj, 0x3f8 | 0x3ff << 16);
    fake.port_answer = 0x1234;
    OKAY(OP(axiom, OP_PORT_IN, ports, 0x3fc, 4));
    EXPECT_EQ(axiom->regs.w[0], 0x1234);
    EXPECT_EQ(fake.port, 0x3fc);
    OKAY(OP(axiom, OP_PORT_OUT, ports, 0x3ff, 1, 0x41));
    EXPECT_EQ(fake.port_value, 0x41);
    EXPECT_EQ(fake.port_bytes, 1);
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, 0x3f7, 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, 0x400, 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, 0x3ff, 2));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_OUT, ports, 0x3fd, 4, 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, 0x3f8, 3));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, 0x3f8, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORT_IN, ports, ~0ull, 2));
    uint64_t weak = slot_new(2);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), ports, RIGHT_READ));
    OKAY(OP(axiom, OP_PORT_IN, weak, 0x3f8, 1));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_PORT_OUT, weak, 0x3f8, 1, 1));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak + 1), ports, RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_PORT_IN, weak + 1, 0x3f8, 1));
}

TEST(PORTS0002, "no error of ports get changes anything")
{
    struct pair p = pair_make();
    uint64_t to = slot_new(1), control = slot_new(1);
    REFUSED(ERR_RANGE, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 0, 0x10000, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 5, 4, to));
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 4, 5, GS_LOG));
    REFUSED(ERR_RANGE, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 4, 5, 0));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_PORTS_GET, GS_IRQ_CONTROL, 4, 5, to));
    REFUSED(ERR_CAP_TYPE,
            OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 4, 5, in(p.client.tcb, TS_SCHED)));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 4, 5, in(GS_LOG, 1)));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, control), GS_PORT_CONTROL, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_PORTS_GET, control, 4, 5, to));
    for (uint32_t i = 0; i < 20; i++) { /* more than one step of a revoke deletes */
        OKAY(OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, i, i, slot_new(1)));
    }
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, GS_PORT_CONTROL), 0), ERR_PARTIAL);
    REFUSED(ERR_BUSY, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 4, 5, to));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, GS_PORT_CONTROL)));
}

TEST(IRQ0010, "lines without a pin, raised by messages, are lines like the others")
{
    struct pair p = pair_make();
    uint64_t last = line_make(IRQ_LINES - 1), badged = slot_new(1);
    line_make(IRQ_PINS);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), p.ntfn, RIGHTS_ALL, 0x40, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, last, badged));
    OKAY(OP(axiom, OP_IRQ_ACK, last, 0));
    EXPECT(!fake.masked[IRQ_LINES - 1]);
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    step_irq(IRQ_LINES - 1);
    EXPECT(fake.masked[IRQ_LINES - 1]);
    EXPECT_EQ(p.s->regs.rdi, 0x40);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, last), 0));
    EXPECT(irq_lines[IRQ_LINES - 1].notification == NULL && !irq_lines[IRQ_LINES - 1].taken);
}
