/* terminal_test.c - keys in, reads answered, output in order; whoever it belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "terminal.h"

static struct terminal terminal;

static struct {
    int reads, writes, interrupts;
    uint64_t token;
    enum read_result result;
    char data[TERMINAL_INPUT_MAX + 1];
    uint32_t interrupted;
    bool closed;
} seen;

static void read_done(void *state, uint64_t token, enum read_result result, const uint8_t *data,
                      uint32_t len)
{
    (void)state;
    seen.reads++;
    seen.token = token;
    seen.result = result;
    if (len > 0) memcpy(seen.data, data, len);
    seen.data[len] = '\0';
}

static void write_done(void *state, uint64_t token, bool closed)
{
    (void)state;
    seen.writes++;
    seen.token = token;
    seen.closed = closed;
}

static void interrupt(void *state, uint32_t index)
{
    (void)state;
    seen.interrupts++;
    seen.interrupted = index;
}

static int setup(void **state)
{
    static const struct terminal_events events = {read_done, write_done, interrupt};

    (void)state;
    memset(&terminal, 0, sizeof(terminal));
    memset(&seen, 0, sizeof(seen));
    terminal.events = &events;
    return 0;
}

static void keys(const char *text)
{
    terminal_input(&terminal, (const uint8_t *)text, (uint32_t)strlen(text));
}

/* All that waits for the driver, taken by it. */
static const char *shown(void)
{
    static char text[TERMINAL_OUTPUT_MAX + 1];
    const uint8_t *part;
    uint32_t len, all = 0;

    while ((len = terminal_output(&terminal, &part)) > 0) {
        memcpy(text + all, part, len);
        all += len;
        terminal_output_taken(&terminal, len);
    }
    text[all] = '\0';
    return text;
}

static enum write_result write_text(uint32_t index, uint64_t token, const char *text)
{
    return terminal_write(&terminal, index, token, (const uint8_t *)text, (uint32_t)strlen(text));
}

static uint32_t open_session(void)
{
    int index = terminal_open(&terminal);

    assert_true(index >= 0);
    return (uint32_t)index;
}

static void cooked_line(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, s, 1, 100));
    keys("hellp\x7fo w\x17you\x08\x08\x08\x08\x7f!\r");
    assert_int_equal(seen.reads, 1);
    assert_int_equal(seen.token, 1);
    assert_string_equal(seen.data, "hell!\n");
    assert_non_null(strstr(shown(), "hell"));
    keys("gone\x15rest\n");
    assert_int_equal(seen.reads, 1); /* nobody reads: kept */
    assert_true(terminal_read(&terminal, s, 2, 3));
    assert_string_equal(seen.data, "res");
    assert_true(terminal_read(&terminal, s, 3, 100));
    assert_string_equal(seen.data, "t\n");
}

static void one_line_a_read(void **state)
{
    uint32_t s = open_session();

    (void)state;
    keys("a\rb\r");
    assert_true(terminal_read(&terminal, s, 1, 100));
    assert_string_equal(seen.data, "a\n");
    assert_true(terminal_read(&terminal, s, 2, 100));
    assert_string_equal(seen.data, "b\n");
    assert_int_equal(seen.reads, 2);
}

static void erases_whole_characters(void **state)
{
    uint32_t s = open_session();

    (void)state;
    keys("a\xc3\xa4\x7f\r");
    assert_true(terminal_read(&terminal, s, 1, 100));
    assert_string_equal(seen.data, "a\n");
}

static void end_of_input(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, s, 1, 100));
    keys("\x04");
    assert_int_equal(seen.result, READ_END);
    keys("x\x04\r"); /* only on an empty line */
    assert_true(terminal_read(&terminal, s, 2, 100));
    assert_int_equal(seen.result, READ_DATA);
    assert_string_equal(seen.data, "x\n");
}

static void raw_bytes(void **state)
{
    uint32_t s = open_session();

    (void)state;
    terminal_mode(&terminal, s, true, false);
    keys("ab");
    assert_true(terminal_read(&terminal, s, 1, 100));
    assert_string_equal(seen.data, "ab");
    assert_true(terminal_read(&terminal, s, 2, 100));
    keys("\x03");
    assert_string_equal(seen.data, "\x03");
    assert_int_equal(seen.interrupts, 0);
    assert_string_equal(shown(), "");
}

static void typed_line_becomes_raw(void **state)
{
    uint32_t s = open_session();

    (void)state;
    keys("abc");
    terminal_mode(&terminal, s, true, false);
    assert_true(terminal_read(&terminal, s, 1, 100));
    assert_string_equal(seen.data, "abc");
}

static void interrupts(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, s, 1, 100));
    keys("half\x03");
    assert_int_equal(seen.result, READ_INTERRUPTED);
    assert_int_equal(seen.interrupts, 0);
    /* Nobody reads: signalled, and the next read is told, once. */
    keys("lost\x03");
    assert_int_equal(seen.interrupts, 1);
    assert_int_equal(seen.interrupted, s);
    assert_true(terminal_read(&terminal, s, 2, 100));
    assert_int_equal(seen.token, 2);
    assert_int_equal(seen.result, READ_INTERRUPTED);
    assert_true(terminal_read(&terminal, s, 3, 100));
    keys("x\r");
    assert_string_equal(seen.data, "x\n");
}

