/* config_ipc.c - a server and two clients: messages, answers, lending, faults, and who ends. */
#include "configs.h"

enum { EP = 1, REPLY1 = 2, REPLY2 = 3 };

void config_ipc(void)
{
    world_begin("ipc");
    uint64_t ep = world_make(CAP_ENDPOINT, 0);
    uint32_t server = world_thread("server", 8, false);
    uint32_t client = world_thread("client", 8, false), other = world_thread("other", 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY1);
    world_give_reply(server, REPLY2);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_give(other, EP, ep, RIGHT_WRITE, 8);
    world_config(client, TS_FAULT, ep);

    world_sys(server, "receives with reply 1", SYS_RECV, EP)->rbx = REPLY1;
    world_sys(server, "receives with reply 2", SYS_RECV, EP)->rbx = REPLY2;
    world_sys(server, "receives without a reply", SYS_RECV, EP);
    world_sys(server, "polls with reply 1", SYS_NB_RECV, EP)->rbx = REPLY1;
    world_sys(server, "answers reply 1", SYS_REPLY, 0)->rbx = REPLY1;
    world_sys(server, "answers reply 2", SYS_REPLY, 0)->rbx = REPLY2;
    world_sys(server, "answers and receives with reply 1", SYS_REPLY_RECV, EP)->rbx = REPLY1;
    world_sys(server, "drops reply 1", SYS_DROP, REPLY1);
    for (uint32_t i = client; i <= other; i++) {
        world_sys(i, "calls", SYS_CALL, EP);
        world_sys(i, "sends", SYS_SEND, EP);
        world_sys(i, "sends without waiting", SYS_NB_SEND, EP);
    }
    world_op((struct op){.kind = KIND_FAULT, .actor = (uint8_t)client, .text = "faults"});
    INVOKE("stops the client", OP_THREAD_STOP, world.tcb[client], 0);
    INVOKE("starts the client", OP_THREAD_START, world.tcb[client], RIP_AFTER, 0, 0, 0);
    INVOKE("stops the server", OP_THREAD_STOP, world.tcb[server], 0);
    INVOKE("starts the server", OP_THREAD_START, world.tcb[server], RIP_AFTER, 0, 0, 0);
    INVOKE("deletes the client's endpoint capability", OP_DELETE, in(world.cnode[client], EP), 0);
    INVOKE("mints the client's endpoint capability", OP_MINT, in(world.cnode[client], EP), ep,
           RIGHT_WRITE, 7, 0);
    world_end();
}
