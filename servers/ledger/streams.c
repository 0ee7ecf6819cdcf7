/*
 * streams.c - see streams.h. The badge alone says which stream is meant: init mints it as the
 * system description says, and nobody can name another one.
 */
#include "streams.h"

#include "badge.h"
#include "memory.h"
#include "panic.h"

static struct {
    const struct logmem *log;
    struct memory memory;
} streams;

static uint32_t stream_of(const struct request *rq)
{
    return (uint32_t)rq->badge;
}

static int on_info(struct request *rq, struct stream_info_out *out)
{
    memory_info(&streams.memory, stream_of(rq), out);
    return OK;
}

static int on_append(struct request *rq, const struct stream_append_in *in,
                     struct stream_append_out *out)
{
    int err = memory_append(&streams.memory, stream_of(rq), in);
    struct stream_info_out now;
    memory_info(&streams.memory, stream_of(rq), &now);
    out->durable = now.durable;
    out->room = now.room;
    return err;
}

static int on_read(struct request *rq, const struct stream_read_in *in, struct stream_read_out *out)
{
    return memory_read(&streams.memory, stream_of(rq), in->sequence, out, (uint8_t *)rq->scratch);
}

static int on_checkpoint(struct request *rq, const struct stream_checkpoint_in *in)
{
    return memory_checkpoint(&streams.memory, stream_of(rq), in);
}

static int on_load(struct request *rq, const struct stream_load_in *in, struct stream_load_out *out)
{
    return memory_load(&streams.memory, stream_of(rq), in->part, out);
}

/* Memory is durable at once, as far as it goes: there is nothing to tell. */
static int on_watch(struct request *rq, const struct stream_watch_in *in)
{
    (void)rq;
    (void)in;
    return OK;
}

static int on_status(struct request *rq, struct ledger_status_out *out)
{
    (void)rq;
    out->status = (struct stream_status){
        .commits = logmem_ledger(streams.log)->hashed,
        .streams = memory_streams(&streams.memory),
        .segments = streams.memory.area.segments,
        .free = streams.memory.area.free,
        .on_disk = false,
    };
    return OK;
}

static const struct stream_ops stream_ops = {
    .info = on_info,
    .append = on_append,
    .read = on_read,
    .checkpoint = on_checkpoint,
    .load = on_load,
    .watch = on_watch,
};
static const struct ledger_ops ledger_ops = {.status = on_status};

int streams_dispatch(struct service *svc, struct request *rq)
{
    (void)svc;
    bool of_init = (rq->badge & BADGE_LOOKUP) != 0;
    if (of_init && badge_kind(rq->badge) == BADGE_KIND_STREAM && stream_of(rq) != 0) {
        return stream_dispatch(&stream_ops, rq);
    }
    return ledger_dispatch(&ledger_ops, rq);
}

void streams_open(const struct logmem *log)
{
    streams.log = log;
    uint64_t bytes = log->ledger_at - log->streams_at;
    if (!memory_open(&streams.memory, logmem_streams(log), bytes)) {
        PANIC("the memory of the streams is damaged");
    }
}
