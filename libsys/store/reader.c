/* reader.c - see reader.h. */
#include "reader.h"

#include <string.h>

uint64_t store_reader_memory(const struct store *s)
{
    return (uint64_t)s->super.group_blocks * STORE_BLOCK;
}

void store_read_begin(struct store_reader *r, const struct store *s, void *memory, uint64_t bytes)
{
    uint64_t blocks = bytes / STORE_BLOCK;
    *r = (struct store_reader){.store = s, .step = READ_ENDED};
    r->window.memory = memory;
    r->window.blocks =
        blocks < s->super.segment_blocks ? (uint32_t)blocks : s->super.segment_blocks;
    if (bytes < store_reader_memory(s)) r->failed = STORE_MEMORY;
}

/* Segments that hold durable groups. */
static uint64_t segments_used(const struct store *s)
{
    uint64_t per = s->super.segment_blocks;
    return (s->durable_end - s->super.first + per - 1) / per;
}

/* Finds out in which segment `from` is. */
static void begin(struct store_reader *r, bool careful)
{
    r->step = READ_SEEK;
    r->low = 0;
    r->high = segments_used(r->store);
    r->follows = false;
    r->passed = false;
    r->careful = careful;
}

void store_read_from(struct store_reader *r, uint32_t stream, uint64_t from)
{
    r->stream = stream;
    r->from = from;
    r->boots = false;
    begin(r, false);
    if (r->failed != STORE_MEMORY) r->failed = STORE_OK;
}

void store_read_boots(struct store_reader *r, uint32_t from)
{
    store_read_from(r, STORE_NOTES, from);
    r->boots = true;
}

enum store_result store_read_checkpoint(struct store_reader *r, uint32_t stream, uint32_t age,
                                        uint64_t *out_at)
{
    const struct store_stream *of = store_stream(r->store, stream);
    if (of == NULL || age > 1 || of->marks[age].first == UINT64_MAX) return STORE_NONE;
    *out_at = of->marks[age].at;
    store_read_from(r, stream | STORE_CHECKPOINTS, of->marks[age].first);
    return STORE_OK;
}

static enum store_result fail(struct store_reader *r, enum store_fault fault, uint64_t block,
                              uint64_t group)
{
    r->fault = fault;
    r->where = (struct store_where){.group = group, .block = block, .record = UINT32_MAX};
    r->failed = STORE_DAMAGED;
    return STORE_DAMAGED;
}

/* The group at `block`, which is durable; its hash may be wrong. `end`: how far to read ahead. */
static enum store_result group_glance(struct store_reader *r, uint64_t block, uint64_t end,
                                      const struct store_group **out)
{
    const struct store *s = r->store;
    uint64_t left = s->durable_end - block;
    uint32_t need = left < s->super.group_blocks ? (uint32_t)left : s->super.group_blocks;
    const struct store_group *g = store_window_get(&r->window, block, need, end);
    if (g == NULL) return STORE_WAIT;
    if (g->top.magic == STORE_GROUP_MAGIC && store_group_blocks(g) > need) {
        return fail(r, STORE_BAD_LENGTH, block, g->number);
    }
    enum store_fault fault = store_group_glance(&s->super, g);
    if (fault != STORE_SOUND) return fail(r, fault, block, UINT64_MAX);
    *out = g;
    return STORE_OK;
}

static enum store_result group_check(struct store_reader *r, uint64_t block,
                                     const struct store_group *g)
{
    enum store_fault fault = store_group_check(&r->store->super, g);
    return fault == STORE_SOUND ? STORE_OK : fail(r, fault, block, UINT64_MAX);
}

/* What number the stream had reached before the group, which begins with a table. */
static bool reached(const struct store_reader *r, const struct store_group *g, uint64_t *out)
{
    uint32_t offset = sizeof(*g);
    const struct store_head *h = store_group_record(g, &offset);
    if (h == NULL || h->stream != STORE_NOTES || h->type != STORE_NOTE_TABLE) return false;
    const struct store_table *table = store_payload(h);
    if (h->length < offsetof(struct store_table, stream)) return false;
    if (r->boots) {
        *out = table->boot + 1ull;
        return true;
    }
    *out = r->stream == STORE_ALL ? g->first : 0;
    for (uint32_t i = 0; r->stream != STORE_ALL && i < table->streams; i++) {
        const struct store_stream *stream = &table->stream[i];
        if ((const uint8_t *)(stream + 1) > (const uint8_t *)h + store_record_bytes(h->length)) {
            return false;
        }
        if (stream->number == r->stream) *out = stream->next;
    }
    return true;
}

static enum store_result seek(struct store_reader *r)
{
    const struct store_super *p = &r->store->super;
    while (r->high > r->low + 1) {
        const struct store_group *g;
        uint64_t middle = r->low + (r->high - r->low) / 2, number;
        uint64_t block = p->first + middle * p->segment_blocks;
        enum store_result result = group_glance(r, block, block, &g);
        if (result == STORE_OK && r->careful) result = group_check(r, block, g);
        if (result != STORE_OK) return result;
        r->passed = !r->careful;
        if (!reached(r, g, &number)) {
            if (r->careful) return fail(r, STORE_BAD_TABLE, block, g->number);
            begin(r, true);
            return STORE_OK;
        }
        if (number <= r->from) r->low = middle;
        if (number > r->from) r->high = middle;
    }
    uint64_t block = p->first + r->low * p->segment_blocks;
    if (block != r->place) r->follows = false;
    r->place = block;
    r->step = READ_GROUP;
    return STORE_OK;
}

static uint64_t boot_of(const struct store_head *h)
{
    const struct store_boot_note *note = store_payload(h);
    return note->boot;
}

