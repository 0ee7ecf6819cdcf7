/* message.c - messages and signals: who gets which, in what order, and what goes wrong. */
#include "bytes.h"
#include "slots.h"
#include "test.h"

enum { LABEL = 3, SENDERS = 5, WAITERS = 3, CHAIN = 12, ROUNDS = 50, CODE = 7 };
enum { SECOND_US = 1000000, TURNS_MAX = 1000000 };

static cap_t own_reply(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};

    return self_reply_create(CAP_SLOT_SELF, &in) == OK ? in.slot : 0;
}

static bool start(const char *name, const char *word, struct spawn_cap cap,
                  struct test_child *out_child)
{
    cap.name = "peer";
    struct test_child_args args = {.name = name, .word = word, .caps = &cap, .cap_count = 1};

    return test_child_start(&args, out_child);
}

/* The child says that it is about to wait. Its budget is far more than the rest of its way there
 * takes, also where this machine is held up: after some turns of both it does wait. */
static bool start_waiting(const char *name, const char *word, struct spawn_cap cap,
                          struct test_child *out_child)
{
    cap_t ready = test_notification(1);
    cap.name = "peer";
    struct spawn_cap caps[] = {cap, {.name = "ready", .source = ready, .rights = RIGHT_WRITE}};
    struct test_child_args args = {.name = name,
                                   .word = word,
                                   .caps = caps,
                                   .cap_count = TEST_COUNT(caps),
                                   .budget_us = SECOND_US,
                                   .period_us = SECOND_US};
    enum err err = ERR_WOULD_BLOCK;
    uint64_t bits;

    if (!test_child_start(&args, out_child)) return false;
    for (uint32_t turn = 0; turn < TURNS_MAX && err == ERR_WOULD_BLOCK; turn++) {
        err = sys_poll(ready, &bits);
        test_turn();
    }
    EXPECT_IS(err, OK);
    for (uint32_t turn = 0; turn < ROUNDS; turn++) {
        test_turn();
    }
    return err == OK;
}

static int child_sends_word(void)
{
    if (sys_signal(startup_cap("ready")) != OK) return 1;
    struct message m = {.info = msg_info(LABEL, 1, 0, 0), .w = {(uint64_t)test_word()[0]}};

    return (int)sys_send(startup_cap("peer"), &m);
}

/* Who came first is served first. */
static void senders_in_order(void)
{
    static const char *const words[SENDERS] = {"a", "b", "c", "d", "e"};
    struct spawn_cap cap = {.source = test_endpoint(), .rights = RIGHT_WRITE};
    struct test_child children[SENDERS];

    for (uint32_t i = 0; i < SENDERS; i++) {
        if (!start_waiting("sends_word", words[i], cap, &children[i])) return;
    }
    for (uint32_t i = 0; i < SENDERS; i++) {
        struct message m = {0};
        EXPECT_IS(sys_nb_recv(cap.source, 0, 0, &m), OK);
        EXPECT_IS(m.w[0], words[i][0]);
        EXPECT_IS(m.info, msg_info(LABEL, 1, 0, 0)); /* no call */
    }
    for (uint32_t i = 0; i < SENDERS; i++) {
        EXPECT_IS(test_child_wait(&children[i]), OK);
    }
}

static int child_waits(void)
{
    uint64_t word;

    if (sys_signal(startup_cap("ready")) != OK) return 1;
    enum err err = sys_wait(startup_cap("peer"), &word);

    return err == OK ? (int)word : 100 + (int)err;
}

/* One signal wakes one of those who wait, and it has the whole word. */
static void one_signal_one_waiter(void)
{
    cap_t notification = test_notification(CODE);
    struct spawn_cap cap = {.source = notification, .rights = RIGHT_READ};
    struct test_child children[WAITERS];
    uint64_t word;

    for (uint32_t i = 0; i < WAITERS; i++) {
        if (!start_waiting("waits", "", cap, &children[i])) return;
    }
    for (uint32_t i = 0; i < WAITERS; i++) {
        EXPECT_IS(sys_signal(notification), OK);
        EXPECT_IS(test_child_wait(&children[i]), CODE); /* in the order in which they came */
        for (uint32_t j = i + 1; j < WAITERS; j++) {
            EXPECT_IS(sys_poll(children[j].exit, &word), ERR_WOULD_BLOCK);
        }
    }
    EXPECT_IS(sys_poll(notification, &word), ERR_WOULD_BLOCK);
}

/* Whoever waits through a capability waits no longer than it is there. */
static void waiter_is_cancelled(void)
{
    cap_t notification = test_notification(1);
    cap_t anchor = test_mint(notification, RIGHTS_ALL, 0);
    struct spawn_cap cap = {.source = anchor, .rights = RIGHT_READ};
    struct self_revoke_in in = {.source = {.slot = anchor, .rights = RIGHTS_ALL}};
    struct test_child child;

    if (!start_waiting("waits", "", cap, &child)) return;
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    int code = test_child_wait(&child);
    EXPECT(code == 100 + ERR_CANCELLED || code == 100 + ERR_REVOKED); /* waiting, or about to */
}

