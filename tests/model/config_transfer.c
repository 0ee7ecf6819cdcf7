/* config_transfer.c - capabilities in messages; notifications and interrupt lines. */
#include "configs.h"

enum { EP = 1, REPLY = 2, OWN = 4, INTO = 5, NTFN = 6, LINE = 5 };

static void take_in(uint32_t thread, const char *text, uint64_t number, uint64_t reply,
                    uint32_t slots)
{
    struct op *o = world_sys(thread, text, number, EP);
    o->info = msg_info(0, 0, 0, slots);
    o->rbx = receive_slots(reply, INTO);
}

static void carry(uint32_t thread, const char *text, uint64_t number, struct msg_cap cap,
                  uint32_t slots)
{
    struct op *o = world_sys(thread, text, number, EP);
    o->info = msg_info(0, 1, 1, slots);
    o->rbx = number == SYS_REPLY ? REPLY : receive_slots(0, INTO);
    o->cap = cap;
}

void config_transfer(void)
{
    world_begin("transfer");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), own = world_make(CAP_ENDPOINT, 0);
    uint32_t server = world_thread("server", 9, true), client = world_thread("client", 9, true);
    uint64_t s = world.cnode[server], c = world.cnode[client];
    world_give(server, EP, ep, RIGHT_READ | RIGHT_GRANT, 0);
    world_give_reply(server, REPLY);
    world_give(client, EP, ep, RIGHT_WRITE | RIGHT_GRANT, 7);
    world_give(client, OWN, own, RIGHTS_ALL, 0);
    world_give(server, OWN, own, RIGHT_WRITE | RIGHT_GRANT, 0);

    take_in(server, "receives with a slot", SYS_RECV, REPLY, 1);
    take_in(server, "receives without a slot", SYS_RECV, REPLY, 0);
    carry(server, "answers with a capability", SYS_REPLY, (struct msg_cap){OWN, RIGHTS_ALL, 3}, 0);
    carry(server, "answers with its endpoint, badge 9", SYS_REPLY,
          (struct msg_cap){EP, RIGHTS_ALL, 9}, 0);
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(server, "drops what it received", SYS_DROP, INTO);
    carry(client, "calls with a capability", SYS_CALL, (struct msg_cap){OWN, RIGHT_WRITE, 0}, 1);
    carry(client, "calls with what it received", SYS_CALL, (struct msg_cap){INTO, RIGHTS_ALL, 0},
          0);
    take_in(client, "calls with a slot", SYS_CALL, 0, 1);
    carry(client, "sends its session, a name of the endpoint", SYS_SEND,
          (struct msg_cap){EP, RIGHTS_ALL, 0}, 0);
    world_sys(client, "drops what it received", SYS_DROP, INTO);
    INVOKE("revokes the client's capability", OP_REVOKE, in(c, OWN), 0);
    INVOKE("deletes the client's capability", OP_DELETE, in(c, OWN), 0);
    INVOKE("mints the client's capability, bound", OP_MINT, in(c, OWN), own, RIGHTS_ALL, 0,
           CAP_FLAG_BOUND);
    INVOKE("mints the client's capability", OP_MINT, in(c, OWN), own, RIGHTS_ALL, 0, 0);
    INVOKE("fills the client's slot", OP_COPY, in(c, INTO), own, RIGHT_WRITE);
    INVOKE("fills the server's slot", OP_COPY, in(s, INTO), own, RIGHT_WRITE);
    INVOKE("gives the client one credit", OP_CREDIT, c, 1);
    INVOKE("gives the client unlimited credit", OP_CREDIT, c, ~0ull);
    INVOKE("gives the server one credit", OP_CREDIT, s, 1);
    INVOKE("takes the client's buffer", OP_DELETE, in(world.tcb[client], TS_BUFFER), 0);
    INVOKE("deletes the server's reply", OP_DELETE, in(s, REPLY), 0);
    world_end();
}

void config_notify(void)
{
    world_begin("notify");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), ntfn = world_make(CAP_NOTIFICATION, 0);
    uint64_t bound = world_make(CAP_NOTIFICATION, 0), irq = world_slot();
    uint64_t named = world_slot();
    INVOKE("takes the line", OP_IRQ_GET, AX_IRQ_CONTROL, LINE, irq);
    uint32_t driver = world_thread("driver", 9, false), client = world_thread("client", 9, false);
    INVOKE("names the line's signal", OP_MINT, in(world.cnode[0], named), ntfn, RIGHTS_ALL, 1, 0);
    world_give(driver, EP, ep, RIGHT_READ, 0);
    world_give_reply(driver, REPLY);
    world_give(driver, NTFN, ntfn, RIGHTS_ALL, 2);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_give(client, NTFN, bound, RIGHT_WRITE, 4);
    world_give(client, OWN, ntfn, RIGHTS_ALL, 8);

    world_sys(driver, "waits", SYS_WAIT, NTFN);
    world_sys(driver, "polls", SYS_POLL, NTFN);
    world_sys(driver, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(driver, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(client, "calls", SYS_CALL, EP);
    world_sys(client, "signals what the driver may be bound to", SYS_SIGNAL, NTFN);
    world_sys(client, "signals what the driver waits for", SYS_SIGNAL, OWN);
    world_sys(client, "waits, too", SYS_WAIT, OWN);
    world_sys(client, "drops its notification", SYS_DROP, OWN);
    world_op((struct op){.kind = KIND_IRQ, .name = LINE, .text = "interrupt"});
    INVOKE("binds the line", OP_IRQ_BIND, irq, named);
    INVOKE("binds the line to the other", OP_IRQ_BIND, irq, bound);
    INVOKE("acknowledges the line", OP_IRQ_ACK, irq, 0);
    INVOKE("deletes the line", OP_DELETE, in(world.cnode[0], irq), 0);
    INVOKE("deletes the signal's name", OP_DELETE, in(world.cnode[0], named), 0);
    INVOKE("revokes the notification", OP_REVOKE, in(world.cnode[0], ntfn), 0);
    INVOKE("mints the client's notification", OP_MINT, in(world.cnode[client], OWN), ntfn,
           RIGHTS_ALL, 8, 0);
    INVOKE("mints the driver's notification", OP_MINT, in(world.cnode[driver], NTFN), ntfn,
           RIGHTS_ALL, 2, 0);
    INVOKE("deletes the notification", OP_DELETE, in(world.cnode[0], ntfn), 0);
    INVOKE("binds the driver", OP_COPY, in(world.tcb[driver], TS_NOTIFY), bound, RIGHTS_ALL);
    INVOKE("unbinds the driver", OP_DELETE, in(world.tcb[driver], TS_NOTIFY), 0);
    INVOKE("stops the driver", OP_THREAD_STOP, world.tcb[driver], 0);
    INVOKE("starts the driver", OP_THREAD_START, world.tcb[driver], RIP_AFTER, 0, 0, 0);
    world_sys(driver, "clears its notification's mark", SYS_DROP, NTFN);
    world_end();
}
