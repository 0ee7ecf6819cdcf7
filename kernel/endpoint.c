/* endpoint.c - delivery of messages and the capabilities in them; notifications. */
#include "endpoint.h"

#include "invoke.h"

struct transfer {     /* one capability of a message, checked */
    struct slot *src; /* NULL: unwrapped to a badge */
    struct slot cap;  /* what arrives, */
    uint32_t index;   /* where */
};

enum err message_check(const struct thread *t, bool sends, bool receives)
{
    uint64_t info = t->regs.rsi;
    uint32_t words = sends ? msg_words(info) : 0, caps = sends ? msg_caps(info) : 0;
    uint32_t slots = receives ? msg_slots(info) : 0;
    if (words > MSG_WORDS_MAX || caps > MSG_CAPS_MAX || slots > MSG_CAPS_MAX) return ERR_MESSAGE;
    bool paged = words > MSG_REGISTERS || caps != 0 || slots != 0;
    enum err e = paged && !thread_buffer(t) ? ERR_MESSAGE : OK;
    struct slot *s;
    for (uint32_t i = 0; i < slots && e == OK; i++) {
        e = slot_lookup_empty(t->cspace, (t->regs.rbx >> 32) + i, &s);
    }
    return e;
}

/* Decodes one capability of `from`'s message. `ep` is the object of the endpoint the message goes
 * through, 0 for a reply. */
static enum err transfer_decode(const struct thread *from, struct msg_cap c, uint64_t ep,
                                struct transfer *out)
{
    struct slot *s;
    enum err e = slot_lookup(from->cspace, c.slot, &s);
    if (e != OK) return e;
    if (!cap_is_use(s) || s->type == CAP_REPLY) return ERR_CAP_TYPE; /* that is used once */
    bool unwraps = s->type == CAP_ENDPOINT && s->obj == ep;
    *out = (struct transfer){.src = unwraps ? NULL : s, .cap = *s};
    out->cap.rights &= (uint8_t)c.rights;
    out->cap.flags &= CAP_FLAG_DEVICE;
    if (unwraps) return OK;
    if (s->flags & CAP_FLAG_BOUND) return ERR_RIGHTS;
    bool may_set = s->type == CAP_ENDPOINT && s->badge == 0 && !(c.badge & BADGE_TRUSTED);
    if (c.badge != 0 && !may_set) return ERR_RANGE;
    if (c.badge != 0) out->cap.badge = c.badge;
    if (s->type == CAP_FRAME) out->cap.badge = out->cap.extra = 0; /* the copy is not mapped */
    if (s->flags & SLOT_FROZEN) return ERR_BUSY;
    return s->depth == 255 ? ERR_DEPTH : OK;
}

/* All capabilities of a message, and where they go. Changes nothing. */
static enum err transfers_decode(const struct thread *from, const struct thread *to, uint64_t ep,
                                 uint32_t count, struct transfer *out)
{
    uint32_t stored = 0;
    struct slot *dst;
    for (uint32_t i = 0; i < count; i++) {
        enum err e = transfer_decode(from, from->caps[i], ep, &out[i]);
        if (e != OK) return e;
        if (out[i].src == NULL) continue;
        if (stored == msg_slots(to->regs.rsi)) return ERR_MESSAGE;
        out[i].index = (uint32_t)(to->regs.rbx >> 32) + stored++;
        e = slot_lookup_empty(to->cspace, out[i].index, &dst);
        if (e != OK) return e;
    }
    return stored != 0 && from->cspace->credits < stored ? ERR_LOG_QUOTA : OK;
}

static void transfers_apply(const struct thread *from, struct thread *to, uint64_t ep,
                            uint32_t count, const struct transfer *list)
{
    struct container *payer = from->cspace;
    for (uint32_t i = 0; i < count; i++) {
        const struct transfer *x = &list[i];
        struct msg_cap *arrived = &thread_buffer(to)->caps[i];
        *arrived = (struct msg_cap){.rights = x->cap.rights | (uint32_t)x->cap.type << 8};
        if (x->src == NULL) arrived->badge = x->cap.badge;
        if (x->src == NULL) continue;
        arrived->slot = x->index;
        struct slot *dst = container_slot(to->cspace, x->index);
        slot_insert(dst, x->index, &x->cap, x->src);
        commit_slot(COMMIT_TRANSFER, dst, x->src, from->id, ep);
        if (payer->credits != ~0ull) payer->credits--;
    }
}

void words_copy_page(const struct thread *from, struct thread *to, uint32_t count)
{
    uint64_t bytes = (count - MSG_REGISTERS) * sizeof(uint64_t);
    __builtin_memcpy(thread_buffer(to)->words, thread_buffer(from)->words, bytes);
}

