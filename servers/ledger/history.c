/* history.c - the kernel's commits of all boots, for who holds the badge: to be read only. */
#include "bytes.h"
#include "ledger.h"
#include "slots.h"

static int history_ask(struct request *rq, enum disk_kind kind, uint32_t stream, uint64_t from)
{
    struct disk_waiting what = {.kind = kind, .token = rq->token, .stream = stream, .number = from};
    if (!ledger.on_disk) return HISTORY_NO_DISK;
    int err = disk_ask(&ledger.disk, &what);
    return err == ERR_BUSY ? HISTORY_AWAY : err;
}

static int on_boots(struct request *rq, const struct history_boots_in *in,
                    struct history_boots_out *out)
{
    (void)out;
    if (in->from == 0) return HISTORY_NO_RECORD;
    return history_ask(rq, DISK_BOOTS, STORE_NOTES, in->from);
}

static int on_commits(struct request *rq, const struct history_commits_in *in,
                      struct history_commits_out *out)
{
    (void)out;
    return history_ask(rq, DISK_COMMITS, STORE_KERNEL, in->from);
}

static int on_watch(struct request *rq, const struct history_watch_in *in)
{
    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (!ledger.on_disk) return OK; /* there is nothing to tell */
    slot_discard(ledger.history_watch);
    ledger.history_watch = request_keep(rq, in->notification.slot);
    return OK;
}

static int result_of(int err)
{
    if (err == OK) return OK;
    return err == STREAM_NO_RECORD ? HISTORY_NO_RECORD : HISTORY_AWAY;
}

void history_answer(const struct disk_answer *a)
{
    struct data bytes = data_from(a->bytes, a->length);
    const struct store_table *log = &ledger.disk.store.fold.table;
    uint32_t boot = logmem_ledger(ledger.log)->boot;
    bool known = boot != 0 && log->boot == boot;
    if (a->kind == DISK_COMMITS) {
        (void)history_commits_answer(a->token, result_of(a->err),
                                     &(struct history_commits_out){.commits = bytes});
        return;
    }
    (void)history_boots_answer(
        a->token, result_of(a->err),
        &(struct history_boots_out){.notes = bytes, .boot = known ? log->boot : 0});
}

const struct history_ops history_ops = {
    .boots = on_boots, .commits = on_commits, .watch = on_watch};
