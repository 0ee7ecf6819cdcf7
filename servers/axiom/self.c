/* self.c - the Self of each process, and Memory. */
#include "area.h"
#include "devices.h"
#include "serve.h"

enum { DEATHS_MAX = 128, PHYSICAL_MAX = 256 };

static int result_of(enum err err)
{
    switch ((int)err) {
    case ERR_NO_MEMORY:
        return SELF_QUOTA;
    case ERR_MAPPED:
    case ERR_NOT_MAPPED:
        return SELF_BAD_ADDRESS;
    case ERR_SLOT_USED:
    case ERR_REVOKED:
        return SELF_SLOT_USED;
    case ERR_BUSY:
        return SELF_LIMIT;
    default:
        return (int)err;
    }
}

static int on_info(struct request *rq, struct self_info_out *out)
{
    process_describe(serve_asker(rq), &out->info);
    return OK;
}

static bool rights_are_good(uint32_t rights)
{
    if (rights & ~(uint32_t)(RIGHT_READ | RIGHT_WRITE | MAP_EXEC)) return false;
    return rights & RIGHT_READ && !(rights & RIGHT_WRITE && rights & MAP_EXEC);
}

static int on_memory_map(struct request *rq, const struct self_memory_map_in *in)
{
    struct process *p = serve_asker(rq);
    if (!rights_are_good(in->rights)) return SELF_BAD_ADDRESS;
    if (serve_refused(p)) return SELF_STORAGE;
    enum err err = space_map(p, in->address, in->pages, in->rights);
    if (err == ERR_LOG_FULL) return SELF_STORAGE;
    return err == ERR_RANGE ? SELF_BAD_ADDRESS : result_of(err);
}

static int on_memory_unmap(struct request *rq, const struct self_memory_unmap_in *in)
{
    enum err err = space_unmap(serve_asker(rq), in->address, in->pages);
    return err == ERR_RANGE ? SELF_BAD_ADDRESS : result_of(err);
}

static int make(struct request *rq, uint32_t type, uint32_t slot, uint64_t badge)
{
    struct process *p = serve_asker(rq);
    if (serve_refused(p)) return SELF_STORAGE;
    return result_of(serve_object(p, type, slot, badge));
}

static int on_endpoint_create(struct request *rq, const struct self_endpoint_create_in *in)
{
    return make(rq, CAP_ENDPOINT, in->slot, 0);
}

static int on_notification_create(struct request *rq, const struct self_notification_create_in *in)
{
    return make(rq, CAP_NOTIFICATION, in->slot, in->badge);
}

static int on_reply_create(struct request *rq, const struct self_reply_create_in *in)
{
    return make(rq, CAP_REPLY, in->slot, 0);
}

static int on_thread_create(struct request *rq, const struct self_thread_create_in *in,
                            struct self_thread_create_out *out)
{
    struct process *p = serve_asker(rq);
    if (serve_refused(p)) return SELF_STORAGE;
    if (in->budget_us == 0 && in->period_us != 0) return ERR_RANGE;
    const struct thread_plan plan = {
        .entry = in->entry,
        .stack = in->stack,
        .argument = in->argument,
        .fs_base = in->fs_base,
        .buffer = in->buffer,
        .budget_us = in->budget_us,
        .period_us = in->period_us,
        .priority = in->priority < p->priority ? in->priority : p->priority,
        .fpu = in->fpu,
    };
    return result_of(process_thread(p, &plan, &out->thread));
}

static int on_notification_bind(struct request *rq, const struct self_notification_bind_in *in)
{
    struct process *p = serve_asker(rq);
    const struct thread_entry *t = process_thread_entry(p, in->thread);
    if (t == NULL || in->notification.slot == 0) return SELF_NOT_YOURS;
    uint64_t slot = name_in(t->slot, TS_NOTIFY);
    (void)kern_delete(slot);
    enum err err = kern_copy(slot, in->notification.slot, RIGHT_READ);
    return err == ERR_BUSY ? SELF_NOT_YOURS : result_of(err);
}

static int on_mint(struct request *rq, const struct self_mint_in *in)
{
    const struct derive d = {
        .source = &in->source, .slot = in->slot, .rights = in->rights, .badge = in->badge};
    return result_of(serve_derive(serve_asker(rq), &d));
}

static bool name_is_good(struct text name)
{
    for (uint32_t i = 0; i < name.len; i++) {
        if (name.at[i] <= ' ' || name.at[i] > '~') return false;
    }
    return name.len != 0;
}

static bool quota_is_good(const struct process *maker, const struct axiom_quota *q)
{
    return q->slots >= SLOTS_MIN && q->slots <= SLOTS_MAX && (q->slots & (q->slots - 1)) == 0 &&
           q->threads >= 1 && q->threads <= PROCESS_THREADS_MAX && q->pages >= 1 &&
           q->commits <= maker->commits_max;
}

/* Each goes where its type says. */
static bool told_is_good(const struct cap_arg *told, struct process_plan *plan)
{
    cap_t *to = told->type == CAP_ENDPOINT ? &plan->fault : &plan->exit;
    if (told->slot == 0) return true;
    if ((told->type != CAP_ENDPOINT && told->type != CAP_NOTIFICATION) || *to != 0) return false;
    *to = told->slot;
    return true;
}

