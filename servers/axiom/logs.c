/* logs.c - see logs.h. */
#include "logs.h"

#include "bytes.h"
#include "cpus.h"
#include "memory.h"
#include "space.h"
#include "text.h"

enum { LARGE = 1 << LARGE_PAGE_BITS, BADGES_START = 1024 };
enum { EVENTS_LAG = LOG_EVENTS / 16, COMMITS_LAG = LOG_COMMITS / 16 }; /* kernel not yet told */

static const struct log_rings *const rings = (const struct log_rings *)BOOT_LOG_ADDR;
static struct logmem *const mem = (struct logmem *)OWN_LOG;

static struct {
    bool ready;
    cap_t first_frame;
    uint32_t frames; /* of 2 MiB; then one of 4 KiB: the ledger's page */
    uint32_t hash_frame, stream_frame;
    cap_t ledger;
    cap_t first_arrival;
    struct arrival arrivals[ARRIVALS_MAX];
    uint64_t made, made_id;
    uint64_t event_tail;              /* position in the ring */
    uint64_t event_told, commit_told; /* the kernel may use the places below */
    struct badges badges;
} logs;

/* In development a full ring of events drops and counts them, and stops nobody. */
static void mode_set(const struct boot_info *boot)
{
    size_t len = strnlen(boot->cmdline, sizeof(boot->cmdline));
    struct message m = {.w = {text_has_word(boot->cmdline, len, "development")}};
    CHECK(kern_invoke(GS_LOG, OP_LOG_MODE, 1, &m) == OK);
}

void logs_clock(uint64_t tick_hz)
{
    mem->tick_hz = tick_hz;
}

void logs_setup(const struct boot_info *boot)
{
    struct logmem l = {.magic = LOGMEM_MAGIC};
    logmem_layout(&l, boot->memory_bytes);
    logs.frames = (uint32_t)(l.ledger_at / LARGE);
    logs.hash_frame = (uint32_t)(l.hashes_at / LARGE);
    logs.stream_frame = (uint32_t)(l.streams_at / LARGE);
    logs.first_frame = own_alloc(logs.frames + 1);
    CHECK(logs.first_frame != 0);
    CHECK(own_large_frames(logs.frames, logs.first_frame) == OK);
    cap_t last = logs.first_frame + logs.frames;
    CHECK(own_retype(CAP_FRAME, PAGE_BITS, 1, last) == OK);
    for (uint32_t i = 0; i <= logs.frames; i++) {
        uint64_t address = OWN_LOG + (uint64_t)i * LARGE;
        CHECK(own_map(logs.first_frame + i, address, RIGHT_READ | RIGHT_WRITE) == OK);
    }
    logs.badges.size = BADGES_START;
    logs.badges.table = cell_alloc(BADGES_START * (uint32_t)sizeof(struct badge_entry));
    CHECK(logs.badges.table != NULL);
    *mem = l;
    logs.ready = true;
    mode_set(boot);
    (void)logs_drain();
    mem->axiom_thread = 1;
    for (uint64_t i = 0; i < mem->commit_head; i++) {
        const struct commit *c = logmem_commit(mem, i);
        if (c->op == COMMIT_GENESIS && c->type == CAP_CNODE) mem->axiom_cnode = c->obj;
    }
}

/* After what an acknowledgement may give the signals room for. */
static void signal_watchers(void)
{
    for (uint32_t i = 0; i < WATCHES_MAX; i++) {
        struct badge_watch *w = &logs.badges.watches[i];
        if (w->due && w->signal != 0) (void)sys_signal(w->signal);
        w->due = false;
    }
}

/* Endpoints and the like leave their owner's account when the kernel says that they are gone. */
static void object_destroyed(const struct commit *c)
{
    if (c->type != CAP_ENDPOINT && c->type != CAP_NOTIFICATION && c->type != CAP_REPLY) return;
    if (c->type == CAP_ENDPOINT) {
        uint32_t slot = badges_forget(&logs.badges, c->obj);
        if (slot != 0) (void)kern_delete(name_in(GS_CNODE, slot));
        own_free(slot);
    }
    chunk_id id = pool_find(&pool, c->obj);
    if (id == 0 || pool_chunk(&pool, id)->kind == CHUNK_FREE) return;
    struct process *p = process_find(pool_chunk(&pool, id)->owner);
    if (p != NULL && p->state != AXIOM_PROCESS_INFO_STATE_EXITED) object_gone(p, id, ENDPOINT_BITS);
}

