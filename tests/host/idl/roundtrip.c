/* roundtrip.c - what the client sends arrives, and what the handler answers comes back. */
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

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(sample_nothing(5), OK);
    assert_int_equal(server.calls, 1);
    assert_int_equal(wire.sent_info, msg_info(SAMPLE_NOTHING, 0, 0, 0));
}

static void test_scalars(void **state)
{
    (void)state;
    struct sample_scalars_in in = {.a = 255,
                                   .b = 65535,
                                   .c = UINT32_MAX,
                                   .d = UINT64_MAX,
                                   .e = true,
                                   .f = SAMPLE_INNER_COLOUR_DEEP_BLUE};
    struct sample_scalars_out out;
    server.scalars_out = (struct sample_scalars_out){.a = -128,
                                                     .b = INT16_MIN,
                                                     .c = INT32_MIN,
                                                     .d = INT64_MIN,
                                                     .e = true,
                                                     .f = SAMPLE_INNER_COLOUR_GREEN};
    assert_int_equal(sample_scalars(5, &in, &out), OK);
    assert_memory_equal(&server.scalars_in, &in, sizeof(in));
    assert_int_equal(out.a, -128);
    assert_int_equal(out.b, INT16_MIN);
    assert_int_equal(out.c, INT32_MIN);
    assert_true(out.d == INT64_MIN);
    assert_true(out.e);
    assert_int_equal(out.f, SAMPLE_INNER_COLOUR_GREEN);
    assert_int_equal(wire.sent_info, msg_info(SAMPLE_SCALARS, 6, 0, 0));
    assert_int_equal(wire.sent_words[1], 65535);
}

static void test_wide(void **state)
{
    (void)state;
    struct sample_wide_in in = {1, 2, 3, 4, 5, 6, 7, 8, UINT64_MAX, -9};
    struct sample_wide_out out;
    server.wide_out = (struct sample_wide_out){11, 12, 13, 14, 15, 16, 17, 18, 19, INT8_MIN};
    assert_int_equal(sample_wide(5, &in, &out), OK);
    assert_true(server.wide_in.h == 8 && server.wide_in.i == UINT64_MAX);
    assert_int_equal(server.wide_in.j, -9);
    assert_true(out.a == 11 && out.h == 18 && out.i == 19);
    assert_int_equal(out.j, INT8_MIN);
    assert_int_equal(msg_words(wire.sent_info), 10);
}

/* Every length from 0 to the bound, so that each split between registers and page occurs. */
static void test_bytes(void **state)
{
    (void)state;
    char text[100];
    uint8_t data[200];
    for (uint32_t len = 0; len <= 100; len++) {
        memset(text, 'a' + (int)(len % 26), sizeof(text));
        for (uint32_t i = 0; i < 200; i++) {
            data[i] = (uint8_t)(len + i * 7);
        }
        struct sample_bytes_in in = {.head = len,
                                     .text = text_from(text, len),
                                     .data = data_from(data, 2 * len),
                                     .tail = true};
        struct sample_bytes_out out;
        server.bytes_out = (struct sample_bytes_out){
            .text = text_from(text, 100 - len), .tail = 77, .data = data_from(data, len)};
        assert_int_equal(sample_bytes(5, &in, &out), OK);
        assert_int_equal(server.bytes_in.head, len);
        assert_int_equal(server.bytes_in.text.len, len);
        assert_int_equal(server.bytes_in.data.len, 2 * len);
        assert_true(server.bytes_in.tail);
        assert_memory_equal(server.text, text, len);
        assert_memory_equal(server.data, data, 2 * len);
        assert_int_equal(out.text.len, 100 - len);
        assert_memory_equal(out.text.at, text, 100 - len);
        assert_int_equal(out.tail, 77);
        assert_int_equal(out.data.len, len);
        assert_memory_equal(out.data.at, data, len);
    }
}

/* The layout in words, as README.md says it. */
static void test_layout(void **state)
{
    (void)state;
    struct sample_bytes_in in = {.head = 9,
                                 .text = text_from("hello, world", 12),
                                 .data = data_from("\1\2\3", 3),
                                 .tail = true};
    struct sample_bytes_out out;
    assert_int_equal(sample_bytes(5, &in, &out), OK);
    assert_int_equal(msg_words(wire.sent_info), 7);
    const uint64_t expected[7] = {9, 12, 3, 1, 0x77202c6f6c6c6568, 0x646c726f, 0x030201};
    assert_memory_equal(wire.sent_words, expected, sizeof(expected));
}

static struct sample_item item(uint32_t i, const char *name, const uint64_t *tags)
{
    struct sample_item made = {.id = i, .name = text_from(name, strlen(name))};
    made.inner = (struct sample_inner){
        .a = (uint8_t)i, .b = (int16_t)-i, .colour = SAMPLE_INNER_COLOUR_GREEN};
    made.tags.count = i < 3 ? i : 3;
    made.tags.at = tags;
    return made;
}

