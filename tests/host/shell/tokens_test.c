/* tokens_test.c - lines taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tokens.h"

static struct command command;

/* X is "a b", E is empty, all others have no value. */
static const char *value_of(void *state, const char *name, uint32_t len)
{
    (void)state;
    if (len == 1 && name[0] == '?') return "7";
    if (len == 1 && name[0] == 'X') return "a b";
    return len == 1 && name[0] == 'E' ? "" : NULL;
}

static const struct tokens_values values = {value_of, NULL};

static enum tokens_result next(const char **at)
{
    return tokens_next(at, &values, &command);
}

static void words_and_quotes(void **state)
{
    const char *at = "  echo a\\ b 'c  \"d' \"e \\\" \\\\ f\" '' g'h'i ";

    (void)state;
    assert_int_equal(next(&at), TOKENS_COMMAND);
    static const char *const want[] = {"echo", "a b", "c  \"d", "e \" \\ f", "", "ghi"};
    assert_int_equal(command.argc, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_string_equal(command.argv[i], want[i]);
    }
    assert_null(command.argv[6]);
    assert_null(command.target);
    assert_int_equal(next(&at), TOKENS_END);
}

static void several_commands(void **state)
{
    const char *at = ";; a 'x;y' ;b;;";

    (void)state;
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 2);
    assert_string_equal(command.argv[1], "x;y");
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 1);
    assert_string_equal(command.argv[0], "b");
    assert_int_equal(next(&at), TOKENS_END);
}

static void targets(void **state)
{
    const char *at = "echo x>/a; echo >> '/b c' y; > z";

    (void)state;
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 2);
    assert_string_equal(command.target, "/a");
    assert_false(command.append);
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 2);
    assert_string_equal(command.argv[1], "y");
    assert_string_equal(command.target, "/b c");
    assert_true(command.append);
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 0);
    assert_string_equal(command.target, "z");
}

static void problems(void **state)
{
    static const struct {
        const char *line;
        enum tokens_result result;
    } cases[] = {{"echo 'a", TOKENS_QUOTE_OPEN},    {"echo \"a\\\"", TOKENS_QUOTE_OPEN},
                 {"echo >", TOKENS_NO_TARGET},      {"echo > ; b", TOKENS_NO_TARGET},
                 {"a > b > c", TOKENS_TWO_TARGETS}, {"a > 'b", TOKENS_QUOTE_OPEN},
                 {"a < b < c", TOKENS_TWO_TARGETS}, {"a <", TOKENS_NO_TARGET},
                 {"a ${X", TOKENS_NO_NAME},         {"a \"${}\"", TOKENS_NO_NAME},
                 {"| a", TOKENS_NO_COMMAND},        {"a | | b", TOKENS_NO_COMMAND},
                 {"a |", TOKENS_NO_COMMAND},        {"a && # b", TOKENS_NO_COMMAND},
                 {"a & b", TOKENS_NO_COMMAND},      {"a ||; b", TOKENS_NO_COMMAND}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i].line;
        assert_int_equal(next(&at), cases[i].result);
        assert_true(strlen(tokens_problem(cases[i].result)) > 10);
    }
}

static void values_take_their_places(void **state)
{
    const char *at = "a$X \"$X\" '$X' $E \"$E\" $NONE x${X}y $? $ \\$X \"\\$X\" # $X; b";
    static const char *const want[] = {"aa b", "a b", "$X", "", "xa by", "7", "$", "$X", "$X"};

    (void)state;
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_string_equal(command.argv[i], want[i]);
    }
    assert_int_equal(next(&at), TOKENS_END);
}

static void connections(void **state)
{
    const char *at = "a <in |b&& c||d > out;e";
    static const uint8_t want[] = {AFTER_PIPE, AFTER_AND, AFTER_OR, AFTER_END, AFTER_END};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(next(&at), TOKENS_COMMAND);
        assert_int_equal(command.argc, 1);
        assert_int_equal(command.argv[0][0], 'a' + (int)i);
        assert_int_equal(command.after, want[i]);
        assert_int_equal(command.source != NULL, i == 0);
        assert_int_equal(command.target != NULL, i == 3);
    }
    assert_int_equal(next(&at), TOKENS_END);
}

static void marks(void **state)
{
    const char *at = "*a?[b] '*' \\* \"?\"";

    (void)state;
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_string_equal(command.argv[0], "\1a\2\3b]");
    assert_string_equal(command.argv[1], "*");
    assert_string_equal(command.argv[2], "*");
    assert_string_equal(command.argv[3], "?");
    tokens_unmark(command.argv[0]);
    assert_string_equal(command.argv[0], "*a?[b]");
}

static void too_long(void **state)
{
    static char line[3000];
    const char *at = line;

    (void)state;
    memset(line, 'x', TOKENS_BYTES_MAX - 1);
    assert_int_equal(next(&at), TOKENS_COMMAND);
    line[TOKENS_BYTES_MAX - 1] = 'x';
    at = line;
    assert_int_equal(next(&at), TOKENS_TOO_LONG);
}

static void too_many(void **state)
{
    char line[200] = "";
    const char *at = line;

    (void)state;
    for (int i = 0; i < TOKENS_WORDS_MAX; i++) {
        strcat(line, "w ");
    }
    assert_int_equal(next(&at), TOKENS_COMMAND);
    assert_int_equal(command.argc, TOKENS_WORDS_MAX);
    strcat(line, "w");
    at = line;
    assert_int_equal(next(&at), TOKENS_TOO_MANY);
}

/* Whatever comes, nothing is written past the end and it ends. */
static void random_lines(void **state)
{
    static const char letters[] = "aX '\"\\;>> \t$?{}|&<*[#";
    unsigned seed = 3;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 200000; round++) {
        char line[40];
        size_t len = (size_t)rand() % (sizeof(line) - 1);
        for (size_t i = 0; i < len; i++) {
            line[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
        }
        line[len] = '\0';
        const char *at = line;
        int commands = 0;
        while (next(&at) == TOKENS_COMMAND) {
            assert_true(++commands <= 40);
            assert_true(at <= line + len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_and_quotes),
                                       cmocka_unit_test(several_commands),
                                       cmocka_unit_test(targets),
                                       cmocka_unit_test(problems),
                                       cmocka_unit_test(too_many),
                                       cmocka_unit_test(random_lines),
                                       cmocka_unit_test(connections),
                                       cmocka_unit_test(values_take_their_places),
                                       cmocka_unit_test(marks),
                                       cmocka_unit_test(too_long)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
