/* service_recover.c - see service_log.h: how a new process gets the state of the former one. */
#include "service_recover.h"

#include "bytes.h"
#include "panic.h"
#include "startup.h"

enum { MEET_TRIES = 1000, SEALED_BOOT = 0x800000 };

static void watch(struct service *svc)
{
    struct service_log *log = svc->log;
    if (log->source == 0 && service_signal_source(svc, SERVICE_SIGNAL_STREAM, &log->source) != OK) {
        PANIC("no notification for the stream");
    }
    struct stream_watch_in in = {.notification = {.slot = log->source, .rights = RIGHT_WRITE}};
    log->watched = stream_watch(log->stream, &in) == OK;
}

void service_meet(struct service *svc, struct stream_info_out *out_info)
{
    int err = ERR_PEER_DIED;
    for (uint32_t i = 0; err != OK && i < MEET_TRIES; i++) {
        if (!svc->log->watched) watch(svc);
        err = svc->log->watched ? stream_info(svc->log->stream, out_info) : ERR_PEER_DIED;
        if (err == OK) return;
        svc->log->watched = false;
        sys_yield();
    }
    PANIC("no ledger to keep the stream");
}

/* The records of one record of the stream, or of one part of the checkpoint. */
static void fold(struct service *svc, const uint8_t *bytes, uint64_t len)
{
    CHECK(len <= SERVICE_RECORD_BYTES);
    memcpy(svc->records, bytes, len); /* apply may use the message page, where they are */
    for (uint64_t at = 0; at < len;) {
        const struct record *r = (const struct record *)((const char *)svc->records + at);
        CHECK(len - at >= sizeof(*r) && r->len <= len - at - sizeof(*r));
        if (r->type == RECORD_BOOTED && r->len == sizeof(uint64_t)) svc->log->boot = r->payload[0];
        at += sizeof(*r) + (r->len + 7) / 8 * 8;
        CHECK(at <= len);
    }
    svc->record_bytes = (uint32_t)len;
    once_apply(svc);
    service_fold(svc);
}

/* The ledger died under a question: its successor is asked, which has all that was read, as that
 * was durable, but maybe not all that `info` said. */
static bool asks_again(struct service *svc, int err, struct stream_info_out *info)
{
    if (err != ERR_PEER_DIED && err != ERR_CANCELLED) return false;
    service_meet(svc, info);
    return true;
}

/* Result: the first record after it. Once a part was folded the others must be of the same one:
 * where that is not sure, a new process begins anew. */
static uint64_t fold_checkpoint(struct service *svc, struct stream_info_out *info)
{
    struct service_log *log = svc->log;
    struct stream_load_out out = {.parts = 1};
    for (uint32_t part = 0; part < out.parts; part++) {
        const struct stream_load_in in = {.part = part};
        int err = stream_load(log->stream, &in, &out);
        while (part == 0 && asks_again(svc, err, info)) {
            if (!info->checkpoint) return 0;
            err = stream_load(log->stream, &in, &out);
        }
        if (err != OK) PANIC("a part of the checkpoint cannot be had");
        log->last += out.bytes.len;
        fold(svc, out.bytes.at, out.bytes.len);
    }
    return out.at;
}

static void fold_records(struct service *svc, uint64_t from, struct stream_info_out *info)
{
    static uint8_t copy[4072];
    while (from < info->next) {
        struct stream_read_out out;
        int err = stream_read(svc->log->stream, &(struct stream_read_in){.sequence = from}, &out);
        if (asks_again(svc, err, info)) continue;
        if (err != OK) PANIC("a record of the stream cannot be had");
        uint32_t len = out.records.len;
        from = out.next;
        memcpy(copy, out.records.at, len);
        for (uint32_t at = 0; at < len;) {
            uint64_t bytes;
            memcpy(&bytes, copy + at, sizeof(bytes));
            CHECK(bytes <= len - at - 8);
            fold(svc, copy + at + 8, bytes);
            svc->log->since += bytes;
            svc->log->taken += log_place(bytes);
            at += 8 + ((uint32_t)bytes + 7) / 8 * 8;
        }
    }
    CHECK(from == info->next);
}

static void boot_begin(struct service *svc, uint64_t boot)
{
    svc->log->boot = boot;
    service_commit(svc, RECORD_BOOTED, &boot, sizeof(boot));
    service_apply(svc);
}

void service_recover(struct service *svc)
{
    struct service_log *log = svc->log;
    struct stream_info_out info;
    CHECK(svc->reply_count <= LOG_HELD_MAX);
    svc->record_max = LOG_RECORD_MAX;
    log->reset(svc->state);
    if (log->stream == 0) {
        boot_begin(svc, startup_page()->pid);
        return;
    }
    service_meet(svc, &info);
    uint64_t from = info.checkpoint ? fold_checkpoint(svc, &info) : 0;
    fold_records(svc, from, &info);
    log->next = log->sent = info.next;
    log->first = info.next;
    log->durable = info.durable;
    log->room = info.room;
    log->sealed = info.sealed;
    log->on_disk = info.on_disk;
    svc->keeper = &service_log_keeper;
    service_settle(svc);
    /* What this process hands out and cannot have kept is nothing to the next one. */
    uint64_t boot = info.sealed ? SEALED_BOOT | startup_page()->pid : info.boot;
    if (log->boot != boot) boot_begin(svc, boot);
}
