/* pair.c - the server and its clients. */
#include "pair.h"

#include "unit.h"

static void client_make(struct pair *p, struct proc *c, uint8_t priority, uint64_t badge)
{
    *c = make_proc(priority);
    give(c, S_EP, p->ep, RIGHT_WRITE | RIGHT_GRANT, badge);
    give_reply(c, S_REPLY);
    give(c, S_CAP, p->cap, RIGHTS_ALL, 0);
}

struct pair pair_make(void)
{
    struct pair p = {.ep = make(CAP_ENDPOINT, 0),
                     .ntfn = make(CAP_NOTIFICATION, 0),
                     .cap = make(CAP_ENDPOINT, 0)};
    p.server = make_proc(30);
    give(&p.server, S_EP, p.ep, RIGHT_READ, 0);
    give_reply(&p.server, S_REPLY);
    give_reply(&p.server, S_REPLY2);
    give(&p.server, S_NTFN, p.ntfn, RIGHT_READ, 0);
    client_make(&p, &p.client, 20, BADGE_CLIENT);
    client_make(&p, &p.other, 10, BADGE_OTHER);
    p.s = p.server.thread;
    p.c = p.client.thread;
    p.o = p.other.thread;
    return p;
}

void pair_serve(const struct pair *p, uint32_t slots)
{
    EXPECT_EQ(sys(p->s, SYS_RECV, S_EP, msg_info(0, 0, 0, slots), receive_slots(S_REPLY, S_FREE)),
              BLOCKED);
    EXPECT_EQ(p->s->state, T_RECEIVING);
}

void pair_call(const struct pair *p)
{
    pair_serve(p, 0);
    EXPECT_EQ(sys_call(p->c, S_EP, msg_info(3, 2, 0, 0)), BLOCKED);
    EXPECT_EQ(p->c->state, T_AWAIT_REPLY);
}

void put_cap(struct thread *t, uint32_t i, uint32_t slot, uint32_t rights, uint64_t badge)
{
    thread_buffer(t)->caps[i] = (struct msg_cap){slot, rights, badge};
}

const struct msg_cap *got_cap(const struct thread *t, uint32_t i)
{
    return &thread_buffer(t)->caps[i];
}