static void note_arrival(const struct commit *c)
{
    uint64_t first = mem->axiom_cnode + ((uint64_t)logs.first_arrival << SLOT_BITS);
    uint64_t index = (c->dst - first) >> SLOT_BITS;
    if (c->dst < first || index >= ARRIVALS_MAX) return;
    logs.arrivals[index] = (struct arrival){
        .source = c->src, .obj = c->obj, .badge = c->badge, .type = c->type, .rights = c->rights};
}

static void badge_made(const struct commit *c)
{
    if (c->type != CAP_ENDPOINT || c->badge == 0) return;
    if (c->obj == mem->axiom_endpoint) {
        process_referenced(c->badge, 1);
        return;
    }
    badges_add(&logs.badges, c->obj, c->badge);
}

static void badge_gone(const struct commit *c)
{
    if (c->type != CAP_ENDPOINT || c->badge == 0) return;
    if (c->obj == mem->axiom_endpoint) {
        process_referenced(c->badge, -1);
        return;
    }
    badges_remove(&logs.badges, c->obj, c->badge);
}

static void on_commit(const struct commit *c)
{
    switch (c->op) {
    case COMMIT_TRANSFER:
        note_arrival(c);
        badge_made(c);
        return;
    case COMMIT_COPY:
    case COMMIT_MINT:
        badge_made(c);
        return;
    case COMMIT_DELETE:
    case COMMIT_DROP:
        badge_gone(c);
        return;
    case COMMIT_DESTROY:
        object_destroyed(c);
        return;
    case COMMIT_RETYPE:
        logs.made = c->obj;
        logs.made_id = c->arg1;
        return;
    default:
        return;
    }
}

static void badges_room(void)
{
    if (!badges_crowded(&logs.badges)) return;
    uint32_t size = logs.badges.size * 2;
    struct badge_entry *table = cell_alloc(size * (uint32_t)sizeof(struct badge_entry));
    if (table != NULL) badges_rehash(&logs.badges, table, size);
}

/* As far as the log memory has room: what is durable on a disk makes way. */
static bool drain_commits(uint64_t head)
{
    const uint64_t first = mem->commit_head, filled = logmem_filled(mem);
    const uint64_t room = filled < mem->commit_slots ? mem->commit_slots - filled : 0;
    const uint64_t until = head - first < room ? head : first + room;
    while (mem->commit_head < until) { /* on_commit() may come here, too */
        uint64_t at = mem->commit_head;
        struct commit *c = logmem_commit(mem, at);
        *c = rings->commits[at % LOG_COMMITS];
        /* Who reads it elsewhere, on another CPU maybe, sees the record before the count. */
        __atomic_store_n(&mem->commit_head, at + 1, __ATOMIC_RELEASE);
        on_commit(c);
    }
    return mem->commit_head != first;
}

/* What the kernel dropped keeps its numbers: those entries read as zeros. */
static void event_gap(uint64_t dropped)
{
    for (uint64_t i = 0; i < dropped && i < mem->event_slots; i++) {
        *logmem_event(mem, mem->event_head + i) = (struct event){0};
    }
    mem->event_head += dropped;
}

static bool drain_events(uint64_t head)
{
    bool some = logs.event_tail < head;
    for (; logs.event_tail < head; logs.event_tail++) {
        const struct event *e = &rings->events[logs.event_tail % LOG_EVENTS];
        if (e->kind == EVENT_GAP) event_gap(e->arg);
        if (e->kind == EVENT_GAP || e->kind == EVENT_ARGS) continue;
        *logmem_event(mem, mem->event_head) = *e;
        mem->event_head++;
        if (e->kind == EVENT_FAULT) process_faulted(e->thread);
        if (e->kind == EVENT_SYSCALL) process_called(e->thread);
        if (e->kind == EVENT_TICK) cpus_seen(e->cpu);
    }
    return some;
}

int logs_drain(void)
{
    if (!logs.ready) return 0;
    const volatile struct log_header *heads = &rings->header;
    bool commits = drain_commits(heads->commit_head), events = drain_events(heads->event_head);
    if (!commits && !events) return 0;
    if (logs.event_tail - logs.event_told >= EVENTS_LAG ||
        mem->commit_head - logs.commit_told >= COMMITS_LAG) {
        logs.event_told = logs.event_tail;
        logs.commit_told = mem->commit_head;
        struct message m = {.w = {logs.commit_told, logs.event_told}};
        (void)sys_invoke(GS_LOG, OP_LOG_ACK, 2, &m);
    }
    if (!commits) return 0;
    if (logs.ledger != 0) (void)sys_signal(logs.ledger);
    signal_watchers();
    badges_room();
    return 1;
}

