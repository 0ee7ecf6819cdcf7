/* log_ledger.c - see log_world.h: the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "idl/stream.h"
#include "log_world.h"

struct ledger ledger;

static int on_info(struct request *rq, struct stream_info_out *out)
{
    (void)rq;
    *out = (struct stream_info_out){.next = ledger.next,
                                    .durable = ledger.durable,
                                    .room = ledger.room,
                                    .checkpoint = ledger.parts != 0,
                                    .sealed = ledger.sealed,
                                    .boot = ledger.boot};
    return OK;
}

static int on_append(struct request *rq, const struct stream_append_in *in,
                     struct stream_append_out *out)
{
    (void)rq;
    ledger.appends++;
    if (ledger.busy > 0) {
        ledger.busy--;
        return ERR_BUSY;
    }
    if (in->hurry) ledger.hurries++;
    if (in->hurry) ledger.hurried = in->sequence + 1;
    if (ledger.err != OK) return ledger.err;
    if (in->sequence > ledger.next) return STREAM_GAP;
    if (in->sequence == ledger.next) {
        assert_true(ledger.next < RECORDS);
        struct stored *r = &ledger.records[ledger.next++];
        r->len = in->record.len;
        memcpy(r->bytes, in->record.at, r->len);
    }
    if (ledger.at_once) ledger.durable = ledger.next;
    *out = (struct stream_append_out){ledger.durable, ledger.room};
    return OK;
}

static int on_read(struct request *rq, const struct stream_read_in *in, struct stream_read_out *out)
{
    uint8_t *bytes = (uint8_t *)rq->scratch;
    if (in->sequence >= ledger.next) return STREAM_NO_RECORD;
    uint64_t len = ledger.records[in->sequence].len;
    memcpy(bytes, &len, 8);
    memcpy(bytes + 8, ledger.records[in->sequence].bytes, len);
    out->records = data_from(bytes, 8 + len);
    out->next = in->sequence + 1;
    return OK;
}

static int on_checkpoint(struct request *rq, const struct stream_checkpoint_in *in)
{
    (void)rq;
    if (ledger.busy_parts > 0) {
        ledger.busy_parts--;
        return ERR_BUSY;
    }
    if (in->part != 0 && in->part != ledger.coming) return STREAM_GAP;
    if (ledger.refuse_parts > 0 && in->part + 1 == ledger.refuse_parts) return STREAM_FULL;
    assert_true(in->parts <= PARTS);
    ledger.coming_part[in->part].len = in->bytes.len;
    memcpy(ledger.coming_part[in->part].bytes, in->bytes.at, in->bytes.len);
    ledger.coming = in->part + 1;
    if (ledger.coming < in->parts) return OK;
    memcpy(ledger.part, ledger.coming_part, sizeof(ledger.part));
    ledger.parts = in->parts;
    ledger.at = in->at;
    return OK;
}

static int on_load(struct request *rq, const struct stream_load_in *in, struct stream_load_out *out)
{
    (void)rq;
    if (in->part >= ledger.parts) return STREAM_NO_RECORD;
    out->at = ledger.at;
    out->parts = ledger.parts;
    out->bytes = data_from(ledger.part[in->part].bytes, ledger.part[in->part].len);
    return OK;
}

static int on_watch(struct request *rq, const struct stream_watch_in *in)
{
    (void)rq;
    (void)in;
    ledger.watches++;
    return OK;
}

static int on_hurry(struct request *rq)
{
    (void)rq;
    ledger.hurries++;
    ledger.hurried = ledger.next;
    return OK;
}

enum err ledger_call(struct message *m)
{
    static const struct stream_ops ops = {.info = on_info,
                                          .append = on_append,
                                          .read = on_read,
                                          .checkpoint = on_checkpoint,
                                          .load = on_load,
                                          .watch = on_watch,
                                          .hurry = on_hurry};
    static uint64_t words[MSG_WORDS_MAX], scratch[MSG_WORDS_MAX];
    struct ipc_buffer *buffer = ipc_buffer();
    struct request rq = {.info = m->info, .words = words, .scratch = scratch, .buffer = buffer};
    memcpy(words, m->w, sizeof(m->w));
    memcpy(words + MSG_REGISTERS, buffer->words, sizeof(buffer->words));
    if (msg_caps(m->info) > 0) {
        rq.caps[0] = (struct cap_arg){.slot = 1, .rights = 2, .type = CAP_NOTIFICATION};
    }
    memset(buffer, 0xee, sizeof(*buffer)); /* nobody relies on what stood there */
    (void)stream_dispatch(&ops, &rq);
    if (ledger.lose_answers > 0) {
        ledger.lose_answers--;
        return ERR_PEER_DIED;
    }
    *m = rq.answer;
    return OK;
}
