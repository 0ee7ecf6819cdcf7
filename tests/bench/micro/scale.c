/* scale.c - what an operation costs when there is much of something else: rows of a series. Each is
 * named scale/SERIES/NUMBER. */
#include "micro.h"

enum { SCALE_ROUNDS = 32, FIRST = 64, REVOKES = 4 };

static void waits(uint64_t argument)
{
    (void)argument;
    for (;;) {
        uint64_t word;
        (void)sys_wait(SLOT_NEVER, &word);
    }
}

static void client(uint64_t info)
{
    client_calls(info, SCALE_ROUNDS);
}

/* A call while so many other threads wait for something. */
static void run_threads(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0);
    to_server = give(LEFT, endpoint, RIGHTS_ALL, 7);
    from_clients = give(RIGHT, endpoint, RIGHTS_ALL, 0);
    to_client = reply_make(RIGHT);
    for (uint32_t i = 0; i < row->a; i++) {
        thread_make(&(struct thread_wish){
            .process = i % PROCESSES, .entry = waits, .keeps_no_stack = true, .priority = 120});
    }
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = server_answers});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = client});
    row_runs();
}

static uint32_t timed(enum operation operation, uint64_t name, uint64_t w0, uint64_t w1)
{
    make_room_in_rings();
    struct message m = {.w = {w0, w1}};
    uint32_t start = stamp();
    enum err e = sys_invoke(name, operation, 2, &m);
    uint32_t end = stamp();
    NEED(e == OK);
    return end - start;
}

static void copies_make(uint64_t of, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        NEED(op(OP_COPY, in(processes[LEFT].cnode, FIRST + i), of, RIGHTS_ALL, 0, 0) == OK);
    }
    processes[LEFT].next = FIRST + count + 1;
}

/* A copy, or b: the delete of one, where there are so many copies of it. */
static void run_children(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0);
    uint64_t name = in(processes[LEFT].cnode, FIRST + row->a);
    copies_make(endpoint, row->a);
    for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
        uint32_t copied = timed(OP_COPY, name, endpoint, RIGHTS_ALL);
        uint32_t deleted = timed(OP_DELETE, name, 0, 0);
        sample(row->b != 0 ? deleted : copied);
    }
}

/* A copy of something else, where there are so many capabilities. */
static void run_capabilities(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0), other = make(CAP_ENDPOINT, 0);
    uint64_t name = in(processes[LEFT].cnode, FIRST + row->a);
    copies_make(other, row->a);
    for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
        sample(timed(OP_COPY, name, endpoint, RIGHTS_ALL));
        NEED(op(OP_DELETE, name, 0, 0, 0, 0) == OK);
    }
}

/* Of so many children, each. */
static void run_revoke(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0);
    for (uint32_t round = 0; round < REVOKES; round++) {
        copies_make(endpoint, row->a);
        revoke_sampled(endpoint);
        for (uint32_t i = 0; i < row->a; i++) {
            NEED(op(OP_DELETE, in(processes[LEFT].cnode, FIRST + i), 0, 0, 0, 0) == OK);
        }
    }
}

/* A page more where so many are mapped, in the same table. */
static void run_pages(const struct row *row)
{
    uint64_t cnode = processes[LEFT].cnode, aspace = processes[LEFT].aspace;
    uint64_t last = in(cnode, FIRST + row->a), at = PAGES_ADDR + (uint64_t)row->a * 4096;
    for (uint32_t done = 0; done <= row->a; done++) {
        uint64_t name = in(cnode, FIRST + done);
        NEED(op(OP_RETYPE, row_memory(), CAP_FRAME, PAGE_BITS, 1, name) == OK);
        if (done == row->a) break;
        NEED(op(OP_MAP, name, aspace, PAGES_ADDR + done * 4096ull, RIGHT_READ, 0) == OK);
    }
    processes[LEFT].next = FIRST + row->a + 1;
    for (uint32_t i = 0; i < SCALE_ROUNDS; i++) {
        make_room_in_rings();
        struct message m = {.w = {aspace, at, RIGHT_READ}};
        uint32_t start = stamp();
        enum err e = sys_invoke(last, OP_MAP, 3, &m);
        uint32_t end = stamp();
        NEED(e == OK && op(OP_UNMAP, last, 0, 0, 0, 0) == OK);
        sample(end - start);
    }
}

const struct row rows_scale[] = {
    {"scale/call_among_threads/1", run_threads, 1, 0, 0},
    {"scale/call_among_threads/10", run_threads, 10, 0, 0},
    {"scale/call_among_threads/100", run_threads, 100, 0, 0},
    {"scale/call_among_threads/500", run_threads, 500, 0, 0},
    {"scale/copy_among_capabilities/1", run_capabilities, 1, 0, 0},
    {"scale/copy_among_capabilities/10", run_capabilities, 10, 0, 0},
    {"scale/copy_among_capabilities/100", run_capabilities, 100, 0, 0},
    {"scale/copy_among_capabilities/1000", run_capabilities, 1000, 0, 0},
    {"scale/copy_among_children/1", run_children, 1, 0, 0},
    {"scale/copy_among_children/10", run_children, 10, 0, 0},
    {"scale/copy_among_children/100", run_children, 100, 0, 0},
    {"scale/copy_among_children/1000", run_children, 1000, 0, 0},
    {"scale/delete_among_children/1", run_children, 1, 1, 0},
    {"scale/delete_among_children/10", run_children, 10, 1, 0},
    {"scale/delete_among_children/100", run_children, 100, 1, 0},
    {"scale/delete_among_children/1000", run_children, 1000, 1, 0},
    {"scale/revoke_each_child/10", run_revoke, 10, 0, 10},
    {"scale/revoke_each_child/100", run_revoke, 100, 0, 100},
    {"scale/revoke_each_child/1000", run_revoke, 1000, 0, 1000},
    {"scale/revoke_each_child/3000", run_revoke, 3000, 0, 3000},
    {"scale/map_among_pages/1", run_pages, 1, 0, 0},
    {"scale/map_among_pages/10", run_pages, 10, 0, 0},
    {"scale/map_among_pages/100", run_pages, 100, 0, 0},
    {"scale/map_among_pages/500", run_pages, 500, 0, 0},
    {0},
};
