/* badges_test.c - the deaths of badges: each reported once, and only when the last one went. */
#include "badges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 64 };
#define EP1 0x1000ull
#define EP2 0x2000ull

static struct badges b;
static struct badge_entry table[SIZE];

static int setup(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SIZE; i++) {
        table[i] = (struct badge_entry){0};
    }
    b = (struct badges){.table = table, .size = SIZE};
    return 0;
}

static struct badge_watch *watch(uint64_t endpoint, uint32_t pid)
{
    struct badge_watch *w = badges_watch(&b, endpoint, pid);
    assert_non_null(w);
    w->signal = 5;
    return w;
}

static uint32_t collect(uint32_t pid, uint64_t *first)
{
    uint64_t list[8];
    bool more;
    uint32_t n = badges_collect(&b, pid, list, 8, &more);
    if (n > 0) *first = list[0];
    return n;
}

/* AX0020 */
static void the_last_one(void **state)
{
    (void)state;
    uint64_t badge = 0;
    struct badge_watch *w = watch(EP1, 3);
    badges_add(&b, EP1, 77);
    badges_add(&b, EP1, 77);
    badges_remove(&b, EP1, 77);
    assert_false(w->due);
    assert_int_equal(collect(3, &badge), 0);
    badges_remove(&b, EP1, 77);
    assert_true(w->due);
    assert_int_equal(collect(4, &badge), 0); /* not this one's */
    assert_int_equal(collect(3, &badge), 1);
    assert_int_equal(badge, 77);
    assert_int_equal(collect(3, &badge), 0); /* once */
}

/* AX0021: counts from before the watch are right. */
static void watched_later(void **state)
{
    (void)state;
    uint64_t badge = 0;
    badges_add(&b, EP1, 1);
    badges_add(&b, EP1, 1);
    (void)watch(EP1, 3);
    badges_remove(&b, EP1, 1);
    assert_int_equal(collect(3, &badge), 0);
    badges_remove(&b, EP1, 1);
    assert_int_equal(collect(3, &badge), 1);
}

/* AX0022: a badge that lives again before it is reported is not dead. */
static void lives_again(void **state)
{
    (void)state;
    uint64_t badge = 0;
    (void)watch(EP1, 3);
    badges_add(&b, EP1, 9);
    badges_remove(&b, EP1, 9);
    badges_add(&b, EP1, 9);
    assert_int_equal(collect(3, &badge), 0);
    badges_remove(&b, EP1, 9);
    assert_int_equal(collect(3, &badge), 1);
}

/* AX0023: the same badge of two endpoints are two. */
static void two_endpoints(void **state)
{
    (void)state;
    uint64_t badge = 0;
    (void)watch(EP1, 3);
    (void)watch(EP2, 4);
    badges_add(&b, EP1, 9);
    badges_add(&b, EP2, 9);
    badges_remove(&b, EP2, 9);
    assert_int_equal(collect(3, &badge), 0);
    assert_int_equal(collect(4, &badge), 1);
}

/* AX0024: more than one answer holds are fetched by the next. */
static void batches(void **state)
{
    (void)state;
    uint64_t list[8], sum = 0;
    bool more = true;
    (void)watch(EP1, 3);
    for (uint64_t i = 1; i <= 20; i++) {
        badges_add(&b, EP1, i);
        badges_remove(&b, EP1, i);
    }
    for (uint32_t calls = 0; more; calls++) {
        assert_true(calls < 3);
        uint32_t n = badges_collect(&b, 3, list, 8, &more);
        for (uint32_t i = 0; i < n; i++) {
            sum += list[i];
        }
    }
    assert_int_equal(sum, 210);
}

/* AX0025 */
static void forgotten(void **state)
{
    (void)state;
    uint64_t badge = 0;
    (void)watch(EP1, 3);
    badges_add(&b, EP1, 9);
    badges_remove(&b, EP1, 9);
    assert_int_equal(badges_forget(&b, EP1), 5);
    assert_int_equal(collect(3, &badge), 0);
    assert_int_equal(badges_forget(&b, EP1), 0);
}

/* AX0026: a full table loses counts and says so, and never hangs. */
static void full(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= SIZE; i++) {
        badges_add(&b, EP1, i);
    }
    assert_false(b.lost);
    badges_add(&b, EP1, SIZE + 1);
    assert_true(b.lost);
    badges_remove(&b, EP1, SIZE + 1); /* unknown: nothing happens */
}

/* AX0027: a larger table keeps all that live, and nothing of what was removed. */
static void rehash(void **state)
{
    (void)state;
    static struct badge_entry larger[4 * SIZE];
    uint64_t badge = 0;
    (void)watch(EP1, 3);
    for (uint64_t i = 1; i <= SIZE / 4 * 3; i++) {
        badges_add(&b, i % 2 == 0 ? EP1 : EP2, i);
    }
    assert_true(badges_crowded(&b));
    badges_remove(&b, EP2, 1);
    badges_rehash(&b, larger, 4 * SIZE);
    assert_false(badges_crowded(&b));
    assert_int_equal(b.used, SIZE / 4 * 3 - 1);
    badges_remove(&b, EP1, 2);
    assert_int_equal(collect(3, &badge), 1);
    assert_int_equal(badge, 2);
}

/* AX0028: random work against an array of counts. */
static void churn(void **state)
{
    (void)state;
    static struct badge_entry larger[256];
    uint32_t counts[100] = {0}, deaths[100] = {0}, seen[100] = {0};
    badges_rehash(&b, larger, 256);
    (void)watch(EP1, 3);
    srand(42);
    for (uint32_t i = 0; i < 50000; i++) {
        uint32_t n = (uint32_t)rand() % 100;
        if (counts[n] == 0 || rand() % 2 == 0) {
            badges_add(&b, EP1, n + 1);
            counts[n]++;
        } else {
            badges_remove(&b, EP1, n + 1);
            if (--counts[n] == 0) deaths[n]++;
        }
        uint64_t list[100];
        bool more;
        uint32_t got = badges_collect(&b, 3, list, 100, &more);
        for (uint32_t k = 0; k < got; k++) {
            seen[list[k] - 1]++;
        }
    }
    assert_memory_equal(deaths, seen, sizeof(deaths));
}

/* AX0029: badges that come and go leave no trace: the table never gets crowded by them. */
static void no_trace(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 100000; i++) {
        badges_add(&b, i % 3 == 0 ? EP1 : EP2, i);
        if (i > 20) badges_remove(&b, (i - 20) % 3 == 0 ? EP1 : EP2, i - 20);
        assert_false(badges_crowded(&b));
    }
    assert_int_equal(b.used, 20);
    assert_false(b.lost);
}

/* AX0030: nobody takes all watches. */
static void shares(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= WATCHES_EACH; i++) {
        assert_non_null(badges_watch(&b, i << 12, 3));
    }
    assert_null(badges_watch(&b, 0x100000, 3));
    assert_non_null(badges_watch(&b, 1 << 12, 3)); /* one that it has */
    assert_non_null(badges_watch(&b, 0x100000, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_last_one, setup), cmocka_unit_test_setup(watched_later, setup),
        cmocka_unit_test_setup(lives_again, setup),  cmocka_unit_test_setup(two_endpoints, setup),
        cmocka_unit_test_setup(batches, setup),      cmocka_unit_test_setup(forgotten, setup),
        cmocka_unit_test_setup(full, setup),         cmocka_unit_test_setup(rehash, setup),
        cmocka_unit_test_setup(churn, setup),        cmocka_unit_test_setup(no_trace, setup),
        cmocka_unit_test_setup(shares, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
