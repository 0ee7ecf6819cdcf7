/* fold.c - see fold.h. */
#include "fold.h"

#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

#define NEVER UINT64_MAX

bool store_is_zero(const void *memory, uint64_t bytes)
{
    const uint8_t *p = memory;
    return bytes == 0 || (p[0] == 0 && memcmp(p, p + 1, bytes - 1) == 0);
}

bool store_top_check(const struct store_top *top, uint32_t bytes_max)
{
    uint8_t hash[HASH_BYTES];
    if (top->bytes < sizeof(*top) || top->bytes > bytes_max) return false;
    (void)crypto_generichash_blake2b(hash, HASH_BYTES, (const uint8_t *)top + HASH_BYTES,
                                     top->bytes - HASH_BYTES, NULL, 0);
    return memcmp(hash, top->hash, HASH_BYTES) == 0;
}

enum store_fault store_group_glance(const struct store_super *super, const struct store_group *g)
{
    uint32_t most = super->group_blocks * STORE_BLOCK;
    if (g->top.magic != STORE_GROUP_MAGIC) return STORE_ABSENT;
    if (memcmp(g->id, super->id, STORE_ID_BYTES) != 0) return STORE_ABSENT;
    if (g->top.version != STORE_VERSION) return STORE_OTHER_FORMAT;
    return g->top.bytes < sizeof(*g) || g->top.bytes > most ? STORE_BAD_LENGTH : STORE_SOUND;
}

enum store_fault store_group_check(const struct store_super *super, const struct store_group *g)
{
    enum store_fault fault = store_group_glance(super, g);
    if (fault != STORE_SOUND) return fault;
    if (!store_top_check(&g->top, super->group_blocks * STORE_BLOCK)) return STORE_BAD_HASH;
    uint32_t end = store_group_blocks(g) * STORE_BLOCK;
    bool zero = store_is_zero((const uint8_t *)g + g->top.bytes, end - g->top.bytes);
    return zero && store_is_zero(g->zero, sizeof(g->zero)) ? STORE_SOUND : STORE_BAD_PADDING;
}

void store_fold_init(struct store_fold *f, const struct store_super *super)
{
    memset(f, 0, sizeof(*f));
    memcpy(f->before, super->top.hash, HASH_BYTES);
}

struct store_stream *store_fold_stream(const struct store_fold *f, uint32_t number)
{
    for (uint32_t i = 0; i < f->table.streams; i++) {
        const struct store_stream *stream = &f->table.stream[i];
        if (stream->number == number) return (struct store_stream *)(uintptr_t)stream;
    }
    return NULL;
}

struct store_stream *store_fold_enter(struct store_fold *f, uint32_t number)
{
    struct store_stream *stream = store_fold_stream(f, number);
    if (stream != NULL || f->table.streams == STORE_STREAMS) return stream;
    stream = &f->table.stream[f->table.streams++];
    *stream = (struct store_stream){.number = number, .marks = {{NEVER, NEVER}, {NEVER, NEVER}}};
    return stream;
}

uint32_t store_table_bytes(const struct store_table *table)
{
    return (uint32_t)(offsetof(struct store_table, stream) +
                      table->streams * sizeof(struct store_stream));
}

const struct store_head *store_group_record(const struct store_group *g, uint32_t *offset)
{
    const struct store_head *h = (const struct store_head *)((const uint8_t *)g + *offset);
    uint32_t left = g->top.bytes - *offset;
    if (left < sizeof(*h) || store_record_bytes(h->length) > left) return NULL;
    *offset += (uint32_t)store_record_bytes(h->length);
    return h;
}

bool store_fold_table(struct store_fold *f, const struct store_group *g)
{
    uint32_t offset = sizeof(*g);
    const struct store_head *h = store_group_record(g, &offset);
    if (h == NULL || h->stream != STORE_NOTES || h->type != STORE_NOTE_TABLE) return false;
    const struct store_table *table = store_payload(h);
    if (h->length < offsetof(struct store_table, stream) || table->streams > STORE_STREAMS ||
        h->length != store_table_bytes(table)) {
        return false;
    }
    memset(f, 0, sizeof(*f));
    memcpy(&f->table, table, h->length);
    memcpy(f->before, g->before, HASH_BYTES);
    f->group = g->number;
    f->record = g->first;
    return true;
}

/* A boot: the chain of stream 0 begins anew. */
static enum store_fault fold_boot(struct store_table *t, const struct store_fold *f,
                                  const struct store_head *h)
{
    const struct store_boot_note *note = store_payload(h);
    const struct store_stream *kernel = store_fold_stream(f, STORE_KERNEL);
    if (h->length != sizeof(*note) || note->zero != 0) return STORE_BAD_RECORD;
    if (note->boot != t->boot + 1 || note->base != (kernel != NULL ? kernel->next : 0) ||
        note->last_count != t->count || memcmp(note->last_head, t->head, HASH_BYTES) != 0) {
        return STORE_BAD_BOOT;
    }
    t->boot = note->boot;
    memcpy(t->boot_id, note->id, STORE_ID_BYTES);
    t->base = note->base;
    t->last_count = note->last_count;
    memcpy(t->last_head, note->last_head, HASH_BYTES);
    t->count = 0;
    memset(t->head, 0, HASH_BYTES);
    return STORE_SOUND;
}