static void newest_is_foreground(void **state)
{
    uint32_t old = open_session(), new = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, old, 1, 100));
    assert_int_equal(write_text(new, 3, "it writes"), WRITE_DONE);
    keys("to old\r"); /* nobody else has read */
    assert_int_equal(seen.token, 1);
    assert_true(terminal_read(&terminal, old, 1, 100));
    assert_true(terminal_read(&terminal, new, 2, 100));
    keys("to new\r");
    assert_int_equal(seen.token, 2);
    assert_string_equal(seen.data, "to new\n");
    keys("to new, ahead\r");
    terminal_close(&terminal, new);
    keys("to old\r");
    assert_int_equal(seen.token, 1);
    assert_string_equal(seen.data, "to old\n");
}

static void one_reader(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, s, 1, 100));
    assert_false(terminal_read(&terminal, s, 2, 100));
}

static void closing_ends_what_waits(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_true(terminal_read(&terminal, s, 1, 100));
    terminal_close(&terminal, s);
    assert_int_equal(seen.result, READ_CLOSED);
    assert_null(terminal_session(&terminal, s, terminal.sessions[s].generation));
    uint32_t again = open_session();
    assert_int_equal(again, s);
    assert_non_null(terminal_session(&terminal, s, terminal.sessions[s].generation));
    assert_null(terminal_session(&terminal, s, terminal.sessions[s].generation - 1));
    assert_null(terminal_session(&terminal, TERMINAL_SESSIONS_MAX, 1));
}

static void session_limit(void **state)
{
    (void)state;
    for (int i = 0; i < TERMINAL_SESSIONS_MAX; i++) {
        open_session();
    }
    assert_int_equal(terminal_open(&terminal), -1);
}

static void new_lines(void **state)
{
    uint32_t s = open_session();

    (void)state;
    assert_int_equal(write_text(s, 1, "a\nb\n"), WRITE_DONE);
    assert_string_equal(shown(), "a\r\nb\r\n");
}

/* Writers wait for room and come out in the order in which they came in. */
static void full_output(void **state)
{
    static char block[TERMINAL_WRITE_MAX + 1];
    uint32_t s = open_session(), other = open_session();
    int done = 0;
    const uint8_t *part;

    (void)state;
    memset(block, 'x', TERMINAL_WRITE_MAX);
    while (write_text(s, 100, block) == WRITE_DONE) {
        done++;
    }
    assert_true(done >= 3);
    assert_int_equal(write_text(other, 101, "short"), WRITE_WAITS); /* not before the first */
    for (int i = 2; i < TERMINAL_WRITERS_MAX; i++) {
        assert_int_equal(write_text(s, 100 + (uint64_t)i, "y"), WRITE_WAITS);
    }
    assert_int_equal(write_text(s, 200, "z"), WRITE_REFUSED);
    terminal_close(&terminal, other);
    assert_int_equal(seen.writes, 1);
    assert_int_equal(seen.token, 101);
    assert_true(seen.closed);
    terminal_output_taken(&terminal, terminal_output(&terminal, &part));
    assert_int_equal(terminal.writer_count, 0);
    assert_int_equal(seen.writes, TERMINAL_WRITERS_MAX);
    assert_false(seen.closed);
}

static void input_without_a_session(void **state)
{
    (void)state;
    keys("anything\r\x03");
    assert_int_equal(seen.reads + seen.interrupts, 0);
}

static void too_much_input(void **state)
{
    uint32_t s = open_session();

    (void)state;
    for (int i = 0; i < 3 * TERMINAL_INPUT_MAX; i++) {
        keys("x");
    }
    assert_true(terminal.sessions[s].line_len < TERMINAL_INPUT_MAX);
    keys("\r");
    assert_true(terminal_read(&terminal, s, 1, TERMINAL_INPUT_MAX));
    assert_int_equal(strlen(seen.data), TERMINAL_INPUT_MAX);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

/* What is typed too far ahead is lost, but not silently: the reader is told, and a bell rings. */
static void typed_too_far_ahead(void **state)
{
    uint32_t s = (uint32_t)terminal_open(&terminal);
    const uint8_t *bytes;

    (void)state;
    terminal_mode(&terminal, s, true, false);
    for (int i = 0; i < TERMINAL_AHEAD_MAX; i++) {
        keys("x");
    }
    assert_int_equal(terminal_output(&terminal, &bytes), 0);
    keys("yz");
    terminal_input_lost(&terminal, 5); /* and by the driver */
    assert_int_equal(terminal_output(&terminal, &bytes), 1);
    assert_int_equal(bytes[0], 7);
    for (int i = 0; i < TERMINAL_AHEAD_MAX / TERMINAL_INPUT_MAX; i++) {
        assert_true(terminal_read(&terminal, s, 1, TERMINAL_INPUT_MAX));
        assert_int_equal(strlen(seen.data), TERMINAL_INPUT_MAX);
        assert_int_equal(terminal.lost, i == 0 ? 7 : 0);
    }
    terminal_mode(&terminal, s, false, false);
    for (int i = 0; i < TERMINAL_INPUT_MAX; i++) { /* one more than a line has room for */
        keys("x");
    }
    keys("\r");
    assert_true(terminal_read(&terminal, s, 1, TERMINAL_INPUT_MAX));
    assert_int_equal(terminal.lost, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(cooked_line),
                                       TEST(one_line_a_read),
                                       TEST(erases_whole_characters),
                                       TEST(end_of_input),
                                       TEST(raw_bytes),
                                       TEST(typed_line_becomes_raw),
                                       TEST(interrupts),
                                       TEST(newest_is_foreground),
                                       TEST(one_reader),
                                       TEST(closing_ends_what_waits),
                                       TEST(session_limit),
                                       TEST(new_lines),
                                       TEST(full_output),
                                       TEST(input_without_a_session),
                                       TEST(too_much_input),
                                       TEST(typed_too_far_ahead)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