/* Words and capabilities of `from`'s message, or of its fault. A reply is `lossy`: what words there
 * is room for arrive all the same, and the client asks again. */
static enum err message_deliver(const struct thread *from, struct thread *to, uint64_t ep,
                                bool lossy)
{
    struct transfer list[MSG_CAPS_MAX];
    uint64_t fault = msg_info(from->fault_kind, MSG_REGISTERS, 0, 0);
    uint64_t info = from->is_fault ? fault : from->regs.rsi;
    uint32_t words = msg_words(info), caps = msg_caps(info);
    bool paged = words > MSG_REGISTERS || caps != 0;
    bool unpaged = paged && (!thread_buffer(to) || !thread_buffer(from));
    enum err e = unpaged ? ERR_MESSAGE : transfers_decode(from, to, ep, caps, list);
    if (e != OK && !lossy) return e;
    if (e != OK) caps = 0;
    if (unpaged && words > MSG_REGISTERS) words = MSG_REGISTERS;
    const uint64_t *w = from->is_fault ? from->fault : from->regs.w;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        to->regs.w[i] = i < words ? w[i] : 0;
    }
    if (words > MSG_REGISTERS) words_copy_page(from, to, words);
    transfers_apply(from, to, ep, caps, list);
    to->regs.rsi = msg_info(msg_label(info), words, caps, 0) | (from->is_fault ? MSG_FAULT : 0);
    to->regs.rax = e == OK ? OK : ERR_CAP_LOST;
    return OK;
}

/* The message reaches the receiving `to`; a caller waits for its answer. */
static enum err deliver(struct thread *from, struct thread *to, const struct slot *via,
                        bool is_call)
{
    struct reply *r = to->reply;
    enum err e = is_call && r == NULL ? ERR_BUSY : message_deliver(from, to, via->obj, false);
    if (e != OK) return e;
    to->regs.rdi = via->badge;
    ipc_leave_reply(to);
    if (!is_call) return OK;
    to->regs.rsi |= MSG_CALL;
    *r = (struct reply){.thread = from, .state = REPLY_BOUND};
    from->reply = r;
    thread_move(from, T_AWAIT_REPLY);
    if (!from->is_fault && from->lend_depth < LEND_DEPTH_MAX) sched_lend(from, to);
    return OK;
}

APART void wait_through(struct thread *t, struct slot *via, struct queue *q,
                        enum thread_state state)
{
    thread_move(t, state);
    t->via = via;
    via->flags |= SLOT_WAITED;
    queue_insert(q, t, NULL);
}

/* To a receiver that waits, or into the queue. */
static enum err post(struct thread *t, struct slot *via, bool is_call, bool may_block)
{
    struct queue *q = &((struct endpoint *)cap_object(via))->queue;
    struct thread *to = q->head;
    if (to != NULL && to->state == T_RECEIVING) {
        enum err e = deliver(t, to, via, is_call);
        if (e == OK) sched_ready(to, false);
        return e;
    }
    if (!may_block) return ERR_WOULD_BLOCK;
    t->is_call = is_call;
    wait_through(t, via, q, T_SENDING);
    return OK;
}

/* Nobody will answer. A fault that nobody can answer stops its thread. */
static void wait_ends(struct thread *t, enum err result)
{
    if (t->is_fault) thread_stop(t);
    if (t->state == T_INACTIVE) return;
    t->regs.rax = result;
    t->regs.rdi = t->regs.rsi = 0;
    sched_ready(t, false);
}

enum err ipc_send(struct thread *t, struct slot *via, bool is_call, bool may_block)
{
    if (msg_caps(t->regs.rsi) != 0 && !(via->rights & RIGHT_GRANT)) return ERR_RIGHTS;
    enum err e = message_check(t, true, is_call);
    return e == OK ? post(t, via, is_call, may_block) : e;
}

enum err ipc_receive(struct thread *t, struct slot *slot, bool replies, bool may_block)
{
    struct slot *rs = NULL; /* the Reply it names, if any */
    uint32_t name = (uint32_t)t->regs.rbx;
    enum err e = message_check(t, false, true);
    if (e == OK && name != 0) e = slot_lookup(t->cspace, name, &rs);
    if (e == OK && rs != NULL && rs->type != CAP_REPLY) e = ERR_CAP_TYPE;
    if (e != OK) return e;
    struct endpoint *ep = cap_object(slot);
    struct reply *r = rs != NULL ? cap_object(rs) : NULL;
    if (replies && r != NULL && r->state == REPLY_BOUND) e = ipc_reply(t, rs);
    if (e == OK && r != NULL && r->state != REPLY_FREE) e = ERR_BUSY;
    if (e != OK) return e;
    if (t->lender != NULL) sched_take_back(t->lender); /* what it serves now is another matter */
    struct slot *bound = thread_slot(t, TS_NOTIFY);
    if (bound->type == CAP_NOTIFICATION && notification_wait(t, bound, false) == OK) return OK;

