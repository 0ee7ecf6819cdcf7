/* config_sched.c - the order in which the kernel lets threads run, and the rings running full. */
#include <string.h>

#include "configs.h"
#include "sched.h"

enum { EP = 1, REPLY = 2, NTFN = 3, LINE = 7, QUANTUM = BUDGET_TICKS_MIN };

void config_budget(void)
{
    world_begin("budget");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), ntfn = world_make(CAP_NOTIFICATION, 0);
    uint64_t irq = world_slot();
    uint32_t server = world_thread("server", 8, false);
    uint32_t client = world_thread("client", 8, false), other = world_thread("other", 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_give(other, EP, ep, RIGHT_WRITE, 8);
    world_give(0, NTFN + 50, ntfn, RIGHTS_ALL, 1);
    world_sys(server, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(server, "answers and receives", SYS_REPLY_RECV, EP)->rbx = REPLY;
    world_sys(server, "yields", SYS_YIELD, 0);
    for (uint32_t i = client; i <= other; i++) {
        world_sys(i, "calls", SYS_CALL, EP);
        world_sys(i, "yields", SYS_YIELD, 0);
        world_sys(i, "works half its budget, and calls", SYS_CALL, EP)->delay = QUANTUM / 2;
    }
    world_sys(server, "works twice its budget, and answers", SYS_REPLY, 0)->delay = 2 * QUANTUM;
    world.ops[world.op_count - 1].rbx = REPLY;
    world_op((struct op){.kind = KIND_TICK, .text = "the timer's tick"});
    world_op((struct op){.kind = KIND_LATER, .text = "an early tick", .delay = QUANTUM / 2});
    world_sys(0, "waits", SYS_WAIT, NTFN + 50);
    world_op((struct op){.kind = KIND_IRQ, .name = LINE, .text = "interrupt for axiom"});
    world.real_order = true;
    world.budget = QUANTUM;
    memcpy(world.priorities, (const uint8_t[]){200, 120, 110, 110}, 4);
    DO_NOW(OP_IRQ_GET, AX_IRQ_CONTROL, LINE, irq);
    DO_NOW(OP_IRQ_BIND, irq, NTFN + 50);
    DO_NOW(OP_IRQ_ACK, irq, 0);
    INVOKE("acknowledges the interrupt", OP_IRQ_ACK, irq, 0);
    INVOKE("stops the server", OP_THREAD_STOP, world.tcb[server], 0);
    INVOKE("starts the server", OP_THREAD_START, world.tcb[server], RIP_AFTER, 0, 0, 0);
    INVOKE("lifts the other client", OP_THREAD_CONFIG, world.tcb[other], 130, 0);
    INVOKE("takes the client's context", OP_DELETE, in(world.tcb[client], TS_SCHED), 0);
    INVOKE("gives the client its context", OP_COPY, in(world.tcb[client], TS_SCHED),
           world.sched[client], RIGHTS_ALL);
    INVOKE("starts the client", OP_THREAD_START, world.tcb[client], RIP_AFTER, 0, 0, 0);
    world_end();
}
