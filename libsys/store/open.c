/*
 * open.c - what is on the device, and where the log ends. Writes nothing, unless told to format.
 *
 * From the newest anchor whose group is sound, or from the first group, on to the first that does
 * not follow. What a power cut may leave behind that point are groups that were written ahead of a
 * flush. A sound group there that says the missing one was durable proves damage instead.
 */
#include "inside.h"

#include <string.h>

enum { EMPTY_HEAD = 256, EMPTY_TAIL = 32, SLOTS_MIN = 2 };

void store_open_end(struct store *s, enum store_result result)
{
    s->step = STEP_END;
    s->status = result;
    if (result != STORE_OK && result != STORE_DAMAGED) return;
    s->durable = s->closed = s->fold.record;
    s->durable_groups = s->fold.group;
    s->durable_end = s->place;
    memcpy(s->durable_head, s->fold.before, HASH_BYTES);
    if (result == STORE_OK) store_append_begin(s);
}

/* The block of `top`: its hash is right, and what follows is zero. */
static bool block_sound(const struct store_top *top, uint32_t bytes)
{
    return top->bytes == bytes && store_top_check(top, STORE_BLOCK) &&
           store_is_zero((const uint8_t *)top + bytes, STORE_BLOCK - bytes);
}

/* The numbers make sense together: whoever wrote them could hash. */
static bool super_sane(const struct store_super *p)
{
    return p->block_bytes == STORE_BLOCK && p->group_blocks > 0 && p->group_blocks <= 256 &&
           p->segment_blocks >= p->group_blocks && p->segments > 0 && p->segments < 1ull << 32 &&
           p->first == STORE_FIRST && store_end(p) + 2 <= p->blocks && p->reserve < store_end(p) &&
           p->window_blocks >= p->group_blocks;
}

/* What a copy of the superblock is: OK, EMPTY, VERSION_NEW, SUPERBLOCK or FOREIGN. */
static enum store_result super_kind(const struct store_super *p)
{
    if (p->top.magic != STORE_SUPER_MAGIC) {
        return store_is_zero(p, STORE_BLOCK) ? STORE_EMPTY : STORE_FOREIGN;
    }
    bool sound = store_top_check(&p->top, STORE_BLOCK);
    if (p->top.version != STORE_VERSION) return sound ? STORE_VERSION_NEW : STORE_SUPERBLOCK;
    return block_sound(&p->top, sizeof(*p)) && super_sane(p) ? STORE_OK : STORE_SUPERBLOCK;
}

static void super_accept(struct store *s)
{
    static const uint8_t any[STORE_ID_BYTES];
    const struct store_super *p = &s->super;
    bool expected = memcmp(s->config.id, any, STORE_ID_BYTES) == 0 ||
                    memcmp(s->config.id, p->id, STORE_ID_BYTES) == 0;
    if (p->blocks > s->config.blocks) return store_open_end(s, STORE_DEVICE_SIZE);
    if (!expected) return store_open_end(s, STORE_OTHER);
    if (store_blocks_of_memory(s) < 1 + SLOTS_MIN * p->group_blocks) {
        return store_open_end(s, STORE_MEMORY);
    }
    s->step = STEP_ANCHORS;
    s->turn = 0;
}

static bool step_super(struct store *s)
{
    const struct store_super *p = store_window_get(&s->window, 0, 1, 1);
    if (p == NULL) return false;
    s->first_copy = super_kind(p);
    memcpy(&s->super, p, sizeof(*p));
    if (s->first_copy == STORE_OK && p->blocks > s->config.blocks) {
        store_open_end(s, STORE_DEVICE_SIZE);
        return true;
    }
    s->step = STEP_SUPER_LAST;
    return true;
}

/* Neither copy is one. */
static void super_missing(struct store *s, enum store_result last)
{
    enum store_result first = s->first_copy;
    s->step = STEP_EMPTY;
    s->turn = 0;
    if (first == STORE_EMPTY && last == STORE_EMPTY) return;
    if (first == STORE_VERSION_NEW || last == STORE_VERSION_NEW) {
        store_open_end(s, STORE_VERSION_NEW);
    } else if (first == STORE_SUPERBLOCK || last == STORE_SUPERBLOCK) {
        store_open_end(s, STORE_SUPERBLOCK);
    } else {
        store_open_end(s, STORE_FOREIGN);
    }
}

static bool step_super_last(struct store *s)
{
    uint64_t at = (s->first_copy == STORE_OK ? s->super.blocks : s->config.blocks) - 1;
    const struct store_super *p = store_window_get(&s->window, at, 1, at + 1);
    if (p == NULL) return false;
    enum store_result last = super_kind(p);
    if (s->first_copy == STORE_OK) {
        s->copies = last == STORE_OK && memcmp(&s->super, p, sizeof(*p)) == 0 ? 2 : 1;
        s->mends = s->copies == 1 && !s->config.read_only;
        s->mend = at;
        super_accept(s);
        return true;
    }
    if (last != STORE_OK) {
        super_missing(s, last);
        return true;
    }
    /* Without its magic the first block is ours only where the id still tells so: else somebody
     * took the device for something else. */
    bool ours = s->first_copy != STORE_FOREIGN || memcmp(s->super.id, p->id, STORE_ID_BYTES) == 0;
    if (!ours || s->first_copy == STORE_VERSION_NEW) {
        store_open_end(s, ours ? STORE_VERSION_NEW : STORE_FOREIGN);
        return true;
    }
    memcpy(&s->super, p, sizeof(*p));
    s->copies = 1;
    s->mends = !s->config.read_only;
    s->mend = 0;
    super_accept(s);
    return true;
}

