/* process.c - see process.h. */
#include "process.h"

#include "area.h"
#include "bytes.h"
#include "cpus.h"
#include "credits.h"
#include "logs.h"
#include "memory.h"
#include "pids.h"
#include "space.h"

enum { ROUND_ROBIN_MS = 10, SELF_SLOT = 1 };

static struct {
    struct process *list[PROCESSES_MAX]; /* at pid % PROCESSES_MAX */
    uint32_t next_pid;
    cap_t endpoint;
    uint64_t tick_hz;
    uint32_t faulted; /* processes in that state */
} all;

void processes_setup(cap_t endpoint, uint64_t tick_hz)
{
    all.endpoint = endpoint;
    all.tick_hz = tick_hz;
    all.next_pid = PID_INIT;
}

struct process *process_find(uint32_t pid)
{
    struct process *p = all.list[pid % PROCESSES_MAX];
    return p != NULL && p->pid == pid && pid != 0 ? p : NULL;
}

struct process *process_entry(uint32_t index)
{
    return all.list[index];
}

struct process *process_living(uint32_t pid)
{
    struct process *p = process_find(pid);
    return p != NULL && p->state != AXIOM_PROCESS_INFO_STATE_EXITED ? p : NULL;
}

struct process *process_after(uint32_t pid)
{
    struct process *best = NULL;
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *p = all.list[i];
        if (p == NULL || p->pid <= pid || p->state == AXIOM_PROCESS_INFO_STATE_EXITED) continue;
        if (best == NULL || p->pid < best->pid) best = p;
    }
    return best;
}

/* Nobody takes all entries: a maker has its share, and some are left for init's restarts. */
static bool may_make(uint32_t maker)
{
    uint32_t used = 0, mine = 0;
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        used += all.list[i] != NULL;
        mine += all.list[i] != NULL && all.list[i]->parent == maker;
    }
    if (maker <= PID_INIT) return true;
    return mine < CHILDREN_MAX && used < PROCESSES_MAX - PROCESSES_RESERVED;
}

static bool is_free(uint32_t pid)
{
    return all.list[pid % PROCESSES_MAX] == NULL;
}

void process_forget(struct process *p)
{
    if (!p->ended || p->refs != 0 || p->mastering != 0) return;
    all.list[p->pid % PROCESSES_MAX] = NULL;
    cell_free(p, sizeof(*p));
}

static uint32_t log2_of(uint32_t power)
{
    return 31 - (uint32_t)__builtin_clz(power);
}

static enum err keep(uint64_t to, cap_t from, uint32_t rights, uint64_t badge)
{
    enum err err = kern_mint(to, from, rights, badge, 0);
    if (err == ERR_RANGE) err = kern_copy(to, from, rights); /* it has a badge of its own */
    return err;
}

static enum err make_objects(struct process *p, const struct process_plan *plan)
{
    uint32_t one = 1;
    p->cspace = own_alloc(1);
    if (p->cspace == 0) return ERR_NO_MEMORY;
    enum err err = object_make(p, CAP_CNODE, SLOT_BITS + log2_of(p->slots), p->cspace, &one);
    if (err != OK) return err;
    (void)logs_drain();
    p->cspace_address = logs_made(NULL);
    p->aspace = mem_alloc(p, 1, &one);
    if (p->aspace == 0) return ERR_NO_MEMORY;
    err = object_make(p, CAP_ASPACE, TABLE_BITS, mem_name(p, p->aspace), &one);
    if (err != OK) return err;
    if (plan->fault != 0) {
        p->fault = mem_alloc(p, 1, &one);
        if (p->fault == 0) return ERR_NO_MEMORY;
        err = keep(mem_name(p, p->fault), plan->fault, RIGHT_WRITE | RIGHT_GRANT, p->pid);
    }
    if (err == OK && plan->exit != 0) {
        p->exit = own_alloc(1);
        err = p->exit == 0 ? ERR_NO_MEMORY
                           : kern_copy(name_in(GS_CNODE, p->exit), plan->exit, RIGHT_WRITE);
    }
    if (err != OK) return err;
    return kern_mint(process_slot(p, SELF_SLOT), all.endpoint, RIGHT_WRITE | RIGHT_GRANT,
                     badge_of(KIND_SELF, 0, p->pid), CAP_FLAG_BOUND);
}

enum err process_make(const struct process_plan *plan, struct process **out)
{
    struct process *parent = process_living(plan->pid_parent);
    struct process *p = cell_alloc(sizeof(*p));
    bool may = p != NULL && may_make(plan->pid_parent);
    uint32_t pid = may ? pid_take(&all.next_pid, PROCESSES_MAX, is_free) : 0;
    if (pid == 0) {
        cell_free(p, sizeof(*p));
        return ERR_BUSY;
    }
    *p = (struct process){.pid = pid,
                          .parent = plan->pid_parent,
                          .born = logs_commits(),
                          .state = AXIOM_PROCESS_INFO_STATE_BUILDING,
                          .priority = plan->priority,
                          .storage = plan->storage,
                          .cpu = cpus_turn(plan->pid_parent),
                          .pages_max = plan->pages,
                          .slots = plan->slots,
                          .threads_max = plan->threads,
                          .commits_max = plan->commits};
    memcpy(p->name, plan->name.at, plan->name.len);
    all.list[pid % PROCESSES_MAX] = p;
    if (parent != NULL) parent->pages_lent += p->pages_max;
    enum err err = make_objects(p, plan);
    if (err != OK) {
        process_end(p, -1, LIFE_KILLED);
        return err;
    }
    credits_begin(p);
    logs_life(p, LIFE_CREATED);
    *out = p;
    return OK;
}

