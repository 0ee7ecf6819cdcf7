/* harness.c - boot, steps, and axiom's hand. */
#include "harness.h"

#include <string.h>

#include "commit.h"
#include "invariants.h"
#include "sched.h"
#include "unit.h"

#define MIB (1ull << 20)
#define IMAGE_BASE (6 * MIB)
enum { IMAGE_PAGES = 16, FIRST_SLOT = 1024, SLOTS = 4096 };

uint64_t now;
struct thread *axiom;
struct boot_info *boot_info;
bool check_each_step;
static const struct log_rings *rings;
static uint64_t next_slot, pool; /* of axiom's CNode; the untyped that `make` uses */

void seal_image(struct image_header *h)
{
    h->checksum = 0;
    h->checksum = image_sum(0, (const uint64_t *)h, h->size / 8);
}

/* Axiom is two runs of two pages: code and data. */
struct image_header *make_image(uint64_t base, uint64_t pages)
{
    struct image_header *h = phys_to_ptr(base);
    *h = (struct image_header){.magic = IMAGE_MAGIC, .version = IMAGE_VERSION};
    h->size = pages * PAGE_BYTES;
    h->programs[IMAGE_AXIOM] =
        (struct image_program){.entry = 0x400000,
                               .run_count = 2,
                               .runs = {{0x400000, PAGE_BYTES, 2, RIGHT_READ | MAP_EXEC},
                                        {0x402000, 3 * PAGE_BYTES, 2, RIGHT_READ | RIGHT_WRITE}}};
    seal_image(h);
    return h;
}

struct boot_params make_machine(void)
{
    return (struct boot_params){
        .memory = {{5 * MIB, 4 * MIB}, {9 * MIB, FAKE_MEMORY - 9 * MIB}},
        .memory_count = 2,
        .kernel = {MIB, 4 * MIB},
        .pool = {2 * MIB, POOL_BYTES},
        .image = {IMAGE_BASE, IMAGE_PAGES * PAGE_BYTES},
        .info.rsdp = 0xe0000,
        .info.entry_ticks = 1000,
        .info.cmdline = "test",
    };
}

static uint64_t big_untyped(void)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < boot_info->untyped_count; i++) {
        const struct boot_untyped *u = boot_info->untypeds;
        if (u[i].kind == UNTYPED_MEMORY && u[i].bits > u[best].bits) best = i;
    }
    return GS_UNTYPED + best;
}

void boot(void)
{
    fake_reset();
    struct boot_params p = make_machine();
    make_image(p.image.base, IMAGE_PAGES);
    now = p.info.entry_ticks;
    check_each_step = true;
    next_slot = FIRST_SLOT;
    const char *refusal = core_boot(&p);
    if (refusal != NULL) fail_msg("boot refused: %s", refusal);
    axiom = cpu()->current;
    struct container *c = axiom->cspace;
    rings = phys_to_ptr(container_slot(c, GS_FRAMES)->obj);
    boot_info = phys_to_ptr(container_slot(c, GS_FRAMES + LOG_BYTES / PAGE_BYTES)->obj);
    pool = big_untyped();
    check_all();
}

void check_all(void)
{
    const char *broken = invariants_broken();
    if (broken != NULL) fail_msg("%s", broken);
}

static void stepped(void)
{
    if (check_each_step) check_all();
}

void step_tick(uint64_t at)
{
    fake.poked[cpu() - cpus] = false;
    core_tick(now = at);
    stepped();
}

void step_irq(uint32_t line)
{
    core_irq(line, now += STEP_TICKS);
    stepped();
}

static void set_priority(struct thread *t, uint8_t priority)
{
    bool ready = t->state == T_READY;
    if (ready) thread_move(t, T_INACTIVE);
    t->priority = priority;
    if (ready) sched_ready(t, false);
}

/* The one running steps down to 0 for one tick, `t` up to 255. */
bool run_try(struct thread *t)
{
    fake_cpu = t->cpu;
    struct thread *before = cpu()->current;
    if (before == t) return true;
    uint8_t own = t->priority, others = before != NULL ? before->priority : 0;
    set_priority(t, 255);
    if (before != NULL) before->priority = 0;
    core_tick(now += STEP_TICKS);
    if (before != NULL) set_priority(before, others);
    set_priority(t, own);
    return cpu()->current == t;
}

void run_as(struct thread *t)
{
    if (t->state != T_READY && t->state != T_RUNNING)
        fail_msg("thread %u is in state %u, not ready", t->id, t->state);
    if (!run_try(t)) fail_msg("thread %u does not run", t->id);
}

int step_syscall(struct thread *t)
{
    run_as(t);
    fake_syscall(now += STEP_TICKS);
    stepped();
    return t->state == T_READY || t->state == T_RUNNING ? (int)t->regs.rax : BLOCKED;
}

void step_fault(struct thread *t, enum fault_kind kind, uint64_t address)
{
    run_as(t);
    core_fault(kind, 14, 6, address, now += STEP_TICKS);
    stepped();
}

int sys(struct thread *t, uint64_t number, uint64_t name, uint64_t info, uint64_t rbx)
{
    run_as(t);
    t->regs.rax = number;
    t->regs.rdi = name;
    t->regs.rsi = info;
    t->regs.rbx = rbx;
    return step_syscall(t);
}

int op_words(struct thread *t, enum operation op, uint64_t name, const uint64_t w[8])
{
    run_as(t);
    memcpy(t->regs.w, w, sizeof(t->regs.w));
    return sys(t, SYS_INVOKE, name, msg_info(op, 0, 0, 0), 0);
}

