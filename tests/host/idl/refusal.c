/* refusal.c - what the dispatch refuses never reaches a handler; what a stub refuses never leaves
 * it, and a wrong answer never reaches its caller. */
#include <string.h>

#include "idl/vfs.h"
#include "server.h"
#include "wire.h"

static int setup(void **state)
{
    (void)state;
    memset(&server, 0, sizeof(server));
    wire_open(server_dispatch);
    return 0;
}

/* The words to a method: the result, with the handler called only when that is OK. */
static int give(uint32_t ordinal, uint32_t count, const uint64_t *words)
{
    struct raw raw = {.ordinal = ordinal, .word_count = count, .words = words};
    uint32_t before = server.calls;
    int result = wire_raw(server_dispatch, &raw);
    assert_int_equal(server.calls - before, result == OK ? 1 : 0);
    return result;
}
#define GIVE(ordinal, ...)                                                                         \
    give(ordinal, sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__})

static void test_ordinal(void **state)
{
    (void)state;
    assert_int_equal(give(SAMPLE_ONE + 1, 0, NULL), ERR_SYSCALL);
    assert_int_equal(give(0xfffe, 0, NULL), ERR_SYSCALL);
    assert_int_equal(GIVE(SAMPLE_NOTHING + 500, 1, 2), ERR_SYSCALL);
}

static void test_describe(void **state)
{
    (void)state;
    struct raw raw = {.ordinal = MESSAGE_DESCRIBE};
    assert_int_equal(wire_raw(server_dispatch, &raw), OK);
    assert_int_equal(GIVE(MESSAGE_DESCRIBE, 0), ERR_MESSAGE);
    raw = (struct raw){
        .ordinal = MESSAGE_DESCRIBE, .cap_count = 1, .caps = {{.slot = 9, .type = CAP_ENDPOINT}}};
    assert_int_equal(wire_raw(server_dispatch, &raw), ERR_MESSAGE);
    assert_int_equal(server.calls, 0);
}

static void test_length(void **state)
{
    (void)state;
    assert_int_equal(give(SAMPLE_NOTHING, 0, NULL), OK);
    assert_int_equal(GIVE(SAMPLE_NOTHING, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 0, 0), OK);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(give(SAMPLE_SCALARS, 0, NULL), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 1, 0, 0, 1), OK);
    assert_int_equal(GIVE(SAMPLE_BYTES, 1, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 1, 0, 0, 1, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 1, 1, 0, 1), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 1, 9, 0, 1, 'x'), ERR_MESSAGE);
}

static void test_integers(void **state)
{
    (void)state;
    assert_int_equal(GIVE(SAMPLE_SCALARS, 255, 65535, UINT32_MAX, UINT64_MAX, 1, 2), OK);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 256, 0, 0, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 65536, 0, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 1ull << 32, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, UINT64_MAX, 0, 0, 0, 0, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_REGISTER, 0x7fffffff), OK);
    assert_int_equal(GIVE(SAMPLE_REGISTER, 0xffffffff80000000), OK);
    assert_int_equal(GIVE(SAMPLE_REGISTER, 0x80000000), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_REGISTER, 0xffffffff7fffffff), ERR_MESSAGE);
}

static void test_bool_and_enum(void **state)
{
    (void)state;
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 2, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 1ull << 32, 0), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 0, 3), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_SCALARS, 0, 0, 0, 0, 0, UINT64_MAX), ERR_MESSAGE);
}

static void test_range(void **state)
{
    (void)state;
    const uint64_t lowest = 1ull << 63, minus = UINT64_MAX;
    assert_int_equal(GIVE(SAMPLE_RANGES, 3, (uint64_t)-5, minus), OK);
    assert_int_equal(GIVE(SAMPLE_RANGES, 10, 5, lowest), OK);
    assert_int_equal(GIVE(SAMPLE_RANGES, 2, 0, minus), ERR_RANGE);
    assert_int_equal(GIVE(SAMPLE_RANGES, 11, 0, minus), ERR_RANGE);
    assert_int_equal(GIVE(SAMPLE_RANGES, 3, 6, minus), ERR_RANGE);
    assert_int_equal(GIVE(SAMPLE_RANGES, 3, (uint64_t)-6, minus), ERR_RANGE);
    assert_int_equal(GIVE(SAMPLE_RANGES, 3, 0, 0), ERR_RANGE);
    assert_int_equal(GIVE(SAMPLE_RANGES, 1ull << 32 | 3, 0, minus), ERR_MESSAGE);
}