/* What it had for itself goes back to who lent it. */
static void quota_back(const struct process *p)
{
    struct process *parent = process_living(p->parent);
    if (parent != NULL) parent->pages_lent -= p->pages_max;
}

/* A process that `maker` made and that has not ended; NULL: none. */
static struct process *child_of(const struct process *maker)
{
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *p = all.list[i];
        if (p != NULL && !p->ended && p->parent == maker->pid) return p;
    }
    return NULL;
}

static void own_delete(cap_t slot)
{
    if (slot == 0) return;
    if (kern_gone(kern_delete(name_in(GS_CNODE, slot)))) own_free(slot);
}

static void end_one(struct process *p, int32_t code, enum life_event event)
{
    struct message m = {0};
    if (p->state == AXIOM_PROCESS_INFO_STATE_FAULTED) all.faulted--;
    p->state = AXIOM_PROCESS_INFO_STATE_EXITED;
    p->exit_code = code;
    for (uint32_t i = 0; i < p->thread_count; i++) {
        (void)kern_invoke(p->threads[i].slot, OP_THREAD_STOP, 0, &m);
    }
    /* Frames before the tables that map them, tables before the address space. */
    memory_release_data(p);
    space_end(p);
    areas_end(p);
    own_delete(p->cspace);
    for (uint32_t i = 0; i < p->thread_count; i++) {
        own_delete(p->threads[i].slot);
    }
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        own_delete(p->leaves[i].slot);
        cell_free(p->leaves[i].link, LEAF_SLOTS * sizeof(uint32_t));
    }
    memory_release_rest(p);
    (void)logs_drain();
    p->thread_count = p->leaf_count = 0;
    quota_back(p);
    if (event != LIFE_KILLED || p->cspace_address != 0) logs_life(p, event);
    if (p->exit != 0) (void)sys_signal(p->exit);
    own_delete(p->exit);
    p->ended = true;
    process_forget(p);
}

enum { EXIT_ORPHANED = 129 }; /* as shells say of a program whose terminal went */

/* Who it made lives on what it lent, so they end first, the youngest generation before its makers:
 * nobody stays behind whom no one holds. */
void process_end(struct process *p, int32_t code, enum life_event event)
{
    for (struct process *child = child_of(p); child != NULL; child = child_of(p)) {
        for (struct process *next = child_of(child); next != NULL; next = child_of(child)) {
            child = next;
        }
        end_one(child, EXIT_ORPHANED, LIFE_KILLED);
    }
    end_one(p, code, event);
}

void process_referenced(uint64_t badge, int by)
{
    struct process *p = badge_kind(badge) == KIND_PROCESS ? process_find(badge_pid(badge)) : NULL;
    if (p == NULL) return;
    p->refs += (uint32_t)by;
    process_forget(p);
}

static uint64_t ticks(uint32_t us)
{
    return all.tick_hz / 1000 * us / 1000;
}

static uint64_t round_robin(void)
{
    return all.tick_hz * ROUND_ROBIN_MS / 1000;
}

static enum err sched_configure(const struct process *p, const struct thread_entry *t, uint8_t cpu)
{
    struct message m = {.w = {round_robin(), round_robin(), cpu}};
    if (t->budget_us != 0) m.w[0] = ticks(t->budget_us);
    if (t->budget_us != 0) m.w[1] = ticks(t->period_us);
    return kern_invoke(mem_name(p, t->sched), OP_SCHED_CONFIG, 3, &m);
}

/* No thread has a greater share than the first, and without a word the same: a budget is not
 * escaped by making threads. Their number is in the quota. */
static bool share(const struct process *p, struct thread_entry *t)
{
    const struct thread_entry *first = &p->threads[0];
    if (p->thread_count == 0 || first->budget_us == 0) return true;
    if (t->budget_us == 0) t->period_us = first->period_us;
    if (t->budget_us == 0) t->budget_us = first->budget_us;
    return t->budget_us <= first->budget_us && t->period_us >= first->period_us;
}

enum err process_move(struct process *p, uint8_t cpu)
{
    enum err err = p->thread_count == 0 && cpu >= cpus_up() ? ERR_RANGE : OK;
    for (uint32_t i = 0; err == OK && i < p->thread_count; i++) {
        err = sched_configure(p, &p->threads[i], cpu);
    }
    if (err == OK) p->cpu = cpu;
    return err;
}

