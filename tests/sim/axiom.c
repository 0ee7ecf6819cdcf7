/* axiom.c - axiom and init, as far as servers ask them. */
#include "idl/axiom.h"

#include <string.h>
#include <sys/mman.h>

#include "client.h"
#include "description.h"
#include "idl/registry.h"
#include "shared.h"
#include "sim.h"

enum { PAGE = 4096 };

static struct object *self_object, *registry_object;
static struct process *asker;

static struct slot *slot_at(uint32_t slot)
{
    if (slot == 0 || slot >= SLOTS) sim_fail("%s names slot %u", asker->program->name, slot);
    return &asker->slots[slot];
}

static int make(uint32_t slot, enum cap_type type, uint64_t badge)
{
    struct slot *s = slot_at(slot);
    if (s->object != NULL || s->revoked) return SELF_SLOT_USED;
    struct object *o = object_make(type);
    slot_fill(s, o, RIGHTS_ALL, badge);
    object_release(o); /* the slot's alone */
    return OK;
}

static int on_info(struct request *rq, struct self_info_out *out)
{
    (void)rq;
    out->info = (struct axiom_process_info){.pid = asker->pid, .name = text_from("sim", 3)};
    return OK;
}

static int on_map(struct request *rq, const struct self_memory_map_in *in)
{
    (void)rq;
    void *at = mmap((void *)in->address, (size_t)in->pages * PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return at == (void *)in->address ? OK : SELF_BAD_ADDRESS;
}

static int on_unmap(struct request *rq, const struct self_memory_unmap_in *in)
{
    (void)rq;
    return munmap((void *)in->address, (size_t)in->pages * PAGE) == 0 ? OK : SELF_BAD_ADDRESS;
}

static int on_notification(struct request *rq, const struct self_notification_create_in *in)
{
    (void)rq;
    return make(in->slot, CAP_NOTIFICATION, in->badge);
}

static int on_reply(struct request *rq, const struct self_reply_create_in *in)
{
    (void)rq;
    return make(in->slot, CAP_REPLY, 0);
}

static int on_bind(struct request *rq, const struct self_notification_bind_in *in)
{
    (void)rq;
    struct object *o = slot_at(in->notification.slot)->object;
    o->bound = sim.current;
    sim.current->note = o;
    return OK;
}

static int on_mint(struct request *rq, const struct self_mint_in *in)
{
    struct slot *from = slot_at(in->source.slot), *to = slot_at(in->slot);
    (void)rq;
    if (to->object != NULL || to->revoked) return SELF_SLOT_USED;
    slot_fill(to, from->object, from->rights & in->rights,
              from->badge == 0 ? in->badge : from->badge);
    slot_derive(from, to);
    return OK;
}

static int on_revoke(struct request *rq, const struct self_revoke_in *in)
{
    (void)rq;
    slot_revoke(slot_at(in->source.slot));
    return OK;
}

static int on_end(struct request *rq, const struct self_exit_in *in)
{
    (void)rq;
    if (strstr(sim.last, "a part of the checkpoint cannot be had") != NULL) {
        asker->ends = true; /* as service_recover.c says */
        sim.current->state = TASK_FREE;
        return OK;
    }
    if (sim_damaged(OF_LOG)) { /* what it needs cannot be had, and that is said */
        sim.given_up = asker->ends = true;
        sim.current->state = TASK_FREE;
        sim.count.refusals++;
        return OK;
    }
    sim_fail("%s ends with code %d: %.*s", asker->program->name, in->code,
             (int)strcspn(sim.last, "\n"), sim.last);
}

static int on_deaths(struct request *rq, struct self_deaths_out *out)
{
    uint32_t count = asker->death_count < 128 ? asker->death_count : 128;
    memcpy(rq->scratch, asker->deaths, count * sizeof(uint64_t));
    asker->death_count -= count;
    memmove(asker->deaths, asker->deaths + count, asker->death_count * sizeof(uint64_t));
    out->badges.count = count;
    out->badges.at = rq->scratch;
    out->more = asker->death_count > 0;
    return OK;
}

static int on_death_notify(struct request *rq, const struct self_death_notify_in *in)
{
    (void)rq;
    asker->watched = slot_at(in->endpoint.slot)->object;
    asker->watch_signal = slot_at(in->notification.slot)->object;
    asker->watch_badge = slot_at(in->notification.slot)->badge;
    return OK;
}

static int on_sync(struct request *rq, struct self_sync_out *out)
{
    (void)rq;
    *out = (struct self_sync_out){0};
    return OK;
}

static int on_drop(struct request *rq, const struct self_drop_in *in)
{
    (void)rq;
    slot_drop(slot_at(in->slot));
    return OK;
}

static int on_badge_count(struct request *rq, const struct self_badge_count_in *in,
                          struct self_badge_count_out *out)
{
    (void)rq;
    out->count = kernel_badges(slot_at(in->endpoint.slot)->object, in->badge);
    return OK;
}

/* Who is told of its successor, as images/system.toml has it. */
static bool uses(const struct process *user, enum program_number what)
{
    const struct role *role = &roles[number_of(user)];
    bool stream = number_of(user) >= FIRST_CHECKED && number_of(user) < FIRST_SHADOW;
    if (stream && what == PROGRAM_LEDGER) return true;
    for (uint32_t i = 0; i < GRANTS; i++) {
        enum given kind = role->grants[i].kind;
        bool service = kind == GIVEN_USE || kind == GIVEN_CONTROL || kind == GIVEN_SPACE;
        if (service && role->grants[i].of == what) return true;
    }
    return false;
}

static int on_ready(struct request *rq)
{
    (void)rq;
    asker->ready = true;
    if (number_of(asker) == PROGRAM_LEDGER) damage_look();
    for (uint32_t i = 0; i < PROGRAMS && asker->again; i++) {
        struct process *p = &sim.processes[i];
        if (p->lives && roles[i].told && uses(p, number_of(asker)))
            object_signal(p->wake, SERVICE_SIGNAL_TOLD);
    }
    asker->again = true;
    return OK;
}

static bool serves(struct process *p, struct message *m, int (*dispatch)(struct request *rq))
{
    static uint64_t words[MSG_WORDS_MAX], scratch[MSG_WORDS_MAX];
    struct ipc_buffer *buffer = &sim.current->buffer;
    struct request rq = {.info = m->info, .words = words, .scratch = scratch, .buffer = buffer};
    memcpy(words, m->w, sizeof(m->w));
    memcpy(words + MSG_REGISTERS, buffer->words, sizeof(buffer->words));
    for (uint32_t i = 0; i < msg_caps(m->info); i++) {
        const struct msg_cap *c = &buffer->caps[i];
        const struct object *o = c->slot < SLOTS ? p->slots[c->slot].object : NULL;
        rq.caps[i] = (struct cap_arg){.slot = c->slot,
                                      .rights = (uint8_t)c->rights,
                                      .type = o != NULL ? (uint8_t)o->type : CAP_EMPTY};
    }
    asker = p;
    int err = dispatch(&rq);
    if (err != OK) rq.answer = (struct message){.info = msg_info((uint32_t)err, 0, 0, 0)};
    if (msg_caps(rq.answer.info) > 0) { /* it stands there */
        buffer->caps[0] = (struct msg_cap){.slot = (uint32_t)(m->aux >> 32),
                                           .rights = RIGHTS_ALL | CAP_ENDPOINT << 8};
    }
    memcpy(m->w, rq.answer.w, sizeof(m->w));
    m->info = rq.answer.info;
    return true;
}

static int self_serves(struct request *rq)
{
    static const struct self_ops ops = {.info = on_info,
                                        .memory_map = on_map,
                                        .memory_unmap = on_unmap,
                                        .notification_create = on_notification,
                                        .reply_create = on_reply,
                                        .notification_bind = on_bind,
                                        .mint = on_mint,
                                        .revoke = on_revoke,
                                        .exit = on_end,
                                        .deaths = on_deaths,
                                        .death_notify = on_death_notify,
                                        .sync = on_sync,
                                        .drop = on_drop,
                                        .memory_create = memory_on_create,
                                        .memory_attach = memory_on_attach,
                                        .memory_detach = memory_on_detach,
                                        .badge_count = on_badge_count};
    return self_dispatch(&ops, rq);
}

static int registry_serves(struct request *rq)
{
    static const struct registry_ops ops = {.ready = on_ready,
                                            .keep = kept_on_keep,
                                            .kept = kept_on_kept,
                                            .unkeep = kept_on_unkeep,
                                            .keeping = kept_on_keeping};
    return registry_dispatch(&ops, rq);
}

static bool serves_self(struct process *p, uint64_t badge, struct message *m)
{
    (void)badge;
    return serves(p, m, self_serves);
}

static bool serves_registry(struct process *p, uint64_t badge, struct message *m)
{
    (void)badge;
    return serves(p, m, registry_serves);
}

void axiom_badge_gone(struct object *o, uint64_t badge)
{
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        if (!p->lives || p->watched != o) continue;
        if (p->death_count == DEATHS) sim_fail("more than %d deaths", DEATHS);
        p->deaths[p->death_count++] = badge;
        object_signal(p->watch_signal, p->watch_badge);
    }
}

struct object *axiom_self(void)
{
    return self_object;
}

struct object *axiom_registry(void)
{
    return registry_object;
}

void axiom_setup(void)
{
    self_object = object_make(CAP_ENDPOINT);
    self_object->serves = serves_self;
    registry_object = object_make(CAP_ENDPOINT);
    registry_object->serves = serves_registry;
    memory_setup();
}

/* No answer is ever kept for later. */
int request_answer(uint64_t token, struct message *m)
{
    (void)token;
    (void)m;
    return ERR_BUSY;
}