static bool step_empty(struct store *s)
{
    uint64_t blocks = s->config.blocks;
    bool all = blocks <= EMPTY_HEAD + EMPTY_TAIL;
    uint64_t from =
        s->turn < EMPTY_HEAD || all ? s->turn : blocks - EMPTY_TAIL - EMPTY_HEAD + s->turn;
    if (from >= blocks) {
        bool format = s->config.format == STORE_FORMAT_EMPTY;
        enum store_result result = format ? store_format_plan(s) : STORE_EMPTY;
        if (result != STORE_OK) store_open_end(s, result);
        s->turn = 0;
        if (result == STORE_OK) s->step = STEP_FORMAT;
        return true;
    }
    const void *block = store_window_get(&s->window, from, 1, blocks);
    if (block == NULL) return false;
    s->turn++;
    if (!store_is_zero(block, STORE_BLOCK)) store_open_end(s, STORE_FOREIGN);
    return true;
}

static bool step_anchors(struct store *s)
{
    uint64_t at = s->turn == 0 ? 1 : s->super.blocks - 2;
    const struct store_anchor *a = store_window_get(&s->window, at, 1, at + 1);
    if (a == NULL) return false;
    struct store_anchor *to = &s->anchors[s->turn++];
    bool sound = a->top.magic == STORE_ANCHOR_MAGIC && a->top.version == STORE_VERSION &&
                 block_sound(&a->top, sizeof(*a)) &&
                 memcmp(a->id, s->super.id, STORE_ID_BYTES) == 0 && a->block >= s->super.first &&
                 a->block < store_end(&s->super) && store_segment_start(&s->super, a->block);
    s->bad_anchors += sound || store_is_zero(a, STORE_BLOCK) ? 0 : 1;
    *to = sound ? *a : (struct store_anchor){0};
    if (s->turn < 2) return true;
    if (s->anchors[1].counter > s->anchors[0].counter) {
        struct store_anchor newer = s->anchors[1];
        s->anchors[1] = s->anchors[0];
        s->anchors[0] = newer;
    }
    s->step = STEP_START;
    s->turn = 0;
    return true;
}

static bool step_start(struct store *s)
{
    const struct store_super *p = &s->super;
    s->step = STEP_ROLL;
    if (s->turn == 2 || s->anchors[s->turn].counter == 0) {
        store_fold_init(&s->fold, p);
        s->place = p->first;
        return true;
    }
    const struct store_anchor *a = &s->anchors[s->turn];
    const struct store_group *g =
        store_window_get(&s->window, a->block, p->group_blocks, store_end(p));
    if (g == NULL) {
        s->step = STEP_START;
        return false;
    }
    s->place = a->block;
    if (store_group_check(p, g) == STORE_SOUND && g->number == a->group &&
        memcmp(g->top.hash, a->group_hash, HASH_BYTES) == 0 && store_fold_table(&s->fold, g)) {
        return true;
    }
    s->step = STEP_START;
    s->turn++;
    return true;
}

static bool step_roll(struct store *s)
{
    const struct store_super *p = &s->super;
    if (s->place >= store_end(p)) {
        s->step = STEP_SCAN;
        s->scan = s->place;
        return true;
    }
    const struct store_group *g =
        store_window_get(&s->window, s->place, p->group_blocks, store_end(p));
    if (g == NULL) return false;
    s->fault = store_group_check(p, g);
    s->where = (struct store_where){.group = s->fold.group, .record = UINT32_MAX};
    bool alone = s->fault == STORE_SOUND;
    if (alone) s->fault = store_fold_group(&s->fold, g, false, &s->where);
    s->where.block = s->place;
    if (s->fault == STORE_SOUND) {
        s->place = store_place(p, s->place + store_group_blocks(g));
        return true;
    }
    s->step = STEP_SCAN;
    s->scan = s->place;
    /* What a crash left of an earlier opening is another group, or follows one. A group with the
     * right hash in the right place that breaks the rules was never written by this library. */
    bool stale = s->fault == STORE_BAD_NUMBER || s->fault == STORE_BAD_BEFORE;
    if (alone && !stale) store_open_end(s, STORE_DAMAGED);
    return true;
}

static uint64_t scan_end(const struct store *s)
{
    const struct store_super *p = &s->super;
    uint64_t in = (s->place - p->first) % p->segment_blocks;
    uint64_t end = s->place + p->segment_blocks - in + p->window_blocks;
    return end < store_end(p) ? end : store_end(p);
}

