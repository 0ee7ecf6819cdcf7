/* rows.c - calls, processes, rings and streams. */
#include "bench.h"
#include "bulk.h"
#include "bytes.h"
#include "idl/stream.h"
#include "memory.h"
#include "slots.h"
#include "window.h"

enum { FEW = 16, BATCH = 32, ENTRIES = 64, PAGE = 4096, RECORD = 96 };

static void row_raw(void)
{
    struct peer p = {.endpoint = new_endpoint()};
    cap_t to = new_badge(p.endpoint, 7);
    peer_start("raw", &p);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message m = {.info = msg_info(MEMORY_INFO, 0, 0, 0)};
        uint32_t start = stamp();
        enum err e = sys_call(to, 0, &m);
        uint32_t end = stamp();
        NEED(e == OK && msg_words(m.info) == 4);
        sample(end - start);
    }
    figure("raw_call", 1);
    peer_end(&p);
}

static void row_info(cap_t memory, const char *name)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct memory_info_out out;
        uint32_t start = stamp();
        int e = memory_info(memory, &out);
        uint32_t end = stamp();
        NEED(e == OK && out.pages == 1);
        sample(end - start);
    }
    figure(name, 1);
}

void rows_calls(void)
{
    struct peer p = {.endpoint = new_endpoint()};
    row_raw();
    peer_start("typed", &p);
    row_info(new_badge(p.endpoint, 7), "typed_call");
    peer_end(&p);
    struct self_memory_create_in in = {.address = window_alloc(1), .pages = 1};
    struct self_memory_create_out out = {.memory = {.slot = slot_alloc()}};
    NEED(self_memory_create(CAP_SLOT_SELF, &in, &out) == OK);
    row_info(out.memory.slot, "axiom_call");
    uint64_t at = window_alloc(1);
    uint32_t unmaps[FEW * 4];
    for (uint32_t i = 0; i < FEW * 4; i++) {
        uint32_t start = stamp();
        int e = memory_map(at, 1, RIGHT_READ | RIGHT_WRITE);
        uint32_t middle = stamp();
        NEED(e == OK && memory_unmap(at, 1) == OK);
        unmaps[i] = stamp() - middle;
        sample(middle - start);
    }
    figure("axiom_map", 1);
    for (uint32_t i = 0; i < FEW * 4; i++) {
        sample(unmaps[i]);
    }
    figure("axiom_unmap", 1);
}

static uint32_t next_stamp(cap_t endpoint)
{
    struct message m = {.info = 0};
    NEED(sys_recv(endpoint, 0, 0, &m) == OK);
    return (uint32_t)m.w[0];
}

void rows_processes(void)
{
    uint32_t ends[FEW];
    struct peer p = {
        .endpoint = new_endpoint(), .fault = new_endpoint(), .exit = new_notification()};
    for (uint32_t i = 0; i < FEW; i++) {
        uint64_t word;
        uint32_t start = stamp();
        peer_start("born", &p);
        sample(next_stamp(p.endpoint) - start);
        uint32_t leaves = next_stamp(p.endpoint);
        NEED(sys_wait(p.exit, &word) == OK);
        ends[i] = stamp() - leaves;
        peer_end(&p);
    }
    figure("spawn", 1);
    for (uint32_t i = 0; i < FEW; i++) {
        sample(ends[i]);
    }
    figure("exit", 1);
}

static uint64_t ring_ask(void *context, uint32_t i, struct ring_submission *s)
{
    (void)context;
    s->op = 1;
    s->sector = i;
    return i;
}

/* The server adds 1. */
static void ring_answered(void *context, uint64_t cookie, const struct ring_completion *c)
{
    uint64_t *wrong = context;
    *wrong |= (c->value - 1) ^ cookie;
}

static void ring_turn(struct bulk_client *b, uint32_t count)
{
    uint64_t wrong = 0;
    uint32_t start = stamp();
    NEED(ring_submit_many(&b->ring, count, ring_ask, NULL) == count);
    NEED(bulk_submitted(b) == OK);
    for (uint32_t got = 0; got < count;) {
        NEED(bulk_await(b) == OK);
        got += ring_poll_many(&b->ring, count, ring_answered, &wrong);
    }
    NEED(wrong == 0);
    sample(stamp() - start);
}

void rows_rings(void)
{
    struct peer p = {.endpoint = new_endpoint()};
    struct bulk_client b;
    struct bulk_open_args args = {
        .bulk = new_badge(p.endpoint, 1), .entries = ENTRIES, .data_pages = 1};
    peer_start("ring", &p);
    NEED(bulk_open(&b, &args) == OK);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        ring_turn(&b, 1);
    }
    figure("ring_alone", 1);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        ring_turn(&b, BATCH);
    }
    figure("ring_batch_32", BATCH);
    bulk_close(&b);
    peer_end(&p);
}

static char page[PAGE];

void rows_stream(void)
{
    cap_t stream = startup_cap("stream");
    struct stream_info_out info;
    NEED(stream != 0 && stream_info(stream, &info) == OK);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct stream_append_in in = {.sequence = info.next + i, .record = data_from(page, RECORD)};
        struct stream_append_out out;
        uint32_t start = stamp();
        int e = stream_append(stream, &in, &out);
        uint32_t end = stamp();
        NEED(e == OK);
        sample(end - start);
    }
    figure("commit_append", 1);
}
