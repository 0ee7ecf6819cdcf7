/* append.c - records into groups. All is checked before anything changes. */
#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

#include "inside.h"

enum { TABLE_BYTES_MAX = sizeof(struct store_head) + sizeof(struct store_table) };

static uint32_t group_bytes(const struct store *s)
{
    return s->super.group_blocks * STORE_BLOCK;
}

uint64_t store_append_max(const struct store *s)
{
    return group_bytes(s) - sizeof(struct store_group) - TABLE_BYTES_MAX;
}

uint32_t store_part_max(const struct store *s)
{
    return (uint32_t)(store_append_max(s) - sizeof(struct store_head) - sizeof(struct store_part));
}

uint64_t store_memory(uint32_t groups)
{
    enum { DEFAULT_GROUP_BLOCKS = 16 };
    return (1 + (uint64_t)groups * DEFAULT_GROUP_BLOCKS) * STORE_BLOCK;
}

struct store_slot *store_group_close(struct store *s)
{
    uint32_t index = (uint32_t)(s->fold.group % s->slots);
    struct store_slot *slot = &s->slot[index];
    struct store_group *g = store_group_of(s, index);
    uint32_t blocks = (s->used + STORE_BLOCK - 1) / STORE_BLOCK;
    memset((uint8_t *)g + s->used, 0, blocks * STORE_BLOCK - s->used);
    g->top.bytes = s->used;
    g->records = (uint32_t)(s->fold.record - g->first);
    g->boot = s->fold.table.boot;
    g->stable = s->durable_groups;
    g->count = s->fold.table.count;
    memcpy(g->head, s->fold.table.head, HASH_BYTES);
    (void)crypto_generichash_blake2b(g->top.hash, HASH_BYTES, (const uint8_t *)g + HASH_BYTES,
                                     s->used - HASH_BYTES, NULL, 0);
    memcpy(slot->hash, g->top.hash, HASH_BYTES);
    memcpy(s->fold.before, g->top.hash, HASH_BYTES);
    slot->state = SLOT_CLOSED;
    slot->block = s->place;
    slot->group = s->fold.group++;
    slot->records = s->closed = s->fold.record;
    s->place = store_place(&s->super, s->place + blocks);
    s->used = 0;
    return slot;
}

/* The payload: `length` bytes, and the rest. */
static void put(struct store *s, const struct store_head *head, const void *first, uint32_t length,
                const void *rest)
{
    struct store_group *g = store_group_of(s, (uint32_t)(s->fold.group % s->slots));
    uint8_t *to = (uint8_t *)g + s->used;
    uint64_t bytes = store_record_bytes(head->length);
    memset(to + bytes - STORE_ALIGN, 0, STORE_ALIGN); /* what the payload leaves of it stays zero */
    memcpy(to, head, sizeof(*head));
    to += sizeof(*head);
    if (length > 0) memcpy(to, first, length);
    if (rest != NULL) memcpy(to + length, rest, head->length - length);
    s->used += (uint32_t)bytes;
}

/* The record stands in the open group: the state follows. */
static void fold_last(struct store *s, uint32_t length)
{
    const struct store_group *g = store_group_of(s, (uint32_t)(s->fold.group % s->slots));
    const uint8_t *end = (const uint8_t *)g + s->used;
    const struct store_head *h = (const struct store_head *)(end - store_record_bytes(length));
    (void)store_fold_record(&s->fold, h, false, NULL);
}

static void put_note(struct store *s, enum store_note type, const void *payload, uint32_t length)
{
    const struct store_stream *notes = store_fold_stream(&s->fold, STORE_NOTES);
    struct store_head head = {.stream = STORE_NOTES,
                              .type = (uint16_t)type,
                              .version = 1,
                              .length = length,
                              .seq = notes != NULL ? notes->next : 0};
    put(s, &head, payload, length, NULL);
    fold_last(s, length);
}