/* Whether the group says that the missing one was durable. */
static bool proves(const struct store *s, const struct store_group *g)
{
    return g->top.magic == STORE_GROUP_MAGIC && g->stable > s->fold.group &&
           g->number > s->fold.group && memcmp(g->id, s->super.id, STORE_ID_BYTES) == 0 &&
           g->top.bytes >= sizeof(*g) && g->top.bytes <= s->super.group_blocks * STORE_BLOCK;
}

static bool step_scan(struct store *s)
{
    const struct store_super *p = &s->super;
    uint64_t end = scan_end(s);
    if (s->anchors[0].counter != 0 && s->anchors[0].group >= s->fold.group) {
        store_open_end(s, STORE_DAMAGED);
        return true;
    }
    if (s->scan >= end) {
        s->step = STEP_SCRUB;
        if (s->config.read_only) store_open_end(s, STORE_OK);
        return true;
    }
    const struct store_group *g = store_window_get(&s->window, s->scan, 1, end);
    if (g == NULL) return false;
    uint32_t need = store_group_blocks(g);
    if (proves(s, g) && s->scan + need <= store_end(p)) {
        g = store_window_get(&s->window, s->scan, need, end);
        if (g == NULL) return false;
        if (store_group_check(p, g) == STORE_SOUND) {
            store_open_end(s, STORE_DAMAGED);
            return true;
        }
    }
    if (s->scan < s->place + p->window_blocks + p->group_blocks && !store_is_zero(g, STORE_BLOCK)) {
        if (s->dirty == s->clean) s->dirty = s->scan;
        s->clean = s->scan + 1;
    }
    s->scan++;
    return true;
}

/*
 * Flushes what was found: a writer before, in the same boot, may have written it and no more. And
 * what a power cut left of groups that this boot does not know is zeroed before anything is written
 * in its place. Else a torn group could become whole by another's sectors, of the same contents, in
 * the next power cut: no later boot shall find what an earlier one did not.
 */
bool store_scrub_next(struct store *s, struct store_io *out)
{
    if (!s->answered) return false;
    s->answered = false;
    *out = (struct store_io){.op = STORE_FLUSH};
    if (s->mends) { /* the next bit that flips may be the other copy's */
        memset(s->config.memory, 0, STORE_BLOCK);
        memcpy(s->config.memory, &s->super, sizeof(s->super));
        *out = (struct store_io){
            .op = STORE_WRITE, .block = s->mend, .blocks = 1, .data = s->config.memory};
        s->scrubbing = true;
        s->mends = false;
        return true;
    }
    if (s->dirty == s->clean) return true;
    uint64_t left = s->clean - s->dirty, room = s->super.group_blocks;
    uint32_t blocks = (uint32_t)(left < room ? left : room);
    memset(s->config.memory, 0, (size_t)blocks * STORE_BLOCK);
    *out = (struct store_io){
        .op = STORE_WRITE, .block = s->dirty, .blocks = blocks, .data = s->config.memory};
    s->dirty += blocks;
    s->scrubbing = true;
    return true;
}

void store_scrub_done(struct store *s)
{
    bool flushed = !s->scrubbing;
    s->scrubbing = false;
    s->answered = true;
    if (flushed) store_open_end(s, STORE_OK);
}

static bool step(struct store *s)
{
    switch (s->step) {
    case STEP_SUPER:
        return step_super(s);
    case STEP_SUPER_LAST:
        return step_super_last(s);
    case STEP_EMPTY:
        return step_empty(s);
    case STEP_ANCHORS:
        return step_anchors(s);
    case STEP_START:
        return step_start(s);
    case STEP_ROLL:
        return step_roll(s);
    case STEP_SCAN:
        return step_scan(s);
    case STEP_FORMAT:
    case STEP_SCRUB:
    case STEP_END:
        break;
    }
    return false;
}

void store_open_run(struct store *s)
{
    while (step(s)) {
    }
}

void store_open(struct store *s, const struct store_config *config)
{
    uint32_t generation = s->generation;
    struct store_config kept = *config; /* may be the store's own */
    memset(s, 0, sizeof(*s));
    s->config = kept;
    s->generation = generation + 1;
    s->status = STORE_WAIT;
    s->answered = true;
    s->window = (struct store_window){.memory = kept.memory, .blocks = store_blocks_of_memory(s)};
    if (s->window.blocks < 1 + SLOTS_MIN) return store_open_end(s, STORE_MEMORY);
    if (kept.blocks < STORE_FIRST + 2) return store_open_end(s, STORE_SMALL);
    if (kept.format == STORE_FORMAT_ALWAYS) {
        enum store_result result = store_format_plan(s);
        if (result != STORE_OK) return store_open_end(s, result);
        s->step = STEP_FORMAT;
        return;
    }
    store_open_run(s);
}

enum store_fault store_damage(const struct store *s, struct store_where *out)
{
    *out = s->where;
    return s->status == STORE_DAMAGED ? s->fault : STORE_SOUND;
}
