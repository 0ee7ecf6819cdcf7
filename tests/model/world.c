/*
 * world.c - makes a small world out of a booted kernel, by its own operations. A second thread
 * takes over what authority is needed and deletes the rest of genesis; what is left are some dozens
 * of capabilities, so that a state is small and quickly looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "fold.h"
#include "unit.h"

enum { HAND_BITS = 12, HAND_SLOTS = 1 << (HAND_BITS - SLOT_BITS), HAND_CNODE = HAND_SLOTS - 1 };
enum { MEMORY_BITS_MIN = 18, FIRST = 8, GENESIS_FREE = 1000 };

struct world world;
static uint64_t next_slot;

struct slot *world_ax(uint64_t index)
{
    return container_slot(axiom->cspace, (uint32_t)index);
}

static void okay(const char *what, int result)
{
    if (result == OK) return;
    fprintf(stderr, "explore: %s: %s gives %d\n", world.name, what, result);
    exit(2);
}

static int again(enum operation op, uint64_t name, const uint64_t w[8])
{
    int e;
    do {
        e = op_words(axiom, op, name, w);
    } while (e == ERR_PARTIAL);
    return e;
}
#define DO(what, op, name, ...) okay(what, again(op, name, (const uint64_t[8]){__VA_ARGS__}))

static void make_at(uint64_t slot, enum cap_type type, uint32_t bits)
{
    DO("retype", OP_RETYPE, world.untyped, type, bits, 1, slot);
}

uint64_t world_slot(void)
{
    if (next_slot == HAND_CNODE) okay("axiom's next slot", ERR_RANGE);
    return next_slot++;
}

void world_slot_back(void)
{
    next_slot--;
}

uint64_t world_make(enum cap_type type, uint32_t bits)
{
    uint64_t slot = world_slot();
    make_at(slot, type, bits);
    return slot;
}

/* The smallest root untyped that has room for a world. */
static uint64_t choose_memory(void)
{
    uint64_t best = 0;
    for (uint32_t i = 0; i < boot_info->untyped_count; i++) {
        const struct boot_untyped *u = &boot_info->untypeds[i];
        if (u->kind != UNTYPED_MEMORY || u->bits < MEMORY_BITS_MIN) continue;
        if (best == 0 || u->bits < boot_info->untypeds[best - GS_UNTYPED].bits)
            best = GS_UNTYPED + i;
    }
    return best;
}

void world_config(uint32_t thread, enum thread_slot slot, uint64_t from)
{
    DO("configuring a thread", OP_COPY, in(world.tcb[thread], slot), from, RIGHTS_ALL, 0, 0);
}

static void adopt(uint32_t i, uint64_t cnode)
{
    world.cnode[i] = cnode;
    world_config(i, TS_CSPACE, cnode);
    world_config(i, TS_ASPACE, world.aspace);
    world_config(i, TS_SCHED, world.sched[i]);
    DO("a budget", OP_SCHED_CONFIG, world.sched[i], TEST_BUDGET, TEST_BUDGET, 0, 0);
    DO("a priority", OP_THREAD_CONFIG, world.tcb[i], WORLD_PRIORITY, 0, 0, 0);
}

static void move_here(uint64_t to, uint64_t container, uint64_t index)
{
    DO("moving", OP_MOVE, in(HAND_CNODE, to), in(container, index), 0, 0, 0);
}

/* Thread 0 with a CNode of its own, in which it finds itself at HAND_CNODE. */
static void make_hand(void)
{
    uint64_t at = GENESIS_FREE;
    world.untyped = choose_memory();
    uint64_t tcb = at, cnode = at + 1, aspace = at + 2, sched = at + 3, buffer = at + 4;
    make_at(tcb, CAP_THREAD, 0);
    make_at(cnode, CAP_CNODE, HAND_BITS);
    make_at(aspace, CAP_ASPACE, 0);
    make_at(sched, CAP_SCHED, 0);
    make_at(buffer, CAP_FRAME, PAGE_BITS);
    world.aspace = aspace;
    world.tcb[0] = tcb;
    world.sched[0] = sched;
    world.threads[0] = object_at(tcb);
    world.scheds[0] = object_at(sched);
    world.buffers[0] = object_at(buffer);
    world.thread_names[0] = "axiom";
    world.thread_count = 1;
    adopt(0, cnode);
    world_config(0, TS_BUFFER, buffer);
    world.threads[0]->flags = THREAD_DRAIN; /* as genesis gives it to axiom */
    DO("drain", OP_THREAD_CONFIG, tcb, world.threads[0]->priority, 0, 0, 0);
    DO("copying", OP_COPY, in(cnode, HAND_CNODE), cnode, RIGHTS_ALL, 0, 0);
    DO("copying", OP_COPY, in(cnode, HAND_SLOTS - 2), GS_CNODE, RIGHTS_ALL, 0, 0);
    DO("starting", OP_THREAD_START, tcb, RIP_AFTER, 0, 0, 0);
}