static void check_item(const struct sample_item *got, const struct sample_item *sent,
                       const char *name)
{
    assert_int_equal(got->id, sent->id);
    assert_int_equal(got->name.len, sent->name.len);
    assert_memory_equal(name, sent->name.at, sent->name.len);
    assert_int_equal(got->inner.a, sent->inner.a);
    assert_int_equal(got->inner.b, sent->inner.b);
    assert_int_equal(got->inner.colour, sent->inner.colour);
    assert_int_equal(got->tags.count, sent->tags.count);
}

static void test_lists(void **state)
{
    (void)state;
    static const uint64_t numbers[40] = {1, 2, 65535, 4}, tags[3] = {255, 0, 7};
    static const char *const names[4] = {"", "one", "exactly 20 bytes....", "eight by"};
    for (uint32_t count = 0; count <= 4; count++) {
        struct sample_lists_in in = {.numbers = {.count = count * 10, .at = numbers},
                                     .inner = {.a = 3, .b = -3}};
        struct sample_lists_out out;
        in.items.count = count;
        server.lists_out.items.count = count;
        for (uint32_t i = 0; i < count; i++) {
            in.items.at[i] = item(i, names[i], tags);
            server.lists_out.items.at[i] = item(count - i, names[i], tags);
        }
        server.lists_out.numbers.count = 40 - count;
        server.lists_out.numbers.at = numbers;
        server.lists_out.item = item(2, "alone", tags);

        assert_int_equal(sample_lists(5, &in, &out), OK);
        assert_int_equal(server.lists_in.numbers.count, count * 10);
        assert_memory_equal(server.numbers, numbers, count * 80);
        assert_int_equal(server.lists_in.inner.b, -3);
        assert_int_equal(server.lists_in.items.count, count);
        assert_int_equal(out.items.count, count);
        for (uint32_t i = 0; i < count; i++) {
            check_item(&server.lists_in.items.at[i], &in.items.at[i], server.names[i]);
            assert_memory_equal(server.tags[i], tags, in.items.at[i].tags.count * 8);
            check_item(&out.items.at[i], &server.lists_out.items.at[i], out.items.at[i].name.at);
        }
        assert_int_equal(out.numbers.count, 40 - count);
        assert_memory_equal(out.numbers.at, numbers, (40 - count) * 8);
        check_item(&out.item, &server.lists_out.item, out.item.name.at);
        assert_memory_equal(out.item.tags.at, tags, 16);
    }
}

static void test_caps(void **state)
{
    (void)state;
    wire.cap_type[3] = CAP_NOTIFICATION;
    wire.own_badge[4] = 0x1234;
    struct sample_caps_in in = {.first = {.slot = 3, .rights = RIGHT_WRITE, .badge = 99},
                                .number = 8,
                                .second = {.slot = 4, .rights = RIGHTS_ALL}};
    struct sample_caps_out out = {.one.slot = 20};
    server.caps_out = (struct sample_caps_out){.one = {.slot = 9, .rights = 3, .badge = 5},
                                               .text = text_from("nine byte", 9)};
    assert_int_equal(sample_caps(5, &in, &out), OK);
    assert_int_equal(msg_caps(wire.sent_info), 2);
    assert_int_equal(msg_slots(wire.sent_info), 2);
    assert_int_equal(server.caps_in.first.slot, 100);
    assert_int_equal(server.caps_in.first.type, CAP_NOTIFICATION);
    assert_int_equal(server.caps_in.first.rights, RIGHT_WRITE);
    assert_int_equal(server.caps_in.second.slot, 0);
    assert_int_equal(server.caps_in.second.badge, 0x1234);
    assert_int_equal(server.caps_in.second.type, CAP_ENDPOINT);
    assert_int_equal(server.caps_in.third.type, CAP_EMPTY);
    assert_int_equal(out.one.slot, 20);
    assert_int_equal(out.one.rights, 3);
    assert_int_equal(out.one.type, CAP_ENDPOINT);
    assert_int_equal(out.two.type, CAP_EMPTY);
    assert_memory_equal(out.text.at, "nine byte", 9);
}

static void test_caps_all(void **state)
{
    (void)state;
    struct sample_caps_in in = {
        .first.slot = 3, .second.slot = 4, .third.slot = 5, .fourth.slot = 6};
    struct sample_caps_out out = {.one.slot = 20};
    server.caps_out = (struct sample_caps_out){.one.slot = 9, .two.slot = 10};
    assert_int_equal(sample_caps(5, &in, &out), OK);
    assert_int_equal(msg_caps(wire.sent_info), 4);
    assert_int_equal(server.caps_in.fourth.slot, 103);
    assert_int_equal(out.two.slot, 21);
}

static void test_longest(void **state)
{
    (void)state;
    static uint8_t there[4088], back[4088];
    for (uint32_t i = 0; i < sizeof(there); i++) {
        there[i] = (uint8_t)(i * 31);
        back[i] = (uint8_t)(i * 17 + 1);
    }
    struct sample_fill_in in = {.data = data_from(there, sizeof(there))};
    struct sample_fill_out out;
    server.fill_out.data = data_from(back, sizeof(back));
    assert_int_equal(sample_fill(5, &in, &out), OK);
    assert_int_equal(msg_words(wire.sent_info), MSG_WORDS_MAX);
    assert_int_equal(msg_words(wire.answer_info), MSG_WORDS_MAX);
    assert_int_equal(server.fill_len, sizeof(there));
    assert_memory_equal(server.data, there, sizeof(there));
    assert_int_equal(out.data.len, sizeof(back));
    assert_memory_equal(out.data.at, back, sizeof(back));
}

