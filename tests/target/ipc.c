/* ipc.c - calls, replies and what happens when one side goes away. */
#include "slots.h"
#include "test.h"

enum { LABEL_ECHO = 1, LABEL_STOP, LABEL_SUM, LABEL_KEEP };
enum { ROUNDS = 100000, LONG_WORDS = MSG_WORDS_MAX };

/* A child's own Reply. */
static cap_t own_reply(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};

    return self_reply_create(CAP_SLOT_SELF, &in) == OK ? in.slot : 0;
}

/* Answers what came with the same words, until it is told to stop. */
static int child_echo(void)
{
    cap_t peer = startup_cap("peer"), reply = own_reply();
    struct message m = {0};
    enum err err = sys_recv(peer, reply, 0, &m);

    while (err == OK && msg_label(m.info) != LABEL_STOP) {
        m.info = msg_info(0, msg_words(m.info), 0, 0);
        err = sys_reply_recv(peer, reply, 0, &m);
    }
    m.info = 0;
    return err == OK ? (int)sys_reply(reply, &m) : 100 + (int)err;
}

/* Adds up what comes; answers the sum. */
static int child_sum(void)
{
    cap_t peer = startup_cap("peer"), reply = own_reply();
    uint64_t sum = 0, messages = 0;
    struct message m = {0};
    enum err err = sys_recv(peer, reply, 0, &m);

    while (err == OK && msg_label(m.info) == LABEL_SUM) {
        sum += m.w[0];
        messages++;
        m = (struct message){.info = msg_info(0, 2, 0, 0), .w = {sum, messages}};
        err = sys_reply_recv(peer, reply, 0, &m);
    }
    m = (struct message){.info = msg_info(0, 2, 0, 0), .w = {sum, messages}};
    return err == OK ? (int)sys_reply(reply, &m) : 100 + (int)err;
}

/* Takes a call and ends without an answer. */
static int child_dies(void)
{
    struct message m = {0};

    return sys_recv(startup_cap("peer"), own_reply(), 0, &m) == OK ? 7 : 1;
}

/* Answers the same call twice; the second must fail. */
static int child_replies_twice(void)
{
    cap_t reply = own_reply();
    struct message m = {0}, answer = {0};

    if (sys_recv(startup_cap("peer"), reply, 0, &m) != OK) return 1;
    if (sys_reply(reply, &answer) != OK) return 2;
    answer = (struct message){0};
    return sys_reply(reply, &answer) == ERR_BUSY ? 0 : 3;
}

/* Receives without a Reply, then with one. */
static int child_without_reply(void)
{
    cap_t peer = startup_cap("peer"), reply = own_reply();
    struct message m = {0};

    if (sys_recv(peer, 0, 0, &m) != OK || msg_label(m.info) != LABEL_ECHO) return 2;
    if (sys_recv(peer, reply, 0, &m) != OK) return 3;
    m = (struct message){0};
    return (int)sys_reply(reply, &m);
}

/* Calls the parent once with its label and gives back the result. */
static int child_calls(void)
{
    struct message m = {.info = msg_info(LABEL_ECHO, 1, 0, 0), .w = {42}};
    enum err err = sys_call(startup_cap("peer"), 0, &m);

    return err == OK ? (int)m.w[0] : 100 + (int)err;
}

static bool server(const char *name, cap_t *out_endpoint, struct test_child *out_child)
{
    *out_endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = *out_endpoint, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = name, .caps = &peer, .cap_count = 1};

    return test_child_start(&args, out_child);
}

