/* print_test.c - formatted text, compared with the host's own snprintf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "print.h"

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        int want = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                  \
        assert_int_equal(print_format(ours, sizeof(ours), __VA_ARGS__), want);                     \
        assert_string_equal(ours, theirs);                                                         \
    } while (0)

static void as_the_c_library(void **state)
{
    (void)state;
    SAME("plain %% text");
    SAME("%d %d %d %i", 0, -1, INT32_MIN, INT32_MAX);
    SAME("%ld %ld", INT64_MIN, INT64_MAX);
    SAME("%u %lu %zu", UINT32_MAX, UINT64_MAX, (size_t)12);
    SAME("%x %lx", 0xdeadbeefu, 0x0123456789abcdeful);
    SAME("[%8d] [%-8d] [%08d] [%08d]", 42, 42, 42, -42);
    SAME("[%2d] [%1x] [%016lx]", 12345, 0xabcu, 0xabcul);
    SAME("[%c] [%3c] [%-3c]", 'a', 'b', 'c');
    SAME("[%s] [%6s] [%-6s] [%.2s] [%-6.1s]", "abc", "abc", "abc", "abc", "abc");
    SAME("[%*d] [%.*s]", 5, 42, 2, "abc");
}

static void precision_bounds_what_is_read(void **state)
{
    (void)state;
    char unended[3] = {'a', 'b', 'c'}; /* ASan sees a byte too many */
    char out[8];
    assert_int_equal(print_format(out, sizeof(out), "%.3s", unended), 3);
    assert_string_equal(out, "abc");
}

static void cut_to_the_buffer(void **state)
{
    (void)state;
    char out[4] = {1, 1, 1, 1};
    assert_int_equal(print_format(out, sizeof(out), "%s", "abcdef"), 6);
    assert_string_equal(out, "abc");
    assert_int_equal(print_format(out, 1, "%d", 12), 2);
    assert_string_equal(out, "");
    out[0] = 'z';
    assert_int_equal(print_format(out, 0, "%d", 12), 2);
    assert_int_equal(out[0], 'z');
}

static void pointer_and_null(void **state)
{
    (void)state;
    char out[32];
    print_format(out, sizeof(out), "%p", (void *)0x1234);
    assert_string_equal(out, "1234");
    const char *volatile nothing = NULL;
    print_format(out, sizeof(out), "%s", nothing);
    assert_string_equal(out, "(null)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_c_library),
        cmocka_unit_test(precision_bounds_what_is_read),
        cmocka_unit_test(cut_to_the_buffer),
        cmocka_unit_test(pointer_and_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
