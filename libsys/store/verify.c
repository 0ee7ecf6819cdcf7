/* verify.c - see verify.h. */
#include "verify.h"

#include <string.h>

enum { SEARCH_SEGMENTS = 16 /* behind a fault, for what it was */ };

const char *store_tamper_text(enum store_tamper tamper)
{
    static const char *const texts[] = {
        [TAMPER_NONE] = "sound",      [TAMPER_CHANGED] = "changed",
        [TAMPER_DROPPED] = "dropped", [TAMPER_REPEATED] = "repeated",
        [TAMPER_SWAPPED] = "swapped", [TAMPER_TRUNCATED] = "truncated",
    };
    return tamper <= TAMPER_TRUNCATED ? texts[tamper] : "?";
}

void store_verify_begin(struct store_verify *v, const struct store *s, void *memory, uint64_t bytes)
{
    uint64_t blocks = bytes / STORE_BLOCK;
    memset(v, 0, sizeof(*v));
    v->store = s;
    v->place = s->super.first;
    v->window.memory = memory;
    v->window.blocks =
        blocks < s->super.segment_blocks ? (uint32_t)blocks : s->super.segment_blocks;
    v->result = STORE_OK;
    if (blocks < s->super.group_blocks) v->result = STORE_MEMORY;
    store_fold_init(&v->fold, &s->super);
}

void store_verify_expect(struct store_verify *v, const struct store_kept *kept)
{
    v->kept = *kept;
}

static enum store_result found(struct store_verify *v, enum store_fault fault,
                               enum store_tamper tamper)
{
    v->fault = fault;
    v->tamper = tamper;
    v->where.block = v->place;
    v->step = VERIFY_ENDED;
    v->result = STORE_DAMAGED;
    return v->result;
}

/* The fault is in the group. The record at which it shows, if the rules or the chain tell. */
static enum store_tamper record_tamper(struct store_verify *v, const struct store_group *g)
{
    struct store_fold begin = v->fold, f = v->fold;
    uint32_t offset = sizeof(*g);
    for (uint32_t i = 0; i < g->records; i++) {
        const struct store_head *h = store_group_record(g, &offset);
        v->where.record = i;
        if (h == NULL) return TAMPER_CHANGED;
        v->where.stream = h->stream;
        v->where.seq = h->seq;
        const struct store_stream *stream = store_fold_stream(&f, h->stream);
        uint64_t next = stream != NULL ? stream->next : 0;
        enum store_fault fault = store_fold_record(&f, h, true, &begin);
        if (fault == STORE_SOUND) continue;
        v->fault = fault;
        v->where.seq = next;
        if (fault != STORE_BAD_SEQUENCE || h->seq == next) return TAMPER_CHANGED;
        if (h->seq < next) return h->seq + 1 == next ? TAMPER_REPEATED : TAMPER_CHANGED;
        uint64_t missing = h->seq;
        while ((h = store_group_record(g, &offset)) != NULL) {
            if (h->stream == v->where.stream && h->seq == next) return TAMPER_SWAPPED;
            if (h->stream == v->where.stream && h->seq == missing + 1) missing++;
        }
        return TAMPER_DROPPED;
    }
    v->where.record = UINT32_MAX;
    return TAMPER_CHANGED;
}

/* No group that follows stands here: whether it, or a later one, stands behind. */
static enum store_result search_begin(struct store_verify *v, enum store_fault fault)
{
    const struct store_super *p = &v->store->super;
    uint64_t end = v->place + (uint64_t)SEARCH_SEGMENTS * p->segment_blocks;
    v->fault = fault;
    v->step = VERIFY_SEARCH;
    v->search = v->place;
    v->search_end = end > v->store->durable_end ? end : v->store->durable_end;
    if (v->search_end > store_end(p)) v->search_end = store_end(p);
    return STORE_OK;
}