static void words_arrive(void)
{
    struct test_child child;
    cap_t endpoint;

    if (!server("echo", &endpoint, &child)) return;
    for (uint32_t words = 0; words <= MSG_REGISTERS; words++) {
        struct message m = {.w = {11, 12, 13, 14, 15, 16, 17, 18}};
        EXPECT_IS(test_call(endpoint, LABEL_ECHO, words, &m), OK);
        EXPECT_IS(msg_words(m.info), words);
        for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
            EXPECT_IS(m.w[i], i < words ? 11 + i : 0);
        }
    }
    struct message stop = {0};
    EXPECT_IS(test_call(endpoint, LABEL_STOP, 0, &stop), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

static void long_messages_arrive(void)
{
    struct test_child child;
    cap_t endpoint;
    uint64_t *words = ipc_buffer()->words;
    uint32_t wrong = 0;

    if (!server("echo", &endpoint, &child)) return;
    for (uint32_t i = 0; i < LONG_WORDS - MSG_REGISTERS; i++) {
        words[i] = i * 7 + 1;
    }
    struct message m = {.w = {1, 2, 3, 4, 5, 6, 7, 8}};
    EXPECT_IS(test_call(endpoint, LABEL_ECHO, LONG_WORDS, &m), OK);
    EXPECT_IS(msg_words(m.info), LONG_WORDS);
    for (uint32_t i = 0; i < LONG_WORDS - MSG_REGISTERS; i++) {
        wrong += words[i] != i * 7 + 1;
    }
    EXPECT_IS(wrong, 0);
    EXPECT_IS(m.w[7], 8);
}

static void messages_are_conserved(void)
{
    struct test_child child;
    cap_t endpoint;
    uint64_t sum = 0, errors = 0;

    if (!server("sum", &endpoint, &child)) return;
    const uint64_t rounds = test_scaled(ROUNDS);
    for (uint64_t i = 1; i <= rounds; i++) {
        struct message m = {.w = {i * i}};
        errors += test_call(endpoint, LABEL_SUM, 1, &m) != OK;
        sum += i * i;
        errors += m.w[0] != sum || m.w[1] != i;
    }
    EXPECT_IS(errors, 0);
    struct message m = {0};
    EXPECT_IS(test_call(endpoint, LABEL_STOP, 0, &m), OK);
    EXPECT_IS(m.w[1], rounds);
}

static void server_dies_in_a_call(void)
{
    struct test_child child;
    cap_t endpoint;
    struct message m = {0};

    if (!server("dies", &endpoint, &child)) return;
    EXPECT_IS(test_call(endpoint, LABEL_ECHO, 0, &m), ERR_PEER_DIED);
    EXPECT_IS(test_child_wait(&child), 7);
}

static void one_answer_a_call(void)
{
    struct test_child child;
    cap_t endpoint;
    struct message m = {0};

    if (!server("replies_twice", &endpoint, &child)) return;
    EXPECT_IS(test_call(endpoint, LABEL_ECHO, 0, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

static void unbound_reply(void)
{
    struct message m = {0};

    EXPECT_IS(sys_reply(test_reply(), &m), ERR_BUSY);
}

static void a_call_needs_a_reply(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = "without_reply", .caps = &peer, .cap_count = 1};
    struct test_child child;
    struct message m = {0};

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(test_call(endpoint, LABEL_KEEP, 0, &m), ERR_BUSY);
    m = (struct message){.info = msg_info(LABEL_ECHO, 0, 0, 0)};
    EXPECT_IS(sys_send(endpoint, &m), OK);
    m = (struct message){0};
    EXPECT_IS(test_call(endpoint, LABEL_ECHO, 0, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

static void badge_says_who(void)
{
    cap_t endpoint = test_endpoint(), reply = test_reply();
    struct spawn_cap peer = {
        .name = "peer", .source = endpoint, .rights = RIGHT_WRITE, .badge = 0x1234};
    struct test_child_args args = {.name = "calls", .caps = &peer, .cap_count = 1};
    struct test_child child;
    struct message m = {0};

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    EXPECT_IS(m.cap, 0x1234);
    EXPECT((m.info & MSG_CALL) != 0);
    EXPECT_IS(m.w[0], 42);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {55}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 55);
}

static void client_dies_in_a_call(void)
{
    cap_t endpoint = test_endpoint(), reply = test_reply();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHT_WRITE};
    struct test_child_args args = {.name = "calls", .caps = &peer, .cap_count = 1};
    struct test_child first, second;
    struct message m = {0};

    if (!test_child_start(&args, &first) || !test_child_start(&args, &second)) return;
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    test_child_kill(&first);
    test_child_kill(&second);
    m = (struct message){0};
    EXPECT_IS(sys_reply(reply, &m), ERR_BUSY);
    /* The Reply is free again, and a new client is served. */
    if (!test_child_start(&args, &first)) return;
    m = (struct message){0};
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {9}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&first), 9);
}

static void second_client_waits(void)
{
    cap_t endpoint = test_endpoint(), reply = test_reply();
    struct spawn_cap one = {.name = "peer", .source = endpoint, .rights = 2, .badge = 1};
    struct spawn_cap two = {.name = "peer", .source = endpoint, .rights = 2, .badge = 2};
    struct test_child_args args = {.name = "calls", .caps = &one, .cap_count = 1};
    struct test_child first, second;
    struct message m = {0};

    if (!test_child_start(&args, &first)) return;
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    EXPECT_IS(m.cap, 1);
    args.caps = &two;
    if (!test_child_start(&args, &second)) return;
    test_child_kill(&first);
    m = (struct message){0};
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    EXPECT_IS(m.cap, 2);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {8}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&second), 8);
}

static const struct test tests[] = {
    {"IPC0001", "0 to 8 words travel both ways, the others are 0", words_arrive},
    {"IPC0002", "512 words travel both ways", long_messages_arrive},
    {"IPC0003", "100,000 calls: no message is lost, doubled or reordered", messages_are_conserved},
    {"IPC0004", "a server that dies in a call gives ERR_PEER_DIED", server_dies_in_a_call},
    {"IPC0005", "the second answer to a call is ERR_BUSY", one_answer_a_call},
    {"IPC0006", "an answer to nobody is ERR_BUSY", unbound_reply},
    {"IPC0007", "a call to a receiver without a Reply fails at the caller", a_call_needs_a_reply},
    {"IPC0008", "the badge says who calls", badge_says_who},
    {"IPC0009", "a client that dies in a call leaves the Reply free", client_dies_in_a_call},
    {"IPC0010", "a client killed in a call does not keep the next one waiting",
     second_client_waits},
};
static const struct child children[] = {
    {"echo", child_echo},
    {"sum", child_sum},
    {"dies", child_dies},
    {"replies_twice", child_replies_twice},
    {"without_reply", child_without_reply},
    {"calls", child_calls},
};
const struct group ipc_group = TEST_GROUP(tests, children);
