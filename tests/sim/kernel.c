/* kernel.c - endpoints, notifications, Replies and capabilities, as far as servers see them. */
#include <string.h>

#include "idl/stream.h"
#include "sim.h"

static struct object objects[OBJECTS];

struct object *object_make(enum cap_type type)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        if (objects[i].type != CAP_EMPTY) continue;
        objects[i] = (struct object){.type = type, .references = 1};
        return &objects[i];
    }
    sim_fail("more than %d objects", OBJECTS);
}

static void answer(struct task *t, enum err err)
{
    t->state = TASK_RUNS;
    t->result = err;
    t->on = NULL;
}

static void gone(struct object *o)
{
    if (o->type == CAP_NOTIFICATION && o->bound != NULL) o->bound->note = NULL;
    if (o->type == CAP_REPLY && o->bound != NULL) answer(o->bound, ERR_PEER_DIED);
    for (uint32_t i = 0; i < TASKS; i++) {
        if (sim.tasks[i].state != TASK_FREE && sim.tasks[i].on == o)
            answer(&sim.tasks[i], ERR_CANCELLED);
    }
    *o = (struct object){0};
}

void object_release(struct object *o)
{
    if (o != NULL && --o->references == 0) gone(o);
}

void slot_fill(struct slot *s, struct object *o, uint8_t rights, uint64_t badge)
{
    for (uint32_t i = 0; i <= INIT; i++) {
        struct process *p = &sim.processes[i];
        uint32_t above = (uint32_t)(s - p->slots) + 1;
        if (s >= p->slots && s < p->slots + SLOTS && p->high < above) p->high = above;
    }
    *s = (struct slot){.object = o, .badge = badge, .rights = rights};
    o->references++;
}

void slot_derive(struct slot *from, struct slot *to)
{
    static uint64_t ids;
    if (from->id == 0) from->id = ++ids;
    to->from = from->id;
}

/* The first slot that was derived from that one. */
static struct slot *derived_from(uint64_t id)
{
    for (uint32_t p = 0; p <= INIT; p++) {
        for (uint32_t i = 0; i < sim.processes[p].high; i++) {
            struct slot *s = &sim.processes[p].slots[i];
            if (s->object != NULL && s->from == id) return s;
        }
    }
    return NULL;
}

/* What was derived from one of those goes over to `s`, whose own turn comes. */
void slot_revoke(struct slot *s)
{
    struct slot *derived;
    while (s->id != 0 && (derived = derived_from(s->id)) != NULL) {
        slot_drop(derived);
        derived->revoked = true;
    }
}

uint32_t kernel_badges(const struct object *o, uint64_t badge)
{
    uint32_t count = 0;
    for (uint32_t p = 0; p <= INIT; p++) {
        for (uint32_t i = 0; i < sim.processes[p].high; i++) {
            const struct slot *s = &sim.processes[p].slots[i];
            count += s->object == o && s->badge == badge;
        }
    }
    return count;
}

void slot_drop(struct slot *s)
{
    const struct slot was = *s;
    *s = (struct slot){0};
    if (was.object == NULL) return;
    struct slot *derived;
    while (was.id != 0 && (derived = derived_from(was.id)) != NULL) {
        derived->from = was.from;
    }
    bool last = was.object->type == CAP_ENDPOINT && was.badge != 0 &&
                kernel_badges(was.object, was.badge) == 0;
    if (last) axiom_badge_gone(was.object, was.badge);
    object_release(was.object);
}

static struct slot *slot_of(const struct task *t, uint64_t index)
{
    return index != 0 && index < SLOTS ? &t->process->slots[index] : NULL;
}

static struct slot *slot_with(const struct task *t, uint64_t index, enum cap_type type)
{
    struct slot *s = slot_of(t, index);
    return s != NULL && s->object != NULL && s->object->type == type ? s : NULL;
}

static struct task *first_of(enum task_state state, const struct object *on)
{
    struct task *first = NULL;
    for (uint32_t i = 0; i < TASKS; i++) {
        struct task *t = &sim.tasks[i];
        if (t->state != state || t->on != on) continue;
        if (first == NULL || t->order < first->order) first = t;
    }
    return first;
}

static void wait_on(struct task *t, enum task_state state, struct object *on)
{
    t->state = state;
    t->on = on;
    t->order = sim.order++;
}

/* Capabilities of a message. `through`: what it was sent through; NULL: it is an answer. False: not
 * all of them arrived. */