static int child_receives(void)
{
    struct message m = {0};

    if (sys_signal(startup_cap("ready")) != OK) return 1;
    return 100 + (int)sys_recv(startup_cap("peer"), own_reply(), 0, &m);
}

static void receiver_is_cancelled(void)
{
    cap_t anchor = test_mint(test_endpoint(), RIGHTS_ALL, 0);
    struct spawn_cap cap = {.source = anchor, .rights = RIGHT_READ};
    struct self_revoke_in in = {.source = {.slot = anchor, .rights = RIGHTS_ALL}};
    struct test_child child;

    if (!start_waiting("receives", "", cap, &child)) return;
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    int code = test_child_wait(&child);
    EXPECT(code == 100 + ERR_CANCELLED || code == 100 + ERR_REVOKED);
}

static int child_calls_once(void)
{
    struct message m = {.info = msg_info(LABEL, 1, 0, 0), .w = {1}};
    enum err err = sys_call(startup_cap("peer"), 0, &m);

    return err == OK ? (int)m.w[0] : 100 + (int)err;
}

static bool caller(cap_t *out_reply, struct test_child *out_child)
{
    struct spawn_cap cap = {.source = test_endpoint(), .rights = RIGHT_WRITE};
    struct message m = {0};

    *out_reply = test_reply();
    if (!start("calls_once", "", cap, out_child)) return false;
    EXPECT_IS(sys_recv(cap.source, *out_reply, 0, &m), OK);
    EXPECT_IS(m.info, msg_info(LABEL, 1, 0, 0) | MSG_CALL);
    return true;
}

/* A server that throws the Reply away tells its caller. */
static void dropped_reply(void)
{
    struct test_child child;
    cap_t reply;

    if (!caller(&reply, &child)) return;
    EXPECT_IS(sys_drop(reply), OK);
    EXPECT_IS(test_child_wait(&child), 100 + ERR_PEER_DIED);
}

/* While a Reply waits for its answer it takes no other call, and is in nobody's way. */
static void reply_is_busy(void)
{
    cap_t endpoint = test_endpoint();
    struct message m = {0};
    struct test_child child;
    cap_t reply;

    if (!caller(&reply, &child)) return;
    EXPECT_IS(sys_nb_recv(endpoint, reply, 0, &m), ERR_BUSY);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {CODE}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), CODE);
    m = (struct message){0};
    EXPECT_IS(sys_nb_recv(endpoint, reply, 0, &m), ERR_WOULD_BLOCK);
}

/* Malformed answers are refused at the server, and the caller goes on waiting. */
static void malformed_answers(void)
{
    struct test_child child;
    struct message m = {.info = MSG_WORDS_MAX + 1};
    cap_t reply;

    if (!caller(&reply, &child)) return;
    EXPECT_IS(sys_reply(reply, &m), ERR_MESSAGE);
    m = (struct message){.info = msg_info(0, 0, MSG_CAPS_MAX + 1, 0)};
    EXPECT_IS(sys_reply(reply, &m), ERR_MESSAGE);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {CODE}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), CODE);
}

/* An answer's capability without a place for it: the words arrive, and the client knows. */
static void answer_loses_capability(void)
{
    struct test_child child;
    struct message m = {.info = msg_info(0, 1, 1, 0), .w = {CODE}};
    cap_t reply;

    if (!caller(&reply, &child)) return;
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = test_endpoint(), .rights = RIGHTS_ALL};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 100 + ERR_CAP_LOST);
}

/* A Reply is one server's: it is not sent, and a message with it fails where it comes from. */
static void replies_do_not_travel(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap cap = {.source = endpoint, .rights = RIGHT_READ};
    struct message m = {.info = msg_info(LABEL, 0, 1, 0)};
    struct test_child child;

    if (!start_waiting("receives", "", cap, &child)) return;
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = test_reply(), .rights = RIGHTS_ALL};
    EXPECT_IS(sys_send(endpoint, &m), ERR_CAP_TYPE);
    m = (struct message){.info = msg_info(LABEL, 0, 1, 0)};
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = test_slot(), .rights = RIGHTS_ALL};
    EXPECT_IS(sys_send(endpoint, &m), ERR_CAP_EMPTY);
    m = (struct message){.info = msg_info(LABEL, 0, 0, 0)};
    EXPECT_IS(sys_send(endpoint, &m), OK); /* it went on waiting */
    EXPECT_IS(test_child_wait(&child), 100 + OK);
}

/* Each passes the call on to the next, more of them than contexts are lent along. */
static int child_passes_on(void)
{
    cap_t from = startup_cap("from"), to = startup_cap("to"), reply = own_reply();
    struct message m = {0}, on;

    if (sys_recv(from, reply, 0, &m) != OK) return 1;
    on = (struct message){.info = msg_info(LABEL, 1, 0, 0), .w = {m.w[0] + 1}};
    if (to != 0 && sys_call(to, 0, &on) != OK) return 2;
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {on.w[0] + 1}};
    return sys_reply(reply, &m) == OK ? 0 : 3;
}

