/* heap_test.c - the heap over a source of pages of our own, and the map of runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "panic.h"
#include "runs.h"
#include "slots.h"

/* CHECK ends the program: here it ends the test's function instead. */
static jmp_buf panicked;
_Noreturn void panic(const char *what, const char *file, int line)
{
    (void)what;
    (void)file;
    (void)line;
    longjmp(panicked, 1);
}

#define EXPECT_PANIC(statement)                                                                    \
    do {                                                                                           \
        if (setjmp(panicked) == 0) {                                                               \
            statement;                                                                             \
            fail_msg("no panic: %s", #statement);                                                  \
        }                                                                                          \
    } while (0)

enum { PAGES = 256, PAGE = 4096 };
static _Alignas(4096) uint8_t memory[PAGES * PAGE];
static uint64_t pages_left;

static bool map(uint64_t address, uint64_t pages)
{
    if (pages > pages_left) return false;
    pages_left -= pages;
    memset((void *)address, 0, pages * PAGE);
    return true;
}

static struct heap heap_new(uint64_t quota_pages)
{
    struct heap heap;
    pages_left = quota_pages;
    heap_init(&heap, (uintptr_t)memory, (uintptr_t)memory + sizeof(memory), map);
    return heap;
}

static void blocks_are_apart_and_aligned(void **state)
{
    (void)state;
    struct heap heap = heap_new(PAGES);
    uint8_t *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = heap_take(&heap, i * 7);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        assert_true(heap_size(blocks[i]) >= i * 7);
        memset(blocks[i], (int)i, heap_size(blocks[i]));
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < heap_size(blocks[i]); at++) {
            assert_int_equal(blocks[i][at], (uint8_t)i);
        }
        heap_give(&heap, blocks[i]);
    }
    assert_int_equal(heap.bytes_used, 0);
}

/* No block of a class wastes more than a third, and the largest is what the header says. */
static void classes_fit(void **state)
{
    (void)state;
    struct heap heap = heap_new(PAGES);
    for (size_t bytes = 17; bytes < 40000; bytes += bytes / 16 + 1) {
        void *block = heap_take(&heap, bytes);
        assert_non_null(block);
        assert_true(heap_size(block) >= bytes && heap_size(block) + 16 < (bytes + 16) * 3 / 2 + 16);
        heap_give(&heap, block);
    }
    assert_null(heap_take(&heap, HEAP_BLOCK_MAX));
    assert_null(heap_take(&heap, SIZE_MAX));
}

static void freed_memory_serves_again(void **state)
{
    (void)state;
    struct heap heap = heap_new(HEAP_STEP_PAGES);
    for (int round = 0; round < 1000; round++) {
        void *block = heap_take(&heap, 10000);
        assert_non_null(block);
        heap_give(&heap, block);
    }
}

static void quota_ends_it_and_release_helps(void **state)
{
    (void)state;
    struct heap heap = heap_new(20); /* not a multiple of the step */
    void *blocks[64];
    size_t count = 0;
    while ((blocks[count] = heap_take(&heap, 4000)) != NULL) {
        count++;
    }
    assert_int_equal(count, 20 * PAGE / 4096); /* the last four pages were used, too */
    heap_give(&heap, blocks[3]);
    assert_ptr_equal(heap_take(&heap, 4000), blocks[3]);
}

static void address_space_ends_it(void **state)
{
    (void)state;
    struct heap heap = heap_new(UINT32_MAX);
    assert_null(heap_take(&heap, sizeof(memory)));
    assert_non_null(heap_take(&heap, sizeof(memory) / 2 - 16));
    assert_null(heap_take(&heap, sizeof(memory) / 2 + PAGE));
}

static void misuse_ends_the_program(void **state)
{
    (void)state;
    struct heap heap = heap_new(PAGES);
    void *block = heap_take(&heap, 100);
    heap_give(&heap, NULL);
    heap_give(&heap, block);
    EXPECT_PANIC(heap_give(&heap, block));
    uint8_t *a = heap_take(&heap, 100);
    memset(a - 16, 0xee, 16); /* an overrun from the block below */
    EXPECT_PANIC(heap_give(&heap, a));
}

