/* transfer.c - capabilities in messages, derived, dropped and taken back. */
#include "slots.h"
#include "test.h"

static enum err send_cap(cap_t through, struct msg_cap cap)
{
    struct message m = {.info = msg_info(0, 0, 1, 0)};

    ipc_buffer()->caps[0] = cap;
    return sys_send(through, &m);
}

static int child_gives(void)
{
    struct self_notification_create_in in = {.slot = slot_alloc(), .badge = 64};

    if (self_notification_create(CAP_SLOT_SELF, &in) != OK) return 1;
    if (send_cap(startup_cap("peer"), (struct msg_cap){in.slot, RIGHT_READ, 0}) != OK) return 2;
    if (sys_signal(in.slot) != OK) return 3;
    /* What it gave lives as long as it does: it ends when it is killed. */
    struct message m = {0};
    return (int)sys_recv(startup_cap("peer"), 0, 0, &m);
}

/* Through an endpoint capability without grant. */
static int child_gives_without_grant(void)
{
    struct self_notification_create_in in = {.slot = slot_alloc(), .badge = 64};

    if (self_notification_create(CAP_SLOT_SELF, &in) != OK) return 1;
    return (int)send_cap(startup_cap("peer"), (struct msg_cap){in.slot, RIGHTS_ALL, 0});
}

/* Its own Self is bound: it can be named to axiom, and given to nobody. */
static int child_gives_self(void)
{
    return (int)send_cap(startup_cap("peer"), (struct msg_cap){CAP_SLOT_SELF, RIGHTS_ALL, 0});
}

static int child_gives_badge(void)
{
    struct self_endpoint_create_in in = {.slot = slot_alloc()};

    if (self_endpoint_create(CAP_SLOT_SELF, &in) != OK) return 1;
    cap_t peer = startup_cap("peer");
    if (send_cap(peer, (struct msg_cap){in.slot, 2, 1ull << 63}) != ERR_RANGE) return 2;
    if (send_cap(peer, (struct msg_cap){in.slot, 2, 1234}) != OK) return 3;
    struct message m = {0};
    if (sys_recv(in.slot, 0, 0, &m) != OK) return 4;
    return m.cap == 1234 ? 0 : 5;
}

/* A capability to the very endpoint the message goes to. */
static int child_gives_back(void)
{
    cap_t peer = startup_cap("peer");

    return (int)send_cap(peer, (struct msg_cap){peer, RIGHTS_ALL, 0});
}

/* Waits until its capability "gift" is taken away. */
static int child_loses(void)
{
    cap_t gift = startup_cap("gift");
    uint64_t word;

    if (sys_signal(gift) != OK) return 1;
    if (sys_wait(startup_cap("gone"), &word) != OK) return 2;
    if (sys_signal(gift) != ERR_REVOKED) return 3;
    struct self_notification_create_in in = {.slot = gift, .badge = 1};
    int err = self_notification_create(CAP_SLOT_SELF, &in);
    if (err == OK) return 4; /* the old name must not silently mean something new */
    if (sys_drop(gift) != OK) return 5;
    if (sys_signal(gift) != ERR_CAP_EMPTY) return 6;
    return self_notification_create(CAP_SLOT_SELF, &in) == OK ? 0 : 7;
}

static int child_sends_blocked(void)
{
    struct message m = {0};

    if (sys_signal(startup_cap("ready")) != OK) return 1;
    return (int)sys_send(startup_cap("peer"), &m);
}

static bool giver(const char *name, cap_t endpoint, uint8_t rights, struct test_child *out_child)
{
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = rights, .badge = 5};
    struct test_child_args args = {.name = name, .caps = &peer, .cap_count = 1};

    return test_child_start(&args, out_child);
}

static enum err receive(cap_t endpoint, uint32_t slots, cap_t first, struct message *m)
{
    *m = (struct message){.info = msg_info(0, 0, 0, slots)};
    return sys_recv(endpoint, 0, first, m);
}

