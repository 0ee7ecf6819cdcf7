/* bytes_test.c - memory and string functions against the plainest possible ones. They are compiled
 * under other names (CMakeLists.txt), as the host has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "text.h"

enum { SIZE = 80 };

static void fill(uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(i * 7 + 3);
    }
}

/* Every length, every alignment of both sides, and nothing beyond is touched. */
static void copies_every_length(void **state)
{
    (void)state;
    for (size_t from = 0; from < 8; from++) {
        for (size_t to = 0; to < 8; to++) {
            for (size_t len = 0; len < 40; len++) {
                uint8_t in[SIZE], out[SIZE] = {0};
                fill(in, SIZE);
                assert_ptr_equal(memcpy(out + to, in + from, len), out + to);
                for (size_t i = 0; i < SIZE; i++) {
                    uint8_t want = i >= to && i < to + len ? in[from + i - to] : 0;
                    assert_int_equal(out[i], want);
                }
            }
        }
    }
}

static void moves_overlapping(void **state)
{
    (void)state;
    for (size_t from = 0; from < 20; from++) {
        for (size_t to = 0; to < 20; to++) {
            for (size_t len = 0; len < 30; len++) {
                uint8_t all[SIZE], want[SIZE];
                fill(all, SIZE);
                fill(want, SIZE);
                for (size_t i = 0; i < len; i++) {
                    want[to + i] = all[from + i];
                }
                assert_ptr_equal(memmove(all + to, all + from, len), all + to);
                for (size_t i = 0; i < SIZE; i++) {
                    assert_int_equal(all[i], want[i]);
                }
            }
        }
    }
}

static void sets_every_length(void **state)
{
    (void)state;
    for (size_t to = 0; to < 8; to++) {
        for (size_t len = 0; len < 40; len++) {
            uint8_t out[SIZE] = {0};
            assert_ptr_equal(memset(out + to, 0x1a5, len), out + to);
            for (size_t i = 0; i < SIZE; i++) {
                assert_int_equal(out[i], i >= to && i < to + len ? 0xa5 : 0);
            }
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* The first differing byte decides, as unsigned, wherever it stands. */
static void compares_by_first_difference(void **state)
{
    (void)state;
    for (size_t len = 0; len < 30; len++) {
        uint8_t a[SIZE], b[SIZE];
        fill(a, SIZE);
        fill(b, SIZE);
        b[len] = (uint8_t)(a[len] ^ 0x80); /* beyond the length */
        assert_int_equal(memcmp(a, b, len), 0);
        for (size_t at = 0; at < len; at++) {
            fill(b, SIZE);
            b[at] = (uint8_t)(a[at] ^ 0x80);
            b[at + 1] = (uint8_t)~a[at + 1];
            assert_int_equal(sign(memcmp(a, b, len)), a[at] < b[at] ? -1 : 1);
            assert_int_equal(sign(memcmp(b, a, len)), a[at] < b[at] ? 1 : -1);
        }
    }
}

static void strings(void **state)
{
    (void)state;
    const char *text = "/bin/echo";
    assert_int_equal(strlen(""), 0);
    assert_int_equal(strlen(text), 9);
    assert_int_equal(strnlen(text, 4), 4);
    assert_int_equal(strnlen(text, 40), 9);
    assert_int_equal(strcmp("a", "a"), 0);
    assert_int_equal(sign(strcmp("a", "ab")), -1);
    assert_int_equal(sign(strcmp("\xff", "a")), 1);
    assert_int_equal(strncmp("abc", "abd", 2), 0);
    assert_int_equal(sign(strncmp("abc", "abd", 3)), -1);
    assert_ptr_equal(strchr(text, 'b'), text + 1);
    assert_ptr_equal(strchr(text, '\0'), text + 9);
    assert_null(strchr(text, 'x'));
    assert_ptr_equal(strrchr(text, '/'), text + 4);
    assert_ptr_equal(strrchr(text, '\0'), text + 9);
    assert_null(strrchr(text, 'x'));
}

static void text_is_cut_and_ended(void **state)
{
    (void)state;
    char out[4] = "zzz";
    assert_true(text_copy(out, sizeof(out), "abc", 3));
    assert_string_equal(out, "abc");
    assert_false(text_copy(out, sizeof(out), "abcd", 4));
    assert_string_equal(out, "abc");
    assert_true(text_copy(out, sizeof(out), "", 0));
    assert_string_equal(out, "");
    assert_false(text_copy(out, 0, "", 0));
}

static void numbers(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(text_parse_u64("18446744073709551615", 20, &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_parse_u64("12x", 2, &value));
    assert_int_equal(value, 12);
    assert_false(text_parse_u64("18446744073709551616", 20, &value));
    assert_false(text_parse_u64("99999999999999999999", 20, &value));
    assert_false(text_parse_u64("", 0, &value));
    assert_false(text_parse_u64("1 ", 2, &value));
    assert_false(text_parse_u64("-1", 2, &value));
    assert_int_equal(value, 12);
}

static void words_of_a_line(void **state)
{
    (void)state;
    assert_true(text_has_word("icount", 6, "icount"));
    assert_true(text_has_word("a icount b", 10, "icount"));
    assert_false(text_has_word("a icounts b", 11, "icount"));
    assert_false(text_has_word("noicount", 8, "icount"));
    assert_false(text_has_word("icount", 5, "icount"));
    assert_false(text_has_word("", 0, "icount"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_every_length),
        cmocka_unit_test(moves_overlapping),
        cmocka_unit_test(sets_every_length),
        cmocka_unit_test(compares_by_first_difference),
        cmocka_unit_test(strings),
        cmocka_unit_test(text_is_cut_and_ended),
        cmocka_unit_test(numbers),
        cmocka_unit_test(words_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
