/* test_sched.c - priorities, budgets, round robin and lent contexts. */
#include "pair.h"
#include "sched.h"
#include "unit.h"

static const struct sched *context(const struct proc *p)
{
    return object_at(p->sched);
}

static void limit(const struct proc *p, uint64_t budget, uint64_t period)
{
    OKAY(OP(axiom, OP_SCHED_CONFIG, p->sched, budget, period));
}

/* Axiom leaves the CPU to the others. */
static void axiom_rests(void)
{
    uint64_t ntfn = make(CAP_NOTIFICATION, 0);
    EXPECT_EQ(sys(axiom, SYS_WAIT, ntfn, 0, 0), BLOCKED);
}

TEST(SCHED0001, "configuration: budgets too small, too large, and the record")
{
    struct proc p = make_proc(10);
    uint64_t s = p.sched, weak = slot_new(1);
    REFUSED(ERR_RANGE, OP(axiom, OP_SCHED_CONFIG, s, BUDGET_TICKS_MIN - 1, 1 << 20));
    REFUSED(ERR_RANGE, OP(axiom, OP_SCHED_CONFIG, s, 1 << 20, (1 << 20) - 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_SCHED_CONFIG, s, 1 << 20, PERIOD_TICKS_MAX + 1));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_SCHED_CONFIG, p.tcb, 1 << 20, 1 << 20));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), s, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_SCHED_CONFIG, weak, 1 << 20, 1 << 20));
    limit(&p, 20000, 30000);
    EXPECT_EQ(last_commit()->op, COMMIT_CONFIGURE);
    EXPECT_EQ(last_commit()->type, CAP_SCHED);
    EXPECT_EQ(last_commit()->arg0, 20000);
    EXPECT_EQ(last_commit()->arg1, 30000);
}

TEST(SCHED0002, "the highest priority runs; the others wait for it")
{
    struct proc low = make_proc(5), high = make_proc(6);
    axiom_rests();
    EXPECT(cpu()->current == high.thread);
    step_tick(now + 1000);
    EXPECT(cpu()->current == high.thread);
    EXPECT_EQ(sys(high.thread, SYS_YIELD, 0, 0, 0), OK);
    EXPECT(cpu()->current == high.thread);
    EXPECT_EQ(low.thread->state, T_READY);
}

TEST(SCHED0003, "within a priority yield goes round")
{
    struct proc a = make_proc(5), b = make_proc(5), c = make_proc(5);
    axiom_rests();
    struct thread *const order[] = {a.thread, b.thread, c.thread};
    for (uint32_t i = 0; i < 9; i++) {
        struct thread *t = cpu()->current;
        EXPECT(t == order[i % 3]);
        EXPECT_EQ(sys(t, SYS_YIELD, 0, 0, 0), OK);
        EXPECT_EQ(result_of(t), OK);
    }
}

TEST(SCHED0013, "who has a budget and yields is away until its next period, and owes nothing")
{
    struct proc p = make_proc(5), lower = make_proc(4);
    limit(&p, 10000, 50000);
    axiom_rests();
    EXPECT(cpu()->current == p.thread);
    uint64_t start = now;
    now += 3000;
    (void)sys(p.thread, SYS_YIELD, 0, 0, 0);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT(cpu()->current == lower.thread);
    step_tick(start + 49999);
    EXPECT_EQ(p.thread->state, T_PARKED);
    step_tick(start + 50000);
    EXPECT(cpu()->current == p.thread);
    EXPECT_EQ(fake.timer, start + 60000);
}

TEST(SCHED0014, "who owes and yields owes no less")
{
    struct proc p = make_proc(5);
    limit(&p, 10000, 50000);
    axiom_rests();
    uint64_t start = now;
    now += 12000;
    (void)sys(p.thread, SYS_YIELD, 0, 0, 0);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT_EQ(context(&p)->remaining, -2000 - STEP_TICKS);
    step_tick(start + 50000);
    EXPECT_EQ(context(&p)->remaining, 8000 - STEP_TICKS);
}

TEST(SCHED0015, "the yield of a server leaves its caller's budget alone")
{
    struct pair p = pair_make();
    limit(&p.client, 200000, 400000);
    pair_serve(&p, 0);
    axiom_rests();
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->sched == context(&p.client));
    OKAY(sys(p.s, SYS_YIELD, 0, 0, 0));
    EXPECT(cpu()->current == p.s);
    EXPECT(cpu()->sched == context(&p.client));
    EXPECT(context(&p.client)->remaining > 0);
}

