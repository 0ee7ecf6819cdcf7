/* editor_test.c - keys, the line they make, and what a terminal shows: a terminal of one line is
 * simulated, and must always show prompt and line with the cursor in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "editor.h"

enum { COLUMNS = 1024 };

static struct editor editor;
static struct history history;

struct screen {
    char cells[COLUMNS];
    int column;
};
static struct screen screen;

static int setup(void **state)
{
    (void)state;
    memset(&history, 0, sizeof(history));
    memset(&screen, 0, sizeof(screen));
    editor_start(&editor, "> ", &history);
    memcpy(screen.cells, "> ", 2);
    screen.column = 2;
    return 0;
}

/* Carriage return, backspace, erase to the end of the line, cursor left, and letters. */
static void screen_show(const char *text)
{
    while (*text != '\0') {
        if (*text == '\r') {
            screen.column = 0;
        } else if (*text == '\b') {
            screen.column--;
        } else if (*text == '\a') {
            /* a bell moves nothing */
        } else if (strncmp(text, "\x1b[K", 3) == 0) {
            memset(screen.cells + screen.column, 0, (size_t)(COLUMNS - screen.column));
            text += 2;
        } else if (strncmp(text, "\x1b[", 2) == 0) {
            char *end;
            screen.column -= (int)strtol(text + 2, &end, 10);
            assert_int_equal(*end, 'D');
            text = end;
        } else {
            assert_true(screen.column < COLUMNS);
            screen.cells[screen.column++] = *text;
        }
        text++;
    }
}

static void screen_check(void)
{
    char want[COLUMNS];
    size_t len;

    snprintf(want, sizeof(want), "> %s", editor.line);
    len = strlen(want);
    assert_memory_equal(screen.cells, want, len);
    for (size_t i = len; i < COLUMNS; i++) {
        assert_true(screen.cells[i] == '\0' || screen.cells[i] == ' ');
    }
    assert_int_equal(screen.column, 2 + editor.cursor);
}

static enum editor_event type(const char *keys)
{
    enum editor_event event = EDITOR_NOTHING;

    while (*keys != '\0' && event == EDITOR_NOTHING) {
        char shown[4096];
        struct out o = out_to(shown, sizeof(shown));
        event = editor_key(&editor, (uint8_t)*keys++, &o);
        if (event != EDITOR_NOTHING) break;
        screen_show(shown);
        screen_check();
    }
    return event;
}

static void typing(void **state)
{
    (void)state;
    assert_int_equal(type("abc\r"), EDITOR_LINE);
    assert_string_equal(editor.line, "abc");
}

static void moving_and_erasing(void **state)
{
    (void)state;
    type("one two\x1b[D\x1b[D\x1b[DX");
    assert_string_equal(editor.line, "one Xtwo");
    type("\x08\x01Y\x05Z\x02\x02\x04");
    assert_string_equal(editor.line, "Yone twZ");
    type("\x17");
    assert_string_equal(editor.line, "Yone Z");
    type("\x01\x1b[C\x0b");
    assert_string_equal(editor.line, "Y");
    type("more\x15");
    assert_string_equal(editor.line, "");
    type("ab\x1b[H\x1b[3~\x1bOF!");
    assert_string_equal(editor.line, "b!");
    type("\x7f\x7f\x7f");
    assert_string_equal(editor.line, "");
}

static void events(void **state)
{
    (void)state;
    assert_int_equal(type("x\x03"), EDITOR_INTERRUPT);
    setup(NULL);
    assert_int_equal(type("\x04"), EDITOR_END);
    assert_int_equal(type("x\t"), EDITOR_COMPLETE);
    assert_int_equal(type("\x1b[\x03"), EDITOR_INTERRUPT);
}

static void history_keys(void **state)
{
    (void)state;
    history_add(&history, "first");
    history_add(&history, "second");
    history_add(&history, "second");
    history_add(&history, "");
    assert_int_equal(history.count, 2);
    type("now\x1b[A");
    assert_string_equal(editor.line, "second");
    type("\x10\x10");
    assert_string_equal(editor.line, "first");
    type("\x1b[B\x0e");
    assert_string_equal(editor.line, "now");
}

static void history_wraps(void **state)
{
    char line[16];

    (void)state;
    for (int i = 0; i < HISTORY_LINES + 5; i++) {
        snprintf(line, sizeof(line), "line %d", i);
        history_add(&history, line);
    }
    assert_string_equal(history_back(&history, 1), "line 68");
    assert_string_equal(history_back(&history, HISTORY_LINES), "line 5");
    assert_null(history_back(&history, HISTORY_LINES + 1));
    assert_null(history_back(&history, 0));
}

static void full_line(void **state)
{
    (void)state;
    for (int i = 0; i < EDITOR_LINE_MAX + 20; i++) {
        type("x");
    }
    assert_int_equal(editor.len, EDITOR_LINE_MAX - 1);
    type("\x01y");
    assert_int_equal(editor.line[0], 'x');
}

/* A line of which a part was not taken does not run, unless its writer has erased something. */
static void too_long(void **state)
{
    char shown[1024];
    struct out o = out_to(shown, sizeof(shown));

    (void)state;
    for (int i = 0; i < EDITOR_LINE_MAX - 1; i++) {
        type("x");
    }
    assert_int_equal(editor_key(&editor, '\r', &o), EDITOR_LINE);
    type("y");
    assert_int_equal(editor_key(&editor, '\r', &o), EDITOR_TOO_LONG);
    type("\x7f");
    assert_int_equal(editor_key(&editor, '\r', &o), EDITOR_LINE);
}

static void inserting(void **state)
{
    char shown[256];
    struct out o = out_to(shown, sizeof(shown));

    (void)state;
    type("ca d\x1b[D\x1b[D");
    editor_insert(&editor, "t /x", 4, &o);
    screen_show(shown);
    screen_check();
    assert_string_equal(editor.line, "cat /x d");
}

static void random_keys(void **state)
{
    static const char *const keys[] = {"a",      " ",       "\x01",      "\x02",   "\x05",
                                       "\x06",   "\x08",    "\x0b",      "\x0e",   "\x10",
                                       "\x15",   "\x17",    "\x1b[A",    "\x1b[B", "\x1b[C",
                                       "\x1b[D", "\x1b[3~", "\x1b[9;9~", "\x1bx",  "\x7f"};
    unsigned seed = 11;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    history_add(&history, "something from before");
    for (int i = 0; i < 100000; i++) {
        type(keys[(size_t)rand() % (sizeof(keys) / sizeof(keys[0]))]);
        assert_int_equal(strlen(editor.line), editor.len);
        assert_true(editor.cursor <= editor.len);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(typing),       TEST(moving_and_erasing), TEST(events),
        TEST(history_keys), TEST(history_wraps),      TEST(full_line),
        TEST(inserting),    TEST(random_keys),        TEST(too_long)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
