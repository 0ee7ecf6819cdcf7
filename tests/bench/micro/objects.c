/* objects.c - objects and processes, made by raw invocations. */
#include "micro.h"

enum { PRIORITY = 254, PRIORITY_USUAL = 100, SLOT_MIN = 1024, SLOT_MAX = 4096 };
enum { PROCESS_BITS = 18, ROOM_BITS = 22, STACK_BYTES = 4096, STACKS = 24 };
#define BUDGET (1ull << 40) /* ticks: enough for all */
#define BUFFERS_ADDR 0x50000000ull

struct process processes[PROCESSES];
static uint32_t slot_next = SLOT_MIN, slot_row, stack_next;
static uint64_t pool, room, done;
static const char *volatile failed_file;
static volatile uint32_t failed_line;
static uint8_t stacks[STACKS + 1][STACK_BYTES] __attribute__((aligned(16)));

uint64_t slot_new(void)
{
    NEED(slot_next < SLOT_MAX);
    return slot_next++;
}

uint64_t slot_give_back(void)
{
    return --slot_next;
}

uint64_t row_memory(void)
{
    return room;
}

static uint64_t make_of(uint64_t untyped, enum cap_type type, uint32_t bits)
{
    uint64_t slot = slot_new();
    NEED(op(OP_RETYPE, untyped, type, bits, 1, slot) == OK);
    return slot;
}

uint64_t make(enum cap_type type, uint32_t bits)
{
    return make_of(room, type, bits);
}

void give_at(uint32_t process, cap_t index, uint64_t cap)
{
    NEED(op(OP_COPY, in(processes[process].cnode, index), cap, RIGHTS_ALL, 0, 0) == OK);
}

cap_t give(uint32_t process, uint64_t cap, uint64_t rights, uint64_t badge)
{
    struct process *p = &processes[process];
    cap_t index = p->next++;
    enum operation operation = badge != 0 ? OP_MINT : OP_COPY;
    NEED(op(operation, in(p->cnode, index), cap, rights, badge, 0) == OK);
    return index;
}

cap_t reply_make(uint32_t process)
{
    struct process *p = &processes[process];
    cap_t index = p->next++;
    NEED(op(OP_RETYPE, room, CAP_REPLY, 0, 1, in(p->cnode, index)) == OK);
    return index;
}

/* A mapping of a copy of `frame`, whose slot it returns; tables are made where they miss. */
static uint64_t map(uint64_t frame, uint64_t aspace, uint64_t at, uint64_t rights)
{
    enum err e;
    uint64_t copy = slot_new();
    NEED(op(OP_COPY, in(GS_CNODE, copy), frame, RIGHTS_ALL, 0, 0) == OK);
    while ((e = op(OP_MAP, copy, aspace, at, rights, 0)) == ERR_NO_TABLE) {
        uint64_t table = make_of(pool, CAP_PTABLE, 0);
        NEED(op(OP_MAP, table, aspace, at, 0, 0) == OK);
    }
    NEED(e == OK);
    return copy;
}

/* The pages of this program; the kernel made a frame for each at genesis. */
static void program_map(uint64_t aspace)
{
    const struct image_header *image = (const struct image_header *)BOOT_IMAGE_ADDR;
    const struct image_program *p = &image->programs[IMAGE_AXIOM];
    uint64_t frame = GS_FRAMES + LOG_BYTES / 4096 + 1 + 1 + BOOT_STACK_PAGES + 1;
    for (uint32_t r = 0; r < p->run_count; r++) {
        for (uint64_t page = 0; page < p->runs[r].pages; page++) {
            (void)map(frame++, aspace, p->runs[r].vaddr + page * 4096, p->runs[r].rights);
        }
    }
}

struct ipc_buffer *buffer(uint32_t number)
{
    return (struct ipc_buffer *)(BUFFERS_ADDR + number * 4096);
}

static uint64_t buffer_frames[BUFFERS];

static void buffers_make(void)
{
    for (uint32_t i = 0; i < BUFFERS; i++) {
        uint64_t at = (uint64_t)buffer(i), rights = RIGHT_READ | RIGHT_WRITE;
        buffer_frames[i] = make_of(pool, CAP_FRAME, PAGE_BITS);
        (void)map(buffer_frames[i], GS_ASPACE, at, rights);
        for (uint32_t p = 0; p < PROCESSES; p++) {
            (void)map(buffer_frames[i], processes[p].aspace, at, rights);
        }
    }
}