const struct arrival *logs_arrival(uint32_t index)
{
    return &logs.arrivals[index];
}

void logs_arrivals_clear(cap_t first_slot)
{
    logs.first_arrival = first_slot;
    for (uint32_t i = 0; i < ARRIVALS_MAX; i++) {
        logs.arrivals[i] = (struct arrival){0};
    }
}

uint64_t logs_made(uint64_t *out_thread_id)
{
    if (out_thread_id != NULL) *out_thread_id = logs.made_id;
    return logs.made;
}

void logs_endpoint(uint64_t address)
{
    mem->axiom_endpoint = address;
}

void logs_life(const struct process *p, enum life_event event)
{
    struct log_life life = {.commits = p->born,
                            .time = ticks_now(),
                            .cnode = p->cspace_address,
                            .pid = p->pid,
                            .parent = p->parent,
                            .code = p->exit_code,
                            .slots = p->slots,
                            .ended = mem->commit_head,
                            .event = (uint8_t)event,
                            .name_len = (uint8_t)strlen(p->name)};
    memcpy(life.name, p->name, life.name_len);
    (event == LIFE_CREATED ? logmem_born : logmem_ended)(mem, &life);
}

void logs_request(const struct request *rq, uint64_t time, uint64_t event)
{
    struct log_request r = {.time = time,
                            .event = event,
                            .commits = mem->commit_head,
                            .badge = rq->badge,
                            .caps = msg_caps(rq->info),
                            .method = (uint16_t)msg_label(rq->info),
                            .words = (uint16_t)msg_words(rq->info),
                            .result = (uint16_t)msg_label(rq->answer.info)};
    for (uint32_t i = 0; i < r.words && i < REQUEST_WORDS_MAX; i++) {
        r.args[i] = rq->words[i];
    }
    *logmem_request(mem, mem->request_head) = r;
    mem->request_head++;
}

uint64_t logs_events(void)
{
    return mem->event_head + rings->header.event_head - logs.event_tail;
}

uint64_t logs_commits(void)
{
    return mem->commit_head;
}

uint64_t logs_commits_held(void)
{
    return logmem_filled(mem);
}

uint64_t logs_commits_max(void)
{
    return mem->commit_slots;
}

uint64_t logs_pages(void)
{
    return mem->bytes / 4096;
}

bool logs_refuses(void)
{
    return logmem_filled(mem) >= mem->commit_slots / 4 * 3;
}

uint32_t logs_dry(void)
{
    uint64_t left = mem->commit_slots - logmem_filled(mem);
    if (left > mem->commit_slots / 16) return 0;
    return left > mem->commit_slots / 32 ? 1 : 2;
}

uint64_t logs_room(bool storage)
{
    uint64_t most = mem->commit_slots - mem->commit_slots / (storage ? 32 : 16);
    uint64_t filled = logmem_filled(mem);
    return filled < most ? most - filled : 0;
}

bool logs_exhausted(bool storage)
{
    return logs_dry() > (storage ? 1u : 0u);
}

struct badge_watch *logs_watch(uint64_t endpoint, uint32_t pid)
{
    return badges_watch(&logs.badges, endpoint, pid);
}

uint32_t logs_badge_count(uint64_t endpoint, uint64_t badge)
{
    return badges_count(&logs.badges, endpoint, badge);
}

uint32_t logs_deaths(uint32_t pid, uint64_t *out, uint32_t max, bool *more)
{
    return badges_collect(&logs.badges, pid, out, max, more);
}

void logs_ledger(cap_t notification)
{
    logs.ledger = notification;
}

enum err logs_map(struct process *p, uint64_t address, bool ledger)
{
    for (uint32_t i = 0; i <= logs.frames; i++) {
        bool writable = ledger && i >= logs.hash_frame;
        uint32_t rights = writable ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ;
        if (!ledger && i >= logs.stream_frame && i < logs.frames) continue; /* the services' own */
        enum err err = space_borrow(p, address + (uint64_t)i * LARGE, logs.first_frame + i, rights,
                                    i < logs.frames ? LARGE_PAGE_BITS : PAGE_BITS);
        if (err != OK) return err;
    }
    return OK;
}