static void copy_arrives_narrowed(void)
{
    cap_t endpoint = test_endpoint(), slot = test_slot();
    struct test_child child;
    struct message m;
    uint64_t word = 0;

    if (!giver("gives", endpoint, RIGHTS_ALL, &child)) return;
    EXPECT_IS(receive(endpoint, 1, slot, &m), OK);
    EXPECT_IS(msg_caps(m.info), 1);
    struct msg_cap arrived = ipc_buffer()->caps[0];
    EXPECT_IS(arrived.slot, slot);
    EXPECT_IS(arrived.rights, RIGHT_READ | CAP_NOTIFICATION << 8);
    EXPECT_IS(sys_wait(slot, &word), OK);
    EXPECT_IS(word, 64);
    EXPECT_IS(sys_signal(slot), ERR_RIGHTS);
    test_child_kill(&child);
    EXPECT_IS(sys_signal(slot), ERR_REVOKED); /* the object was the child's memory */
}

static void no_grant_no_transfer(void)
{
    struct test_child child;

    if (!giver("gives_without_grant", test_endpoint(), RIGHT_WRITE, &child)) return;
    EXPECT_IS(test_child_wait(&child), ERR_RIGHTS);
}

static void bound_stays(void)
{
    cap_t endpoint = test_endpoint(), slot = test_slot();
    struct test_child child;
    struct message m;

    if (!giver("gives_self", endpoint, RIGHTS_ALL, &child)) return;
    /* Its failed send leaves us waiting, so the next one is what arrives. */
    struct test_child other;
    if (!giver("gives", endpoint, RIGHTS_ALL, &other)) return;
    EXPECT_IS(receive(endpoint, 1, slot, &m), OK);
    EXPECT_IS(ipc_buffer()->caps[0].rights, RIGHT_READ | CAP_NOTIFICATION << 8);
    EXPECT_IS(test_child_wait(&child), ERR_RIGHTS);
}

