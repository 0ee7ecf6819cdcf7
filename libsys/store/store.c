/* store.c - what the store asks of the device, and what follows from the answers. */
#include "store.h"

#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

#include "inside.h"

enum store_result store_status(const struct store *s)
{
    return s->status;
}

static uint32_t io_id(const struct store *s, uint32_t what)
{
    return (s->generation << STORE_ID_BITS) | what;
}

static struct store_slot *first_closed(struct store *s)
{
    for (uint64_t group = s->durable_groups; group < s->fold.group; group++) {
        struct store_slot *slot = &s->slot[group % s->slots];
        if (slot->state == SLOT_CLOSED) return slot;
    }
    return NULL;
}

static bool next_write(struct store *s, struct store_io *out)
{
    struct store_slot *slot = first_closed(s);
    /* A group that is not full waits while the device is busy: what comes meanwhile goes along. */
    if (slot == NULL && s->used > 0 && s->wanted > s->closed && s->writes == 0 && !s->flushing) {
        slot = store_group_close(s);
    }
    if (slot == NULL) return false;
    uint32_t index = (uint32_t)(slot - s->slot);
    const struct store_group *g = store_group_of(s, index);
    slot->state = SLOT_WRITING;
    s->writes++;
    *out = (struct store_io){.op = STORE_WRITE,
                             .id = io_id(s, index),
                             .block = slot->block,
                             .blocks = store_group_blocks(g),
                             .data = store_group_of(s, index)};
    return true;
}

/* The anchor is due when the group that it names is durable, and the anchor before it. */
static bool next_anchor(struct store *s, struct store_io *out)
{
    struct store_anchor *a = s->config.memory;
    if (s->pending.state == SLOT_FREE) {
        s->pending = s->due;
        s->due.state = SLOT_FREE;
    }
    if (s->pending.state != SLOT_CLOSED) return false;
    memset(a, 0, STORE_BLOCK);
    a->top = (struct store_top){
        .magic = STORE_ANCHOR_MAGIC, .version = STORE_VERSION, .bytes = sizeof(*a)};
    memcpy(a->id, s->super.id, STORE_ID_BYTES);
    a->counter = s->anchor_counter + 1;
    a->group = s->pending.group;
    a->block = s->pending.block;
    memcpy(a->group_hash, s->pending.hash, HASH_BYTES);
    (void)crypto_generichash_blake2b(a->top.hash, HASH_BYTES, (const uint8_t *)a + HASH_BYTES,
                                     sizeof(*a) - HASH_BYTES, NULL, 0);
    s->pending.state = SLOT_WRITING;
    s->writes++;
    *out = (struct store_io){.op = STORE_WRITE,
                             .id = io_id(s, STORE_ID_ANCHOR),
                             .block = a->counter % 2 == 1 ? 1 : s->super.blocks - 2,
                             .blocks = 1,
                             .data = a};
    return true;
}

/* One flush at a time. It waits for the writes under way, unless half of the buffers are for it. */
static bool next_flush(struct store *s, struct store_io *out)
{
    uint32_t written = 0;
    if (s->flushing) return false;
    for (uint32_t i = 0; i < s->slots; i++) {
        written += s->slot[i].state == SLOT_WRITTEN ? 1u : 0u;
    }
    bool anchor = s->pending.state == SLOT_WRITTEN;
    if ((written == 0 && !anchor) || (s->writes > 0 && written < (s->slots + 1) / 2)) return false;
    for (uint32_t i = 0; i < s->slots; i++) {
        if (s->slot[i].state == SLOT_WRITTEN) s->slot[i].state = SLOT_FLUSHING;
    }
    if (anchor) s->pending.state = SLOT_FLUSHING;
    s->flushing = true;
    *out = (struct store_io){.op = STORE_FLUSH, .id = io_id(s, STORE_ID_FLUSH)};
    return true;
}

static bool opening_next(struct store *s, struct store_io *out)
{
    bool asked;
    if (s->step == STEP_FORMAT) {
        asked = store_format_next(s, out);
    } else if (s->step == STEP_SCRUB) {
        asked = store_scrub_next(s, out);
    } else {
        asked = store_window_next(&s->window, out);
    }
    if (asked) out->id = io_id(s, 0);
    return asked;
}