int op_all(struct thread *t, enum operation op, uint64_t name)
{
    int e;
    do {
        e = OP(t, op, name, 0);
    } while (e == ERR_PARTIAL);
    return e;
}

int sys_call(struct thread *t, uint64_t ep, uint64_t info)
{
    return sys(t, SYS_CALL, ep, info, 0);
}

int sys_send(struct thread *t, uint64_t ep, uint64_t info)
{
    return sys(t, SYS_SEND, ep, info, 0);
}

int sys_recv(struct thread *t, uint64_t ep, uint64_t reply)
{
    return sys(t, SYS_RECV, ep, 0, reply);
}

int sys_reply(struct thread *t, uint64_t reply, uint64_t info)
{
    return sys(t, SYS_REPLY, 0, info, reply);
}

int sys_reply_recv(struct thread *t, uint64_t ep, uint64_t reply, uint64_t info)
{
    return sys(t, SYS_REPLY_RECV, ep, info, reply);
}

int sys_drop(struct thread *t, uint64_t name)
{
    return sys(t, SYS_DROP, name, 0, 0);
}

const struct log_header *log_header(void)
{
    return &rings->header;
}

const struct commit *commit_at(uint64_t seq)
{
    return &rings->commits[seq % LOG_COMMITS];
}

const struct event *event_at(uint64_t position)
{
    return &rings->events[position % LOG_EVENTS];
}

uint64_t commits(void)
{
    return rings->header.commit_head;
}

const struct commit *last_commit(void)
{
    return commit_at(rings->header.commit_head - 1);
}

const struct event *last_event(void)
{
    uint64_t at = rings->header.event_head - 1;
    while (event_at(at)->kind == EVENT_ARGS) {
        at--;
    }
    return event_at(at);
}

void last_args(uint64_t *out, uint64_t max)
{
    memset(out, 0, max * sizeof(*out));
    for (uint64_t at = rings->header.event_head - 1; event_at(at)->kind == EVENT_ARGS; at--) {
        const uint64_t *w = (const uint64_t *)event_at(at), first = event_at(at)->op * ARGS_WORDS;
        for (uint64_t i = 0; i < ARGS_WORDS && first + i < max; i++) {
            out[first + i] = w[i == 0 ? 0 : i + 1];
        }
    }
}

void ack_all(void)
{
    OKAY(OP(axiom, OP_LOG_ACK, GS_LOG, rings->header.commit_head, rings->header.event_head));
}

struct slot *slot_at(const struct container *c, uint64_t index)
{
    return container_slot(c, (uint32_t)index);
}

struct slot *ax_slot(uint64_t index)
{
    return slot_at(axiom->cspace, index);
}

void *object_at(uint64_t index)
{
    return cap_object(ax_slot(index));
}

uint64_t slot_new(uint32_t count)
{
    uint64_t slot = next_slot;
    next_slot += count;
    if (next_slot > SLOTS) fail_msg("no slot left for the test");
    return slot;
}

uint64_t make_from(uint64_t untyped, enum cap_type type, uint32_t bits)
{
    uint64_t slot = slot_new(1);
    int e;
    do {
        e = OP(axiom, OP_RETYPE, untyped, type, bits, 1, slot);
    } while (e == ERR_PARTIAL);
    OKAY(e);
    return slot;
}

uint64_t make(enum cap_type type, uint32_t bits)
{
    return make_from(pool, type, bits);
}

uint64_t memory_untyped(uint32_t bits)
{
    return make(CAP_UNTYPED, bits);
}

struct thread *make_thread(struct proc *p, uint8_t priority)
{
    p->tcb = make(CAP_THREAD, 0);
    p->thread = object_at(p->tcb);
    p->priority = priority;
    OKAY(OP(axiom, OP_THREAD_CONFIG, p->tcb, priority, 0));
    return p->thread;
}

struct proc make_proc(uint8_t priority)
{
    struct proc p = {0};
    make_thread(&p, priority);
    p.cnode = make(CAP_CNODE, PROC_CNODE_BITS);
    p.cspace = object_at(p.cnode);
    p.aspace = make(CAP_ASPACE, 0);
    p.sched = make(CAP_SCHED, 0);
    p.buffer = make(CAP_FRAME, PAGE_BITS);
    const uint64_t config[TS_COUNT] = {[TS_CSPACE] = p.cnode,
                                       [TS_ASPACE] = p.aspace,
                                       [TS_BUFFER] = p.buffer,
                                       [TS_SCHED] = p.sched};
    for (uint32_t i = 1; i < TS_COUNT; i++) {
        if (config[i] != 0) OKAY(OP(axiom, OP_COPY, in(p.tcb, i), config[i], RIGHTS_ALL));
    }
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, TEST_BUDGET, TEST_BUDGET));
    OKAY(OP(axiom, OP_THREAD_START, p.tcb, 0x400000, 0x7ff00000, 0, 0));
    return p;
}

void give(const struct proc *p, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge)
{
    OKAY(OP(axiom, OP_MINT, in(p->cnode, to), from, rights, badge, 0));
}

void give_bound(const struct proc *p, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge)
{
    OKAY(OP(axiom, OP_MINT, in(p->cnode, to), from, rights, badge, CAP_FLAG_BOUND));
}

uint64_t give_reply(const struct proc *p, uint64_t to)
{
    uint64_t reply = make(CAP_REPLY, 0);
    OKAY(OP(axiom, OP_MOVE, in(p->cnode, to), reply));
    return to;
}
