/* pids_test.c - no number of a process is given twice, nor one that a badge would cut short. */
#include "pids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ENTRIES = 256, USED = 3 };

static uint32_t used; /* the entry, of all, that is in use; ENTRIES: none, USED + ENTRIES: all */

static bool is_free(uint32_t pid)
{
    return used < USED + ENTRIES && pid % ENTRIES != used;
}

static uint32_t take(uint32_t *next)
{
    return pid_take(next, ENTRIES, is_free);
}

/* AX0040: one after the other; a number whose entry is in use is passed by. */
static void in_order(void **state)
{
    (void)state;
    uint32_t next = 1;
    used = USED;
    for (uint32_t i = 1; i <= 4 * ENTRIES; i++) {
        if (i % ENTRIES != USED) assert_int_equal(take(&next), i);
    }
}

/* AX0041: all entries are in use: none, and nothing changes. */
static void table_full(void **state)
{
    (void)state;
    uint32_t next = 77;
    used = USED + ENTRIES;
    assert_int_equal(take(&next), 0);
    assert_int_equal(next, 77);
}

/* AX0042: a badge keeps 24 bits of a pid. Pid 2^24 + 1 would be init there. */
static void last(void **state)
{
    (void)state;
    uint32_t next = PID_MAX;
    used = ENTRIES;
    assert_int_equal(take(&next), 0xffffff);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(take(&next), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order), cmocka_unit_test(table_full),
                                       cmocka_unit_test(last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
