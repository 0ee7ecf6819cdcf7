/*
 * tamper_test.c - I13 on the device: every flipped bit, and every dropped, swapped, repeated or
 * cut-off group and record of a small log is detected and located.
 */
#include <sodium/crypto_generichash_blake2b.h>

#include "disk.h"
#include "store/verify.h"

enum { BLOCKS = 80, GROUPS_MAX = 40 };

static struct bench b;
static struct store_verify verify;
static uint8_t original[BLOCKS][STORE_BLOCK];
static struct store_kept kept;
static struct place { /* of group n */
    uint64_t block;
    uint32_t blocks;
} places[GROUPS_MAX];
static uint32_t groups;

static void copy_places(void)
{
    const struct store_super *p = &b.store.super;
    uint64_t block = p->first;
    for (groups = 0; groups < kept.groups; groups++) {
        const struct store_group *g = (const struct store_group *)b.disk.bytes[block];
        assert_int_equal(g->number, groups);
        places[groups] = (struct place){block, store_group_blocks(g)};
        block = store_place(p, block + places[groups].blocks);
    }
}

/* Two boots, four streams, a checkpoint, three segments; the last group is a single block. */
static int setup(void **state)
{
    (void)state;
    struct store_figures figures;
    bench_clear(&b, BLOCKS);
    b.config.geometry = (struct store_geometry){2, 4, 8, 2};
    for (uint32_t boot = 0; boot < 2; boot++) {
        assert_int_equal(bench_open(&b), STORE_OK);
        for (uint32_t i = 0; i < 12; i++) {
            assert_int_equal(bench_commit(&b), STORE_OK);
            assert_int_equal(bench_commit(&b), STORE_OK);
            assert_int_equal(bench_commit(&b), STORE_OK);
            assert_int_equal(bench_append(&b, 1 + i % 3, i % 4 == 0 ? 1500 : 33), STORE_OK);
            if (i % 3 != 2) continue;
            store_sync(&b.store);
            bench_run(&b);
        }
    }
    store_figures(&b.store, &figures);
    kept.groups = figures.durable_groups;
    memcpy(kept.head, figures.head, HASH_BYTES);
    copy_places();
    memcpy(original, b.disk.bytes, sizeof(original));
    b.config.read_only = true;
    return 0;
}

static void restore(void)
{
    memcpy(b.disk.bytes, original, sizeof(original));
}

static enum store_result run_verify(void)
{
    struct store_io io;
    enum store_result result;
    while ((result = store_verify(&verify)) == STORE_WAIT) {
        if (!store_verify_next(&verify, &io)) fail_msg("waits for nothing");
        store_verify_done(&verify, disk_do(&b.disk, &io));
    }
    return result;
}

/* Opens and verifies. END: nothing is wrong but what the figures say. */
static enum store_result look(struct store_figures *figures)
{
    store_open(&b.store, &b.config);
    bench_run(&b);
    enum store_result opened = store_status(&b.store);
    store_figures(&b.store, figures);
    if (opened != STORE_OK && opened != STORE_DAMAGED) return opened;
    store_verify_begin(&verify, &b.store, b.window, sizeof(b.window));
    store_verify_expect(&verify, &kept);
    return run_verify();
}

static struct store_where expect(enum store_tamper tamper, uint64_t group)
{
    struct store_figures figures;
    struct store_where where;
    enum store_fault fault;
    assert_int_equal(look(&figures), STORE_DAMAGED);
    enum store_tamper found = store_verify_damage(&verify, &fault, &where);
    assert_string_equal(store_tamper_text(found), store_tamper_text(tamper));
    assert_int_equal(where.group, group);
    assert_int_not_equal(fault, STORE_SOUND);
    restore();
    return where;
}

/* STORE0020 */
static void untouched(void **state)
{
    (void)state;
    struct store_figures figures;
    assert_int_equal(look(&figures), STORE_END);
    assert_int_equal(figures.superblocks, 2);
    assert_int_equal(figures.anchors, 2);
    assert_int_equal(figures.bad_anchors, 0);
    assert_true(groups >= 8);
    assert_true(places[groups - 1].block >= STORE_FIRST + 2 * 4); /* in the third segment */
}

