/* test_smp.c - several CPUs: who runs where, and what one CPU's step means to another. */
#include <string.h>

#include "invariants.h"
#include "pair.h"
#include "sched.h"
#include "unit.h"

static struct sched *context(const struct proc *p)
{
    return object_at(p->sched);
}

static void on_cpu(uint32_t index)
{
    fake_cpu = &cpus[index];
}

/* The tick that another CPU asked for. */
static void take_poke(uint32_t index)
{
    EXPECT(fake.poked[index]);
    on_cpu(index);
    step_tick(now + STEP_TICKS);
    on_cpu(0);
}

static void cpu_up(uint32_t index)
{
    OKAY(OP(axiom, OP_CPU_START, GS_IRQ_CONTROL, index));
    on_cpu(index);
    step_tick(now + STEP_TICKS);
    EXPECT_EQ(cpu_last, index);
    EXPECT(cpu()->current == NULL);
    on_cpu(0);
}

static int move_to(const struct proc *p, uint64_t index)
{
    return OP(axiom, OP_SCHED_CONFIG, p->sched, TEST_BUDGET, TEST_BUDGET, index);
}

TEST(SMP0001, "a CPU that is not there gets nobody; the others get whom they are told to")
{
    struct proc p = make_proc(20);
    REFUSED(ERR_RANGE, move_to(&p, 1));
    for (uint32_t i = 1; i < CPUS_MAX; i++) {
        cpu_up(i);
        EXPECT_EQ(fake.cpu_id, i);
        OKAY(move_to(&p, i));
    }
    EXPECT_EQ(fake.cpu_starts, CPUS_MAX - 1);
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_CPU_START, GS_PORT_CONTROL, 1));
}

TEST(SMP0002, "a ready thread whose context is moved runs there, beside the others")
{
    struct proc p = make_proc(20);
    cpu_up(1);
    OKAY(move_to(&p, 1));
    EXPECT_EQ(last_commit()->op, COMMIT_CONFIGURE);
    EXPECT_EQ(last_commit()->arg1, TEST_BUDGET | 1ull << SCHED_CPU_SHIFT);
    EXPECT(cpus[0].current == axiom);
    take_poke(1);
    EXPECT(cpus[1].current == p.thread);
    EXPECT(cpus[0].current == axiom);
    uint64_t spent = context(&p)->consumed;
    on_cpu(1);
    step_tick(now + 1000);
    EXPECT_EQ(context(&p)->consumed, spent + 1000);
    EXPECT_EQ(last_event()->cpu, 1);
}

TEST(SMP0003,
     "a running thread is moved: it pays where it was, leaves by a tick, and goes on there")
{
    struct proc p = make_proc(20);
    cpu_up(1);
    cpu_up(2);
    OKAY(move_to(&p, 1));
    take_poke(1);
    uint64_t start = cpus[1].charged, spent = context(&p)->consumed;
    OKAY(move_to(&p, 2));
    EXPECT_EQ(context(&p)->consumed, spent + now - start);
    EXPECT(cpus[1].current == p.thread); /* until then it runs, without a context */
    take_poke(1);
    EXPECT(cpus[1].current == NULL);
    take_poke(2);
    EXPECT(cpus[2].current == p.thread);
}

TEST(SMP0012, "a thread that yields where its context was just taken goes on elsewhere")
{
    struct proc p = make_proc(20);
    cpu_up(1);
    cpu_up(2);
    OKAY(move_to(&p, 1));
    take_poke(1);
    OKAY(move_to(&p, 2));
    EXPECT(cpus[1].current == p.thread && cpus[1].sched == NULL);
    (void)sys(p.thread, SYS_YIELD, 0, 0, 0);
    on_cpu(0);
    EXPECT(cpus[1].current == NULL);
    take_poke(2);
    EXPECT(cpus[2].current == p.thread);
    EXPECT(context(&p)->remaining > 0);
}

TEST(SMP0004, "a thread is stopped, or destroyed, while another CPU runs it")
{
    struct proc p = make_proc(20), q = make_proc(20);
    cpu_up(1);
    OKAY(move_to(&p, 1));
    take_poke(1);
    uint64_t start = cpus[1].charged, spent = context(&p)->consumed;
    OKAY(OP(axiom, OP_THREAD_STOP, p.tcb, 0));
    EXPECT_EQ(fake.holds, 1);
    EXPECT_EQ(p.thread->state, T_INACTIVE);
    EXPECT(cpus[1].current == NULL);
    EXPECT_EQ(context(&p)->consumed, spent + now - start);
    take_poke(1);
    OKAY(move_to(&q, 1));
    take_poke(1);
    EXPECT(cpus[1].current == q.thread);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, q.tcb)));
    EXPECT_EQ(fake.holds, 2);
    take_poke(1);
    EXPECT(cpus[1].current == NULL);
}

TEST(SMP0010, "what a thread was about to do when another CPU stopped it is a tick")
{
    struct proc p = make_proc(20);
    cpu_up(1);
    OKAY(move_to(&p, 1));
    take_poke(1);
    OKAY(OP(axiom, OP_THREAD_STOP, p.tcb, 0));
    on_cpu(1);
    fake_syscall(now += STEP_TICKS);
    check_all();
    EXPECT_EQ(last_event()->kind, EVENT_TICK);
    core_fault(FAULT_MEMORY, 14, 0, 0, now += STEP_TICKS);
    check_all();
    EXPECT_EQ(last_event()->kind, EVENT_TICK);
    EXPECT_EQ(p.thread->state, T_INACTIVE);
    on_cpu(0);
}

