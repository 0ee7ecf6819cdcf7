/* path_test.c - which texts are paths: by example, and by a second way to say it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "path.h"

static bool valid(const char *text)
{
    return path_is_valid(text, (uint32_t)strlen(text));
}

static void examples(void **state)
{
    static const char *const good[] = {"/", "/a", "/a/b", "/..a", "/a..", "/.a", "/...", "/ "};
    static const char *const bad[] = {"",    "a",    "a/b",   "//",   "/a/",   "/a//b", "/.",
                                      "/..", "/a/.", "/a/..", "/./a", "/../a", "./a",   "/a/./b"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(valid(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(valid(bad[i]));
    }
    assert_false(path_is_valid("/a\0b", 4));
    assert_false(path_is_valid("\0", 1));
}

static void lengths(void **state)
{
    char path[1200];

    (void)state;
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    assert_true(path_is_valid(path, 1 + PATH_NAME_MAX));
    assert_false(path_is_valid(path, 2 + PATH_NAME_MAX));
    for (size_t i = 0; i < sizeof(path); i += 100) {
        path[i] = '/';
    }
    assert_true(path_is_valid(path, PATH_MAX_BYTES));
    assert_false(path_is_valid(path, PATH_MAX_BYTES + 1));
}

/* The rule said differently: cut at each "/", and look at the pieces. */
static bool reference(const char *path, uint32_t len)
{
    if (len == 0 || len > 1024 || path[0] != '/' || memchr(path, '\0', len) != NULL) return false;
    if (len == 1) return true;
    uint32_t start = 1;
    for (uint32_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/') continue;
        uint32_t name = i - start;
        if (name == 0 || name > 255) return false;
        if (name == 1 && path[start] == '.') return false;
        if (name == 2 && path[start] == '.' && path[start + 1] == '.') return false;
        start = i + 1;
    }
    return true;
}

static void property(void **state)
{
    static const char letters[] = {'/', '/', '.', '.', 'a', 'b', '\0', '\xff'};
    unsigned seed = 20240601;
    uint32_t good = 0;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 500000; round++) {
        char path[16];
        uint32_t len = (uint32_t)rand() % 13;
        for (uint32_t i = 0; i < len; i++) {
            path[i] = letters[(unsigned)rand() % sizeof(letters)];
        }
        bool is_path = path_is_valid(path, len);
        assert_int_equal(is_path, reference(path, len));
        good += is_path;
    }
    assert_true(good > 1000);
}

/* What path_next gives, put together again, is the path: nothing has two meanings. */
static void walk_gives_the_path(void **state)
{
    static const char *const paths[] = {"/", "/a", "/a/bc/def"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char again[32] = "";
        uint32_t at = 0, len;
        const char *name;
        while (path_next(paths[i], (uint32_t)strlen(paths[i]), &at, &name, &len)) {
            strcat(again, "/");
            strncat(again, name, len);
        }
        assert_string_equal(again[0] == '\0' ? "/" : again, paths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(lengths),
                                       cmocka_unit_test(property),
                                       cmocka_unit_test(walk_gives_the_path)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
