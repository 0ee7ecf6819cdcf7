/* test_event.c - what the event ring says: all that decides a step, and nothing of what is said. */
#include <string.h>

#include "commit.h"
#include "pair.h"
#include "unit.h"

TEST(EVENT0001, "an event tells who, what, by which capability, and the message's shape")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(77, 300, 0, 0)));
    const struct event *e = last_event();
    EXPECT_EQ(e->kind, EVENT_SYSCALL);
    EXPECT_EQ(e->thread, p.c->id);
    EXPECT_EQ(e->op, SYS_SEND - SYS_BASE);
    EXPECT_EQ(e->slot, S_EP);
    EXPECT_EQ(e->info, msg_info(77, 300, 0, 0));
    EXPECT_EQ(e->result, OK);
    EXPECT_EQ(e->time, now);
    OP(axiom, OP_COPY, in(GS_CNODE, 4095), p.ep, RIGHTS_ALL);
    e = last_event();
    EXPECT_EQ(e->op, SYS_INVOKE - SYS_BASE);
    EXPECT_EQ(msg_label(e->info), OP_COPY);
    EXPECT_EQ(e->slot, 4095);
    EXPECT_EQ(e->arg, GS_CNODE);
    sys(p.c, SYS_BASE + 1000, 0, 0, 0);
    EXPECT_EQ(last_event()->op, 255);
    EXPECT_EQ(last_event()->result, ERR_SYSCALL);
}

TEST(EVENT0002, "the operands of an operation follow its event; zeros at the end are left out")
{
    uint64_t w[6], ut = memory_untyped(16), to = slot_new(4);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 4, to));
    EXPECT_EQ(last_event()->slot, ut);
    last_args(w, 6);
    EXPECT_EQ(w[0], CAP_ENDPOINT);
    EXPECT_EQ(w[1], 0);
    EXPECT_EQ(w[2], 4);
    EXPECT_EQ(w[3], to); /* as they were: results replace them */
    EXPECT_EQ(w[4], 0);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, to), 0, 0, 0, 0, 77, 88)); /* no operand of anything */
    EXPECT(last_event() == event_at(log_header()->event_head - 1));
    uint64_t ports = slot_new(1);
    OKAY(OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 0x3f8, 0x3ff, ports));
    OKAY(OP(axiom, OP_PORT_OUT, ports, 0x3f8, 1, 'x'));
    last_args(w, 6);
    EXPECT_EQ(w[0], 0x3f8);
    EXPECT_EQ(w[1], 1);
    EXPECT_EQ(w[2], 0); /* the value is said to the device, not to the log */
}

TEST(EVENT0003, "capabilities of a message are read once, at the send, and stand in its ARGS")
{
    uint64_t w[12];
    struct pair p = pair_make();
    put_cap(p.c, 0, S_CAP, RIGHT_WRITE, 5);
    put_cap(p.c, 1, S_CAP, RIGHT_WRITE | RIGHT_GRANT, 6);
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(0, 3, 2, 1)), BLOCKED);
    EXPECT_EQ(last_event()->info, msg_info(0, 3, 2, 1));
    last_args(w, 12); /* four words */
    EXPECT_EQ(w[0], S_CAP | (uint64_t)RIGHT_WRITE << 32);
    EXPECT_EQ(w[1], 5);
    EXPECT_EQ(w[2], S_CAP | (uint64_t)(RIGHT_WRITE | RIGHT_GRANT) << 32);
    EXPECT_EQ(w[3], 6);
    put_cap(p.c, 0, S_NTFN, RIGHTS_ALL, 0); /* too late */
    put_cap(p.c, 1, 0, 0, 0);
    OKAY(sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 2), receive_slots(0, S_FREE)));
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->type, CAP_ENDPOINT);
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->badge, 5);
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE + 1)->badge, 6);
    for (uint32_t i = 0; i < 4; i++) {
        put_cap(p.c, i, S_CAP, RIGHT_WRITE, i + 1);
    }
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(0, 0, 4, 0)), BLOCKED);
    last_args(w, 12);
    EXPECT_EQ(w[7], 4);
    EXPECT_EQ(w[8], 0);
    EXPECT_EQ(sys_send(p.o, S_EP, msg_info(0, 0, 5, 0)), ERR_MESSAGE); /* more than there can be */
    last_args(w, 12);
    EXPECT_EQ(w[0], 0);
}

TEST(EVENT0004, "rbx, and names of two parts where only one can be")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_recv(p.s, S_EP, receive_slots(S_REPLY, 40)), BLOCKED);
    EXPECT_EQ(last_event()->arg, receive_slots(S_REPLY, 40));
    EXPECT_EQ(sys(p.c, SYS_SIGNAL, in(1, S_NTFN), 0, 0), ERR_CAP_EMPTY);
    EXPECT_EQ(last_event()->slot, ~0u);
    EXPECT_EQ(sys(p.c, SYS_SIGNAL, ~0u, 0, 0), ERR_CAP_EMPTY); /* which gives the same */
    EXPECT_EQ(last_event()->arg, 0);
}

TEST(EVENT0005, "the first event says what the machine was: kernel, pool, image, memory")
{
    struct boot_params p = make_machine();
    uint64_t w[12];
    last_args(w, 12);
    EXPECT_EQ(event_at(0)->kind, EVENT_BOOT);
    EXPECT_EQ(event_at(0)->time, p.info.entry_ticks);
    EXPECT_EQ(memcmp(w, &p, sizeof(uint64_t) * 10), 0);
    EXPECT_EQ(w[0], p.kernel.base);
    EXPECT_EQ(w[9], p.memory[1].size);
    EXPECT_EQ(w[10], 0);
}

TEST(EVENT0006,
     "no step writes more events than it is admitted for: a gap, itself, four capabilities")
{
    struct pair p = pair_make();
    struct log_header *h = (struct log_header *)log_header();
    OKAY(OP(axiom, OP_LOG_MODE, GS_LOG, 1));
    for (uint32_t i = 0; i < 4; i++) {
        put_cap(p.c, i, S_CAP, RIGHT_WRITE, i + 1);
    }
    OKAY(OP(axiom, OP_THREAD_CONFIG, p.client.tcb, 255, 0));
    while (h->events_dropped < 10) {
        p.c->regs.rax = SYS_POLL;
        fake_syscall(++now);
    }
    EXPECT(cpu()->current == p.c);
    uint64_t head = h->event_head;
    h->event_tail = head; /* by hand: an acknowledgement would be the event behind the gap */
    p.c->regs.rax = SYS_SEND;
    p.c->regs.rdi = S_EP;
    p.c->regs.rsi = msg_info(0, 0, 4, 0);
    fake_syscall(++now);
    EXPECT_EQ(h->event_head - head, EVENTS_PER_STEP);
    EXPECT_EQ(event_at(head)->kind, EVENT_GAP);
    EXPECT_EQ(event_at(head)->arg, 10);
    EXPECT(last_event() == event_at(head + 1));
    EXPECT_EQ(last_event()->result, EVENT_BLOCKED);
}