TEST(SMP0005, "a call to a server on another CPU wakes it there, on the caller's context")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    cpu_up(1);
    OKAY(move_to(&p.server, 1));
    EXPECT(!fake.poked[1]); /* it waits, wherever it will run */
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    take_poke(1);
    EXPECT(cpus[1].current == p.s);
    EXPECT(cpus[1].sched == context(&p.client));
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT(cpus[1].sched == context(&p.server));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT(p.c->cpu == cpus);
    EXPECT(!fake.poked[0]); /* axiom runs there, above it */
}

TEST(SMP0006, "the caller is stopped, or its context goes, while a server elsewhere runs on that")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    cpu_up(1);
    OKAY(move_to(&p.server, 1));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    take_poke(1);
    uint64_t spent = context(&p.client)->consumed, start = cpus[1].charged;
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    EXPECT(cpus[1].sched == NULL);
    EXPECT_EQ(context(&p.client)->consumed, spent + now - start);
    take_poke(1);
    EXPECT(cpus[1].current == p.s);
    EXPECT(cpus[1].sched == context(&p.server));
    OKAY(op_all(axiom, OP_DELETE, in(p.server.tcb, TS_SCHED)));
    EXPECT(cpus[1].sched == NULL);
    take_poke(1);
    EXPECT(cpus[1].current == NULL);
}

TEST(SMP0007, "a thread that is made ready preempts on its own CPU, and only a lower one")
{
    struct proc low = make_proc(20), high = make_proc(40), lowest = make_proc(10);
    uint64_t n = make(CAP_NOTIFICATION, 0);
    give(&high, 8, n, RIGHT_READ, 0);
    EXPECT_EQ(sys(high.thread, SYS_WAIT, 8, 0, 0), BLOCKED);
    cpu_up(1);
    OKAY(move_to(&low, 1));
    take_poke(1);
    OKAY(move_to(&lowest, 1));
    EXPECT(!fake.poked[1]);
    OKAY(move_to(&high, 1));
    uint64_t badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), n, RIGHTS_ALL, 4));
    OKAY(sys(axiom, SYS_SIGNAL, badged, 0, 0));
    take_poke(1);
    EXPECT(cpus[1].current == high.thread);
}

TEST(SMP0008, "a parked thread is moved with the rest of its context's time")
{
    struct proc p = make_proc(20);
    cpu_up(1);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 10000, 50000));
    EXPECT_EQ(sys(axiom, SYS_WAIT, make(CAP_NOTIFICATION, 0), 0, 0), BLOCKED);
    step_tick(fake.timers[0]);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT(cpus[0].parked.head == p.thread);
    sched_ready(axiom, false);
    step_tick(now + STEP_TICKS);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 10000, 50000, 1));
    EXPECT(cpus[0].parked.head == NULL);
    take_poke(1);
    EXPECT(cpus[1].parked.head == p.thread);
    on_cpu(1);
    step_tick(fake.timers[1]);
    EXPECT(cpus[1].current == p.thread);
}

TEST(SMP0009,
     "a thread that is moved while it runs, and waits before its tick, wakes where it belongs")
{
    struct pair p = pair_make();
    cpu_up(1);
    OKAY(move_to(&p.server, 1));
    take_poke(1);
    EXPECT(cpus[1].current == p.s);
    OKAY(move_to(&p.server, 0));
    pair_serve(&p, 0);
    take_poke(1);
    on_cpu(0);
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(p.s->cpu == cpus);
    EXPECT(cpus[1].current == NULL);
}

TEST(SMP0011, "the cursor tells a context's CPU; its end has a record like that of all with state")
{
    struct proc p = make_proc(20);
    uint64_t lone = make(CAP_SCHED, 0);
    cpu_up(1);
    OKAY(move_to(&p, 1));
    bool found = false;
    const struct walk_item *items = (void *)thread_buffer(axiom);
    for (uint64_t start = 1, done = 0; !done; start = 0) {
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, start));
        done = axiom->regs.w[2];
        for (uint64_t i = 0; i < axiom->regs.w[1]; i++) {
            if (items[i].slot != ptr_to_phys(ax_slot(p.sched))) continue;
            EXPECT_EQ(items[i].extra, TEST_BUDGET | 1ull << SCHED_CPU_SHIFT);
            found = true;
        }
    }
    EXPECT(found);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, lone)));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(last_commit()->type, CAP_SCHED);
}

/* A process that runs on a second CPU. */
static struct proc elsewhere(void)
{
    struct proc p = make_proc(20);
    cpu_up(1);
    OKAY(move_to(&p, 1));
    take_poke(1);
    EXPECT(cpus[1].current == p.thread);
    fake.poked[1] = true; /* else an invariant before those meant here sees it too */
    return p;
}

TEST(INVSCHED0006, "several CPUs: one context on two, a thread where it does not belong")
{
    elsewhere();
    cpus[1].sched = cpus[0].sched;
    EXPECT(strncmp(invariants_broken(), "INV-SCHED-9:", 12) == 0);
    boot();
    struct proc p = elsewhere();
    context(&p)->cpu = 0;
    EXPECT(strncmp(invariants_broken(), "INV-SCHED-10:", 13) == 0);
    boot();
}

TEST(INVSCHED0014, "INV-SCHED-3 sees a bit of a queue that is empty, and another top")
{
    cpu()->ready_map[3] |= 1;
    EXPECT(strncmp(invariants_broken(), "INV-SCHED-3:", 12) == 0);
    boot();
    cpu()->top++;
    EXPECT(strncmp(invariants_broken(), "INV-SCHED-3:", 12) == 0);
    boot();
}
