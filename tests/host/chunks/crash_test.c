/*
 * crash_test.c - the power is cut at any request, again and again, on one disk.
 *
 * A table of roots stands for the state of the user: it changes after a sync that was good, as a
 * commit that names a chunk follows the chunk. After each cut all that it names is there; what it
 * does not name goes, and its place is used again, which is what may harm the rest.
 */
#include <stdio.h>

#include "disk.h"

#ifndef ROUNDS
#define ROUNDS 80
#endif
enum { FILES = 60, FILE_BLOCKS = 300 };

struct file {
    struct tree tree;
    uint32_t blocks, seed;
};

static struct bench b;
static struct file files[FILES];
static uint32_t cuts, sweeps, cleans, fulls;

static uint32_t seed_of(const struct file *f, uint32_t block)
{
    return f->seed % 40 * 1000 + block % 211; /* some files have blocks in common */
}

static uint32_t length_of(uint32_t seed)
{
    return seed % 3 == 0 ? 1 + seed % 700 : CHUNKS_BLOCK;
}

static bool file_write(struct file *f)
{
    static struct tree_edit edits[FILE_BLOCKS];
    uint8_t block[CHUNKS_BLOCK];
    struct tree_change c = {.blocks = f->blocks, .edits = edits, .count = f->blocks};
    f->tree = (struct tree){.depth = 0};
    for (uint32_t i = 0; i < f->blocks; i++) {
        memset(block, 0, sizeof(block));
        bench_fill(block, length_of(seed_of(f, i)), seed_of(f, i));
        edits[i].index = i;
        if (tree_put(&b.trees, block, edits[i].hash) != CHUNKS_OK) return false;
    }
    return tree_update(&b.trees, &f->tree, &c) == CHUNKS_OK;
}

static void file_check(struct file *f)
{
    uint8_t hash[CHUNK_HASH];
    for (uint32_t i = 0; i < f->blocks; i++) {
        assert_int_equal(tree_find(&b.trees, &f->tree, i, hash), CHUNKS_OK);
        bench_check(&b, seed_of(f, i), length_of(seed_of(f, i)));
    }
}

/* Marks and sweeps; the table is as durable as it is: so what is left may be used at once. */
static void collect(void)
{
    chunks_mark_begin(&b.store);
    for (uint32_t i = 0; i < FILES; i++) {
        if (files[i].blocks > 0 && tree_mark(&b.trees, &files[i].tree) != CHUNKS_OK) return;
    }
    chunks_sweep(&b.store);
    chunks_release(&b.store);
    sweeps++;
    for (int i = rand() % 4; i > 0; i--) {
        cleans += chunks_clean(&b.store) == CHUNKS_OK;
    }
}

/* A few files are written, then named. After a cut mostly the same ones again: what the disk has of
 * them is not to be relied on. False: the power is off. */
static bool batch(bool again)
{
    static struct file now[8];
    static uint32_t at[8], count;
    if (!again) count = 1 + (uint32_t)rand() % 8;
    for (uint32_t i = 0; i < count; i++) {
        at[i] = (uint32_t)rand() % FILES;
        if (!again) {
            now[i] = (struct file){.blocks = (uint32_t)rand() % (rand() % 2 ? 8 : FILE_BLOCKS),
                                   .seed = (uint32_t)rand()};
        }
        if (file_write(&now[i])) continue;
        if (b.disk.off) return false;
        fulls++;
        for (uint32_t f = 0; f < FILES / 4; f++) {
            files[(uint32_t)rand() % FILES].blocks = 0;
        }
        (void)chunks_sync(&b.store);
        collect();
        return !b.disk.off;
    }
    if (chunks_sync(&b.store) != CHUNKS_OK) return false;
    for (uint32_t i = 0; i < count; i++) {
        files[at[i]] = now[i];
    }
    return true;
}

static void power_cuts(void **state)
{
    (void)state;
    srand(3);
    bench_clear(&b);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        b.disk.cut_after = 1 + (uint32_t)rand() % 40;
        enum chunks_result result = bench_open(&b);
        if (result == CHUNKS_OK) {
            collect();
            for (bool again = round > 0 && rand() % 4 != 0; !b.disk.off && batch(again);) {
                again = false;
                if (rand() % 12 == 0) collect();
            }
        } else {
            assert_int_equal(result, CHUNKS_DEVICE);
        }
        cuts += b.disk.off;
        disk_cut(&b.disk);
        assert_int_equal(bench_open(&b), CHUNKS_OK);
        for (uint32_t i = 0; i < FILES; i++) {
            file_check(&files[i]);
        }
    }
    print_message("%u power cuts, %u sweeps, %u segments cleaned, full %u times\n", cuts, sweeps,
                  cleans, fulls);
    assert_true(cuts > ROUNDS * 9 / 10 && cleans > ROUNDS / 50 && fulls > ROUNDS / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(power_cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