static void test_text(void **state)
{
    (void)state;
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 3, 0, 0, 0x636261), OK);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 3, 0, 0, 0x630061), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 3, 0, 0, 0x006261), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 8, 0, 0, 0x6161616161616161), OK);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 8, 0, 0, 0x0061616161616161), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 9, 0, 0, 0x6161616100616161, 0x61), ERR_MESSAGE);
    /* padding */
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 3, 0, 0, 0x64636261), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 0, 3, 0, 0xff00000000000000), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_BYTES, 0, 0, 3, 0, 0), OK); /* NUL in data is data */
}

static void test_longer_than_max(void **state)
{
    (void)state;
    static uint64_t words[60];
    memset(words, 'a', sizeof(words));
    words[0] = 0, words[1] = 100, words[2] = 0, words[3] = 0;
    words[16] = 0x61616161;
    assert_int_equal(give(SAMPLE_BYTES, 4 + 13, words), OK);
    words[1] = 101;
    words[16] = 0x6161616161;
    assert_int_equal(give(SAMPLE_BYTES, 4 + 13, words), ERR_MESSAGE);
    words[1] = 1ull << 32;
    assert_int_equal(give(SAMPLE_BYTES, 4, words), ERR_MESSAGE);
    words[1] = UINT64_MAX;
    assert_int_equal(give(SAMPLE_BYTES, 4 + 13, words), ERR_MESSAGE);
    words[1] = 0, words[2] = 201;
    assert_int_equal(give(SAMPLE_BYTES, 4 + 26, words), ERR_MESSAGE);
}

static void test_lists(void **state)
{
    (void)state;
    static uint64_t words[100] = {[0] = 40, [1] = 0, [5 + 39] = 65535};
    assert_int_equal(give(SAMPLE_LISTS, 5 + 40, words), OK);
    words[5 + 39] = 65536;
    assert_int_equal(give(SAMPLE_LISTS, 5 + 40, words), ERR_MESSAGE);
    words[5 + 39] = 0, words[0] = 41;
    assert_int_equal(give(SAMPLE_LISTS, 5 + 41, words), ERR_MESSAGE);
    words[0] = 1ull << 32;
    assert_int_equal(give(SAMPLE_LISTS, 5, words), ERR_MESSAGE);
    /* one item: id, length of name, inner a b colour, count of tags; name; tags */
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1, 1, 1, 'a' | 'b' << 8, 255), OK);
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1, 1, 1, 'a' | 'b' << 8, 256),
                     ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1, 3, 1, 'a' | 'b' << 8, 255),
                     ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1, 1, 1, 'a', 255), ERR_MESSAGE);
    assert_int_equal(
        GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1, 1, 4, 'a' | 'b' << 8, 1, 1, 1, 1),
        ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 1, 0, 0, 0, 7, 2, 1, 1), ERR_MESSAGE);
    assert_int_equal(GIVE(SAMPLE_LISTS, 0, 2, 0, 0, 0, 7, 0, 1, 1, 1, 0), ERR_MESSAGE);
    uint64_t five[5 + 5 * 6] = {[1] = 5};
    assert_int_equal(give(SAMPLE_LISTS, 5 + 5 * 6, five), ERR_MESSAGE);
    five[1] = 4;
    assert_int_equal(give(SAMPLE_LISTS, 5 + 4 * 6, five), OK);
}

static int give_caps(uint32_t count, uint8_t type_of_second)
{
    uint64_t word = 1;
    struct raw raw = {.ordinal = SAMPLE_CAPS, .word_count = 1, .words = &word, .cap_count = count};
    for (uint32_t i = 0; i < count; i++) {
        raw.caps[i] =
            (struct cap_arg){.slot = 50 + i, .type = i == 1 ? type_of_second : CAP_ENDPOINT};
    }
    server.caps_out.one.slot = 1;
    uint32_t before = server.calls;
    int result = wire_raw(server_dispatch, &raw);
    assert_int_equal(server.calls - before, result == OK ? 1 : 0);
    return result;
}