TEST(SCHED0004, "a budget that ends parks its thread until the refill")
{
    struct proc p = make_proc(5);
    limit(&p, 10000, 50000);
    axiom_rests();
    EXPECT(cpu()->current == p.thread);
    uint64_t start = now;
    EXPECT_EQ(fake.timer, start + 10000);
    step_tick(start + 10000);
    EXPECT(cpu()->current == NULL);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT_EQ(fake.timer, start + 50000);
    step_tick(start + 30000); /* one that came early changes nothing */
    EXPECT_EQ(p.thread->state, T_PARKED);
    step_tick(start + 50000);
    EXPECT(cpu()->current == p.thread);
    EXPECT_EQ(context(&p)->remaining, 10000);
    EXPECT_EQ(context(&p)->consumed, 10000);
}

TEST(SCHED0005, "an overrun is a debt, paid from the next refill")
{
    struct proc p = make_proc(5);
    limit(&p, 10000, 50000);
    axiom_rests();
    uint64_t start = now;
    step_tick(start + 13000);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT_EQ(context(&p)->remaining, -3000);
    step_tick(start + 50000);
    EXPECT_EQ(context(&p)->remaining, 7000);
    step_tick(start + 57000);
    EXPECT_EQ(p.thread->state, T_PARKED);
}

TEST(SCHED0006, "budgets end in turn: equals share, nobody starves")
{
    struct proc a = make_proc(5), b = make_proc(5);
    limit(&a, 10000, 20000);
    limit(&b, 10000, 20000);
    axiom_rests();
    uint64_t start = now;
    for (uint64_t t = 1; t <= 100; t++) {
        step_tick(start + t * 10000);
    }
    EXPECT_EQ(context(&a)->consumed, 500000);
    EXPECT_EQ(context(&b)->consumed, 500000);
}

TEST(SCHED0007, "parked threads come back in the order of their refills")
{
    struct proc a = make_proc(7), b = make_proc(6), c = make_proc(5);
    limit(&a, 10000, 90000);
    limit(&b, 10000, 40000);
    limit(&c, 10000, 60000);
    axiom_rests();
    uint64_t start = now;
    for (uint64_t t = 1; t <= 3; t++) {
        step_tick(start + t * 10000);
    }
    EXPECT(cpu()->current == NULL);
    EXPECT_EQ(fake.timer, start + 50000); /* b began at 10000 */
    step_tick(start + 50000);
    EXPECT(cpu()->current == b.thread);
    step_tick(start + 60000);
    EXPECT(cpu()->current == NULL);
    step_tick(start + 80000);
    EXPECT(cpu()->current == c.thread);
    step_tick(start + 90000);
    EXPECT(cpu()->current == a.thread);
}

TEST(SCHED0008, "a thread whose context was never configured does not run, and costs no ticks")
{
    struct proc p = {0};
    make_thread(&p, 5);
    uint64_t sched = make(CAP_SCHED, 0);
    OKAY(OP(axiom, OP_COPY, in(p.tcb, TS_ASPACE), make(CAP_ASPACE, 0), RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(p.tcb, TS_SCHED), sched, RIGHTS_ALL));
    OKAY(OP(axiom, OP_THREAD_START, p.tcb, 0x1000, 0, 0, 0));
    axiom_rests();
    EXPECT_EQ(p.thread->state, T_INACTIVE);
    EXPECT_EQ(fake.timer, ~0ull);
}

TEST(SCHED0009, "time is conserved: what all contexts consumed is what passed while somebody ran")
{
    struct proc a = make_proc(5), b = make_proc(9);
    limit(&a, 20000, 40000);
    limit(&b, 10000, 40000);
    axiom_rests();
    uint64_t start = now, before = context(&a)->consumed + context(&b)->consumed, idle = 0;
    for (uint32_t i = 1; i < 500; i++) {
        bool idles = cpu()->current == NULL;
        uint64_t then = now;
        step_tick(now + 1 + i * 7919 % 9000);
        if (idles) idle += now - then;
    }
    EXPECT_EQ(context(&a)->consumed + context(&b)->consumed - before, now - start - idle);
    EXPECT(idle > 0);
}

TEST(LEND0001, "a call lends the caller's context; the answer gives it back")
{
    struct pair p = pair_make();
    limit(&p.client, 200000, 400000);
    pair_serve(&p, 0);
    axiom_rests();
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->current == p.s);
    EXPECT(cpu()->sched == context(&p.client));
    EXPECT(p.s->lender == p.c);
    step_tick(now + 1); /* up to here it has paid: the fast path leaves that to the next step */
    uint64_t spent = context(&p.client)->consumed, own = context(&p.server)->consumed;
    step_tick(now + 1000);
    EXPECT_EQ(context(&p.client)->consumed, spent + 1000);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT(p.s->lender == NULL);
    EXPECT_EQ(p.s->priority, 30);
    EXPECT(cpu()->sched == context(&p.server));
    step_tick(now + 1000);
    EXPECT_EQ(context(&p.server)->consumed, own + 1000);
}

