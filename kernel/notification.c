/* notification.c - signal, wait, poll. */
#include "notification.h"

#include "endpoint.h"
#include "invoke.h"
#include "sched.h"

void notification_signal(struct notification *n, uint64_t badge)
{
    uint64_t word = n->word | badge;
    struct thread *t = n->queue.head;
    if (word == 0) return;
    if (t == NULL && n->user != NULL && n->user->state == T_RECEIVING) t = n->user;
    if (t == NULL) {
        n->word = word;
        return;
    }
    n->word = 0;
    ipc_leave_reply(t); /* it named one, if it receives */
    thread_wake(t, OK);
    t->regs.rdi = word;
    t->regs.rsi = MSG_SIGNAL;
}

enum err notification_wait(struct thread *t, struct notification *n, bool may_block)
{
    if (n->word == 0 && !may_block) return ERR_WOULD_BLOCK;
    if (n->word == 0) {
        thread_move(t, T_WAITING);
        queue_insert(&n->queue, t, NULL);
        return OK;
    }
    t->regs.rdi = n->word;
    t->regs.rsi = MSG_SIGNAL;
    n->word = 0;
    return OK;
}