static void runs_are_taken_and_given(void **state)
{
    (void)state;
    struct runs runs;
    runs_init(&runs, 5, 130);
    assert_int_equal(runs_take(&runs, 1), 5);
    assert_int_equal(runs_take(&runs, 4), 6);
    assert_int_equal(runs_take(&runs, 60), 64); /* 10..63 is too short; no run crosses a word */
    assert_int_equal(runs_take(&runs, 54), 10);
    assert_int_equal(runs_take(&runs, 4), 124);
    assert_int_equal(runs_take(&runs, 2), 128);
    assert_int_equal(runs_take(&runs, 1), UINT32_MAX);
    runs_give(&runs, 7, 2);
    assert_int_equal(runs_take(&runs, 3), UINT32_MAX);
    assert_int_equal(runs_take(&runs, 2), 7);
    runs_give(&runs, 64, 60);
    assert_int_equal(runs_take(&runs, 60), 64);
}

static void whole_words_and_limits(void **state)
{
    (void)state;
    struct runs runs;
    runs_init(&runs, 0, RUNS_MAX + 1000);
    for (uint32_t i = 0; i < RUNS_MAX / 64; i++) {
        assert_int_equal(runs_take(&runs, 64), i * 64);
    }
    assert_int_equal(runs_take(&runs, 1), UINT32_MAX);
    runs_give(&runs, RUNS_MAX - 1, 1);
    EXPECT_PANIC(runs_give(&runs, RUNS_MAX - 1, 1));
    EXPECT_PANIC(runs_give(&runs, RUNS_MAX, 1));
    EXPECT_PANIC(runs_give(&runs, 60, 8));
    EXPECT_PANIC((void)runs_take(&runs, 65));
    EXPECT_PANIC((void)runs_take(&runs, 0));
}

static uint64_t dropped;
/* No service runs here. */
int request_answer(uint64_t token, struct message *m)
{
    (void)token;
    (void)m;
    return ERR_BUSY;
}

static enum err drop_says, axiom_says;
static uint64_t asked;

static enum err count_drops(uint64_t number, struct message *m)
{
    if (number == SYS_CALL) { /* Self.drop */
        asked = m->w[0];
        m->info = msg_info(axiom_says, 0, 0, 0);
        return OK;
    }
    assert_int_equal(number, SYS_DROP);
    dropped = m->cap;
    return drop_says;
}

static void slots_of_the_program(void **state)
{
    (void)state;
    fake_trap = count_drops;
    slot_setup(10, 20);
    assert_int_equal(slot_alloc(), 10);
    assert_int_equal(slot_alloc_run(4), 11);
    assert_int_equal(slot_alloc_run(6), 0);
    slot_discard(0);
    assert_int_equal(dropped, 0);
    slot_discard(10);
    assert_int_equal(dropped, 10);
    assert_int_equal(slot_alloc(), 10);
    slot_release_run(11, 4);
    assert_int_equal(slot_alloc_run(5), 11);
    EXPECT_PANIC(slot_release(0));
}

/* Whoever has no commit credits left asks axiom; a slot that stays full is not given out. */
static void slots_without_credits(void **state)
{
    (void)state;
    fake_trap = count_drops;
    slot_setup(10, 20);
    drop_says = ERR_LOG_QUOTA;
    assert_int_equal(slot_alloc_run(2), 10);
    slot_discard(10);
    assert_int_equal(asked, 10);
    assert_int_equal(slot_alloc(), 10);
    axiom_says = ERR_LOG_FULL;
    slot_discard(11);
    assert_int_equal(asked, 11);
    assert_int_equal(slot_alloc(), 12);
    drop_says = axiom_says = OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_apart_and_aligned),
        cmocka_unit_test(classes_fit),
        cmocka_unit_test(freed_memory_serves_again),
        cmocka_unit_test(quota_ends_it_and_release_helps),
        cmocka_unit_test(address_space_ends_it),
        cmocka_unit_test(misuse_ends_the_program),
        cmocka_unit_test(runs_are_taken_and_given),
        cmocka_unit_test(whole_words_and_limits),
        cmocka_unit_test(slots_of_the_program),
        cmocka_unit_test(slots_without_credits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