uint64_t thread_make(const struct thread_wish *wish)
{
    const struct process *p = &processes[wish->process];
    uint64_t thread = make(CAP_THREAD, 0), context = make(CAP_SCHED, 0);
    uint64_t budget = wish->budget != 0 ? wish->budget : BUDGET;
    uint32_t which = wish->keeps_no_stack ? STACKS : stack_next++;
    uint64_t stack = (uint64_t)stacks[which] + STACK_BYTES - 8;
    NEED(stack_next <= STACKS);
    NEED(op(OP_COPY, in(thread, TS_CSPACE), p->cnode, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_COPY, in(thread, TS_ASPACE), p->aspace, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_COPY, in(thread, TS_SCHED), context, RIGHTS_ALL, 0, 0) == OK);
    if (wish->buffer != 0)
        NEED(op(OP_COPY, in(thread, TS_BUFFER), buffer_frames[wish->buffer - 1], RIGHTS_ALL, 0,
                0) == OK);
    if (wish->fault != 0)
        NEED(op(OP_COPY, in(thread, TS_FAULT), wish->fault, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_SCHED_CONFIG, context, budget, budget, 0, 0) == OK);
    uint64_t priority = wish->priority != 0 ? wish->priority : PRIORITY_USUAL;
    NEED(op(OP_THREAD_CONFIG, thread, priority, 0, 0, 0) == OK);
    NEED(op(OP_THREAD_START, thread, (uint64_t)wish->entry, stack, wish->argument, 0) == OK);
    return thread;
}

void row_runs(void)
{
    uint64_t word;
    NEED(sys_wait((cap_t)done, &word) == OK);
    if (failed_file != NULL) need_failed(failed_file, failed_line);
}

_Noreturn void row_done(void)
{
    for (;;) {
        uint64_t word;
        (void)sys_signal(SLOT_DONE);
        (void)sys_wait(SLOT_NEVER, &word);
    }
}

_Noreturn void thread_failed(const char *file, uint32_t line)
{
    failed_line = line;
    failed_file = file;
    row_done();
}

void row_begin(void)
{
    for (uint32_t p = 0; p < PROCESSES; p++) {
        processes[p].next = SLOT_FIRST;
    }
    stack_next = 0;
    slot_next = slot_row;
    sample_count = 0;
}

/* Slots that a revoke emptied are cleared by their owner. */
static void slot_clear(uint64_t container, uint64_t index)
{
    enum err e = op(OP_DELETE, in(container, index), 0, 0, 0, 0);
    NEED(e == OK || e == ERR_CAP_EMPTY);
}

void row_end(void)
{
    NEED(op(OP_REVOKE, in(GS_CNODE, room), 0, 0, 0, 0) == OK);
    for (uint32_t p = 0; p < PROCESSES; p++) {
        for (uint32_t i = SLOT_FIRST; i < processes[p].next; i++) {
            slot_clear(processes[p].cnode, i);
        }
    }
    for (uint64_t slot = slot_row; slot < slot_next; slot++) {
        slot_clear(GS_CNODE, slot);
    }
}

void objects_init(const struct boot_info *boot)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < boot->untyped_count; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind == UNTYPED_MEMORY && u->bits > boot->untypeds[best].bits) best = i;
    }
    pool = GS_UNTYPED + best;
    room = make_of(pool, CAP_UNTYPED, ROOM_BITS);
    done = make_of(pool, CAP_NOTIFICATION, 0);
    uint64_t never = make_of(pool, CAP_NOTIFICATION, 0), said = slot_new();
    NEED(op(OP_MINT, in(GS_CNODE, said), done, RIGHTS_ALL, 1, 0) == OK);
    NEED(op(OP_SCHED_CONFIG, GS_SCHED, BUDGET, BUDGET, 0, 0) == OK);
    NEED(op(OP_THREAD_CONFIG, GS_THREAD, PRIORITY, 0, 0, 0) == OK);
    for (uint32_t p = 0; p < PROCESSES; p++) {
        processes[p].cnode = make_of(pool, CAP_CNODE, PROCESS_BITS);
        processes[p].aspace = make_of(pool, CAP_ASPACE, 0);
        NEED(op(OP_CREDIT, processes[p].cnode, ~0ull, 0, 0, 0) == OK);
        give_at(p, SLOT_DONE, said);
        give_at(p, SLOT_NEVER, never);
        program_map(processes[p].aspace);
    }
    buffers_make();
    uint64_t page = map(buffer_frames[0], processes[LEFT].aspace, PAGES_ADDR, RIGHT_READ);
    NEED(op(OP_DELETE, in(GS_CNODE, page), 0, 0, 0, 0) == OK);
    slot_row = slot_next;
}
