/*
 * fast.c - a call to a thread that waits for it, and the answer to a caller whose context the
 * answerer runs on, where nothing else is to be done: a short message, nobody as urgent ready, no
 * budget and no ring at its end. All is checked before anything changes; what is out of the
 * ordinary goes the long way, through endpoint.c and sched.c, which does the same (I17).
 */
#include "commit.h"
#include "endpoint.h"
#include "sched.h"

bool fast_ipc(struct thread *t, bool is_call)
{
    struct slot *via, *rs = thread_slot(t, TS_NOTIFY);
    uint64_t info = t->regs.rsi, words = info & 0x1fff; /* many if there are capabilities */
    const struct notification *n = cap_object(rs);
    if (!is_call && rs->type == CAP_NOTIFICATION && n->word != 0) return false;
    enum err e = slot_lookup(thread_cspace(t), t->regs.rdi, &via);
    if (!is_call && e == OK) e = slot_lookup(thread_cspace(t), (uint32_t)t->regs.rbx, &rs);
    if (e != OK || words > MSG_REGISTERS || via->type != CAP_ENDPOINT) return false;
    struct queue *q = &((struct endpoint *)cap_object(via))->queue;
    struct thread *to = is_call ? q->head : t->lender;
    if (to == NULL || !(via->rights & (is_call ? RIGHT_WRITE : RIGHT_READ))) return false;
    struct reply *r = to->reply;
    bool fits = is_call ? r != NULL && t->lend_depth < LEND_DEPTH_MAX /* senders have no Reply */
                        : rs->type == CAP_REPLY && cap_object(rs) == r &&
                              (q->head == NULL || q->head->state == T_RECEIVING);
    if (!fits || !sched_is_next(to)) return false;
    if (msg_slots(info) != 0 && message_check(t, false, true) != OK) return false;
    if (!event_calm(t, !is_call)) return false;

    t->recv_count = (uint8_t)msg_slots(info);
    t->recv_first = (uint32_t)(t->regs.rbx >> 32);
    *r = (struct reply){t, is_call ? REPLY_BOUND : REPLY_NAMED};
    t->reply = r;
    to->reply = NULL;
    if (is_call) queue_remove(to);
    if (is_call) sched_lend(t, to);
    if (!is_call) sched_take_back(to);
    if (!is_call) wait_through(t, via, q, T_RECEIVING);
    if (is_call) t->state = T_AWAIT_REPLY;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        to->regs.w[i] = i < words ? t->regs.w[i] : 0;
    }
    to->regs.rax = OK;
    to->regs.rdi = is_call ? via->badge : 0;
    to->regs.rsi = (info & 0xffff03ff) | (is_call ? MSG_CALL : 0);
    to->state = T_RUNNING;
    to->cpu = cpu();
    cpu()->current = to;
    return true;
}
