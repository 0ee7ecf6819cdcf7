/* config_cpus.c - two CPUs: who runs where, and what one CPU's step means to the other. */
#include <string.h>

#include "configs.h"
#include "sched.h"

enum { EP = 1, REPLY = 2, QUANTUM = BUDGET_TICKS_MIN };

static void moves(uint32_t thread, const char *there, const char *back)
{
    for (uint64_t i = 0; i < 2; i++) {
        INVOKE(i == 0 ? back : there, OP_SCHED_CONFIG, world.sched[thread], QUANTUM, 2 * QUANTUM,
               i);
    }
}

void config_cpus(void)
{
    world_begin("cpus");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), own = world.cnode[0];
    uint32_t server = world_thread("server", 8, false), client = world_thread("client", 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_sys(server, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(server, "answers and receives", SYS_REPLY_RECV, EP)->rbx = REPLY;
    world_sys(client, "calls", SYS_CALL, EP);
    world_sys(client, "yields", SYS_YIELD, 0);
    for (uint8_t i = 0; i < 2; i++) {
        world_op(
            (struct op){.kind = KIND_TICK, .cpu = i, .text = i ? "CPU 1: tick" : "CPU 0: tick"});
        world_op(
            (struct op){.kind = KIND_POKE,
                        .cpu = i,
                        .text = i ? "CPU 1: asked by the other" : "CPU 0: asked by the other"});
    }
    world_op((struct op){
        .kind = KIND_LATER, .cpu = 1, .delay = QUANTUM / 2, .text = "CPU 1: an early tick"});
    moves(server, "moves the server to CPU 1", "moves the server to CPU 0");
    moves(client, "moves the client to CPU 1", "moves the client to CPU 0");
    INVOKE("stops the server", OP_THREAD_STOP, world.tcb[server], 0);
    INVOKE("starts the server", OP_THREAD_START, world.tcb[server], RIP_AFTER, 0, 0, 0);
    INVOKE("stops the client", OP_THREAD_STOP, world.tcb[client], 0);
    INVOKE("starts the client", OP_THREAD_START, world.tcb[client], RIP_AFTER, 0, 0, 0);
    INVOKE("lifts the client", OP_THREAD_CONFIG, world.tcb[client], 130, 0);
    INVOKE("takes the client's context", OP_DELETE, in(world.tcb[client], TS_SCHED), 0);
    INVOKE("gives the client its context", OP_COPY, in(world.tcb[client], TS_SCHED),
           world.sched[client], RIGHTS_ALL);
    INVOKE("deletes the server", OP_DELETE, in(own, world.tcb[server]), 0);
    INVOKE("deletes the server's reply", OP_DELETE, in(world.cnode[server], REPLY), 0);
    world_sys(0, "yields", SYS_YIELD, 0);
    world.real_order = true;
    world.budget = QUANTUM;
    memcpy(world.priorities, (const uint8_t[THREADS_MAX]){110, 120, 110}, THREADS_MAX);
    memcpy(world.cpus, (const uint8_t[THREADS_MAX]){0, 1, 1}, THREADS_MAX);
    world_second_cpu();
    world_end();
}