static void flip(uint64_t block, uint32_t bit)
{
    b.disk.bytes[block][bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The record that the bit is in; UINT32_MAX: the header or the padding. */
static uint32_t record_at(const struct store_group *g, uint32_t byte, const struct store_head **out)
{
    uint32_t offset = sizeof(*g), before = offset, index = 0;
    while ((*out = store_group_record(g, &offset)) != NULL) {
        if (byte >= before && byte < offset) return index;
        before = offset;
        index++;
    }
    return UINT32_MAX;
}

static uint32_t record_begin(const struct store_group *g, uint32_t record)
{
    uint32_t offset = sizeof(*g);
    for (uint32_t i = 0; i < record; i++) {
        (void)store_group_record(g, &offset);
    }
    return offset;
}

static void flip_in_group(uint32_t group, uint32_t bit)
{
    const struct store_group *g = (const struct store_group *)original[places[group].block];
    const struct store_head *h;
    uint32_t byte = bit / 8, record = record_at(g, byte, &h);
    flip(places[group].block + byte / STORE_BLOCK, bit % (STORE_BLOCK * 8));
    struct store_figures figures;
    struct store_where where;
    enum store_fault fault;
    if (look(&figures) != STORE_DAMAGED) fail_msg("group %u bit %u is not seen", group, bit);
    enum store_tamper tamper = store_verify_damage(&verify, &fault, &where);
    if (where.group != group) fail_msg("group %u bit %u: found in %lu", group, bit, where.group);
    if (where.block != places[group].block) fail_msg("group %u bit %u: block", group, bit);
    /* With another stream number it is another stream's record; then the next one shows it. */
    bool kernel = h != NULL && h->stream == STORE_KERNEL &&
                  byte - record_begin(g, record) >= sizeof(h->stream);
    if (kernel && where.record != record) {
        fail_msg("group %u bit %u: record %u, found in %u", group, bit, record, where.record);
    }
    if (byte >= sizeof(*g) && tamper == TAMPER_NONE) fail_msg("group %u bit %u", group, bit);
    flip(places[group].block + byte / STORE_BLOCK, bit % (STORE_BLOCK * 8));
}

/* STORE0021: each single bit of the superblocks, the anchors and all groups. TAMPER_STEP bits are
 * passed over in the run with sanitizers. */
static void one_bit(void **state)
{
    (void)state;
    struct store_figures figures;
    uint64_t blocks[4] = {0, 1, BLOCKS - 2, BLOCKS - 1};
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t bit = 0; bit < STORE_BLOCK * 8; bit += TAMPER_STEP) {
            flip(blocks[i], bit);
            assert_int_equal(look(&figures), STORE_END);
            bool super = i % 3 == 0;
            assert_int_equal(figures.superblocks, super ? 1 : 2);
            assert_int_equal(figures.bad_anchors, super ? 0 : 1);
            flip(blocks[i], bit);
        }
    }
    for (uint32_t group = 0; group < groups; group++) {
        uint32_t bits = places[group].blocks * STORE_BLOCK * 8;
        for (uint32_t bit = group % TAMPER_STEP; bit < bits; bit += TAMPER_STEP) {
            flip_in_group(group, bit);
        }
    }
}

static void erase(uint32_t group)
{
    memset(b.disk.bytes[places[group].block], 0, places[group].blocks * STORE_BLOCK);
}

/* STORE0022: a group that is zeroed, with all after it, or alone. */
static void erased(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < groups; first++) {
        erase(first);
        (void)expect(first + 1 == groups ? TAMPER_TRUNCATED : TAMPER_DROPPED, first);
        for (uint32_t group = first; group < groups; group++) {
            erase(group);
        }
        (void)expect(TAMPER_TRUNCATED, first);
    }
}

static void put(uint32_t at, uint32_t group)
{
    memset(b.disk.bytes[places[at].block], 0, places[at].blocks * STORE_BLOCK);
    memcpy(b.disk.bytes[places[at].block], original[places[group].block],
           places[group].blocks * STORE_BLOCK);
}

/* STORE0023: groups that change places, are written twice, or move up over one that is dropped. */
static void moved(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < groups; i++) {
        for (uint32_t j = i + 1; j < groups; j++) {
            if (places[i].blocks != places[j].blocks) continue;
            put(i, j);
            put(j, i);
            (void)expect(TAMPER_SWAPPED, i);
            put(j, i);
            (void)expect(TAMPER_REPEATED, j);
        }
        for (uint32_t j = i; j + 1 < groups; j++) {
            put(j, j + 1);
        }
        if (i + 1 < groups) (void)expect(TAMPER_DROPPED, i);
    }
}