static enum store_fault fold_commit(struct store_table *t, const struct store_head *h, bool deep)
{
    const struct store_commit *c = store_payload(h);
    struct chain chain = {.count = t->count};
    if (h->length != sizeof(*c) || h->type != 0 || h->version != 1) return STORE_BAD_RECORD;
    if (c->commit.seq != t->count) return STORE_BAD_SEQUENCE;
    t->count++;
    if (!deep) return STORE_SOUND;
    memcpy(chain.head, t->head, HASH_BYTES);
    chain_append(&chain, &c->commit);
    memcpy(t->head, chain.head, HASH_BYTES);
    return memcmp(c->tag, t->head, sizeof(c->tag)) == 0 ? STORE_SOUND : STORE_BAD_CHAIN;
}

static enum store_fault fold_part(struct store_fold *f, const struct store_head *h)
{
    const struct store_part *part = store_payload(h);
    if (h->length < sizeof(*part) || h->type != STORE_PART) return STORE_BAD_RECORD;
    if (part->part >= part->parts || part->part > h->seq) return STORE_BAD_RECORD;
    if (part->part + 1 < part->parts) return STORE_SOUND;
    struct store_stream *of = store_fold_enter(f, h->stream & ~STORE_CHECKPOINTS);
    if (of == NULL) return STORE_BAD_RECORD;
    of->marks[1] = of->marks[0];
    of->marks[0] = (struct store_mark){.at = part->at, .first = h->seq - part->part};
    return STORE_SOUND;
}

enum store_fault store_fold_record(struct store_fold *f, const struct store_head *h, bool deep,
                                   const struct store_fold *begin)
{
    const uint8_t *payload = store_payload(h);
    uint64_t padding = store_record_bytes(h->length) - sizeof(*h) - h->length;
    if (h->zero != 0 || !store_is_zero(payload + h->length, padding)) return STORE_BAD_RECORD;
    struct store_stream *stream = store_fold_enter(f, h->stream);
    if (stream == NULL) return STORE_BAD_RECORD;
    if (h->seq != stream->next) return STORE_BAD_SEQUENCE;
    stream->next++;
    f->record++;
    if (h->stream == STORE_KERNEL) return fold_commit(&f->table, h, deep);
    if (h->stream == STORE_NOTES && h->type == STORE_NOTE_BOOT) {
        return fold_boot(&f->table, f, h);
    }
    if (h->stream == STORE_NOTES && h->type == STORE_NOTE_TABLE) {
        if (begin == NULL) return STORE_SOUND;
        bool same = f->record == begin->record + 1 &&
                    h->length == store_table_bytes(&begin->table) &&
                    memcmp(payload, &begin->table, h->length) == 0;
        return same ? STORE_SOUND : STORE_BAD_TABLE;
    }
    if (h->stream == STORE_NOTES) return STORE_BAD_RECORD;
    return (h->stream & STORE_CHECKPOINTS) != 0 ? fold_part(f, h) : STORE_SOUND;
}

static enum store_fault fold_records(struct store_fold *f, const struct store_group *g, bool deep,
                                     struct store_where *where)
{
    struct store_fold begin = *f;
    uint32_t offset = sizeof(*g);
    for (uint32_t i = 0; i < g->records; i++) {
        const struct store_head *h = store_group_record(g, &offset);
        where->record = i;
        if (h == NULL) return STORE_BAD_RECORD;
        where->stream = h->stream;
        where->seq = h->seq;
        enum store_fault fault = store_fold_record(f, h, deep, &begin);
        if (fault != STORE_SOUND) return fault;
    }
    where->record = UINT32_MAX;
    return offset == g->top.bytes ? STORE_SOUND : STORE_BAD_LENGTH;
}

enum store_fault store_fold_group(struct store_fold *f, const struct store_group *g, bool chain,
                                  struct store_where *where)
{
    where->group = f->group;
    where->record = UINT32_MAX;
    if (g->number != f->group || g->first != f->record) return STORE_BAD_NUMBER;
    if (memcmp(g->before, f->before, HASH_BYTES) != 0) return STORE_BAD_BEFORE;
    struct store_fold next = *f;
    enum store_fault fault = fold_records(&next, g, chain, where);
    if (fault != STORE_SOUND) return fault;
    if (g->boot != next.table.boot) return STORE_BAD_BOOT;
    if (g->count != next.table.count) return STORE_BAD_CHAIN;
    if (chain && memcmp(g->head, next.table.head, HASH_BYTES) != 0) return STORE_BAD_CHAIN;
    memcpy(next.table.head, g->head, HASH_BYTES);
    memcpy(next.before, g->top.hash, HASH_BYTES);
    next.stable = g->stable;
    next.opening = g->opening;
    next.group++;
    *f = next;
    return STORE_SOUND;
}

uint64_t store_place(const struct store_super *super, uint64_t block)
{
    uint64_t in = (block - super->first) % super->segment_blocks;
    if (in + super->group_blocks <= super->segment_blocks) return block;
    return block + super->segment_blocks - in;
}
