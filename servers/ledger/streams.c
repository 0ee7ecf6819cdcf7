/*
 * streams.c - the ledger's interfaces. The badge alone says which stream is meant: init mints
 * it as the system description says, and nobody can name another one.
 */
#include "badge.h"
#include "bytes.h"
#include "ledger.h"

static uint32_t stream_of(const struct request *rq)
{
    return (uint32_t)rq->badge;
}

static int on_info(struct request *rq, struct stream_info_out *out)
{
    if (ledger.on_disk) {
        disk_info(&ledger.disk, stream_of(rq), out);
    } else {
        memory_info(&ledger.memory, stream_of(rq), out);
    }
    return OK;
}

static int on_append(struct request *rq, const struct stream_append_in *in,
                     struct stream_append_out *out)
{
    int err = ledger.on_disk ? disk_append(&ledger.disk, stream_of(rq), in)
                             : memory_append(&ledger.memory, stream_of(rq), in);
    struct stream_info_out now;
    if (err == ERR_BUSY) drive_busy(stream_of(rq));
    if (err != OK) return err;
    if (ledger.on_disk && in->hurry) disk_hurry(&ledger.disk);
    (void)on_info(rq, &now);
    out->durable = now.durable;
    out->room = now.room;
    return OK;
}

static int on_read(struct request *rq, const struct stream_read_in *in, struct stream_read_out *out)
{
    struct disk_waiting what = {
        .kind = DISK_READ, .token = rq->token, .stream = stream_of(rq), .number = in->sequence};
    if (ledger.on_disk) return disk_ask(&ledger.disk, &what);
    return memory_read(&ledger.memory, stream_of(rq), in->sequence, out, (uint8_t *)rq->scratch);
}

static int on_checkpoint(struct request *rq, const struct stream_checkpoint_in *in)
{
    if (!ledger.on_disk) return memory_checkpoint(&ledger.memory, stream_of(rq), in);
    int err = disk_checkpoint(&ledger.disk, stream_of(rq), in);
    if (err == ERR_BUSY) drive_busy(stream_of(rq));
    return err;
}

static int on_load(struct request *rq, const struct stream_load_in *in, struct stream_load_out *out)
{
    struct disk_waiting what = {
        .kind = DISK_LOAD, .token = rq->token, .stream = stream_of(rq), .number = in->part};
    if (ledger.on_disk) return disk_ask(&ledger.disk, &what);
    return memory_load(&ledger.memory, stream_of(rq), in->part, out);
}

/* Memory is durable at once, as far as it goes: there is nothing to tell. */
static int on_watch(struct request *rq, const struct stream_watch_in *in)
{
    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (ledger.on_disk) drive_watch(stream_of(rq), request_keep(rq, in->notification.slot));
    return OK;
}

static int on_hurry(struct request *rq)
{
    (void)rq;
    if (ledger.on_disk) disk_hurry(&ledger.disk);
    return OK;
}

/* What was read, or is durable now. */
void streams_answer(const struct disk_answer *a)
{
    struct data bytes = data_from(a->bytes, a->length);
    switch (a->kind) {
    case DISK_READ:
        (void)stream_read_answer(a->token, a->err,
                                 &(struct stream_read_out){.records = bytes, .next = a->next});
        break;
    case DISK_LOAD:
        (void)stream_load_answer(
            a->token, a->err,
            &(struct stream_load_out){.at = a->at, .parts = a->parts, .bytes = bytes});
        break;
    case DISK_SYNC:
        (void)ledger_sync_answer(a->token, a->err == OK ? OK : LEDGER_FAILED);
        break;
    case DISK_COMMITS:
    case DISK_BOOTS:
        history_answer(a);
        break;
    }
}

static int on_status(struct request *rq, struct ledger_status_out *out)
{
    const char *wrong = keep_text(ledger.reason);
    struct store_figures f = {0};
    (void)rq;
    out->on_disk = ledger.on_disk;
    out->wrong = text_from(wrong, strlen(wrong));
    out->hashed = logmem_ledger(ledger.log)->hashed;
    out->last_head = data_from(f.last_head, 0);
    if (!ledger.on_disk) {
        out->blocks = ledger.memory.area.segments * (AREA_SEGMENT_BYTES / STORE_BLOCK);
        out->free = ledger.memory.area.free * (AREA_SEGMENT_BYTES / STORE_BLOCK);
        return OK;
    }
    store_figures(&ledger.disk.store, &f);
    if (ledger.reason == KEEP_OK && f.superblocks < 2) {
        wrong = "one of the log's two superblocks was damaged: it was written again";
        out->wrong = text_from(wrong, strlen(wrong));
    }
    out->boot = (uint32_t)f.boot;
    out->written = logmem_ledger(ledger.log)->durable;
    out->blocks = f.blocks;
    out->free = f.used + f.reserve < f.blocks ? f.blocks - f.used - f.reserve : 0;
    out->last_count = f.last_count;
    memcpy(rq->scratch, f.last_head, HASH_BYTES);
    out->last_head = data_from(rq->scratch, f.boot > 1 ? HASH_BYTES : 0);
    return OK;
}

static int on_sync(struct request *rq)
{
    struct disk_waiting what = {.kind = DISK_SYNC, .token = rq->token};
    what.number = ledger.log->commit_head; /* the hashes come behind */
    return ledger.on_disk ? disk_ask(&ledger.disk, &what) : OK;
}

int streams_dispatch(struct service *svc, struct request *rq)
{
    static const struct stream_ops stream_ops = {.info = on_info,
                                                 .append = on_append,
                                                 .read = on_read,
                                                 .checkpoint = on_checkpoint,
                                                 .load = on_load,
                                                 .watch = on_watch,
                                                 .hurry = on_hurry};
    static const struct ledger_ops ledger_ops = {.status = on_status, .sync = on_sync};
    bool of_init = (rq->badge & BADGE_LOOKUP) != 0, of_stream = of_init && stream_of(rq) != 0;
    uint32_t kind = of_init ? badge_kind(rq->badge) : 0;
    int result;
    (void)svc;
    if (of_stream && kind == BADGE_KIND_STREAM) {
        result = stream_dispatch(&stream_ops, rq);
    } else if (kind == BADGE_KIND_HISTORY) {
        result = history_dispatch(&history_ops, rq);
    } else {
        result = ledger_dispatch(&ledger_ops, rq);
    }
    /* The message page holds the answer: what there is to do with the disk comes after it. */
    if (ledger.on_disk) (void)sys_signal(ledger.more);
    return result;
}