/* An answer's bytes lie in the message page; they can be sent on as they are. */
static void test_pass_on(void **state)
{
    (void)state;
    static uint8_t bytes[3001];
    for (uint32_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 13 + 5);
    }
    struct sample_fill_in in = {0};
    struct sample_fill_out out;
    server.fill_out.data = data_from(bytes, sizeof(bytes));
    assert_int_equal(sample_fill(5, &in, &out), OK);
    in.data = out.data;
    assert_int_equal(sample_fill(5, &in, &out), OK);
    assert_int_equal(server.fill_len, sizeof(bytes));
    assert_memory_equal(server.data, bytes, sizeof(bytes));
}

static void test_errors(void **state)
{
    (void)state;
    struct sample_scalars_in in = {0};
    struct sample_scalars_out out;
    server.result = SAMPLE_SECOND_ONE;
    assert_int_equal(sample_scalars(5, &in, &out), SAMPLE_SECOND_ONE);
    assert_int_equal(SAMPLE_SECOND_ONE, ERR_INTERFACE + 1);
    server.result = ERR_NO_MEMORY;
    assert_int_equal(sample_nothing(5), ERR_NO_MEMORY);
    server.result = OK;
    wire.refuse = ERR_PEER_DIED;
    assert_int_equal(sample_nothing(5), ERR_PEER_DIED);
    wire.refuse = OK;
    wire.dispatch = server_dispatch_empty;
    assert_int_equal(sample_nothing(5), ERR_SYSCALL);
}

static void test_connect(void **state)
{
    (void)state;
    assert_int_equal(sample_connect(5), OK);
    assert_int_equal(msg_label(wire.sent_info), MESSAGE_DESCRIBE);
    assert_int_equal(directory_connect(5), ERR_CAP_TYPE);
    assert_int_equal(bare_connect(5), ERR_CAP_TYPE);
    assert_int_equal(server.calls, 0);
    wire.refuse = ERR_CAP_EMPTY;
    assert_int_equal(sample_connect(5), ERR_CAP_EMPTY);
}

/* NAME_answer() gives the same words as a handler that answers at once. */
static struct message late;
static uint64_t late_token;

int request_answer(uint64_t token, struct message *m)
{
    late = *m;
    late_token = token;
    return OK;
}

static void test_answer_later(void **state)
{
    (void)state;
    struct sample_wide_out out = {.a = 1, .i = 9, .j = -1};
    assert_int_equal(sample_wide_answer(42, OK, &out), OK);
    assert_int_equal(late_token, 42);
    assert_int_equal(late.info, msg_info(OK, 10, 0, 0));
    assert_int_equal(late.w[0], 1);
    assert_int_equal(ipc_buffer()->words[0], 9);
    assert_int_equal(sample_wide_answer(43, SAMPLE_FIRST, NULL), OK);
    assert_int_equal(late.info, msg_info(SAMPLE_FIRST, 0, 0, 0));
    assert_int_equal(late.w[0], 0);
    struct sample_bytes_out big = {.text = text_from("", 101)};
    assert_int_equal(sample_bytes_answer(44, OK, &big), OK);
    assert_int_equal(late.info, msg_info(ERR_MESSAGE, 0, 0, 0));
    assert_int_equal(sample_nothing_answer(45, OK), OK);
    assert_int_equal(late.info, msg_info(OK, 0, 0, 0));
}

static void test_handler_later(void **state)
{
    (void)state;
    struct request rq = {.info = msg_info(SAMPLE_NOTHING, 0, 0, 0), .words = (uint64_t[1]){0}};
    server.result = REPLY_LATER;
    assert_int_equal(server_dispatch(&rq), REPLY_LATER);
    assert_int_equal(server.calls, 1);
}

int roundtrip_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing, setup),
        cmocka_unit_test_setup(test_scalars, setup),
        cmocka_unit_test_setup(test_wide, setup),
        cmocka_unit_test_setup(test_bytes, setup),
        cmocka_unit_test_setup(test_layout, setup),
        cmocka_unit_test_setup(test_lists, setup),
        cmocka_unit_test_setup(test_caps, setup),
        cmocka_unit_test_setup(test_caps_all, setup),
        cmocka_unit_test_setup(test_longest, setup),
        cmocka_unit_test_setup(test_pass_on, setup),
        cmocka_unit_test_setup(test_errors, setup),
        cmocka_unit_test_setup(test_connect, setup),
        cmocka_unit_test_setup(test_answer_later, setup),
        cmocka_unit_test_setup(test_handler_later, setup),
    };
    return cmocka_run_group_tests_name("round trips", tests, NULL, NULL);
}