TEST(LEND0002, "a lent context that is used up falls home: the server goes on at once on its own")
{
    struct pair p = pair_make();
    limit(&p.client, 10000, 1000000);
    pair_serve(&p, 0);
    axiom_rests();
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->sched == context(&p.client));
    step_tick(fake.timer + 500);
    EXPECT(cpu()->current == p.s);
    EXPECT(cpu()->sched == context(&p.server));
    EXPECT(p.c->borrower == NULL);
    EXPECT(context(&p.client)->remaining < 0);
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT_EQ(result_of(p.c), OK);
    step_tick(now + 10);
    EXPECT(p.c->state == T_PARKED || p.c->state == T_READY);
}

TEST(LEND0003,
     "a client killed in mid-call, with a second waiting: the server runs on and serves it")
{
    struct pair p = pair_make();
    pair_call(&p);
    EXPECT_EQ(sys_call(p.o, S_EP, 0), BLOCKED);
    EXPECT(p.s->lender == p.c);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.client.tcb)));
    EXPECT(p.s->lender == NULL);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.client.sched)));
    REFUSED(ERR_BUSY, sys_reply(p.s, S_REPLY, 0));
    OKAY(sys_reply_recv(p.s, S_EP, S_REPLY, 0));
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
    EXPECT(p.s->lender == p.o);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT_EQ(result_of(p.o), OK);
}

TEST(LEND0004, "a context deleted while it is lent falls home")
{
    struct pair p = pair_make();
    pair_call(&p);
    run_as(p.s);
    EXPECT(cpu()->sched == context(&p.client));
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_SCHED), 0));
    run_as(p.s);
    step_tick(now + 10);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT_EQ(result_of(p.c), OK);
}

TEST(LEND0005, "lending nests: the innermost server runs on the first caller's time")
{
    struct pair p = pair_make();
    struct proc third = make_proc(40);
    uint64_t deep = make(CAP_ENDPOINT, 0);
    give(&third, S_EP, deep, RIGHT_READ, 0);
    give_reply(&third, S_REPLY);
    give(&p.server, S_FREE, deep, RIGHT_WRITE, 0);
    EXPECT_EQ(sys_recv(third.thread, S_EP, S_REPLY), BLOCKED);
    pair_call(&p);
    EXPECT_EQ(sys_call(p.s, S_FREE, 0), BLOCKED);
    EXPECT_EQ(third.thread->lend_depth, 2);
    run_as(third.thread);
    EXPECT(cpu()->sched == context(&p.client));
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0)); /* the chain now begins at the server */
    run_as(third.thread);
    EXPECT(cpu()->sched == context(&p.server));
    OKAY(sys_reply(third.thread, S_REPLY, 0));
    EXPECT_EQ(result_of(p.s), OK);
}

TEST(LEND0006, "a chain of calls lends eight times, then each runs on its own")
{
    enum { CHAIN = 10 };
    struct proc c[CHAIN + 1];
    uint64_t ep[CHAIN];
    for (uint32_t i = 0; i <= CHAIN; i++) {
        c[i] = make_proc((uint8_t)(10 + i));
        if (i > 0) {
            ep[i - 1] = make(CAP_ENDPOINT, 0);
            give(&c[i], S_EP, ep[i - 1], RIGHT_READ, 0);
            give_reply(&c[i], S_REPLY);
            give(&c[i - 1], S_FREE, ep[i - 1], RIGHT_WRITE, 0);
            EXPECT_EQ(sys_recv(c[i].thread, S_EP, S_REPLY), BLOCKED);
        }
    }
    for (uint32_t i = 0; i < CHAIN; i++) {
        EXPECT_EQ(sys_call(c[i].thread, S_FREE, 0), BLOCKED);
    }
    EXPECT_EQ(c[LEND_DEPTH_MAX].thread->lend_depth, LEND_DEPTH_MAX);
    EXPECT(c[LEND_DEPTH_MAX].thread->borrower == NULL);
    EXPECT(c[CHAIN].thread->lender == c[CHAIN - 1].thread);
    for (uint32_t i = CHAIN; i > 0; i--) {
        OKAY(sys_reply(c[i].thread, S_REPLY, 0));
        EXPECT_EQ(result_of(c[i - 1].thread), OK);
    }
}

TEST(LEND0007, "a server that receives anew runs on its own time")
{
    struct pair p = pair_make();
    pair_call(&p);
    EXPECT(p.s->lender == p.c);
    EXPECT_EQ(sys_recv(p.s, S_EP, S_REPLY2), BLOCKED);
    EXPECT(p.s->lender == NULL);
    EXPECT(p.c->borrower == NULL);
}
