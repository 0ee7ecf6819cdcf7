/* syscall.c - each system call's own errors, by a process that has only use capabilities. */
#include "slots.h"
#include "test.h"

static enum err call(uint64_t number, uint64_t name)
{
    struct message m = {.cap = name};

    return trap(number, &m);
}

static const uint64_t named[] = {SYS_CALL,    SYS_REPLY_RECV, SYS_SEND, SYS_RECV, SYS_NB_SEND,
                                 SYS_NB_RECV, SYS_SIGNAL,     SYS_WAIT, SYS_POLL, SYS_DROP};

static void empty_slot(void)
{
    cap_t slot = test_slot();

    for (uint32_t i = 0; i < TEST_COUNT(named); i++) {
        EXPECT_IS(call(named[i], slot), ERR_CAP_EMPTY);
    }
    struct message m = {.aux = slot};
    EXPECT_IS(trap(SYS_REPLY, &m), ERR_CAP_EMPTY);
}

static void slot_outside(void)
{
    for (uint32_t i = 0; i < TEST_COUNT(named); i++) {
        EXPECT_IS(call(named[i], 0xffffff), ERR_CAP_EMPTY);
        EXPECT_IS(call(named[i], 0xffffffff), ERR_CAP_EMPTY);
    }
}

static void slot_zero(void)
{
    for (uint32_t i = 0; i < TEST_COUNT(named); i++) {
        EXPECT_IS(call(named[i], 0), ERR_CAP_EMPTY);
    }
}

static void long_names(void)
{
    uint64_t name = (uint64_t)CAP_SLOT_SELF << 32 | test_endpoint();

    for (uint32_t i = 0; i < TEST_COUNT(named); i++) {
        EXPECT_IS(call(named[i], name), ERR_CAP_EMPTY);
    }
}

static void endpoint_is_no_notification(void)
{
    cap_t endpoint = test_endpoint();

    EXPECT_IS(call(SYS_SIGNAL, endpoint), ERR_CAP_TYPE);
    EXPECT_IS(call(SYS_WAIT, endpoint), ERR_CAP_TYPE);
    EXPECT_IS(call(SYS_POLL, endpoint), ERR_CAP_TYPE);
}

static void notification_is_no_endpoint(void)
{
    static const uint64_t numbers[] = {SYS_CALL,    SYS_SEND,    SYS_RECV,
                                       SYS_NB_SEND, SYS_NB_RECV, SYS_REPLY_RECV};
    cap_t notification = test_notification(1);

    for (uint32_t i = 0; i < TEST_COUNT(numbers); i++) {
        EXPECT_IS(call(numbers[i], notification), ERR_CAP_TYPE);
    }
}

static void reply_must_be_a_reply(void)
{
    cap_t endpoint = test_endpoint();
    struct message m = {0};

    EXPECT_IS(sys_nb_recv(endpoint, endpoint, 0, &m), ERR_CAP_TYPE);
    m = (struct message){0};
    EXPECT_IS(sys_reply(endpoint, &m), ERR_CAP_TYPE);
}

static void no_write_no_send(void)
{
    cap_t endpoint = test_mint(test_endpoint(), RIGHT_READ, 0);
    cap_t notification = test_mint(test_notification(1), RIGHT_READ, 0);

    EXPECT_IS(call(SYS_CALL, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_SEND, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_NB_SEND, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_SIGNAL, notification), ERR_RIGHTS);
}

static void no_read_no_receive(void)
{
    cap_t endpoint = test_mint(test_endpoint(), RIGHT_WRITE, 0);
    cap_t notification = test_mint(test_notification(1), RIGHT_WRITE, 0);

    EXPECT_IS(call(SYS_RECV, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_NB_RECV, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_REPLY_RECV, endpoint), ERR_RIGHTS);
    EXPECT_IS(call(SYS_WAIT, notification), ERR_RIGHTS);
    EXPECT_IS(call(SYS_POLL, notification), ERR_RIGHTS);
}

static void unknown_numbers(void)
{
    EXPECT_IS(call(SYS_END, 0), ERR_SYSCALL);
    EXPECT_IS(call(SYS_BASE + 1000, 0), ERR_SYSCALL);
    EXPECT_IS(call(~0ull, 0), ERR_SYSCALL);
}

static void nobody_there(void)
{
    cap_t endpoint = test_endpoint(), notification = test_notification(1);

    EXPECT_IS(call(SYS_NB_SEND, endpoint), ERR_WOULD_BLOCK);
    EXPECT_IS(call(SYS_NB_RECV, endpoint), ERR_WOULD_BLOCK);
    EXPECT_IS(call(SYS_POLL, notification), ERR_WOULD_BLOCK);
}