static void sender_sets_a_badge(void)
{
    cap_t endpoint = test_endpoint(), slot = test_slot();
    struct test_child child;
    struct message m;

    if (!giver("gives_badge", endpoint, RIGHTS_ALL, &child)) return;
    EXPECT_IS(receive(endpoint, 1, slot, &m), OK);
    m = (struct message){0};
    EXPECT_IS(sys_send(slot, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

static void own_object_becomes_a_badge(void)
{
    cap_t endpoint = test_endpoint();
    struct test_child child;
    struct message m;

    if (!giver("gives_back", endpoint, RIGHTS_ALL, &child)) return;
    EXPECT_IS(receive(endpoint, 0, 0, &m), OK);
    EXPECT_IS(ipc_buffer()->caps[0].slot, 0);
    EXPECT_IS(ipc_buffer()->caps[0].badge, 5);
    EXPECT_IS(test_child_wait(&child), 0);
}

static bool has_ended(const struct test_child *child)
{
    struct process_info_out out = {0};

    EXPECT_IS(process_info(child->process, &out), OK);
    return out.info.state == AXIOM_PROCESS_INFO_STATE_EXITED;
}

static void no_slot_fails_at_the_sender(void)
{
    cap_t endpoint = test_endpoint(), slot = test_slot();
    struct test_child first, second;
    struct message m;

    if (!giver("gives", endpoint, RIGHTS_ALL, &first)) return;
    if (!giver("gives_back", endpoint, RIGHTS_ALL, &second)) return;
    EXPECT_IS(receive(endpoint, 0, slot, &m), OK); /* not the first one's: it had no place */
    EXPECT_IS(ipc_buffer()->caps[0].badge, 5);
    while (!has_ended(&first)) { /* on another processor it may send after the second */
        EXPECT_IS(sys_nb_recv(endpoint, 0, slot, &m), ERR_WOULD_BLOCK);
        test_turn();
    }
    EXPECT_IS(test_child_wait(&first), 2);
    EXPECT_IS(test_child_wait(&second), 0);
}

static void revoked_index_is_dead(void)
{
    cap_t gift = test_notification(0), gone = test_notification(1);
    cap_t anchor = test_mint(gift, RIGHTS_ALL, 2);
    struct spawn_cap caps[] = {
        {.name = "gift", .source = anchor, .rights = RIGHT_WRITE},
        {.name = "gone", .source = gone, .rights = RIGHT_READ},
    };
    struct test_child_args args = {.name = "loses", .caps = caps, .cap_count = 2};
    struct self_revoke_in in = {.source = {.slot = anchor, .rights = RIGHTS_ALL}};
    struct test_child child;
    uint64_t word;

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_wait(gift, &word), OK);
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    EXPECT_IS(sys_signal(gone), OK);
    EXPECT_IS(test_child_wait(&child), 0);
    EXPECT_IS(sys_signal(anchor), OK); /* the anchor itself stays */
}

static void blocked_sender_is_cancelled(void)
{
    cap_t endpoint = test_endpoint(), ready = test_notification(1);
    cap_t anchor = test_mint(endpoint, RIGHTS_ALL, 3);
    struct spawn_cap caps[] = {
        {.name = "peer", .source = anchor, .rights = RIGHT_WRITE},
        {.name = "ready", .source = ready, .rights = RIGHT_WRITE},
    };
    struct test_child_args args = {.name = "sends_blocked", .caps = caps, .cap_count = 2};
    struct self_revoke_in in = {.source = {.slot = anchor, .rights = RIGHTS_ALL}};
    struct test_child child;
    uint64_t word;

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_wait(ready, &word), OK);
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    int code = test_child_wait(&child);
    EXPECT(code == ERR_CANCELLED || code == ERR_REVOKED); /* it blocked before the revoke, or not */
}

static void slots_refill(void)
{
    cap_t slot = test_slot();
    struct self_endpoint_create_in in = {.slot = slot};

    EXPECT_IS(self_endpoint_create(CAP_SLOT_SELF, &in), OK);
    EXPECT_IS(self_endpoint_create(CAP_SLOT_SELF, &in), SELF_SLOT_USED);
    EXPECT_IS(sys_drop(slot), OK);
    EXPECT_IS(self_endpoint_create(CAP_SLOT_SELF, &in), OK);
}

static void mint_cannot_widen(void)
{
    cap_t narrow = test_mint(test_endpoint(), RIGHT_READ, 0);
    struct message m = {0};

    EXPECT_IS(sys_nb_send(test_mint(narrow, RIGHTS_ALL, 0), &m), ERR_RIGHTS);
}

static const struct test tests[] = {
    {"CAP0001", "a capability arrives as a copy with the rights it was sent with",
     copy_arrives_narrowed},
    {"CAP0002", "without GRANT on the endpoint no capability travels", no_grant_no_transfer},
    {"CAP0003", "a bound capability is refused at the sender, the receiver goes on", bound_stays},
    {"CAP0004", "a badge is set on an unbadged endpoint, bit 63 never", sender_sets_a_badge},
    {"CAP0005", "a capability to the receiver's endpoint arrives as its badge",
     own_object_becomes_a_badge},
    {"CAP0006", "without a receive slot the send fails at the sender", no_slot_fails_at_the_sender},
    {"CAP0007", "a revoked slot is ERR_REVOKED and takes nothing until it is dropped",
     revoked_index_is_dead},
    {"CAP0008", "revoking the way of a blocked sender ends its send", blocked_sender_is_cancelled},
    {"CAP0009", "an object is made in an empty slot only", slots_refill},
    {"CAP0010", "a derived capability has no more rights than its source", mint_cannot_widen},
};
static const struct child children[] = {
    {"gives", child_gives},
    {"gives_without_grant", child_gives_without_grant},
    {"gives_self", child_gives_self},
    {"gives_badge", child_gives_badge},
    {"gives_back", child_gives_back},
    {"loses", child_loses},
    {"sends_blocked", child_sends_blocked},
};
const struct group transfer_group = TEST_GROUP(tests, children);