static enum store_result search(struct store_verify *v)
{
    const struct store_super *p = &v->store->super;
    for (; v->search < v->search_end; v->search++) {
        const struct store_group *g = store_window_get(&v->window, v->search, 1, v->search_end);
        if (g == NULL) return STORE_WAIT;
        uint32_t need = store_group_blocks(g);
        bool one = g->top.magic == STORE_GROUP_MAGIC && g->number >= v->fold.group &&
                   need <= p->group_blocks && need > 0 && v->search + need <= store_end(p);
        if (!one) continue;
        g = store_window_get(&v->window, v->search, need, v->search_end);
        if (g == NULL) return STORE_WAIT;
        if (store_group_check(p, g) != STORE_SOUND) continue;
        v->later = true;
        if (g->number == v->fold.group && v->search != v->place) {
            return found(v, v->fault, TAMPER_SWAPPED);
        }
    }
    bool absent = v->fault == STORE_ABSENT;
    if (v->fault == STORE_BAD_NUMBER) return found(v, v->fault, TAMPER_DROPPED);
    if (!v->later && absent) return found(v, v->fault, TAMPER_TRUNCATED);
    return found(v, v->fault, absent ? TAMPER_DROPPED : TAMPER_CHANGED);
}

/* A group that does not follow: why. */
static enum store_result judge(struct store_verify *v, const struct store_group *g,
                               enum store_fault fault)
{
    v->where = (struct store_where){.group = v->fold.group, .record = UINT32_MAX};
    if (fault == STORE_ABSENT && !store_is_zero(g, STORE_BLOCK)) {
        return found(v, fault, TAMPER_CHANGED);
    }
    if (fault == STORE_ABSENT) return search_begin(v, fault);
    if (fault == STORE_BAD_NUMBER && g->number >= v->fold.group) return search_begin(v, fault);
    if (fault == STORE_BAD_NUMBER) return found(v, fault, TAMPER_REPEATED);
    v->fault = fault;
    bool inside =
        fault != STORE_BAD_BEFORE && fault != STORE_OTHER_FORMAT && fault != STORE_BAD_LENGTH;
    enum store_tamper tamper = inside ? record_tamper(v, g) : TAMPER_CHANGED;
    return found(v, v->fault, tamper);
}

/* All groups were sound: is this the log that it should be? */
static enum store_result judge_end(struct store_verify *v)
{
    const struct store *s = v->store;
    v->where = (struct store_where){.group = v->fold.group, .record = UINT32_MAX};
    if (v->fold.group < v->kept.groups) return found(v, STORE_ABSENT, TAMPER_TRUNCATED);
    if (s->anchors[0].counter > 0 && s->anchors[0].group >= v->fold.group) {
        return found(v, STORE_ABSENT, TAMPER_TRUNCATED);
    }
    v->step = VERIFY_ENDED;
    v->result = STORE_END;
    return STORE_END;
}

static enum store_result next_group(struct store_verify *v)
{
    const struct store *s = v->store;
    const struct store_super *p = &s->super;
    /* What stands where the log was found damaged, or where there was more once, is looked at. */
    bool ended = s->status != STORE_DAMAGED && v->fold.group >= s->durable_groups &&
                 v->fold.group >= v->kept.groups;
    if (ended || v->place >= store_end(p)) return judge_end(v);
    const struct store_group *g =
        store_window_get(&v->window, v->place, p->group_blocks, store_end(p));
    if (g == NULL) return STORE_WAIT;
    enum store_fault fault = store_group_check(p, g);
    if (fault == STORE_SOUND) fault = store_fold_group(&v->fold, g, true, &v->where);
    if (fault != STORE_SOUND) return judge(v, g, fault);
    if (v->fold.group == v->kept.groups && memcmp(v->fold.before, v->kept.head, HASH_BYTES) != 0) {
        v->where = (struct store_where){.group = v->fold.group - 1, .record = UINT32_MAX};
        return found(v, STORE_BAD_HASH, TAMPER_CHANGED);
    }
    v->place = store_place(p, v->place + store_group_blocks(g));
    return STORE_OK;
}

enum store_result store_verify(struct store_verify *v)
{
    enum store_result result = v->result;
    while (v->result == STORE_OK && result == STORE_OK) {
        result = v->step == VERIFY_SEARCH ? search(v) : next_group(v);
    }
    return v->result != STORE_OK ? v->result : result;
}

bool store_verify_next(struct store_verify *v, struct store_io *out)
{
    return store_window_next(&v->window, out);
}

void store_verify_done(struct store_verify *v, enum store_io_result result)
{
    store_window_done(&v->window, result == STORE_IO_OK);
    if (result != STORE_IO_OK) v->result = result == STORE_IO_SHORT ? STORE_SHORT : STORE_DEVICE;
}

enum store_tamper store_verify_damage(const struct store_verify *v, enum store_fault *out_fault,
                                      struct store_where *out_where)
{
    *out_fault = v->fault;
    *out_where = v->where;
    return v->tamper;
}