/* Room for `bytes` in the open group, which is opened if there is none. */
static enum store_result make_room(struct store *s, uint64_t bytes, bool urgent)
{
    if (bytes > store_append_max(s)) return STORE_LARGE;
    if (s->used > 0 && s->used + bytes <= group_bytes(s)) return STORE_OK;
    uint64_t group = s->fold.group, place = s->place;
    if (s->used > 0) {
        group++;
        place = store_place(&s->super, place + (s->used + STORE_BLOCK - 1) / STORE_BLOCK);
    }
    uint64_t kept = urgent || s->urgent ? 0 : s->super.reserve;
    if (place + s->super.group_blocks + kept > store_end(&s->super)) return STORE_FULL;
    if (s->slot[group % s->slots].state != SLOT_FREE) return STORE_BUSY;
    if (s->used > 0) (void)store_group_close(s);
    struct store_group *g = store_group_of(s, (uint32_t)(group % s->slots));
    *g = (struct store_group){
        .top = {.magic = STORE_GROUP_MAGIC, .version = STORE_VERSION},
        .number = group,
        .first = s->fold.record,
        .opening = s->config.opening,
    };
    memcpy(g->id, s->super.id, STORE_ID_BYTES);
    memcpy(g->before, s->fold.before, HASH_BYTES);
    s->slot[group % s->slots].state = SLOT_OPEN;
    s->used = sizeof(*g);
    if (store_segment_start(&s->super, place)) {
        struct store_table table = s->fold.table;
        put_note(s, STORE_NOTE_TABLE, &table, store_table_bytes(&table));
    }
    return STORE_OK;
}

static enum store_result may_append(const struct store *s)
{
    if (s->status != STORE_OK) return s->status;
    return s->config.read_only ? STORE_READ_ONLY : STORE_OK;
}

/* Services that have a stream, or checkpoints in one. */
static uint32_t services(const struct store_table *table)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->streams; i++) {
        uint32_t number = table->stream[i].number;
        count += number != STORE_KERNEL && (number & STORE_CHECKPOINTS) == 0 ? 1 : 0;
    }
    return count;
}

/* There is room for the streams that the records would add. Each service, and the kernel, also has
 * its room for checkpoints, so that a commit or a checkpoint is never refused for want of it. */
static bool streams_fit(const struct store *s, const struct store_record *records, uint32_t count)
{
    uint32_t new = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = records[i].stream;
        if (number == 0 || number > STORE_STREAM_MAX) return false;
        bool known = store_fold_stream(&s->fold, number) != NULL;
        for (uint32_t j = 0; j < i && !known; j++) {
            known = records[j].stream == number;
        }
        new += known ? 0 : 1;
    }
    return new == 0 || services(&s->fold.table) + new <= STORE_SERVICES;
}

enum store_result store_append(struct store *s, const struct store_record *records, uint32_t count,
                               uint64_t *out_position)
{
    uint64_t bytes = 0;
    enum store_result result = may_append(s);
    if (result != STORE_OK) return result;
    if (!streams_fit(s, records, count)) return STORE_STREAM;
    for (uint32_t i = 0; i < count; i++) {
        bytes += store_record_bytes(records[i].length);
    }
    result = make_room(s, bytes, false);
    if (result != STORE_OK) return result;
    for (uint32_t i = 0; i < count; i++) {
        const struct store_record *r = &records[i];
        struct store_head head = {.stream = r->stream,
                                  .type = r->type,
                                  .version = r->version,
                                  .length = r->length,
                                  .seq = store_fold_enter(&s->fold, r->stream)->next};
        put(s, &head, r->payload, r->length, NULL);
        fold_last(s, r->length);
    }
    *out_position = s->fold.record;
    return STORE_OK;
}

enum store_result store_commit(struct store *s, const struct commit *c,
                               const uint8_t hash[HASH_BYTES], uint64_t *out_position)
{
    struct store_commit payload = {.commit = *c};
    struct store_head head = {.stream = STORE_KERNEL, .version = 1, .length = sizeof(payload)};
    enum store_result result = may_append(s);
    if (result != STORE_OK) return result;
    if (c->seq != s->fold.table.count) return STORE_ORDER;
    result = make_room(s, store_record_bytes(sizeof(payload)), false);
    if (result != STORE_OK) return result;
    memcpy(payload.tag, hash, sizeof(payload.tag));
    head.seq = s->fold.table.base + s->fold.table.count;
    put(s, &head, &payload, sizeof(payload), NULL);
    fold_last(s, sizeof(payload));
    memcpy(s->fold.table.head, hash, HASH_BYTES);
    *out_position = s->fold.record;
    return STORE_OK;
}

uint64_t store_commits(const struct store *s)
{
    return s->fold.table.count;
}

