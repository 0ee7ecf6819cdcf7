/* endpoint.c - delivery of messages and the capabilities in them. */
#include "endpoint.h"

#include "arch.h"
#include "check.h"
#include "commit.h"
#include "invoke.h"
#include "notification.h"
#include "sched.h"

/* Capabilities that may travel; the others are authority, or name one holder. */
#define TYPE(t) (1u << (t))
static const uint32_t transferable = TYPE(CAP_ENDPOINT) | TYPE(CAP_NOTIFICATION) | TYPE(CAP_FRAME) |
                                     TYPE(CAP_IRQ) | TYPE(CAP_PORTS) | TYPE(CAP_LOG);

struct transfer { /* one capability of a message, checked */
    struct slot *src; /* NULL: unwrapped to a badge */
    struct slot cap;  /* what arrives */
    uint32_t index;
};

static uint32_t count_of(uint64_t info)
{
    return msg_caps(info);
}

static enum err check_lengths(const struct thread *t)
{
    uint64_t info = t->regs.rsi;
    if (msg_words(info) > MSG_WORDS_MAX || count_of(info) > MSG_CAPS_MAX) return ERR_MESSAGE;
    if (thread_buffer(t) == NULL && (msg_words(info) > MSG_REGISTERS || count_of(info) != 0))
        return ERR_MESSAGE;
    return OK;
}

static enum err check_receive_slots(const struct thread *t)
{
    uint32_t n = msg_slots(t->regs.rsi);
    uint64_t first = t->regs.rbx >> 32;
    struct slot *s;
    if (n > MSG_CAPS_MAX || (n != 0 && thread_buffer(t) == NULL)) return ERR_MESSAGE;
    for (uint32_t i = 0; i < n; i++) {
        enum err e = slot_lookup_empty(thread_cspace(t), first + i, &s);
        if (e != OK) return e;
    }
    return OK;
}

enum err ipc_check_send(const struct thread *t, const struct slot *via, bool is_call)
{
    if (via->type != CAP_ENDPOINT) return ERR_CAP_TYPE;
    if (!(via->rights & RIGHT_WRITE)) return ERR_RIGHTS;
    if (count_of(t->regs.rsi) != 0 && !(via->rights & RIGHT_GRANT)) return ERR_RIGHTS;
    enum err e = check_lengths(t);
    if (e == OK && is_call) e = check_receive_slots(t);
    return e;
}

enum err ipc_check_receive(const struct thread *t, const struct slot *ep)
{
    if (ep->type != CAP_ENDPOINT) return ERR_CAP_TYPE;
    if (!(ep->rights & RIGHT_READ)) return ERR_RIGHTS;
    return check_receive_slots(t);
}

/* Decodes one capability of `from`'s message: `c` was read once from its buffer. `ep` is the object
 * of the endpoint the message goes through, 0 for a reply. */
static enum err transfer_decode(const struct thread *from, struct msg_cap c, uint64_t ep,
                                struct transfer *out)
{
    struct slot *s;
    enum err e = slot_lookup(thread_cspace(from), c.slot, &s);
    if (e != OK) return e;
    if (!(transferable & TYPE(s->type))) return ERR_CAP_TYPE;
    bool unwraps = s->type == CAP_ENDPOINT && s->obj == ep;
    if (!unwraps && s->flags & CAP_FLAG_BOUND) return ERR_RIGHTS;
    *out = (struct transfer){.src = unwraps ? NULL : s, .cap = *s};
    out->cap.rights &= (uint8_t)c.rights;
    out->cap.flags &= CAP_FLAG_DEVICE;
    if (unwraps) return OK;
    if (c.badge != 0) {
        if (s->type != CAP_ENDPOINT || s->badge != 0 || c.badge & BADGE_TRUSTED) return ERR_RANGE;
        out->cap.badge = c.badge;
    }
    if (s->type == CAP_FRAME) out->cap.badge = out->cap.extra = 0; /* the copy is not mapped */
    if (s->depth == 255) return ERR_DEPTH;
    return s->flags & SLOT_FROZEN ? ERR_BUSY : OK;
}