static void test_caps(void **state)
{
    (void)state;
    assert_int_equal(give_caps(0, 0), ERR_MESSAGE);
    assert_int_equal(give_caps(1, 0), ERR_MESSAGE);
    assert_int_equal(give_caps(2, CAP_ENDPOINT), OK);
    assert_int_equal(server.caps_in.third.type, CAP_EMPTY);
    assert_int_equal(give_caps(2, CAP_NOTIFICATION), ERR_MESSAGE); /* is to be a Sample */
    assert_int_equal(give_caps(2, CAP_EMPTY), ERR_MESSAGE);
    assert_int_equal(give_caps(3, CAP_ENDPOINT), OK);
    assert_int_equal(server.caps_in.third.slot, 52);
    assert_int_equal(server.caps_in.fourth.type, CAP_EMPTY);
    assert_int_equal(give_caps(4, CAP_ENDPOINT), OK);
    assert_int_equal(server.caps_in.fourth.slot, 53);
    /* to a method that takes one, and one that takes none */
    struct raw one = {.ordinal = SAMPLE_ONE,
                      .cap_count = 2,
                      .caps = {{.slot = 9, .type = CAP_ENDPOINT}, {.slot = 8, .type = CAP_FRAME}}};
    assert_int_equal(wire_raw(server_dispatch, &one), ERR_MESSAGE);
    one.cap_count = 1;
    assert_int_equal(wire_raw(server_dispatch, &one), OK);
    struct raw raw = {
        .ordinal = SAMPLE_NOTHING, .cap_count = 1, .caps = {{.slot = 9, .type = CAP_ENDPOINT}}};
    assert_int_equal(wire_raw(server_dispatch, &raw), ERR_MESSAGE);
    uint64_t words[4] = {0};
    raw = (struct raw){.ordinal = SAMPLE_BYTES,
                       .word_count = 4,
                       .words = words,
                       .cap_count = 1,
                       .caps = {{.slot = 9, .type = CAP_ENDPOINT}}};
    assert_int_equal(wire_raw(server_dispatch, &raw), ERR_MESSAGE);
}

/* A handler that answers more than its bounds allow is a fault of the server, not of the client. */
static void test_answer_too_long(void **state)
{
    (void)state;
    static const char text[101] = "x";
    struct raw raw = {.ordinal = SAMPLE_BYTES, .word_count = 4, .words = (uint64_t[4]){0}};
    server.bytes_out.text = text_from(text, 101);
    assert_int_equal(wire_raw(server_dispatch, &raw), ERR_MESSAGE);
    assert_int_equal(server.calls, 1);
    server.bytes_out.text.len = 100;
    assert_int_equal(wire_raw(server_dispatch, &raw), OK);
}

static void test_client_sends_no_nonsense(void **state)
{
    (void)state;
    static const char text[101] = "x";
    struct sample_bytes_in bytes = {.text = text_from(text, 101)};
    struct sample_bytes_out bytes_out;
    assert_int_equal(sample_bytes(5, &bytes, &bytes_out), ERR_MESSAGE);
    struct sample_lists_in lists = {.numbers.count = 41};
    struct sample_lists_out lists_out;
    assert_int_equal(sample_lists(5, &lists, &lists_out), ERR_MESSAGE);
    lists = (struct sample_lists_in){.items.count = 5};
    assert_int_equal(sample_lists(5, &lists, &lists_out), ERR_MESSAGE);
    lists.items.count = 1;
    lists.items.at[0].name.len = 21;
    assert_int_equal(sample_lists(5, &lists, &lists_out), ERR_MESSAGE);
    struct sample_caps_in caps = {.first.slot = 3};
    struct sample_caps_out caps_out = {.one.slot = 20};
    assert_int_equal(sample_caps(5, &caps, &caps_out), ERR_CAP_EMPTY);
    caps.second.slot = 4;
    caps.fourth.slot = 5;
    assert_int_equal(sample_caps(5, &caps, &caps_out), ERR_MESSAGE);
    assert_int_equal(wire.calls, 0);
}

/* Answers as no generated server gives them. */
static struct message forged;
static struct msg_cap forged_caps[MSG_CAPS_MAX];

static void forge(struct message *m, struct ipc_buffer *page)
{
    uint64_t keep = page->words[0];
    *m = forged;
    memcpy(page->caps, forged_caps, sizeof(forged_caps));
    page->words[0] = keep;
}

static int forged_scalars(uint64_t info, uint32_t index, uint64_t word)
{
    struct sample_scalars_in in = {0};
    struct sample_scalars_out out;
    forged = (struct message){.info = info};
    forged.w[index] = word;
    wire.spoil_answer = forge;
    return sample_scalars(5, &in, &out);
}

static void test_client_checks_answers(void **state)
{
    (void)state;
    const uint64_t good = msg_info(OK, 6, 0, 0);
    assert_int_equal(forged_scalars(good, 0, 127), OK);
    assert_int_equal(forged_scalars(good | MSG_CALL | 1ull << 13, 0, 127), OK);
    assert_int_equal(forged_scalars(good, 0, 128), ERR_MESSAGE);
    assert_int_equal(forged_scalars(good, 2, 0x80000000), ERR_MESSAGE);
    assert_int_equal(forged_scalars(good, 4, 2), ERR_MESSAGE);
    assert_int_equal(forged_scalars(good, 5, 3), ERR_MESSAGE);
    assert_int_equal(forged_scalars(msg_info(OK, 5, 0, 0), 0, 0), ERR_MESSAGE);
    assert_int_equal(forged_scalars(msg_info(OK, 7, 0, 0), 0, 0), ERR_MESSAGE);
    assert_int_equal(forged_scalars(msg_info(70, 6, 0, 0), 0, 0), 70);
}