static bool caps_copy(struct task *from, struct task *to, const struct object *through)
{
    uint32_t count = msg_caps(from->m->info), room = msg_slots(to->m->info);
    cap_t base = (cap_t)(to->m->aux >> 32);
    bool whole = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct msg_cap cap = from->buffer.caps[i];
        struct slot *s = slot_of(from, cap.slot);
        struct slot *into = i < room ? slot_of(to, base + i) : NULL;
        struct msg_cap *out = &to->buffer.caps[i];
        *out = (struct msg_cap){0};
        if (s != NULL && s->revoked) {
            whole = false;
            continue;
        }
        if (s == NULL || s->object == NULL)
            sim_fail("%s sends an empty slot", from->process->program->name);
        uint64_t badge = s->badge == 0 ? cap.badge : s->badge;
        if (s->object == through) {
            out->badge = badge;
            continue;
        }
        if (into == NULL || into->object != NULL || into->revoked) {
            whole = false;
            continue;
        }
        slot_fill(into, s->object, s->rights & cap.rights, badge);
        slot_derive(s, into);
        out->slot = base + i;
        out->rights = into->rights | (uint32_t)s->object->type << 8;
    }
    return whole;
}

static void words_copy(const struct task *from, struct task *to)
{
    memcpy(to->m->w, from->m->w, sizeof(to->m->w));
    uint32_t words = msg_words(from->m->info);
    if (words > MSG_REGISTERS)
        memcpy(to->buffer.words, from->buffer.words, (words - MSG_REGISTERS) * sizeof(uint64_t));
}

static void deliver(struct task *from, struct task *to)
{
    bool call = from->number == SYS_CALL;
    uint64_t info = from->m->info & 0xffff1fff;
    if (!caps_copy(from, to, from->on)) {
        answer(from, ERR_SLOT_USED);
        return;
    }
    words_copy(from, to);
    to->m->info = info | (call ? MSG_CALL : 0);
    to->m->cap = from->badge;
    if (call) {
        if (to->reply == NULL)
            sim_fail("%s receives a call without a Reply", to->process->program->name);
        to->reply->bound = from;
        from->state = TASK_ASKED;
        from->on = to->reply;
    } else {
        answer(from, OK);
    }
    answer(to, OK);
}

/* The answer of `t` goes to whoever waits for it. */
static void reply_give(struct task *t, struct object *reply)
{
    struct task *to = reply->bound;
    reply->bound = NULL;
    bool whole = caps_copy(t, to, NULL);
    words_copy(t, to);
    to->m->info = t->m->info & 0xffff1fff;
    answer(to, whole ? OK : ERR_CAP_LOST);
}

static void receive(struct task *t, struct object *endpoint)
{
    struct slot *reply = slot_with(t, (uint32_t)t->m->aux, CAP_REPLY);
    t->reply = reply != NULL ? reply->object : NULL;
    struct object *note = t->note;
    if (note != NULL && note->word != 0) {
        t->m->cap = note->word;
        t->m->info = MSG_SIGNAL;
        note->word = 0;
        answer(t, OK);
        return;
    }
    wait_on(t, TASK_RECEIVES, endpoint);
    struct task *from = first_of(TASK_SENDS, endpoint);
    if (from != NULL) deliver(from, t);
}

void object_signal(struct object *o, uint64_t bits)
{
    struct task *t = o->bound, *waits = first_of(TASK_WAITS, o);
    o->word |= bits;
    if (waits != NULL) {
        waits->m->cap = o->word;
        o->word = 0;
        answer(waits, OK);
    } else if (t != NULL && t->state == TASK_RECEIVES) {
        t->m->cap = o->word;
        t->m->info = MSG_SIGNAL;
        o->word = 0;
        answer(t, OK);
    }
}

/* What a service says to its stream is looked at, and maybe spoilt on purpose. True: it goes on. */
static bool stream_tap(struct task *t, const struct slot *s)
{
    if (s->object != sim.processes[PROGRAM_LEDGER].endpoint) return true;
    sim.count.parts += msg_label(t->m->info) == STREAM_CHECKPOINT;
    if (msg_label(t->m->info) != STREAM_APPEND) return true;
    static uint64_t words[MSG_WORDS_MAX];
    memcpy(words, t->m->w, sizeof(t->m->w));
    memcpy(words + MSG_REGISTERS, t->buffer.words, sizeof(t->buffer.words));
    check_append(t->process, words[0], words + 3, (uint32_t)words[1]);
    if (words[0] % 100 != 99 || !sim_plants("drop")) return true;
    t->m->w[0] = words[0] + 1; /* "durable": the ledger never sees it */
    t->m->w[1] = 1 << 20;
    t->m->info = msg_info(OK, 2, 0, 0);
    answer(t, OK);
    return false;
}