static int on_process_create(struct request *rq, const struct self_process_create_in *in,
                             struct self_process_create_out *out)
{
    struct process *maker = serve_asker(rq), *p;
    if (!name_is_good(in->name)) return SELF_BAD_NAME;
    if (!quota_is_good(maker, &in->quota)) return SELF_BAD_QUOTA;
    if (in->priority > maker->priority || (in->storage && !maker->storage)) return SELF_BAD_QUOTA;
    if (serve_refused(maker) || (logs_refuses() && !in->storage)) return SELF_STORAGE;
    uint32_t have = process_pages(maker) + maker->pages_lent;
    if (have > maker->pages_max || in->quota.pages > maker->pages_max - have) return SELF_QUOTA;
    struct process_plan plan = {.name = in->name,
                                .pid_parent = maker->pid,
                                .pages = in->quota.pages,
                                .slots = in->quota.slots,
                                .threads = in->quota.threads,
                                .commits = in->quota.commits,
                                .priority = in->priority,
                                .storage = in->storage};
    if (!told_is_good(&in->told, &plan) || !told_is_good(&in->also, &plan)) return ERR_CAP_TYPE;
    enum err err = process_make(&plan, &p);
    if (err != OK) return result_of(err);
    out->process = (struct cap_arg){.slot = serve.endpoint,
                                    .rights = RIGHT_WRITE | RIGHT_GRANT,
                                    .badge = badge_of(KIND_PROCESS, maker->pid, p->pid)};
    return OK;
}

static int on_exit(struct request *rq, const struct self_exit_in *in)
{
    process_end(serve_asker(rq), in->code, LIFE_EXITED);
    return OK;
}

static int on_deaths(struct request *rq, struct self_deaths_out *out)
{
    (void)logs_drain();
    out->badges.count = logs_deaths(badge_pid(rq->badge), rq->scratch, DEATHS_MAX, &out->more);
    out->badges.at = rq->scratch;
    return OK;
}

static int on_death_notify(struct request *rq, const struct self_death_notify_in *in)
{
    if (in->endpoint.slot == 0 || in->notification.slot == 0) return SELF_NOT_YOURS;
    const struct arrival *from = logs_arrival(in->endpoint.slot - serve.receive);
    if (from->type != CAP_ENDPOINT) return ERR_CAP_TYPE; /* a watch ends with its endpoint */
    if (!(from->rights & RIGHT_READ)) return SELF_NOT_YOURS;
    struct badge_watch *w = logs_watch(from->obj, badge_pid(rq->badge));
    if (w == NULL) return ERR_NO_MEMORY;
    if (w->signal == 0) w->signal = own_alloc(1);
    if (w->signal == 0) return ERR_NO_MEMORY;
    uint64_t slot = name_in(GS_CNODE, w->signal);
    (void)kern_delete(slot);
    w->due = w->pending > 0;
    return result_of(kern_copy(slot, in->notification.slot, RIGHT_WRITE));
}

static int on_badge_count(struct request *rq, const struct self_badge_count_in *in,
                          struct self_badge_count_out *out)
{
    (void)rq;
    if (in->endpoint.slot == 0) return SELF_NOT_YOURS;
    const struct arrival *from = logs_arrival(in->endpoint.slot - serve.receive);
    if (!(from->rights & RIGHT_READ)) return SELF_NOT_YOURS;
    out->count = logs_badge_count(from->obj, in->badge);
    return OK;
}

static int on_revoke(struct request *rq, const struct self_revoke_in *in)
{
    const struct process *p = serve_asker(rq);
    if (in->source.slot == 0) return SELF_NOT_YOURS;
    uint64_t source = logs_arrival(in->source.slot - serve.receive)->source;
    uint64_t index = (source - p->cspace_address) >> SLOT_BITS;
    if (source < p->cspace_address || index >= p->slots) return SELF_NOT_YOURS;
    return result_of(kern_revoke(process_slot(p, (uint32_t)index)));
}

static int on_sync(struct request *rq, struct self_sync_out *out)
{
    (void)rq;
    (void)logs_drain();
    out->commits = logs_commits();
    out->events = logs_events();
    return OK;
}

static int on_drop(struct request *rq, const struct self_drop_in *in)
{
    const struct process *p = serve_asker(rq);
    if (in->slot <= CAP_SLOT_SELF || in->slot >= p->slots) return ERR_RANGE;
    return (int)kern_delete(process_slot(p, in->slot));
}

static int memory_result(enum err err)
{
    switch ((int)err) {
    case ERR_RANGE:
        return SELF_BAD_ADDRESS;
    case ERR_RIGHTS:
        return SELF_NOT_YOURS;
    case ERR_PEER_DIED:
        return SELF_GONE;
    default:
        return result_of(err);
    }
}

static bool is_memory(const struct cap_arg *cap)
{
    return cap->slot == 0 && cap->type == CAP_ENDPOINT && badge_kind(cap->badge) == KIND_MEMORY;
}