/* All capabilities of a message, and where they go: decode, nothing is changed. */
static enum err transfers_decode(const struct thread *from, const struct thread *to, uint64_t info,
                                 uint64_t ep, struct transfer out[MSG_CAPS_MAX])
{
    uint32_t stored = 0;
    if (count_of(info) == 0) return OK;
    if (thread_buffer(from) == NULL || thread_buffer(to) == NULL) return ERR_MESSAGE;
    for (uint32_t i = 0; i < count_of(info); i++) {
        struct msg_cap c = thread_buffer(from)->caps[i];
        enum err e = transfer_decode(from, c, ep, &out[i]);
        if (e != OK) return e;
        if (out[i].src == NULL) continue;
        struct slot *dst;
        out[i].index = to->recv_first + stored;
        if (stored++ >= to->recv_count) return ERR_MESSAGE;
        e = slot_lookup_empty(thread_cspace(to), out[i].index, &dst);
        if (e != OK) return e;
    }
    return thread_cspace(from)->credits < stored ? ERR_LOG_QUOTA : OK;
}

static void transfers_apply(const struct thread *from, struct thread *to, uint32_t count,
                            const struct transfer *list, uint64_t ep)
{
    struct container *cs = thread_cspace(to), *payer = thread_cspace(from);
    for (uint32_t i = 0; i < count; i++) {
        const struct transfer *x = &list[i];
        thread_buffer(to)->caps[i] =
            (struct msg_cap){.slot = x->src != NULL ? x->index : 0,
                             .rights = x->cap.rights | (uint32_t)x->cap.type << 8,
                             .badge = x->src != NULL ? 0 : x->cap.badge};
        if (x->src == NULL) continue;
        struct slot *dst = container_slot(cs, x->index);
        slot_insert(dst, x->index, &x->cap, x->src);
        commit_slot(COMMIT_TRANSFER, dst, x->src, from->id, ep);
        if (payer->credits != ~0ull) payer->credits--;
    }
}

static void words_copy(const struct thread *from, struct thread *to, uint64_t info)
{
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        to->regs.w[i] = i < msg_words(info) ? from->regs.w[i] : 0;
    }
    const struct ipc_buffer *src = thread_buffer(from);
    struct ipc_buffer *dst = thread_buffer(to);
    for (uint32_t i = MSG_REGISTERS; i < msg_words(info); i++) {
        dst->words[i - MSG_REGISTERS] = src->words[i - MSG_REGISTERS];
    }
}

/* The message of `from` (its registers, or its saved fault) reaches the receiving `to`. */
static enum err deliver(struct thread *from, struct thread *to, const struct slot *via,
                        bool is_call)
{
    struct transfer list[MSG_CAPS_MAX];
    uint64_t info = from->is_fault ? msg_info(from->fault_kind, 8, 0, 0) : from->regs.rsi;
    struct reply *r = to->reply;
    if (is_call && r == NULL) return ERR_BUSY;
    if (msg_words(info) > MSG_REGISTERS && thread_buffer(to) == NULL) return ERR_MESSAGE;
    if (thread_buffer(from) == NULL && msg_words(info) > MSG_REGISTERS) return ERR_MESSAGE;
    enum err e = from->is_fault ? OK : transfers_decode(from, to, info, via->obj, list);
    if (e != OK) return e;

    if (from->is_fault) {
        for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
            to->regs.w[i] = from->fault[i];
        }
    } else {
        words_copy(from, to, info);
        transfers_apply(from, to, count_of(info), list, via->obj);
    }
    to->regs.rdi = via->badge;
    to->regs.rsi = msg_info(msg_label(info), msg_words(info), from->is_fault ? 0 : count_of(info), 0) |
                   (is_call ? MSG_CALL : 0) | (from->is_fault ? MSG_FAULT : 0);
    to->regs.rax = OK;
    ipc_receive_done(to);
    if (is_call) {
        *r = (struct reply){.thread = from, .state = REPLY_BOUND};
        from->reply = r;
        thread_move(from, T_AWAIT_REPLY);
        if (!from->is_fault) sched_lend(from, to);
    }
    return OK;
}