static void send(struct task *t)
{
    struct slot *s = slot_with(t, t->m->cap, CAP_ENDPOINT);
    if (s == NULL || (s->rights & RIGHT_WRITE) == 0) {
        const struct slot *any = slot_of(t, t->m->cap);
        bool revoked = any != NULL && any->revoked;
        answer(t, revoked ? ERR_REVOKED : s == NULL ? ERR_CAP_EMPTY : ERR_RIGHTS);
        return;
    }
    if (s->object->serves != NULL) {
        enum err err = s->object->serves(t->process, s->badge, t->m) ? OK : ERR_PEER_DIED;
        if (t->state != TASK_FREE) answer(t, err);
        return;
    }
    if (!stream_tap(t, s)) return;
    t->badge = s->badge;
    wait_on(t, TASK_SENDS, s->object);
    struct task *to = first_of(TASK_RECEIVES, s->object);
    if (to != NULL) deliver(t, to);
}

static void notification(struct task *t)
{
    struct slot *s = slot_with(t, t->m->cap, CAP_NOTIFICATION);
    if (s == NULL) {
        answer(t, ERR_CAP_EMPTY);
    } else if (t->number == SYS_SIGNAL) {
        answer(t, OK);
        object_signal(s->object, s->badge);
    } else if (s->object->word != 0) {
        t->m->cap = s->object->word;
        s->object->word = 0;
        answer(t, OK);
    } else if (t->number == SYS_POLL) {
        t->m->cap = 0;
        answer(t, ERR_WOULD_BLOCK);
    } else {
        wait_on(t, TASK_WAITS, s->object);
    }
}

static void reply_or_receive(struct task *t)
{
    struct slot *reply = slot_with(t, (uint32_t)t->m->aux, CAP_REPLY);
    struct slot *s = slot_with(t, t->m->cap, CAP_ENDPOINT);
    bool bound = reply != NULL && reply->object->bound != NULL;
    if (t->number == SYS_REPLY && !bound) {
        answer(t, ERR_BUSY);
        return;
    }
    if (t->number != SYS_RECV && bound) reply_give(t, reply->object);
    if (t->number == SYS_REPLY) {
        answer(t, OK);
    } else if (s == NULL || (s->rights & RIGHT_READ) == 0) {
        answer(t, ERR_CAP_EMPTY);
    } else {
        receive(t, s->object);
    }
}

void kernel_call(struct task *t)
{
    struct slot *s = slot_of(t, t->m->cap);
    switch (t->number) {
    case SYS_CALL:
    case SYS_SEND:
        send(t);
        return;
    case SYS_RECV:
    case SYS_REPLY_RECV:
    case SYS_REPLY:
        reply_or_receive(t);
        return;
    case SYS_SIGNAL:
    case SYS_WAIT:
    case SYS_POLL:
        notification(t);
        return;
    case SYS_DROP:
        answer(t, s == NULL || (s->object == NULL && !s->revoked) ? ERR_CAP_EMPTY : OK);
        if (s != NULL) slot_drop(s);
        return;
    case SYS_INVOKE:
        answer(t, slot_with(t, t->m->cap, CAP_PORTS) == NULL
                      ? ERR_CAP_TYPE
                      : machine_invoke(msg_label(t->m->info), t->m));
        return;
    case SYS_YIELD:
        answer(t, OK);
        return;
    case SYS_DEBUG:
        if (sim.last_len < sizeof(sim.last) - 1) sim.last[sim.last_len++] = (char)t->m->w[0];
        sim.last[sim.last_len] = '\0';
        if ((char)t->m->w[0] == '\n') sim.last_len = 0;
        answer(t, OK);
        return;
    default:
        answer(t, ERR_SYSCALL);
        return;
    }
}

/* Whoever waits for its answers is told by its Replies, which go with its slots. */
void kernel_end_tasks(struct process *p)
{
    for (uint32_t i = 0; i < TASKS; i++) {
        struct task *t = &sim.tasks[i];
        if (t->state == TASK_FREE || t->process != p) continue;
        for (uint32_t o = 0; o < OBJECTS; o++) {
            if (objects[o].bound == t) objects[o].bound = NULL;
        }
        t->state = TASK_FREE;
    }
}