static struct cap_arg memory_cap(uint32_t id, bool write)
{
    return (struct cap_arg){.slot = serve.endpoint,
                            .rights = RIGHT_WRITE | RIGHT_GRANT,
                            .badge = area_badge(id, write)};
}

static int on_memory_create(struct request *rq, const struct self_memory_create_in *in,
                            struct self_memory_create_out *out)
{
    struct process *p = serve_asker(rq);
    uint32_t id;
    if (serve_refused(p)) return SELF_STORAGE;
    enum err err = area_make(p, in->address, in->pages, &id);
    if (err == OK) out->memory = memory_cap(id, true);
    return memory_result(err);
}

static int on_memory_attach(struct request *rq, const struct self_memory_attach_in *in,
                            struct self_memory_attach_out *out)
{
    struct process *p = serve_asker(rq);
    bool told = in->gone.type != CAP_EMPTY;
    if (!is_memory(&in->memory)) return ERR_CAP_TYPE;
    if (told && in->gone.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (in->write && !badge_writes(in->memory.badge)) return SELF_NOT_YOURS;
    if (serve_refused(p)) return SELF_STORAGE;
    const struct attach_plan plan = {.id = badge_pid(in->memory.badge),
                                     .address = in->address,
                                     .write = in->write,
                                     .gone = told ? in->gone.slot : 0};
    return memory_result(area_attach(p, &plan, &out->pages));
}

static int on_memory_detach(struct request *rq, const struct self_memory_detach_in *in)
{
    return memory_result(area_detach(serve_asker(rq), in->address));
}

static int on_memory_revoke(struct request *rq, const struct self_memory_revoke_in *in)
{
    if (!is_memory(&in->memory)) return ERR_CAP_TYPE;
    return memory_result(area_revoke(serve_asker(rq), badge_pid(in->memory.badge)));
}

static int on_window_map(struct request *rq, const struct self_window_map_in *in,
                         struct self_window_map_out *out)
{
    struct process *p = serve_asker(rq);
    if (in->window.slot != 0 || badge_kind(in->window.badge) != KIND_WINDOW) return SELF_NOT_YOURS;
    if (serve_refused(p)) return SELF_QUOTA;
    const struct window w = {.base = (uint64_t)badge_pid(in->window.badge) << PAGE_BITS,
                             .pages = badge_asker(in->window.badge)};
    enum err err = window_map(p, in->address, &w);
    out->pages = w.pages;
    return err == ERR_RANGE ? SELF_BAD_ADDRESS : result_of(err);
}

static int on_memory_physical(struct request *rq, const struct self_memory_physical_in *in,
                              struct self_memory_physical_out *out)
{
    struct process *p = serve_asker(rq);
    if (!p->dma) return SELF_NOT_YOURS;
    out->pages.at = rq->scratch;
    out->pages.count = PHYSICAL_MAX;
    return memory_result(area_physical(p, in->address, in->first, rq->scratch, &out->pages.count));
}

static int on_dma_proof(struct request *rq, const struct self_dma_proof_in *in)
{
    const struct process *p = serve_asker(rq);
    if (!p->dma) return SELF_NOT_YOURS;
    return result_of(kern_mint(process_slot(p, in->slot), serve.endpoint, RIGHT_WRITE | RIGHT_GRANT,
                               badge_of(KIND_DMA, 0, p->pid), 0));
}

const struct self_ops self_ops = {
    .info = on_info,
    .memory_map = on_memory_map,
    .memory_unmap = on_memory_unmap,
    .endpoint_create = on_endpoint_create,
    .notification_create = on_notification_create,
    .reply_create = on_reply_create,
    .thread_create = on_thread_create,
    .notification_bind = on_notification_bind,
    .mint = on_mint,
    .process_create = on_process_create,
    .exit = on_exit,
    .deaths = on_deaths,
    .death_notify = on_death_notify,
    .badge_count = on_badge_count,
    .revoke = on_revoke,
    .sync = on_sync,
    .drop = on_drop,
    .memory_create = on_memory_create,
    .memory_attach = on_memory_attach,
    .memory_detach = on_memory_detach,
    .memory_revoke = on_memory_revoke,
    .window_map = on_window_map,
    .memory_physical = on_memory_physical,
    .dma_proof = on_dma_proof,
};

static int on_memory_info(struct request *rq, struct memory_info_out *out)
{
    struct area_info info;
    if (!area_describe(badge_pid(rq->badge), &info)) return MEMORY_GONE;
    *out = (struct memory_info_out){.pages = info.pages,
                                    .write = badge_writes(rq->badge),
                                    .maps = info.maps,
                                    .made = info.maker};
    return OK;
}

static int on_reader(struct request *rq, struct memory_reader_out *out)
{
    struct area_info info;
    if (!area_describe(badge_pid(rq->badge), &info)) return MEMORY_GONE;
    out->memory = memory_cap(badge_pid(rq->badge), false);
    return OK;
}

const struct memory_ops memory_ops = {.info = on_memory_info, .reader = on_reader};