static void malformed_messages(void)
{
    cap_t endpoint = test_endpoint();
    struct message m = {.info = MSG_WORDS_MAX + 1};

    EXPECT_IS(sys_nb_send(endpoint, &m), ERR_MESSAGE);
    m = (struct message){.info = msg_info(0, 0, MSG_CAPS_MAX + 1, 0)};
    EXPECT_IS(sys_nb_send(endpoint, &m), ERR_MESSAGE);
    m = (struct message){.info = msg_info(0, 0, 0, MSG_CAPS_MAX + 1)};
    EXPECT_IS(sys_nb_recv(endpoint, 0, test_slot(), &m), ERR_MESSAGE);
}

static void receive_slots_are_empty_and_there(void)
{
    cap_t endpoint = test_endpoint();
    struct message m = {.info = msg_info(0, 0, 0, 1)};

    EXPECT_IS(sys_nb_recv(endpoint, 0, endpoint, &m), ERR_SLOT_USED);
    m = (struct message){.info = msg_info(0, 0, 0, 1)};
    EXPECT_IS(sys_nb_recv(endpoint, 0, 0xffffff, &m), ERR_RANGE);
}

static void badges_add_up(void)
{
    cap_t notification = test_notification(0);
    cap_t one = test_mint(notification, RIGHT_WRITE, 1), four = test_mint(notification, 2, 4);
    uint64_t word = 0;

    EXPECT_IS(sys_signal(one), OK);
    EXPECT_IS(sys_signal(four), OK);
    EXPECT_IS(sys_signal(one), OK);
    EXPECT_IS(sys_wait(notification, &word), OK);
    EXPECT_IS(word, 5);
    EXPECT_IS(sys_poll(notification, &word), ERR_WOULD_BLOCK);
}

static void drop_twice(void)
{
    cap_t endpoint = test_endpoint();

    EXPECT_IS(sys_drop(endpoint), OK);
    EXPECT_IS(sys_drop(endpoint), ERR_CAP_EMPTY);
}

static void no_authority_by_invoke(void)
{
    cap_t endpoint = test_endpoint();

    for (uint32_t operation = 0; operation < 128; operation++) {
        struct message m = {0};
        EXPECT(sys_invoke(endpoint, operation, 4, &m) != OK);
        m = (struct message){0};
        EXPECT(sys_invoke(CAP_SLOT_SELF, operation, 4, &m) != OK);
    }
}

static void registers_come_back(void)
{
    cap_t notification = test_notification(6);
    struct message m = {.cap = notification, .w = {1, 2, 3, 4, 5, 6, 7, 8}};
    uint64_t before = (uint64_t)__builtin_frame_address(0);

    EXPECT_IS(sys_signal(notification), OK);
    EXPECT_IS(trap(SYS_WAIT, &m), OK);
    EXPECT_IS(m.cap, 6);
    EXPECT_IS(m.info, MSG_SIGNAL);
    EXPECT((uint64_t)__builtin_frame_address(0) == before);
}

static const struct test tests[] = {
    {"SYS0001", "an empty slot is ERR_CAP_EMPTY for every call", empty_slot},
    {"SYS0002", "a slot outside the CNode is ERR_CAP_EMPTY", slot_outside},
    {"SYS0003", "slot 0 holds nothing", slot_zero},
    {"SYS0004", "messages and signals take no names of two parts", long_names},
    {"SYS0005", "an endpoint cannot be signalled", endpoint_is_no_notification},
    {"SYS0006", "a notification takes no message", notification_is_no_endpoint},
    {"SYS0007", "what is named as Reply must be one", reply_must_be_a_reply},
    {"SYS0008", "without WRITE nothing is sent", no_write_no_send},
    {"SYS0009", "without READ nothing is received", no_read_no_receive},
    {"SYS0010", "an unknown number is ERR_SYSCALL", unknown_numbers},
    {"SYS0011", "the non-blocking forms do not wait", nobody_there},
    {"SYS0012", "a malformed message is ERR_MESSAGE", malformed_messages},
    {"SYS0013", "receive slots are checked before anybody waits",
     receive_slots_are_empty_and_there},
    {"SYS0014", "signals add up until somebody takes the word", badges_add_up},
    {"SYS0015", "a slot is dropped once", drop_twice},
    {"SYS0016", "no operation works on a use capability that has none", no_authority_by_invoke},
    {"SYS0017", "a call gives back the stack, and writes only its results", registers_come_back},
};
const struct group syscall_group = {tests, TEST_COUNT(tests), NULL, 0};