enum store_result store_checkpoint(struct store *s, const struct store_blob *blob,
                                   uint64_t *out_position)
{
    struct store_part part = {.at = blob->at, .part = blob->part, .parts = blob->parts};
    uint32_t length = (uint32_t)sizeof(part) + blob->length;
    struct store_head head = {.stream = blob->stream | STORE_CHECKPOINTS,
                              .type = STORE_PART,
                              .version = 1,
                              .length = length};
    enum store_result result = may_append(s);
    if (result != STORE_OK) return result;
    const struct store_stream *of = store_fold_stream(&s->fold, blob->stream);
    if (blob->stream > STORE_STREAM_MAX || of == NULL) return STORE_STREAM;
    if (blob->length > store_part_max(s)) return STORE_LARGE;
    bool next = blob->part == 0 || (s->part_stream == blob->stream && s->part_at == blob->at &&
                                    s->part_next == blob->part && s->parts == blob->parts);
    if (!next || blob->part >= blob->parts || blob->at > of->next) return STORE_ORDER;
    result = make_room(s, store_record_bytes(length), true);
    if (result != STORE_OK) return result;
    s->part_stream = blob->stream;
    s->part_at = blob->at;
    s->part_next = blob->part + 1;
    s->parts = blob->parts;
    head.seq = store_fold_enter(&s->fold, head.stream)->next;
    put(s, &head, &part, sizeof(part), blob->bytes);
    fold_last(s, length);
    *out_position = s->fold.record;
    return STORE_OK;
}

/* The BOOT note, unless the boot that the log knows last goes on. That it does is never guessed
 * from its id: two boots may have the same one. */
static void append_boot(struct store *s)
{
    const struct store_table *t = &s->fold.table;
    const struct store_boot *boot = &s->config.boot;
    bool known = t->boot == boot->goes_on && memcmp(t->boot_id, boot->id, STORE_ID_BYTES) == 0;
    if (boot->goes_on != 0 && known) return;
    const struct store_stream *kernel = store_fold_stream(&s->fold, STORE_KERNEL);
    struct store_boot_note note = {.boot = t->boot + 1,
                                   .base = kernel != NULL ? kernel->next : 0,
                                   .last_count = t->count,
                                   .memory = boot->memory,
                                   .time = boot->time};
    memcpy(note.id, boot->id, STORE_ID_BYTES);
    memcpy(note.last_head, t->head, HASH_BYTES);
    memcpy(note.image, boot->image, HASH_BYTES);
    /* Not even the reserve has room: then nothing can be appended, only read. */
    s->status = make_room(s, store_record_bytes(sizeof(note)), true);
    if (s->status == STORE_OK) put_note(s, STORE_NOTE_BOOT, &note, sizeof(note));
}

void store_append_begin(struct store *s)
{
    uint32_t most = (store_blocks_of_memory(s) - 1) / s->super.group_blocks;
    uint32_t window = s->super.window_blocks / s->super.group_blocks;
    s->slots = most < STORE_SLOTS ? most : STORE_SLOTS;
    if (s->slots > window) s->slots = window;
    s->anchor_counter = s->anchors[0].counter;
    if (!s->config.read_only) append_boot(s);
    s->durable_commits = s->fold.table.count; /* none, if the boot is a new one */
}

void store_figures(const struct store *s, struct store_figures *out)
{
    *out = (struct store_figures){.blocks = store_end(&s->super) - s->super.first,
                                  .used = s->place - s->super.first,
                                  .reserve = s->super.reserve,
                                  .records = s->fold.record,
                                  .groups = s->fold.group,
                                  .durable_records = s->durable,
                                  .durable_groups = s->durable_groups,
                                  .boot = s->fold.table.boot,
                                  .base = s->fold.table.base,
                                  .last_count = s->fold.table.last_count,
                                  .superblocks = s->copies,
                                  .bad_anchors = s->bad_anchors};
    memcpy(out->head, s->durable_head, HASH_BYTES);
    memcpy(out->last_head, s->fold.table.last_head, HASH_BYTES);
    out->anchors = (s->anchors[0].counter != 0 ? 1u : 0u) + (s->anchors[1].counter != 0 ? 1u : 0u);
}

const struct store_stream *store_stream(const struct store *s, uint32_t stream)
{
    return store_fold_stream(&s->fold, stream);
}
