/* object.c - Process: what its maker may do with a process. */
#include "serve.h"

#include "bytes.h"

enum { PAGE = 4096, PEEK_WORDS = 64, READ_STEP = MSG_REGISTERS };

static int result_of(enum err err)
{
    switch ((int)err) {
    case ERR_NO_MEMORY:
        return PROCESS_QUOTA;
    case ERR_MAPPED:
    case ERR_NOT_MAPPED:
        return PROCESS_BAD_ADDRESS;
    case ERR_SLOT_USED:
    case ERR_REVOKED:
        return PROCESS_SLOT_USED;
    case ERR_BUSY:
        return PROCESS_LIMIT;
    default:
        return (int)err;
    }
}

static struct process *target(const struct request *rq)
{
    return process_living(badge_pid(rq->badge));
}

static int on_info(struct request *rq, struct process_info_out *out)
{
    const struct process *p = process_find(badge_pid(rq->badge));
    if (p == NULL) return PROCESS_DEAD;
    process_describe(p, &out->info);
    return OK;
}

static int on_memory_map(struct request *rq, const struct process_memory_map_in *in)
{
    struct process *p = target(rq);
    uint32_t rights = in->rights;
    if (p == NULL) return PROCESS_DEAD;
    if (rights & ~(uint32_t)(RIGHT_READ | RIGHT_WRITE | MAP_EXEC)) return PROCESS_BAD_ADDRESS;
    if (!(rights & RIGHT_READ) || (rights & RIGHT_WRITE && rights & MAP_EXEC))
        return PROCESS_BAD_ADDRESS;
    if (serve_refused(p)) return PROCESS_STORAGE;
    enum err err = space_map(p, in->address, in->pages, rights);
    if (err == ERR_LOG_FULL) return PROCESS_STORAGE;
    return err == ERR_RANGE ? PROCESS_BAD_ADDRESS : result_of(err);
}

static int on_memory_share(struct request *rq, const struct process_memory_share_in *in)
{
    const struct share share = {.from = target(rq),
                                .to = serve_asker(rq),
                                .at = in->address,
                                .mine = in->mine,
                                .pages = in->pages,
                                .write = in->write};
    if (share.from == NULL || share.to == NULL) return PROCESS_DEAD;
    enum err err = space_share(&share);
    return err == ERR_RANGE ? PROCESS_BAD_ADDRESS : result_of(err);
}

static int on_memory_unshare(struct request *rq, const struct process_memory_unshare_in *in)
{
    struct process *p = serve_asker(rq);
    if (p == NULL) return PROCESS_DEAD;
    enum err err = space_unmap(p, in->mine, in->pages);
    return err == ERR_RANGE ? PROCESS_BAD_ADDRESS : result_of(err);
}

static int on_grant(struct request *rq, const struct process_grant_in *in)
{
    struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    const struct derive d = {.source = &in->source,
                             .slot = in->slot,
                             .rights = in->rights,
                             .badge = in->badge,
                             .flags = in->bound ? CAP_FLAG_BOUND : 0};
    return result_of(serve_derive(p, &d));
}

static int on_revoke(struct request *rq, const struct process_revoke_in *in)
{
    struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    /* Its Self stays: without it the process could not even end itself. */
    if (in->slot <= CAP_SLOT_SELF || in->slot >= p->slots) return ERR_RANGE;
    enum err err = kern_revoke(process_slot(p, in->slot));
    if (err != OK && err != ERR_REVOKED) return (int)err;
    err = kern_delete(process_slot(p, in->slot));
    return (int)(err == ERR_CAP_EMPTY ? OK : err);
}

static int on_start(struct request *rq, const struct process_start_in *in)
{
    struct process *p = target(rq);
    uint32_t id;
    if (p == NULL) return PROCESS_DEAD;
    if (p->thread_count != 0) return PROCESS_RUNNING;
    const struct thread_plan plan = {.entry = in->entry,
                                     .stack = in->stack,
                                     .argument = in->argument,
                                     .buffer = in->buffer,
                                     .budget_us = in->budget_us,
                                     .period_us = in->period_us,
                                     .priority = p->priority,
                                     .fpu = in->fpu};
    return result_of(process_thread(p, &plan, &id));
}

static int on_place(struct request *rq, const struct process_place_in *in)
{
    struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    enum err err = process_move(p, in->cpu);
    return err == ERR_RANGE ? PROCESS_NO_CPU : result_of(err);
}

static int on_kill(struct request *rq, const struct process_kill_in *in)
{
    struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    process_end(p, in->code, LIFE_KILLED);
    return OK;
}

static int on_thread_read(struct request *rq, const struct process_thread_read_in *in,
                          struct process_thread_read_out *out)
{
    const struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    const struct thread_entry *t = process_thread_entry(p, in->thread);
    if (t == NULL) return PROCESS_NO_THREAD;
    for (uint32_t done = 0; done < THREAD_REGS; done += READ_STEP) {
        /* The last read overlaps the one before. */
        uint32_t first = done <= THREAD_REGS - READ_STEP ? done : THREAD_REGS - READ_STEP;
        struct message m = {.w = {first}};
        enum err err = kern_invoke(t->slot, OP_THREAD_READ, 1, &m);
        if (err != OK) return err == ERR_BUSY ? PROCESS_RUNNING : (int)err;
        memcpy(rq->scratch + first, m.w, sizeof(m.w));
    }
    out->registers.count = THREAD_REGS;
    out->registers.at = rq->scratch;
    return OK;
}

static int on_peek(struct request *rq, const struct process_peek_in *in,
                   struct process_peek_out *out)
{
    const struct process *p = target(rq);
    if (p == NULL) return PROCESS_DEAD;
    uint64_t skip = in->address % PAGE;
    mem_slot page = space_page(p, in->address - skip);
    if (page == 0 || in->address % sizeof(uint64_t) != 0) return PROCESS_BAD_ADDRESS;
    uint64_t window = name_in(GS_CNODE, serve.scratch);
    enum err err = kern_copy(window, mem_name(p, page), RIGHT_READ);
    if (err == OK) err = own_map(serve.scratch, OWN_WINDOW, RIGHT_READ);
    if (err == OK) {
        uint64_t room = (PAGE - skip) / sizeof(uint64_t);
        out->words.count = room < PEEK_WORDS ? (uint32_t)room : PEEK_WORDS;
        out->words.at = rq->scratch;
        memcpy(rq->scratch, (const void *)(OWN_WINDOW + skip), out->words.count * sizeof(uint64_t));
    }
    (void)kern_delete(window);
    return (int)err;
}

const struct process_ops process_ops = {
    .info = on_info,
    .memory_map = on_memory_map,
    .memory_share = on_memory_share,
    .memory_unshare = on_memory_unshare,
    .grant = on_grant,
    .revoke = on_revoke,
    .start = on_start,
    .kill = on_kill,
    .place = on_place,
    .thread_read = on_thread_read,
    .peek = on_peek,
};