static int forged_fill(uint32_t word_count, uint64_t len)
{
    struct sample_fill_in in = {0};
    struct sample_fill_out out;
    forged = (struct message){.info = msg_info(OK, word_count, 0, 0), .w = {len}};
    wire.spoil_answer = forge;
    return sample_fill(5, &in, &out);
}

static void test_client_checks_lengths(void **state)
{
    (void)state;
    assert_int_equal(forged_fill(2, 8), OK);
    assert_int_equal(forged_fill(0, 0), ERR_MESSAGE);
    assert_int_equal(forged_fill(2, 9), ERR_MESSAGE);
    assert_int_equal(forged_fill(3, 8), ERR_MESSAGE);
    assert_int_equal(forged_fill(2, 4089), ERR_MESSAGE);
    assert_int_equal(forged_fill(MSG_WORDS_MAX + 1, 4088), ERR_MESSAGE);
    assert_int_equal(forged_fill(1023, 4088), ERR_MESSAGE);
}

static int forged_caps_call(uint64_t info, uint64_t len, uint8_t type)
{
    struct sample_caps_in in = {.first.slot = 3, .second.slot = 4};
    struct sample_caps_out out = {.one.slot = 20};
    forged = (struct message){.info = info, .w = {len, 'a'}};
    memset(forged_caps, 0, sizeof(forged_caps));
    forged_caps[0] = (struct msg_cap){.slot = 20, .rights = 3 | (uint32_t)type << 8};
    wire.drops = 0;
    wire.spoil_answer = forge;
    server.caps_out.one.slot = 1;
    return sample_caps(5, &in, &out);
}

/* A capability that came with a refused answer is dropped, so that its slot is empty again. */
static void test_client_drops_caps(void **state)
{
    (void)state;
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 1, 0), 1, CAP_ENDPOINT), OK);
    assert_int_equal(wire.drops, 0);
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 1, 0), 1, CAP_NOTIFICATION), ERR_MESSAGE);
    assert_int_equal(wire.drops, 1);
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 1, 0), 2, CAP_ENDPOINT), ERR_MESSAGE);
    assert_int_equal(wire.drops, 1);
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 1, 0), 10, CAP_ENDPOINT), ERR_MESSAGE);
    assert_int_equal(wire.drops, 1);
    assert_int_equal(forged_caps_call(msg_info(66, 0, 1, 0), 0, CAP_ENDPOINT), 66);
    assert_int_equal(wire.drops, 1);
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 3, 0), 1, CAP_ENDPOINT), ERR_MESSAGE);
    assert_int_equal(wire.drops, 1);
    assert_int_equal(forged_caps_call(msg_info(OK, 2, 0, 0), 1, CAP_ENDPOINT), ERR_MESSAGE);
    assert_int_equal(wire.drops, 0);
}

/* Two interfaces of the system, in the shape that others rely on. */
static void test_real_files(void **state)
{
    (void)state;
    assert_int_equal(DIRECTORY_OPEN, 0);
    assert_int_equal(DIRECTORY_NOT_FOUND, 64);
    assert_int_equal(FILE_BAD_OFFSET, 73);
    assert_int_equal(sizeof((struct file_read_out){0}.data), sizeof(struct data));
}

int refusal_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ordinal, setup),
        cmocka_unit_test_setup(test_describe, setup),
        cmocka_unit_test_setup(test_length, setup),
        cmocka_unit_test_setup(test_integers, setup),
        cmocka_unit_test_setup(test_bool_and_enum, setup),
        cmocka_unit_test_setup(test_range, setup),
        cmocka_unit_test_setup(test_text, setup),
        cmocka_unit_test_setup(test_longer_than_max, setup),
        cmocka_unit_test_setup(test_lists, setup),
        cmocka_unit_test_setup(test_caps, setup),
        cmocka_unit_test_setup(test_answer_too_long, setup),
        cmocka_unit_test_setup(test_client_sends_no_nonsense, setup),
        cmocka_unit_test_setup(test_client_checks_answers, setup),
        cmocka_unit_test_setup(test_client_checks_lengths, setup),
        cmocka_unit_test_setup(test_client_drops_caps, setup),
        cmocka_unit_test_setup(test_real_files, setup),
    };
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