/* Whether a record of it is wanted, if the group is what it says. */
static bool may_hold(const struct store_reader *r, const struct store_group *g)
{
    uint32_t offset = sizeof(*g);
    if (r->boots) return g->boot >= r->from;
    if (r->stream == STORE_ALL) return g->first + g->records > r->from;
    for (uint32_t i = 0; i < g->records; i++) {
        const struct store_head *h = store_group_record(g, &offset);
        if (h == NULL || (h->stream == r->stream && h->seq >= r->from)) return true;
    }
    return false;
}

/* To the next group; at a segment's begin its table is looked at, as segments without the stream
 * are passed by. */
static void leave_group(struct store_reader *r, const struct store_group *g)
{
    const struct store_super *p = &r->store->super;
    r->place = store_place(p, r->place + store_group_blocks(g));
    r->step = READ_GROUP;
    if (r->stream == STORE_ALL || !store_segment_start(p, r->place)) return;
    r->low = (r->place - p->first) / p->segment_blocks;
    r->high = segments_used(r->store);
    if (r->high > r->low + 1) r->step = READ_SEEK;
}

/* Nothing is left; but if groups were passed by, was what should be in one of them? */
static enum store_result at_end(struct store_reader *r)
{
    const struct store_stream *s = store_stream(r->store, r->stream);
    uint64_t next = s != NULL ? s->next : 0;
    if (r->boots) next = r->store->fold.table.boot + 1ull;
    if (r->stream == STORE_ALL) next = r->store->fold.record;
    if (!r->passed || r->from >= next) return STORE_END;
    begin(r, true);
    return STORE_OK;
}

static enum store_result next_group(struct store_reader *r)
{
    const struct store *s = r->store;
    if (r->place >= s->durable_end) return at_end(r);
    enum store_result result = group_glance(r, r->place, s->durable_end, &r->group);
    if (result == STORE_OK && !r->careful && !may_hold(r, r->group)) {
        r->passed = true;
        r->follows = false;
        leave_group(r, r->group);
        return STORE_OK;
    }
    if (result == STORE_OK) result = group_check(r, r->place, r->group);
    if (result != STORE_OK) return result;
    if (r->follows && memcmp(r->group->before, r->before, HASH_BYTES) != 0) {
        return fail(r, STORE_BAD_BEFORE, r->place, r->group->number);
    }
    memcpy(r->before, r->group->top.hash, HASH_BYTES);
    r->follows = true;
    r->offset = sizeof(*r->group);
    r->index = 0;
    r->step = READ_RECORDS;
    return STORE_OK;
}

/* Lengths that a reader's user relies on: groups that recovery passed by were checked by their hash
 * only, and who wrote them could hash. */
static bool well_formed(const struct store_head *h)
{
    if (h->stream == STORE_KERNEL) return h->length == sizeof(struct store_commit);
    if (h->stream == STORE_NOTES && h->type == STORE_NOTE_BOOT) {
        return h->length == sizeof(struct store_boot_note);
    }
    bool part = h->stream != STORE_NOTES && (h->stream & STORE_CHECKPOINTS) != 0;
    return !part || h->length >= sizeof(struct store_part);
}

/* False: it is none of those asked for. */
static bool wanted(const struct store_reader *r, const struct store_head *h)
{
    if (r->boots) {
        return h->stream == STORE_NOTES && h->type == STORE_NOTE_BOOT && boot_of(h) >= r->from;
    }
    if (r->stream != STORE_ALL) return h->stream == r->stream && h->seq >= r->from;
    return r->group->first + r->index >= r->from;
}

static bool next_record(struct store_reader *r, struct store_item *out)
{
    const struct store_group *g = r->group;
    for (; r->index < g->records; r->index++) {
        const struct store_head *h = store_group_record(g, &r->offset);
        if (h == NULL || !well_formed(h)) {
            (void)fail(r, STORE_BAD_RECORD, r->place, g->number);
            return false;
        }
        if (!wanted(r, h)) continue;
        *out = (struct store_item){.stream = h->stream,
                                   .type = h->type,
                                   .version = h->version,
                                   .length = h->length,
                                   .boot = g->boot,
                                   .seq = h->seq,
                                   .record = g->first + r->index,
                                   .group = g->number,
                                   .block = r->place,
                                   .payload = store_payload(h)};
        uint64_t number = r->boots ? boot_of(h) : r->stream == STORE_ALL ? out->record : h->seq;
        if (r->passed && number != r->from) {
            begin(r, true);
            return false;
        }
        r->passed = false;
        r->from = number + 1;
        r->index++;
        return true;
    }
    leave_group(r, r->group);
    return false;
}

enum store_result store_read(struct store_reader *r, struct store_item *out)
{
    while (r->failed == STORE_OK) {
        enum store_result result = STORE_OK;
        if (r->step == READ_ENDED) return STORE_END;
        if (r->step == READ_SEEK) result = seek(r);
        if (result == STORE_OK && r->step == READ_GROUP) result = next_group(r);
        if (result != STORE_OK) return result;
        if (r->step == READ_RECORDS && next_record(r, out)) return STORE_OK;
    }
    return r->failed;
}

bool store_read_next(struct store_reader *r, struct store_io *out)
{
    return store_window_next(&r->window, out);
}

void store_read_done(struct store_reader *r, enum store_io_result result)
{
    store_window_done(&r->window, result == STORE_IO_OK);
    if (result != STORE_IO_OK) r->failed = result == STORE_IO_SHORT ? STORE_SHORT : STORE_DEVICE;
}

enum store_fault store_read_damage(const struct store_reader *r, struct store_where *out)
{
    *out = r->where;
    return r->failed == STORE_DAMAGED ? r->fault : STORE_SOUND;
}