/* A send is over. A fault that nobody can answer stops its thread. */
static void send_ends(struct thread *t, enum err result)
{
    if (t->is_fault) {
        thread_stop(t);
    } else {
        thread_wake(t, result);
    }
}

static void enqueue_sender(struct thread *t, struct slot *via, bool is_call)
{
    struct endpoint *ep = cap_object(via);
    thread_move(t, T_SENDING);
    t->via = via;
    t->is_call = is_call;
    via->flags |= SLOT_SENDERS;
    queue_push(&ep->queue, t);
}

static void save_receive(struct thread *t, struct reply *r)
{
    t->recv_count = (uint8_t)msg_slots(t->regs.rsi);
    t->recv_first = (uint32_t)(t->regs.rbx >> 32);
    t->reply = r;
}

enum err ipc_send(struct thread *t, struct slot *via, bool is_call, bool may_block)
{
    struct endpoint *ep = cap_object(via);
    struct thread *to = ep->queue.head;
    if (is_call) save_receive(t, NULL);
    if (to == NULL || to->state != T_RECEIVING) {
        if (!may_block) return ERR_WOULD_BLOCK;
        enqueue_sender(t, via, is_call);
        return OK;
    }
    enum err e = deliver(t, to, via, is_call);
    if (e == OK) sched_ready(to);
    return e;
}

enum err ipc_receive(struct thread *t, struct slot *slot, bool may_block)
{
    struct endpoint *ep = cap_object(slot);
    struct slot *rs;
    struct reply *r = NULL;
    uint64_t name = (uint32_t)t->regs.rbx;
    if (name != 0) {
        enum err e = slot_lookup(thread_cspace(t), name, &rs);
        if (e != OK) return e;
        if (rs->type != CAP_REPLY) return ERR_CAP_TYPE;
        r = cap_object(rs);
        if (r->state != REPLY_FREE) return ERR_BUSY;
    }
    const struct slot *bound = thread_slot(t, TS_NOTIFY);
    struct notification *n = bound->type == CAP_NOTIFICATION ? cap_object(bound) : NULL;
    if (n != NULL && n->word != 0) return notification_wait(t, n, false);

    if (t->lender != NULL) sched_take_back(t->lender); /* what it serves now is another matter */
    save_receive(t, r);
    if (r != NULL) *r = (struct reply){.thread = t, .state = REPLY_NAMED};
    for (uint32_t i = 0; ep->queue.head != NULL && ep->queue.head->state == T_SENDING; i++) {
        struct thread *from = ep->queue.head;
        if (i == WORK_PER_STEP) {
            ipc_receive_done(t);
            return ERR_PARTIAL; /* as if the system call had not begun: it runs again */
        }
        enum err e = deliver(from, t, from->via, from->is_call);
        if (e != OK || !from->is_call) send_ends(from, e);
        if (e == OK) return OK;
    }
    if (!may_block) {
        ipc_receive_done(t);
        return ERR_WOULD_BLOCK;
    }
    thread_move(t, T_RECEIVING);
    queue_push(&ep->queue, t);
    return OK;
}

enum err ipc_reply(struct thread *t, struct slot *slot)
{
    if (slot->type != CAP_REPLY) return ERR_CAP_TYPE;
    struct reply *r = cap_object(slot);
    if (r->state != REPLY_BOUND) return ERR_BUSY;
    enum err e = check_lengths(t);
    if (e != OK) return e;
    if (count_of(t->regs.rsi) != 0 && !(slot->rights & RIGHT_GRANT)) return ERR_RIGHTS;

