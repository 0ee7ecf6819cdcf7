/* tree_test.c - contents as trees, against the same contents as they are. */
#include "disk.h"

enum { BLOCKS = 40000, STEPS = 400, EDITS = 40 };

static struct bench b;
static uint32_t plain[BLOCKS]; /* seed of each block; 0: zeros */

static void block_fill(uint8_t *block, uint32_t seed)
{
    memset(block, 0, CHUNKS_BLOCK);
    if (seed != 0) bench_fill(block, 1 + seed * 7 % CHUNK_MAX, seed);
}

static int setup(void **state)
{
    (void)state;
    bench_clear(&b);
    memset(plain, 0, sizeof(plain));
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    return 0;
}

static void check_block(struct tree *t, uint64_t index, uint32_t seed)
{
    uint8_t expected[CHUNKS_BLOCK], found[CHUNKS_BLOCK] = {0}, hash[CHUNK_HASH];
    uint32_t length;
    block_fill(expected, seed);
    assert_int_equal(tree_find(&b.trees, t, index, hash), CHUNKS_OK);
    if (!tree_is_hole(hash)) {
        assert_int_equal(chunks_get(&b.store, hash, found, &length), CHUNKS_OK);
    }
    assert_memory_equal(found, expected, CHUNKS_BLOCK);
}

static uint32_t random_seed(void)
{
    return rand() % 4 == 0 ? 0 : 1 + (uint32_t)rand() % 500;
}

/* A few blocks change, somewhere or side by side; the length does, too. */
static void random_change(struct tree *t, uint64_t *blocks)
{
    static struct tree_edit edits[EDITS];
    uint8_t block[CHUNKS_BLOCK];
    uint64_t reach = 1ull << rand() % 16;
    struct tree_change c = {.kept = *blocks, .blocks = *blocks, .edits = edits};
    if (rand() % 3 == 0) c.kept = (uint64_t)rand() % (*blocks + 1);
    for (uint64_t i = c.kept; i < BLOCKS; i++) {
        plain[i] = 0;
    }
    uint64_t at = (uint64_t)rand() % reach;
    for (; c.count < EDITS && at < BLOCKS; at += 1 + (rand() % 2 ? 0 : (uint64_t)rand() % reach)) {
        struct tree_edit *e = &edits[c.count++];
        e->index = at;
        plain[at] = random_seed();
        block_fill(block, plain[at]);
        assert_int_equal(tree_put(&b.trees, block, e->hash), CHUNKS_OK);
    }
    uint64_t end = c.count > 0 ? edits[c.count - 1].index + 1 : 0;
    c.blocks = end > c.kept ? end : c.kept;
    assert_int_equal(tree_update(&b.trees, t, &c), CHUNKS_OK);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    *blocks = c.blocks;
}

/* All at once: the same contents have the same root. */
static void check_canonical(const struct tree *t, uint64_t blocks)
{
    struct tree other = {.depth = 0};
    uint8_t block[CHUNKS_BLOCK];
    uint64_t done = 0;
    for (uint64_t i = 0; i < blocks; i++) {
        struct tree_edit e = {.index = i};
        if (plain[i] == 0) continue;
        block_fill(block, plain[i]);
        assert_int_equal(tree_put(&b.trees, block, e.hash), CHUNKS_OK);
        struct tree_change c = {done, i + 1, &e, 1};
        assert_int_equal(tree_update(&b.trees, &other, &c), CHUNKS_OK);
        done = i + 1;
    }
    struct tree_change c = {.kept = done, .blocks = blocks};
    assert_int_equal(tree_update(&b.trees, &other, &c), CHUNKS_OK);
    assert_int_equal(other.depth, t->depth);
    assert_memory_equal(other.root, t->root, CHUNK_HASH);
}