bool store_next(struct store *s, struct store_io *out)
{
    if (s->status == STORE_WAIT) return opening_next(s, out);
    if (s->status != STORE_OK || s->config.read_only) return false;
    return next_write(s, out) || next_anchor(s, out) || next_flush(s, out);
}

/* Groups become durable in order, whatever the device did first. */
static void advance(struct store *s)
{
    while (s->slots > 0 && s->durable_groups < s->fold.group) {
        struct store_slot *slot = &s->slot[s->durable_groups % s->slots];
        if (slot->state != SLOT_FLUSHED) return;
        if (store_segment_start(&s->super, slot->block)) {
            s->due = *slot;
            s->due.state = SLOT_CLOSED;
        }
        uint32_t blocks = store_group_blocks(store_group_of(s, (uint32_t)(slot - s->slot)));
        s->durable = slot->records;
        s->durable_end = slot->block + blocks;
        memcpy(s->durable_head, slot->hash, HASH_BYTES);
        s->durable_commits = store_group_of(s, (uint32_t)(slot - s->slot))->count;
        s->durable_groups++;
        slot->state = SLOT_FREE;
    }
}

static void flushed(struct store *s)
{
    for (uint32_t i = 0; i < s->slots; i++) {
        if (s->slot[i].state == SLOT_FLUSHING) s->slot[i].state = SLOT_FLUSHED;
    }
    if (s->pending.state == SLOT_FLUSHING) {
        s->pending.state = SLOT_FREE;
        s->anchor_counter++;
    }
    s->flushing = false;
    advance(s);
}

static void opening_done(struct store *s)
{
    bool asked = s->step == STEP_FORMAT || s->step == STEP_SCRUB ? !s->answered : s->window.asked;
    if (!asked) return;
    if (s->step == STEP_SCRUB) return store_scrub_done(s);
    if (s->step != STEP_FORMAT) {
        store_window_done(&s->window, true);
    } else if (store_format_done(s)) {
        s->step = STEP_SUPER;
        s->turn = 0;
        s->window.have = 0; /* what was read before is not what is there now */
        s->config.format = STORE_FORMAT_NEVER;
    }
    store_open_run(s);
}

void store_done(struct store *s, uint32_t id, enum store_io_result result)
{
    uint32_t what = id & ((1u << STORE_ID_BITS) - 1);
    if (id != io_id(s, what)) return; /* of before a retry */
    if (result != STORE_IO_OK) {
        s->step = s->status == STORE_WAIT ? STEP_SUPER : s->step;
        s->failed_opening = s->status == STORE_WAIT;
        if (s->status == STORE_WAIT || s->status == STORE_OK) {
            s->status = result == STORE_IO_SHORT ? STORE_SHORT : STORE_DEVICE;
        }
        return;
    }
    if (s->status == STORE_WAIT) return opening_done(s);
    if (s->status != STORE_OK) return;
    if (what == STORE_ID_FLUSH) return s->flushing ? flushed(s) : (void)0;
    struct store_slot *slot = what == STORE_ID_ANCHOR ? &s->pending : &s->slot[what % STORE_SLOTS];
    if (slot->state != SLOT_WRITING) return; /* told twice */
    slot->state = SLOT_WRITTEN;
    s->writes--;
}

void store_retry(struct store *s)
{
    if (s->status != STORE_DEVICE && s->status != STORE_SHORT) return;
    if (s->failed_opening) return store_open(s, &s->config);
    s->generation++;
    s->status = STORE_OK;
    s->writes = 0;
    s->flushing = false;
    for (uint64_t group = s->durable_groups; group < s->fold.group; group++) {
        s->slot[group % s->slots].state = SLOT_CLOSED;
    }
    if (s->pending.state != SLOT_FREE) s->pending.state = SLOT_CLOSED;
}

void store_sync(struct store *s)
{
    s->wanted = s->fold.record;
}

uint64_t store_durable(const struct store *s)
{
    return s->durable;
}

uint64_t store_durable_commits(const struct store *s)
{
    return s->durable_commits;
}

void store_use_reserve(struct store *s)
{
    s->urgent = true;
}