    struct thread *to = r->thread;
    *r = (struct reply){.state = REPLY_FREE};
    to->reply = NULL;
    sched_take_back(to);
    if (to->is_fault) { /* it runs again as it was */
        thread_wake(to, OK);
        return OK;
    }
    struct transfer list[MSG_CAPS_MAX];
    uint64_t info = t->regs.rsi;
    uint32_t caps = count_of(info), words = msg_words(info);
    enum err lost = transfers_decode(t, to, info, 0, list);
    if (lost != OK) caps = 0;
    if (thread_buffer(to) == NULL && words > MSG_REGISTERS) {
        words = 0;
        lost = ERR_MESSAGE;
    }
    thread_wake(to, lost == OK ? OK : ERR_CAP_LOST);
    words_copy(t, to, msg_info(0, words, 0, 0));
    transfers_apply(t, to, caps, list, 0);
    to->regs.rsi = msg_info(msg_label(info), words, caps, 0);
    return OK;
}

void ipc_fault(struct thread *t, enum fault_kind kind, const uint64_t words[6])
{
    struct slot *via = thread_slot(t, TS_FAULT);
    if (via->type != CAP_ENDPOINT) {
        thread_stop(t);
        return;
    }
    t->is_fault = true;
    t->fault_kind = (uint8_t)kind;
    for (uint32_t i = 0; i < 6; i++) {
        t->fault[i] = words[i];
    }
    t->fault[6] = t->regs.rbp;
    t->fault[7] = t->id;
    struct endpoint *ep = cap_object(via);
    struct thread *to = ep->queue.head;
    if (to == NULL || to->state != T_RECEIVING) {
        enqueue_sender(t, via, true);
    } else if (deliver(t, to, via, true) == OK) {
        sched_ready(to);
    } else {
        thread_stop(t); /* the handler named no Reply */
    }
}

void ipc_receive_done(struct thread *t)
{
    if (t->reply != NULL) t->reply->state = REPLY_FREE;
    if (t->reply != NULL) t->reply->thread = NULL;
    t->reply = NULL;
}

void ipc_abandon(struct thread *t)
{
    ipc_receive_done(t); /* bound or named: it is free for the next */
    t->is_fault = false;
}

bool ipc_cancel_via(struct slot *via, uint32_t *work)
{
    if (!(via->flags & SLOT_SENDERS)) return true;
    struct endpoint *ep = cap_object(via);
    struct thread *next;
    for (struct thread *t = ep->queue.head; t != NULL && t->state == T_SENDING; t = next) {
        next = t->q_next;
        if (t->via != via) continue;
        if (*work == 0) return false;
        --*work;
        send_ends(t, ERR_CANCELLED);
    }
    via->flags &= (uint8_t)~SLOT_SENDERS;
    return true;
}

bool ipc_has_senders(const struct slot *via)
{
    if (!(via->flags & SLOT_SENDERS)) return false;
    const struct endpoint *ep = cap_object(via);
    const struct thread *t = ep->queue.head;
    while (t != NULL && t->via != via) {
        t = t->q_next;
    }
    return t != NULL && t->state == T_SENDING;
}

bool endpoint_cancel(struct endpoint *ep, uint32_t *work)
{
    for (; ep->queue.head != NULL; --*work) {
        struct thread *t = ep->queue.head;
        if (*work == 0) return false;
        if (t->state == T_RECEIVING) ipc_receive_done(t);
        send_ends(t, ERR_PEER_DIED);
    }
    return true;
}

void reply_cancel(struct reply *r)
{
    struct thread *t = r->thread;
    if (r->state == REPLY_FREE) return;
    sched_take_back(t);
    ipc_receive_done(t);
    send_ends(t, ERR_PEER_DIED);
}
