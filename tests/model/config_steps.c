/*
 * config_steps.c - revoke and delete that stop after two slots, with everything else in between.
 */
#include "configs.h"

enum { EP = 1, REPLY = 2, OWN = 3 };

/* A revoke of what a server and its clients stand on, while they talk. */
void config_revoke(void)
{
    world_begin("revoke");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), own = world.cnode[0];
    uint32_t server = world_thread("server", 8, false);
    uint32_t client = world_thread("client", 8, false), other = world_thread("other", 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_give(other, EP, ep, RIGHT_WRITE, 8);
    world_config(other, TS_FAULT, ep);
    world_sys(server, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(server, "answers and receives", SYS_REPLY_RECV, EP)->rbx = REPLY;
    world_sys(server, "drops its endpoint", SYS_DROP, EP);
    world_sys(client, "calls", SYS_CALL, EP);
    world_sys(client, "sends", SYS_SEND, EP);
    world_sys(client, "drops its endpoint", SYS_DROP, EP);
    world_sys(other, "calls", SYS_CALL, EP);
    world_op((struct op){.kind = KIND_FAULT, .actor = (uint8_t)other, .text = "faults"});
    INVOKE("revokes the endpoint", OP_REVOKE, in(own, ep), 0);
    INVOKE("mints the client's endpoint", OP_MINT, in(world.cnode[client], EP), ep, RIGHT_WRITE, 7,
           0);
    INVOKE("mints the server's endpoint", OP_MINT, in(world.cnode[server], EP), ep, RIGHT_READ, 0,
           0);
    INVOKE("deletes the server's reply", OP_DELETE, in(world.cnode[server], REPLY), 0);
    INVOKE("stops the client", OP_THREAD_STOP, world.tcb[client], 0);
    INVOKE("starts the client", OP_THREAD_START, world.tcb[client], RIP_AFTER, 0, 0, 0);
    world_end();
}

/* Threads, CNodes and address spaces end, slot by slot. */
void config_end(void)
{
    world_begin("end");
    uint64_t ep = world_make(CAP_ENDPOINT, 0), own = world.cnode[0];
    uint32_t server = world_thread("server", 8, false), client = world_thread("client", 8, false);
    world_give(server, EP, ep, RIGHT_READ, 0);
    world_give_reply(server, REPLY);
    world_give(client, EP, ep, RIGHT_WRITE, 7);
    world_config(client, TS_FAULT, ep);
    world_sys(server, "receives", SYS_RECV, EP)->rbx = REPLY;
    world_sys(server, "answers", SYS_REPLY, 0)->rbx = REPLY;
    world_sys(client, "calls", SYS_CALL, EP);
    world_op((struct op){.kind = KIND_FAULT, .actor = (uint8_t)client, .text = "faults"});
    for (uint32_t i = server; i <= client; i++) {
        bool is_server = i == server;
        INVOKE(is_server ? "deletes the server" : "deletes the client", OP_DELETE,
               in(own, world.tcb[i]), 0);
        INVOKE(is_server ? "deletes the server's CNode" : "deletes the client's CNode", OP_DELETE,
               in(own, world.cnode[i]), 0);
        INVOKE(is_server ? "deletes the server's context" : "deletes the client's context",
               OP_DELETE, in(own, world.sched[i]), 0);
        INVOKE(is_server ? "takes the server's context" : "takes the client's context", OP_DELETE,
               in(world.tcb[i], TS_SCHED), 0);
        INVOKE(is_server ? "takes the server's CNode" : "takes the client's CNode", OP_DELETE,
               in(world.tcb[i], TS_CSPACE), 0);
        INVOKE(is_server ? "gives the server its CNode" : "gives the client its CNode", OP_COPY,
               in(world.tcb[i], TS_CSPACE), world.cnode[i], RIGHTS_ALL);
        INVOKE(is_server ? "gives the server its context" : "gives the client its context", OP_COPY,
               in(world.tcb[i], TS_SCHED), world.sched[i], RIGHTS_ALL);
        INVOKE(is_server ? "starts the server" : "starts the client", OP_THREAD_START, world.tcb[i],
               RIP_AFTER, 0, 0, 0);
    }
    INVOKE("revokes the endpoint", OP_REVOKE, in(own, ep), 0);
    INVOKE("deletes the endpoint", OP_DELETE, in(own, ep), 0);
    world_end();
}