/* Thread 0 takes what it needs, and genesis goes: axiom's thread first, then all in its CNode. */
static void take_over(void)
{
    const uint64_t wanted[FIRST] = {0,
                                    world.untyped,
                                    world.tcb[0],
                                    world.cnode[0],
                                    world.aspace,
                                    world.sched[0],
                                    GS_IRQ_CONTROL,
                                    GS_LOG};
    const uint64_t old = HAND_SLOTS - 2;
    axiom = world.threads[0];
    for (uint32_t i = 1; i < FIRST; i++) {
        move_here(i, old, wanted[i]);
    }
    move_here(FIRST, old, GENESIS_FREE + 4); /* the buffer */
    move_here(FIRST + 1, old, GS_THREAD);
    move_here(FIRST + 2, old, GS_CNODE);
    DO("deleting axiom's thread", OP_DELETE, in(HAND_CNODE, FIRST + 1), 0, 0, 0, 0);
    DO("deleting a name of genesis", OP_DELETE, in(HAND_CNODE, old), 0, 0, 0, 0);
    DO("deleting genesis", OP_DELETE, in(HAND_CNODE, FIRST + 2), 0, 0, 0, 0);
    world.untyped = 1;
    world.tcb[0] = 2;
    world.cnode[0] = 3;
    world.aspace = 4;
    world.sched[0] = 5;
    next_slot = FIRST + 1;
}

void world_begin(const char *name)
{
    world = (struct world){.name = name};
    boot();
    check_each_step = false;
    fold_begin();
    make_hand();
    canon_mark(world.threads[0]->id);
    take_over();
    make_at(next_slot, CAP_THREAD, 0); /* its number is all that is wanted of it */
    canon_find(((const struct thread *)cap_object(world_ax(next_slot)))->id);
    DO("deleting a thread", OP_DELETE, in(HAND_CNODE, next_slot), 0);
    check_all();
    check_each_step = true;
}

bool world_has_sched(uint32_t i)
{
    const struct slot *s = world_ax(world.sched[i]);
    const struct slot *used = thread_slot(world.threads[i], TS_SCHED);
    return (s->type == CAP_SCHED && cap_object(s) == world.scheds[i]) ||
           (used->type == CAP_SCHED && cap_object(used) == world.scheds[i]);
}

uint32_t world_thread(const char *name, uint32_t cnode_bits, bool buffered)
{
    uint32_t i = world.thread_count++;
    if (i == THREADS_MAX) okay("one more thread", ERR_RANGE);
    world.thread_names[i] = name;
    world.tcb[i] = world_make(CAP_THREAD, 0);
    world.threads[i] = cap_object(world_ax(world.tcb[i]));
    world.sched[i] = world_make(CAP_SCHED, 0);
    world.scheds[i] = cap_object(world_ax(world.sched[i]));
    adopt(i, world_make(CAP_CNODE, cnode_bits));
    if (buffered) {
        uint64_t buffer = world_make(CAP_FRAME, PAGE_BITS);
        world.buffers[i] = cap_object(world_ax(buffer));
        world_config(i, TS_BUFFER, buffer);
    }
    DO("starting", OP_THREAD_START, world.tcb[i], RIP_AFTER, 0, 0, 0);
    return i;
}

void world_give(uint32_t thread, uint64_t to, uint64_t from, uint64_t rights, uint64_t badge)
{
    DO("minting", OP_MINT, in(world.cnode[thread], to), from, rights, badge, 0);
}

void world_give_reply(uint32_t thread, uint64_t to)
{
    uint64_t reply = world_slot();
    make_at(reply, CAP_REPLY, 0);
    DO("moving", OP_MOVE, in(world.cnode[thread], to), reply, 0, 0, 0);
    world_slot_back();
}

struct op *world_op(struct op op)
{
    if (world.op_count == OPS_MAX) okay("one more operation", ERR_RANGE);
    world.ops[world.op_count] = op;
    return &world.ops[world.op_count++];
}

struct op *world_sys(uint32_t actor, const char *text, uint64_t number, uint64_t name)
{
    return world_op(
        (struct op){.text = text, .actor = (uint8_t)actor, .number = number, .name = name});
}

struct op *world_invoke(const char *text, enum operation op, uint64_t name, const uint64_t w[4])
{
    struct op o = {.text = text, .number = SYS_INVOKE, .name = name};
    o.info = msg_info(op, 0, 0, 0);
    memcpy(o.w, w, sizeof(o.w));
    return world_op(o);
}

void world_do(enum operation op, uint64_t name, const uint64_t w[8])
{
    okay("an operation of the configuration", again(op, name, w));
}

/* Threads as their configuration orders them, with budgets that have not begun, but for axiom's. */
static void order(void)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        DO("a priority", OP_THREAD_CONFIG, world.tcb[i], world.priorities[i], 0);
        DO("a budget", OP_SCHED_CONFIG, world.sched[i], world.budget, 2 * world.budget,
           world.cpus[i]);
    }
    for (uint32_t i = 0; i < world.thread_count; i++) {
        world.scheds[i]->remaining = (int64_t)world.budget;
        world.scheds[i]->refill_at = i == 0 ? now + 2 * world.budget : 0;
    }
    for (uint32_t i = cpu_last + 1; i-- > 0;) {
        fake_cpu = &cpus[i];
        fake.poked[i] = false;
        cpu()->charged = now;
        core_tick(now);
    }
}

void world_second_cpu(void)
{
    DO("a CPU", OP_CPU_START, AX_IRQ_CONTROL, 1);
    fake_cpu = &cpus[1];
    core_tick(now);
    fake_cpu = cpus;
}

void world_end(void)
{
    world_op((struct op){.text = "(it runs again)", .kind = KIND_AGAIN});
    for (uint32_t i = 1; i < world.thread_count; i++) {
        world_op((struct op){.text = "(it runs again)", .kind = KIND_AGAIN, .actor = (uint8_t)i});
    }
    for (uint32_t i = 0; i < world.thread_count; i++) {
        run_as(world.threads[i]);
    }
    if (!world.real_rings) ack_all();
    if (world.real_order) order();
    check_all();
    if (!fold_agrees()) fail_msg("%s", fold_message);
    check_each_step = false;
    canon_begin();
    canon();
    canon(); /* the same again: it is a normal form */
}