static enum err configure(struct process *p, const struct thread_plan *plan,
                          const struct thread_entry *t)
{
    cap_t thread = t->slot;
    mem_slot buffer = space_page(p, plan->buffer);
    enum err err = sched_configure(p, t, p->cpu);
    if (err == OK) err = kern_copy(name_in(thread, TS_CSPACE), p->cspace, RIGHTS_ALL);
    if (err == OK) err = kern_copy(name_in(thread, TS_ASPACE), mem_name(p, p->aspace), RIGHTS_ALL);
    if (err == OK && buffer != 0) {
        err = kern_copy(name_in(thread, TS_BUFFER), mem_name(p, buffer), RIGHT_READ | RIGHT_WRITE);
        space_mark_shared(p, plan->buffer);
    }
    if (err == OK) err = kern_copy(name_in(thread, TS_SCHED), mem_name(p, t->sched), RIGHTS_ALL);
    /* It may have been revoked meanwhile: then a fault stops the thread. */
    if (err == OK && p->fault != 0)
        (void)kern_copy(name_in(thread, TS_FAULT), mem_name(p, p->fault), RIGHTS_ALL);
    struct message m = (struct message){.w = {plan->priority, plan->fpu ? THREAD_FPU : 0}};
    if (err == OK) err = kern_invoke(thread, OP_THREAD_CONFIG, 2, &m);
    m = (struct message){.w = {plan->entry, plan->stack, plan->argument, plan->fs_base}};
    if (err == OK) err = kern_invoke(thread, OP_THREAD_START, 4, &m);
    return err;
}

enum err process_thread(struct process *p, const struct thread_plan *plan, uint32_t *out_id)
{
    uint32_t one = 1;
    uint64_t id = 0;
    struct thread_entry t = {.budget_us = plan->budget_us, .period_us = plan->period_us};
    if (p->thread_count >= p->threads_max) return ERR_BUSY;
    if (!share(p, &t)) return ERR_RANGE;
    if (plan->buffer != 0 && space_page(p, plan->buffer) == 0) return ERR_NOT_MAPPED;
    t.slot = own_alloc(1);
    t.sched = t.slot != 0 ? mem_alloc(p, 1, &one) : 0;
    enum err err =
        t.sched != 0 ? object_make(p, CAP_THREAD, THREAD_BITS, t.slot, &one) : ERR_NO_MEMORY;
    if (err == OK) {
        (void)logs_drain();
        (void)logs_made(&id);
        err = object_make(p, CAP_SCHED, SCHED_BITS, mem_name(p, t.sched), &one);
        if (err == OK) err = configure(p, plan, &t);
    }
    if (err != OK) {
        own_delete(t.slot);
        if (t.sched != 0) {
            (void)kern_delete(mem_name(p, t.sched));
            mem_free(p, t.sched);
        }
        return err;
    }
    t.id = (uint32_t)id;
    p->threads[p->thread_count++] = t;
    p->state = AXIOM_PROCESS_INFO_STATE_RUNNING;
    *out_id = t.id;
    return OK;
}

const struct thread_entry *process_thread_entry(const struct process *p, uint32_t id)
{
    for (uint32_t i = 0; i < p->thread_count; i++) {
        if (p->threads[i].id == id || id == 0) return &p->threads[i];
    }
    return NULL;
}

static struct process *process_of_thread(uint32_t thread)
{
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        struct process *p = all.list[i];
        if (p != NULL && thread != 0 && process_thread_entry(p, thread) != NULL) return p;
    }
    return NULL;
}

void process_faulted(uint32_t thread)
{
    struct process *p = process_of_thread(thread);
    if (p == NULL || p->state != AXIOM_PROCESS_INFO_STATE_RUNNING) return;
    p->state = AXIOM_PROCESS_INFO_STATE_FAULTED;
    all.faulted++;
}

void process_called(uint32_t thread)
{
    struct process *p = all.faulted != 0 ? process_of_thread(thread) : NULL;
    if (p == NULL || p->state != AXIOM_PROCESS_INFO_STATE_FAULTED) return;
    p->state = AXIOM_PROCESS_INFO_STATE_RUNNING;
    all.faulted--;
}

uint64_t process_ticks(const struct process *p)
{
    uint64_t ticks = 0;
    for (uint32_t i = 0; i < p->thread_count; i++) {
        struct message m = {0};
        if (kern_invoke(mem_name(p, p->threads[i].sched), OP_SCHED_READ, 0, &m) == OK)
            ticks += m.w[0];
    }
    return ticks;
}

void process_describe(const struct process *p, struct axiom_process_info *out)
{
    *out = (struct axiom_process_info){
        .pid = p->pid,
        .parent = p->parent,
        .state = (enum axiom_process_info_state)p->state,
        .exit_code = p->exit_code,
        .pages = process_pages(p),
        .pages_max = p->pages_max,
        .threads = (uint16_t)p->thread_count,
        .threads_max = (uint16_t)p->threads_max,
        .slots = p->slots,
        .commit_credits = p->commits_max,
        .ticks = process_ticks(p),
        .priority = p->priority,
        .cpu = p->cpu,
        .mastering = p->mastering,
        .cnode = p->cspace_address,
        .name = text_from(p->name, strlen(p->name)),
    };
}
