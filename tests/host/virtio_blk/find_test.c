/* find_test.c - which of several disks a driver takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "find.h"

#define TEST(name) cmocka_unit_test(name)
#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof((list)[0])))

static struct wanted want(char *serial, char *others)
{
    char *argv[] = {"virtio_blk", serial, others, NULL};
    struct wanted w;
    assert_true(wanted_parse(serial == NULL ? 1 : others == NULL ? 2 : 3, argv, &w));
    return w;
}

static enum find look(const struct candidate *list, uint32_t count, const struct wanted *w,
                      uint32_t number)
{
    uint32_t got = 77;
    enum find next = find_next(list, count, w, &got);
    if (next == FIND_OPEN || next == FIND_LOOK) assert_int_equal(got, number);
    return next;
}

static void test_arguments(void **state)
{
    struct wanted w;
    (void)state;
    assert_string_equal(want(NULL, NULL).serial, "wl-log");
    assert_true(want(NULL, NULL).others);
    assert_false(want("wl-keys", NULL).others);
    assert_true(want("wl-log", "others").others);
    assert_false(wanted_parse(3, (char *[]){"", "a", "other"}, &w));
    assert_false(wanted_parse(2, (char *[]){"", ""}, &w));
    assert_false(wanted_parse(2, (char *[]){"", "123456789012345678901"}, &w));
    assert_false(wanted_parse(4, (char *[]){"", "a", "others", "b"}, &w));
}

static void test_own_one_at_once(void **state)
{
    const struct candidate list[] = {{false, false, ""}, {true, true, "wl-keys"}};
    struct wanted w = want("wl-keys", NULL);
    (void)state;
    assert_int_equal(look(list, 2, &w, 1), FIND_OPEN); /* also taken: by who just ended, perhaps */
}

static void test_looks_and_waits(void **state)
{
    struct candidate list[] = {{true, true, "wl-log"}, {false, true, ""}, {false, false, ""}};
    struct wanted w = want("wl-keys", NULL);
    (void)state;
    assert_int_equal(look(list, 3, &w, 2), FIND_LOOK);
    list[2].labelled = true;
    assert_int_equal(look(list, 3, &w, 0), FIND_WAIT);
    candidate_forget(&list[1]);
    assert_int_equal(look(list, 3, &w, 0), FIND_NONE);
    assert_int_equal(look(list, 0, &w, 0), FIND_NONE);
}

static void test_others(void **state)
{
    struct candidate list[] = {{true, false, "wl-files"}, {true, false, ""}, {false, false, ""}};
    struct wanted log = want("wl-log", "others"), files = want("wl-files", NULL);
    (void)state;
    assert_int_equal(look(list, 3, &log, 2), FIND_LOOK); /* it may be the log's own */
    list[2] = (struct candidate){true, false, "disk 2"};
    assert_int_equal(look(list, 3, &log, 1), FIND_OPEN);
    list[2] = (struct candidate){true, false, "wl-log"};
    assert_int_equal(look(list, 3, &log, 2), FIND_OPEN);
    assert_int_equal(look(list, 1, &log, 0), FIND_NONE); /* what is another's is nobody else's */
    assert_int_equal(look(list, 3, &files, 0), FIND_OPEN);
    assert_int_equal(look(list + 1, 2, &files, 0), FIND_NONE);
}

/* However many look, in whatever order: in the end each has its own, and nobody waits. */
static void test_they_all_find_theirs(void **state)
{
    static char *const serials[] = {"wl-keys", "wl-files", "wl-log", "else"};
    (void)state;
    for (uint32_t order = 0; order < 24; order++) {
        struct candidate list[4] = {0};
        struct wanted w[] = {want("wl-log", "others"), want("wl-files", NULL),
                             want("wl-keys", NULL)};
        uint32_t have[3] = {9, 9, 9}, got = 0, step = order;
        for (uint32_t i = 0; i < 400 && got < 3; i++, step = step * 5 + 1) {
            uint32_t who = step % 3, number;
            if (have[who] != 9) continue;
            enum find next = find_next(list, COUNT(list), &w[who], &number);
            if (next == FIND_LOOK) {
                list[number].labelled = true;
                strcpy(list[number].label, serials[number]);
            } else if (next == FIND_OPEN) {
                assert_false(list[number].taken);
                list[number].taken = true;
                have[who] = number;
                got++;
            }
        }
        assert_int_equal(have[0], 2);
        assert_int_equal(have[1], 1);
        assert_int_equal(have[2], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_arguments), TEST(test_own_one_at_once),
                                       TEST(test_looks_and_waits), TEST(test_others),
                                       TEST(test_they_all_find_theirs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