    t->reply = r;
    if (r != NULL) *r = (struct reply){.thread = t, .state = REPLY_NAMED};
    uint32_t work = WORK_PER_STEP / 2; /* each may copy a long message */
    for (; ep->queue.head != NULL && ep->queue.head->state == T_SENDING && work > 0; work--) {
        struct thread *from = ep->queue.head;
        e = deliver(from, t, from->via, from->is_call);
        if (e != OK || !from->is_call) wait_ends(from, e);
        cpu()->calm = 0; /* it may run on another context now */
        if (e == OK) return OK;
    }
    if (work > 0 && may_block) wait_through(t, slot, &ep->queue, T_RECEIVING);
    if (work > 0 && may_block) return OK;
    ipc_leave_reply(t);
    return work > 0 ? ERR_WOULD_BLOCK : ERR_PARTIAL;
}

enum err ipc_reply(struct thread *t, struct slot *slot)
{
    if (msg_caps(t->regs.rsi) != 0 && !(slot->rights & RIGHT_GRANT)) return ERR_RIGHTS;
    enum err e = message_check(t, true, false);
    struct reply *r = cap_object(slot);
    if (e == OK && r->state != REPLY_BOUND) e = ERR_BUSY;
    if (e != OK) return e;

    struct thread *to = r->thread;
    ipc_leave_reply(to);
    sched_take_back(to);
    if (!to->is_fault) e = message_deliver(t, to, 0, true);
    if (!to->is_fault) to->regs.rdi = 0;
    to->is_fault = false; /* it runs again as it was */
    sched_ready(to, false);
    return e;
}

void ipc_fault(struct thread *t, enum fault_kind kind)
{
    struct slot *via = thread_slot(t, TS_FAULT);
    t->is_fault = true;
    t->fault_kind = (uint8_t)kind;
    /* no handler, or it named no Reply: it stays where it is */
    if (via->type != CAP_ENDPOINT || post(t, via, true, true) != OK) thread_stop(t);
}

void ipc_leave_reply(struct thread *t)
{
    if (t->reply != NULL) *t->reply = (struct reply){.state = REPLY_FREE};
    t->reply = NULL;
}

bool ipc_cancel_via(struct slot *via, uint32_t *work)
{
    if (!(via->flags & SLOT_WAITED)) return true;
    struct thread *next, *t = via->type == CAP_ENDPOINT
                                  ? ((struct endpoint *)cap_object(via))->queue.head
                                  : ((struct notification *)cap_object(via))->queue.head;
    for (uint32_t scanned = 1; t != NULL; t = next, scanned++) {
        next = t->q_next;
        if (scanned % 32 == 0 && *work > 1) --*work; /* the first of a step's goes on to its end */
        if (t->via != via) continue;
        if (*work == 0) return false;
        --*work;
        ipc_leave_reply(t); /* it named one, if it receives */
        wait_ends(t, ERR_CANCELLED);
    }
    via->flags &= (uint8_t)~SLOT_WAITED;
    return true;
}

void ipc_cancel_reply(const struct reply *r)
{
    if (r->state == REPLY_FREE) return;
    struct thread *t = r->thread;
    ipc_leave_reply(t);
    sched_take_back(t);
    wait_ends(t, ERR_PEER_DIED);
}

void notification_signal(struct notification *n, uint64_t badge)
{
    uint64_t word = n->word | badge;
    struct thread *t = n->queue.head;
    if (t == NULL && n->user != NULL && n->user->state == T_RECEIVING) t = n->user;
    n->word = t == NULL ? word : 0;
    if (t == NULL || word == 0) return;
    ipc_leave_reply(t); /* it named one, if it receives */
    t->regs.rax = OK;
    t->regs.rdi = word;
    t->regs.rsi = MSG_SIGNAL;
    sched_ready(t, false);
}

enum err notification_wait(struct thread *t, struct slot *via, bool may_block)
{
    struct notification *n = cap_object(via);
    if (n->word == 0 && !may_block) return ERR_WOULD_BLOCK;
    if (n->word == 0) wait_through(t, via, &n->queue, T_WAITING);
    if (n->word == 0) return OK;
    t->regs.rdi = n->word;
    t->regs.rsi = MSG_SIGNAL;
    n->word = 0;
    return OK;
}
