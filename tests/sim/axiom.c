/* axiom.c - axiom and init, as far as servers ask them; processes and their threads. */
#include "idl/axiom.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/boot.h"
#include "badge.h"
#include "description.h"
#include "disk.h"
#include "idl/registry.h"
#include "logmem.h"
#include "shared.h"
#include "sim.h"

enum {
    PAGE = 4096,
    SLOT_SELF = CAP_SLOT_SELF,
    SLOT_REGISTRY = CAP_SLOT_REGISTRY,
    MEMORY = 16 << 20
};
enum { FIRST_NAMED = 3, STREAM = 7, RESTART_MOST = 300 };

static struct object *self_object, *registry_object;
static struct process *asker;
static uint8_t image[IMAGE_BYTES] __attribute__((aligned(4096)));

static struct slot *slot_at(uint32_t slot)
{
    if (slot == 0 || slot >= SLOTS) sim_fail("%s names slot %u", asker->program->name, slot);
    return &asker->slots[slot];
}

static int make(uint32_t slot, enum cap_type type, uint64_t badge)
{
    struct slot *s = slot_at(slot);
    if (s->object != NULL) return SELF_SLOT_USED;
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
    slot_at(in->notification.slot)->object->bound = sim.current;
    return OK;
}

static int on_mint(struct request *rq, const struct self_mint_in *in)
{
    const struct slot from = *slot_at(in->source.slot);
    struct slot *to = slot_at(in->slot);
    (void)rq;
    if (to->object != NULL) return SELF_SLOT_USED;
    slot_fill(to, from.object, from.rights & in->rights, in->badge);
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

static int on_ready(struct request *rq)
{
    (void)rq;
    asker->ready = true;
    struct process *uses = NULL;
    const struct logmem *log = (const struct logmem *)LOGMEM_ADDRESS;
    if (asker->program == &programs[PROGRAM_LEDGER] && sim.disk)
        sim.given_up = logmem_ledger(log)->keeps == LOG_KEEPS_IN_MEMORY;
    if (asker->program == &programs[PROGRAM_LEDGER]) uses = &sim.processes[PROGRAM_VFS];
    if (asker->program == &programs[PROGRAM_DISK]) uses = &sim.processes[PROGRAM_LEDGER];
    if (uses != NULL && uses->lives && asker->again) object_signal(uses->wake, SERVICE_SIGNAL_TOLD);
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
    if (msg_caps(rq.answer.info) > 0) { /* a Memory; it stands there */
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
    static const struct registry_ops ops = {.ready = on_ready};
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

/* The log memory: where the ledger looks for it, and what outlives the ledger. */
static void log_make(void)
{
    struct logmem l = {.magic = LOGMEM_MAGIC, .tick_hz = 1000000};
    logmem_layout(&l, MEMORY);
    (void)munmap((void *)LOGMEM_ADDRESS, l.bytes);
    void *at = mmap((void *)LOGMEM_ADDRESS, l.bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != (void *)LOGMEM_ADDRESS) sim_fail("no place for the log memory");
    memcpy(at, &l, sizeof(l));
}

static void image_make(void)
{
    struct image_file *file = (struct image_file *)image;
    static const char text[] = "of the image\n";
    *file = (struct image_file){.path = "/etc/motd", .offset = PAGE, .size = sizeof(text) - 1};
    memcpy(image + PAGE, text, sizeof(text) - 1);
}

void axiom_setup(void)
{
    self_object = object_make(CAP_ENDPOINT);
    self_object->serves = serves_self;
    registry_object = object_make(CAP_ENDPOINT);
    registry_object->serves = serves_registry;
    log_make();
    image_make();
    memory_setup();
    disk_setup();
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        p->program = &programs[i];
        size_t bytes = (size_t)(p->program->data_end - p->program->data);
        p->data_image = malloc(bytes + 1);
        memcpy(p->data_image, p->program->data, bytes);
        p->endpoint = object_make(CAP_ENDPOINT);
    }
}

static void grant(struct process *p, const char *name, struct object *o, uint64_t badge)
{
    struct startup *s = &p->startup;
    uint32_t slot = FIRST_NAMED + s->cap_count;
    strcpy(s->caps[s->cap_count].name, name);
    s->caps[s->cap_count++].slot = slot;
    slot_fill(&p->slots[slot], o, RIGHTS_ALL, badge);
}

static void begins(void *argument)
{
    const struct process *p = argument;
    int code = p->program->entry(&p->startup);
    sim_fail("%s returned %d", p->program->name, code);
}

struct task *task_make(struct process *p, void (*entry)(void *argument), void *argument)
{
    struct task *t = sim.tasks;
    while (t < sim.tasks + TASKS && t->state != TASK_FREE) {
        t++;
    }
    if (t == sim.tasks + TASKS) sim_fail("more than %d threads", TASKS);
    uint8_t *stack = t->stack != NULL ? t->stack : malloc(STACK_BYTES);
    *t = (struct task){.state = TASK_RUNS, .process = p, .stack = stack};
    t->entry = entry;
    t->argument = argument;
    t->block = (struct thread_block){
        .self = &t->block, .buffer = &t->buffer, .startup = &p->startup, .lowest = stack};
    return t;
}

void visit(struct process *p)
{
    struct task *t = &sim.visitor;
    t->process = p;
    t->block =
        (struct thread_block){.self = &t->block, .buffer = &t->buffer, .startup = &p->startup};
    sim.current = t;
}

void life_begin(struct process *p)
{
    const struct program *g = p->program;
    memcpy(g->data, p->data_image, (size_t)(g->data_end - g->data));
    memset(g->bss, 0, (size_t)(g->bss_end - g->bss));
    p->startup = (struct startup){.magic = STARTUP_MAGIC,
                                  .pid = (uint32_t)++sim.pids,
                                  .slot_count = SLOTS,
                                  .heap_base = g->place + (1ull << 30),
                                  .image_address = (uintptr_t)image,
                                  .image_size = sizeof(image),
                                  .tick_hz = 1000000};
    p->pid = p->startup.pid;
    p->death_count = 0;
    p->lives = true;
    p->wake = object_make(CAP_NOTIFICATION);
    slot_fill(&p->slots[SLOT_SELF], self_object, RIGHTS_ALL, p->pid);
    slot_fill(&p->slots[SLOT_REGISTRY], registry_object, RIGHTS_ALL, p->pid);
    grant(p, "service", p->endpoint, 0);
    grant(p, "wake", p->wake, 0);
    if (g == &programs[PROGRAM_LEDGER]) {
        struct object *commits = object_make(CAP_NOTIFICATION);
        grant(p, "commits", commits, 1);
        object_release(commits); /* the slot's alone */
    }
    if (g == &programs[PROGRAM_LEDGER] && sim.disk)
        grant(p, "disk", sim.processes[PROGRAM_DISK].endpoint, badge_lookup(p->pid));
    if (g == &programs[PROGRAM_VFS])
        grant(p, "stream", sim.processes[PROGRAM_LEDGER].endpoint, badge_stream(STREAM));
    if (g == &programs[PROGRAM_SHADOW]) grant(p, "stream", check_stream(), 0);
    if (g == &programs[PROGRAM_ANNA] || g == &programs[PROGRAM_BERT])
        grant(p, "files", sim.processes[PROGRAM_VFS].endpoint, badge_lookup(p->pid));
    p->startup.first_free_slot = FIRST_NAMED + p->startup.cap_count;
    (void)task_make(p, begins, p);
}

void life_end(struct process *p)
{
    kernel_end_tasks(p);
    p->lives = p->ready = p->ends = false;
    p->watched = NULL;
    for (uint32_t i = 0; i < SLOTS; i++) {
        slot_drop(&p->slots[i]);
    }
    object_release(p->wake);
    p->wake = NULL;
    (void)munmap((void *)p->program->place, PLACE_BYTES);
    memory_ended(p);
    if (p->program == &programs[PROGRAM_DISK]) disk_reset();
    p->crashes++;
    sim.count.crashes++;
    p->due = sim.step + sim_random(RESTART_MOST);
    check_ended(p);
}

/* No answer is ever kept for later. */
int request_answer(uint64_t token, struct message *m)
{
    (void)token;
    (void)m;
    return ERR_BUSY;
}

void power_cut(void)
{
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct process *p = &sim.processes[i];
        if (p->lives) life_end(p);
        p->again = false;
    }
    disk_power_cut();
    log_make();
    sim.count.cuts++;
}
