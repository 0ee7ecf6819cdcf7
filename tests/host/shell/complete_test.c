/* complete_test.c - what Tab adds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "complete.h"

static struct completion c;

static bool start(const char *line)
{
    return complete_start(&c, line, (uint32_t)strlen(line));
}

static void offer(const char *text)
{
    complete_offer(&c, text, (uint32_t)strlen(text));
}

static void assert_adds(const char *want)
{
    char text[COMPLETE_WORD_MAX];
    uint32_t len = complete_text(&c, text);

    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void words(void **state)
{
    (void)state;
    assert_true(start("ki"));
    assert_string_equal(c.word, "ki");
    assert_string_equal(c.command, "");
    assert_true(start("ls; kill  con"));
    assert_string_equal(c.word, "con");
    assert_string_equal(c.command, "kill");
    assert_true(start("echo a >/x"));
    assert_string_equal(c.word, "/x");
    assert_string_equal(c.command, "echo");
    assert_true(start("cat "));
    assert_string_equal(c.word, "");
    assert_string_equal(c.command, "cat");
    assert_false(start("cat 'a"));
    assert_true(complete_start(&c, "kill console", 7));
    assert_string_equal(c.word, "co");
}

static void one_candidate(void **state)
{
    (void)state;
    assert_true(start("ki"));
    offer("kill");
    offer("ls");
    assert_int_equal(c.count, 1);
    assert_adds("ll ");
    assert_true(start("/b"));
    offer("/bin/");
    assert_adds("in/");
}

static void several(void **state)
{
    (void)state;
    assert_true(start("s"));
    offer("show");
    offer("shutter");
    offer("shell");
    assert_int_equal(c.count, 3);
    assert_adds("h");
    assert_string_equal(c.list, "show  shutter  shell  ");
    assert_true(start("/bin/s"));
    offer("/bin/shell");
    offer("/bin/spin/");
    assert_adds("");
    assert_string_equal(c.list, "shell  spin/  ");
}

static void none(void **state)
{
    (void)state;
    assert_true(start("zz"));
    offer("kill");
    assert_int_equal(c.count, 0);
    assert_adds("");
}

static void long_ones(void **state)
{
    char name[300];

    (void)state;
    memset(name, 'n', sizeof(name));
    assert_true(start("n"));
    complete_offer(&c, name, sizeof(name));
    assert_int_equal(c.count, 0);
    for (int i = 0; i < 20; i++) {
        name[1] = (char)('a' + i);
        complete_offer(&c, name, COMPLETE_WORD_MAX - 1);
    }
    assert_int_equal(c.count, 20);
    assert_true(c.list_len < COMPLETE_LIST_MAX);
    name[COMPLETE_WORD_MAX - 1] = '\0';
    assert_false(start(strcat(name, "nn")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(one_candidate),
                                       cmocka_unit_test(several), cmocka_unit_test(none),
                                       cmocka_unit_test(long_ones)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