static void hash_group(uint32_t group)
{
    struct store_group *g = (struct store_group *)b.disk.bytes[places[group].block];
    (void)crypto_generichash_blake2b(g->top.hash, HASH_BYTES, (uint8_t *)g + HASH_BYTES,
                                     g->top.bytes - HASH_BYTES, NULL, 0);
}

/* The commits of a group: offsets of the records. */
static uint32_t commits_of(uint32_t group, uint32_t offsets[16])
{
    const struct store_group *g = (const struct store_group *)original[places[group].block];
    uint32_t offset = sizeof(*g), count = 0, before = offset;
    const struct store_head *h;
    while ((h = store_group_record(g, &offset)) != NULL) {
        if (h->stream == STORE_KERNEL && count < 16) offsets[count++] = before;
        before = offset;
    }
    return count;
}

enum { COMMIT_BYTES = sizeof(struct store_head) + sizeof(struct store_commit) };
enum { CHANGE, DROP, SWAP, REPEAT, WAYS };

/* The tampering of commit `index` in a group. */
static void tamper_commit(uint32_t group, uint32_t index, uint32_t way, const uint32_t *offsets)
{
    uint8_t *bytes = b.disk.bytes[places[group].block], copy[COMMIT_BYTES];
    struct store_group *g = (struct store_group *)bytes;
    uint32_t at = offsets[index], next = offsets[index + 1];
    memcpy(copy, bytes + at, COMMIT_BYTES);
    if (way == CHANGE) ((struct store_head *)(bytes + at))[1].seq ^= 1; /* inside the payload */
    if (way == REPEAT) memcpy(bytes + next, copy, COMMIT_BYTES);
    if (way == SWAP) {
        memcpy(bytes + at, bytes + next, COMMIT_BYTES);
        memcpy(bytes + next, copy, COMMIT_BYTES);
    }
    if (way == DROP) {
        memmove(bytes + at, bytes + at + COMMIT_BYTES, g->top.bytes - at - COMMIT_BYTES);
        memset(bytes + g->top.bytes - COMMIT_BYTES, 0, COMMIT_BYTES);
        g->top.bytes -= COMMIT_BYTES;
        g->records--;
    }
}

static void each_way(uint32_t group, uint32_t i, const uint32_t *offsets)
{
    static const enum store_tamper names[WAYS] = {TAMPER_CHANGED, TAMPER_DROPPED, TAMPER_SWAPPED,
                                                  TAMPER_REPEATED};
    const struct store_head *h = (const void *)(original[places[group].block] + offsets[i]);
    for (uint32_t way = 0; way < 2 * WAYS; way++) {
        tamper_commit(group, i, way % WAYS, offsets);
        if (way >= WAYS) hash_group(group);
        struct store_where where = expect(names[way % WAYS], group);
        assert_int_equal(where.stream, STORE_KERNEL);
        assert_int_equal(where.seq, h->seq + (way % WAYS == REPEAT));
    }
}

/* STORE0024: the same with each commit inside its group; also by somebody who makes the group's
 * hash right again. */
static void commits(void **state)
{
    (void)state;
    uint32_t offsets[16], tampered = 0;
    for (uint32_t group = 0; group < groups; group++) {
        uint32_t count = commits_of(group, offsets);
        for (uint32_t i = 0; i + 1 < count; i++) {
            each_way(group, i, offsets);
            tampered++;
        }
    }
    assert_true(tampered > 20);
}

/* STORE0025: who hashes a group anew is found at the one after it, or by the head. */
static void rehashed(void **state)
{
    (void)state;
    for (uint32_t group = 0; group < groups; group++) {
        struct store_group *g = (struct store_group *)b.disk.bytes[places[group].block];
        g->opening ^= 1;
        hash_group(group);
        (void)expect(TAMPER_CHANGED, group + 1 < groups ? group + 1 : group);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(untouched, setup), cmocka_unit_test_setup(one_bit, setup),
        cmocka_unit_test_setup(erased, setup),    cmocka_unit_test_setup(moved, setup),
        cmocka_unit_test_setup(commits, setup),   cmocka_unit_test_setup(rehashed, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
