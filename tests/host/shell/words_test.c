/* words_test.c - patterns, what find and grep look for, and names with values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "finder.h"
#include "glob.h"
#include "variables.h"

static bool matches(const char *pattern, const char *name)
{
    char marked[64];

    strcpy(marked, pattern);
    glob_mark(marked);
    return glob_matches(marked, strlen(marked), name, strlen(name));
}

static void patterns(void **state)
{
    static const char *const good[][2] = {
        {"", ""},       {"*", ""},         {"*", "abc"},   {"a*c", "abbbc"}, {"a*c", "ac"},
        {"?", "x"},     {"a?c", "abc"},    {"[abc]", "b"}, {"[a-c]x", "cx"}, {"[!a]", "b"},
        {"*.c", "x.c"}, {"*a*b", "xaxab"}, {"[", "["},     {"[]a]", "]"},    {"**", "x"},
        {"[a", "[a"},   {"*[0-9]", "v12"}, {"a-b", "a-b"}, {"[a-]", "-"},
    };
    static const char *const bad[][2] = {
        {"", "a"},      {"?", ""},     {"a*c", "abd"}, {"[abc]", "d"},   {"[!a]", "a"},
        {"*.c", "x.h"}, {"a?c", "ac"}, {"[a-c]", "d"}, {"*a*b", "xbxa"}, {"a", "A"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!matches(good[i][0], good[i][1])) fail_msg("%s %s", good[i][0], good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (matches(bad[i][0], bad[i][1])) fail_msg("%s %s", bad[i][0], bad[i][1]);
    }
    assert_false(glob_has_marks("*")); /* typed in quotes */
    assert_true(glob_has_marks("a\1"));
}

/* Said the slow way: a star is nothing, or one byte and a star. */
static bool reference(const char *p, const char *n)
{
    if (*p == '\0') return *n == '\0';
    if (*p == '*') return reference(p + 1, n) || (*n != '\0' && reference(p, n + 1));
    return *n != '\0' && (*p == '?' || *p == *n) && reference(p + 1, n + 1);
}

static void against_the_slow_way(void **state)
{
    unsigned seed = 5;
    int both = 0;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 200000; round++) {
        char pattern[8] = "", name[8] = "";
        for (int i = rand() % 7; i > 0; i--) {
            strncat(pattern, &"*?ab"[rand() % 4], 1);
        }
        for (int i = rand() % 7; i > 0; i--) {
            strncat(name, &"ab"[rand() % 2], 1);
        }
        bool want = reference(pattern, name);
        assert_int_equal(matches(pattern, name), want);
        both += want;
    }
    assert_true(both > 1000);
}

static void finders(void **state)
{
    struct finder f = {0};
    char name[] = "*.c";
    char *words[] = {"find", "/", "-name", name, "-type", "f", NULL};
    char *wrong[] = {"find", "/", "-type", "x", NULL};

    (void)state;
    assert_true(finder_parse(&f, 6, words));
    assert_true(finder_takes(&f, "a.c", 0));
    assert_false(finder_takes(&f, "a.h", 0));
    assert_false(finder_takes(&f, "a.c", 1));
    assert_false(finder_parse(&f, 4, wrong));
    assert_false(finder_parse(&f, 5, words));
    assert_true(text_contains("one two", 7, "e t", false));
    assert_false(text_contains("one two", 7, "E T", false));
    assert_true(text_contains("one two", 7, "E T", true));
    assert_false(text_contains("one", 3, "ones", false));
    assert_true(text_contains("", 0, "", false));
}

static void values(void **state)
{
    static struct variables v;
    char name[16], long_value[VARIABLE_BYTES + 1];

    (void)state;
    assert_int_equal(variables_set(&v, "A", "1"), VARIABLES_OK);
    assert_int_equal(variables_set(&v, "AB", "2"), VARIABLES_OK);
    assert_int_equal(variables_set(&v, "A", "3"), VARIABLES_OK);
    assert_string_equal(variables_get(&v, "A", 1), "3");
    assert_string_equal(variables_get(&v, "ABC", 2), "2");
    assert_null(variables_get(&v, "B", 1));
    assert_int_equal(v.count, 2);
    assert_int_equal(variables_set(&v, "1A", ""), VARIABLES_BAD_NAME);
    assert_int_equal(variables_set(&v, "", ""), VARIABLES_BAD_NAME);
    assert_int_equal(variables_set(&v, "A=", ""), VARIABLES_BAD_NAME);
    memset(long_value, 'x', sizeof(long_value));
    long_value[VARIABLE_BYTES - 3] = '\0';
    assert_int_equal(variables_set(&v, "A", long_value), VARIABLES_OK);
    long_value[VARIABLE_BYTES - 3] = 'x';
    long_value[VARIABLE_BYTES - 2] = '\0';
    assert_int_equal(variables_set(&v, "A", long_value), VARIABLES_TOO_LONG);
    for (int i = 0; v.count < VARIABLES_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(variables_set(&v, name, ""), VARIABLES_OK);
    }
    assert_int_equal(variables_set(&v, "more", ""), VARIABLES_FULL);
    assert_true(variables_unset(&v, "A"));
    assert_false(variables_unset(&v, "A"));
    assert_int_equal(variables_set(&v, "more", ""), VARIABLES_OK);
    assert_string_equal(variables_get(&v, "AB", 2), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns),
                                       cmocka_unit_test(against_the_slow_way),
                                       cmocka_unit_test(finders), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