static void chain_of_calls(void)
{
    struct test_child children[CHAIN];
    cap_t ends[CHAIN];

    for (uint32_t i = 0; i < CHAIN; i++) {
        ends[i] = test_endpoint();
        struct spawn_cap caps[] = {
            {.name = "from", .source = ends[i], .rights = RIGHTS_ALL},
            {.name = "to", .source = i > 0 ? ends[i - 1] : 0, .rights = RIGHT_WRITE}};
        struct test_child_args args = {
            .name = "passes_on", .caps = caps, .cap_count = i > 0 ? 2 : 1};
        if (!test_child_start(&args, &children[i])) return;
    }
    struct message m = {.w = {0}};
    EXPECT_IS(test_call(ends[CHAIN - 1], LABEL, 1, &m), OK);
    EXPECT_IS(m.w[0], 2 * CHAIN);
    for (uint32_t i = 0; i < CHAIN; i++) {
        EXPECT_IS(test_child_wait(&children[i]), 0);
    }
}

/* In the middle of a chain somebody is killed: all who wait behind are told. */
static void chain_is_cut(void)
{
    cap_t first = test_endpoint(), second = test_endpoint(), reply = test_reply();
    struct spawn_cap caps[] = {{.name = "from", .source = first, .rights = RIGHTS_ALL},
                               {.name = "to", .source = second, .rights = RIGHT_WRITE}};
    struct test_child_args args = {.name = "passes_on", .caps = caps, .cap_count = 2};
    struct spawn_cap cap = {.source = first, .rights = RIGHT_WRITE};
    struct test_child middle, client;
    struct message m = {0};

    if (!test_child_start(&args, &middle) || !start("calls_once", "", cap, &client)) return;
    EXPECT_IS(sys_recv(second, reply, 0, &m), OK);
    test_child_kill(&middle);
    EXPECT_IS(test_child_wait(&client), 100 + ERR_PEER_DIED);
    m = (struct message){0};
    EXPECT_IS(sys_reply(reply, &m), ERR_BUSY); /* nobody waits for it any more */
}

/* Four at once, in order, with their rights and types. */
static int child_sends_four(void)
{
    struct message m = {.info = msg_info(LABEL, 0, MSG_CAPS_MAX, 0)};

    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        struct self_notification_create_in in = {.slot = slot_alloc(), .badge = 1ull << i};
        if (self_notification_create(CAP_SLOT_SELF, &in) != OK) return 1;
        ipc_buffer()->caps[i] = (struct msg_cap){.slot = in.slot, .rights = RIGHT_WRITE};
    }
    if (sys_send(startup_cap("peer"), &m) != OK) return 2;
    for (;;) {
        sys_yield();
    }
}

static void four_capabilities(void)
{
    struct spawn_cap cap = {.source = test_endpoint(), .rights = RIGHTS_ALL};
    cap_t first = slot_alloc_run(MSG_CAPS_MAX);
    struct message m = {.info = msg_info(0, 0, 0, MSG_CAPS_MAX)};
    struct test_child child;

    if (!start("sends_four", "", cap, &child)) return;
    EXPECT_IS(sys_recv(cap.source, 0, first, &m), OK);
    EXPECT_IS(msg_caps(m.info), MSG_CAPS_MAX);
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        EXPECT_IS(ipc_buffer()->caps[i].slot, first + i);
        EXPECT_IS(ipc_buffer()->caps[i].rights, RIGHT_WRITE | CAP_NOTIFICATION << 8);
        EXPECT_IS(sys_signal(first + i), OK);
    }
    test_child_kill(&child);
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        EXPECT_IS(sys_signal(first + i), ERR_REVOKED);
        slot_discard(first + i);
    }
}

static const struct test tests[] = {
    {"MSG0001", "senders are served in the order in which they came", senders_in_order},
    {"MSG0002", "a signal wakes one who waits, the first", one_signal_one_waiter},
    {"MSG0003", "who waits for a signal is told when its way is revoked", waiter_is_cancelled},
    {"MSG0004", "who waits for a message is told when its way is revoked", receiver_is_cancelled},
    {"MSG0005", "dropping a bound Reply tells the caller", dropped_reply},
    {"MSG0006", "a bound Reply takes no second call", reply_is_busy},
    {"MSG0007", "a malformed answer is the server's error, not its caller's", malformed_answers},
    {"MSG0008", "an answer whose capability has no place is ERR_CAP_LOST", answer_loses_capability},
    {"MSG0009", "a Reply and an empty slot do not travel", replies_do_not_travel},
    {"MSG0010", "calls pass through more servers than contexts are lent along", chain_of_calls},
    {"MSG0011", "a server killed in the middle of a chain cuts it for all", chain_is_cut},
    {"MSG0012", "four capabilities travel at once, in order", four_capabilities},
};
static const struct child children[] = {
    {"sends_word", child_sends_word}, {"waits", child_waits},
    {"receives", child_receives},     {"calls_once", child_calls_once},
    {"passes_on", child_passes_on},   {"sends_four", child_sends_four},
};
const struct group message_group = TEST_GROUP(tests, children);