static void marked_is_kept(struct tree *t, uint64_t blocks)
{
    chunks_mark_begin(&b.store);
    assert_int_equal(tree_mark(&b.trees, t), CHUNKS_OK);
    chunks_sweep(&b.store);
    chunks_release(&b.store);
    memset(b.trees.cache, 0, sizeof(b.trees.cache));
    for (uint64_t i = 0; i < blocks; i++) {
        check_block(t, i, plain[i]);
    }
}

static void random_changes(void **state)
{
    struct tree t = {.depth = 0};
    uint64_t blocks = 0;
    (void)state;
    srand(11);
    for (uint32_t step = 0; step < STEPS; step++) {
        random_change(&t, &blocks);
        for (int i = 0; i < 20; i++) {
            uint64_t at = (uint64_t)rand() % BLOCKS;
            check_block(&t, at, plain[at]);
        }
        if (step % 40 == 0) check_canonical(&t, blocks);
        if (step % 40 == 20) marked_is_kept(&t, blocks);
        while (step % 40 == 20 && chunks_clean(&b.store) == CHUNKS_OK) {
        }
    }
}

/* A gibibyte with a block at each end: a few chunks. */
static void sparse(void **state)
{
    struct tree t = {.depth = 0};
    struct chunks_figures f;
    uint8_t block[CHUNKS_BLOCK];
    struct tree_edit edits[2] = {{.index = 0}, {.index = (1 << 18) - 1}};
    (void)state;
    block_fill(block, 5);
    assert_int_equal(tree_put(&b.trees, block, edits[0].hash), CHUNKS_OK);
    memcpy(edits[1].hash, edits[0].hash, CHUNK_HASH);
    struct tree_change c = {0, 1 << 18, edits, 2};
    assert_int_equal(tree_update(&b.trees, &t, &c), CHUNKS_OK);
    assert_int_equal(t.depth, 3);
    chunks_figures(&b.store, &f);
    assert_int_equal(f.chunks, 6); /* one block, and two ways to it that meet at the root */
    check_block(&t, 0, 5);
    check_block(&t, (1 << 18) - 1, 5);
    check_block(&t, 1 << 17, 0);
    check_block(&t, TREE_BLOCKS_MAX - 1, 0);
}

/* Contents that look like a chunk of hashes are another chunk: what one of the two names stays. */
static void contents_like_hashes(void **state)
{
    struct tree big = {.depth = 0}, fake = {.depth = 0};
    uint8_t block[CHUNKS_BLOCK];
    struct tree_edit edits[2] = {{.index = 0}, {.index = 1}};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        block_fill(block, 7 + i);
        assert_int_equal(tree_put(&b.trees, block, edits[i].hash), CHUNKS_OK);
    }
    struct tree_change c = {0, 2, edits, 2};
    assert_int_equal(tree_update(&b.trees, &big, &c), CHUNKS_OK);
    memset(block, 0, sizeof(block));
    memcpy(block, edits[0].hash, CHUNK_HASH);
    memcpy(block + CHUNK_HASH, edits[1].hash, CHUNK_HASH);
    assert_int_equal(tree_put(&b.trees, block, fake.root), CHUNKS_OK);
    chunks_mark_begin(&b.store);
    assert_int_equal(tree_mark(&b.trees, &fake), CHUNKS_OK);
    assert_int_equal(tree_mark(&b.trees, &big), CHUNKS_OK);
    chunks_sweep(&b.store);
    check_block(&big, 0, 7);
    check_block(&big, 1, 8);
}

static void depths(void **state)
{
    (void)state;
    assert_int_equal(tree_depth(0), 0);
    assert_int_equal(tree_depth(1), 0);
    assert_int_equal(tree_depth(2), 1);
    assert_int_equal(tree_depth(128), 1);
    assert_int_equal(tree_depth(129), 2);
    assert_int_equal(tree_depth(TREE_BLOCKS_MAX), TREE_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(depths, setup),
        cmocka_unit_test_setup(sparse, setup),
        cmocka_unit_test_setup(contents_like_hashes, setup),
        cmocka_unit_test_setup(random_changes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
