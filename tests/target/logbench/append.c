/* append.c - records of the own stream, and commits of the kernel, until they are durable. */
#include "idl/axiom.h"
#include "idl/stream.h"
#include "logbench.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "startup.h"

enum { RECORD = 96, RECORDS = 512, SINGLE = 128, GROUP = 16, OPERATIONS = 512, BLOCK = 4096 };

static cap_t stream, ledger, wake, source; /* minted from */
static uint64_t next_record;

static void append(bool hurry)
{
    static const uint8_t record[RECORD];
    const struct stream_append_in in = {
        .sequence = next_record, .record = data_from(record, RECORD), .hurry = hurry};
    struct stream_append_out out;
    int err = ERR_BUSY;
    while ((err = stream_append(stream, &in, &out)) == ERR_BUSY) {
        uint64_t bits;
        CHECK(sys_wait(wake, &bits) == OK);
    }
    if (err != OK) PANIC("the stream takes no record");
    next_record++;
}

static void wait_durable(void)
{
    struct stream_info_out info;
    uint64_t bits;
    for (;;) {
        if (stream_info(stream, &info) != OK) PANIC("no stream");
        if (info.durable >= next_record) return;
        CHECK(sys_wait(wake, &bits) == OK);
    }
}

/* A mark's number stands in its instruction. */
static void mark_records(enum kind kind)
{
    if (kind == KIND_APPEND) mark_begin(KIND_APPEND);
    if (kind == KIND_DURABLE_16) mark_begin(KIND_DURABLE_16);
    if (kind == KIND_DURABLE) mark_begin(KIND_DURABLE);
}

/* `each`: so many records, then a wait until they are durable. */
static void records(enum kind kind, uint32_t count, uint32_t each)
{
    for (uint32_t stretch = 0; stretch < STRETCHES; stretch++) {
        mark_records(kind);
        for (uint32_t i = 1; i <= count; i++) {
            append(i % each == 0);
            if (i % each == 0) wait_durable();
        }
        mark_end();
        CHECK(stream_hurry(stream) == OK);
        wait_durable();
    }
    figure(kind, count);
}

static uint64_t hashed(uint64_t *out_used)
{
    struct ledger_status_out status;
    if (ledger_sync(ledger) != OK || ledger_status(ledger, &status) != OK) PANIC("no ledger");
    *out_used = status.blocks - status.free;
    return status.hashed;
}

/* From the first request to axiom until the last commit is on the disk. */
static void operations(void)
{
    mark_begin(KIND_COMMITS);
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        const struct self_mint_in in = {.source = {.slot = source, .rights = RIGHTS_ALL},
                                        .slot = slot_alloc(),
                                        .rights = RIGHT_WRITE,
                                        .badge = 2};
        if (self_mint(CAP_SLOT_SELF, &in) != OK) PANIC("axiom refuses");
        slot_discard(in.slot);
    }
    if (ledger_sync(ledger) != OK) PANIC("no ledger");
    mark_end();
}

static void commits(void)
{
    uint64_t before, after, began = hashed(&before);
    for (uint32_t i = 0; i < STRETCHES; i++) {
        operations();
    }
    uint64_t count = hashed(&after) - began;
    figure(KIND_COMMITS, count / STRETCHES);
    say("BYTES %lu %lu\n", count, (after - before) * BLOCK);
}

static cap_t notification(uint64_t badge)
{
    const struct self_notification_create_in in = {.slot = slot_alloc(), .badge = badge};
    if (self_notification_create(CAP_SLOT_SELF, &in) != OK) PANIC("no notification");
    return in.slot;
}

void measure_appending(void)
{
    stream = startup_cap("stream");
    ledger = startup_cap("ledger");
    wake = notification(1);
    source = notification(0);
    const struct stream_watch_in watch = {.notification = {.slot = wake, .rights = RIGHT_WRITE}};
    struct stream_info_out info;
    if (stream_watch(stream, &watch) != OK || stream_info(stream, &info) != OK) PANIC("no stream");
    next_record = info.next;
    records(KIND_APPEND, RECORDS, RECORDS + 1);
    records(KIND_DURABLE_16, RECORDS, GROUP);
    records(KIND_DURABLE, SINGLE, 1);
    commits();
}
