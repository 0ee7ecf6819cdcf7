/* device.c - what a driver holds: ports and an interrupt line, used and misused. */
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { FIRST = 0x80, LAST = 0x83, VALUE = 0x5a, ALL_OPERATIONS = 128, LABEL = 1 };

static enum err port(cap_t ports, enum operation op, uint64_t at, uint64_t bytes)
{
    struct message m = {.w = {at, bytes, VALUE}};

    return sys_invoke(ports, op, 3, &m);
}

static void ports_in_range(void)
{
    cap_t ports = startup_cap("ports");

    EXPECT_IS(port(ports, OP_PORT_OUT, FIRST, 1), OK);
    EXPECT_IS(port(ports, OP_PORT_IN, FIRST, 1), OK);
    EXPECT_IS(port(ports, OP_PORT_IN, FIRST + 2, 2), OK);
    EXPECT_IS(port(ports, OP_PORT_IN, FIRST, 4), OK);
}

static void ports_out_of_range(void)
{
    static const uint64_t bad[] = {0,       FIRST - 1, LAST + 1,          0x3f8,
                                   0x10080, ~0ull,     1ull << 32 | FIRST};
    cap_t ports = startup_cap("ports");

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(port(ports, OP_PORT_IN, bad[i], 1), ERR_RANGE);
        EXPECT_IS(port(ports, OP_PORT_OUT, bad[i], 1), ERR_RANGE);
    }
    EXPECT_IS(port(ports, OP_PORT_IN, LAST, 2), ERR_RANGE); /* it begins inside */
    EXPECT_IS(port(ports, OP_PORT_IN, FIRST + 1, 4), ERR_RANGE);
}

static void port_widths(void)
{
    static const uint64_t bad[] = {0, 3, 5, 8, 1ull << 32 | 1, ~0ull};

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(port(startup_cap("ports"), OP_PORT_IN, FIRST, bad[i]), ERR_RANGE);
    }
}

static void port_rights(void)
{
    cap_t ports = startup_cap("ports");

    EXPECT_IS(port(test_mint(ports, RIGHT_READ, 0), OP_PORT_OUT, FIRST, 1), ERR_RIGHTS);
    EXPECT_IS(port(test_mint(ports, RIGHT_READ, 0), OP_PORT_IN, FIRST, 1), OK);
    EXPECT_IS(port(test_mint(ports, RIGHT_WRITE, 0), OP_PORT_IN, FIRST, 1), ERR_RIGHTS);
    EXPECT_IS(port(test_mint(ports, RIGHT_WRITE, 0), OP_PORT_OUT, FIRST, 1), OK);
}

/* A line is acknowledged by who may; who it signals is decided by init. */
static void line_rights(void)
{
    cap_t irq = startup_cap("irq"), notification = test_notification(1);
    struct message m = {0};

    EXPECT_IS(sys_invoke(irq, OP_IRQ_ACK, 0, &m), OK);
    m = (struct message){0};
    EXPECT_IS(sys_invoke(test_mint(irq, RIGHT_READ, 0), OP_IRQ_ACK, 0, &m), ERR_RIGHTS);
    m = (struct message){.w = {notification}};
    EXPECT_IS(sys_invoke(test_mint(irq, RIGHT_READ | RIGHT_WRITE, 0), OP_IRQ_BIND, 1, &m),
              ERR_RIGHTS);
}

/* Each type has its own operations; those of all others are refused. */
static void other_operations(void)
{
    static const char *const names[] = {"ports", "irq", "cursor"};
    const uint32_t own[] = {1u << (OP_PORT_IN - OP_PORTS_GET) | 1u << (OP_PORT_OUT - OP_PORTS_GET),
                            1u << (OP_IRQ_ACK - OP_IRQ_GET) | 1u << (OP_IRQ_BIND - OP_IRQ_GET), 0};
    const uint32_t base[] = {OP_PORTS_GET, OP_IRQ_GET, 0};

    for (uint32_t n = 0; n < TEST_COUNT(names); n++) {
        for (uint32_t op = 0; op < ALL_OPERATIONS; op++) {
            bool mine = op >= base[n] && op - base[n] < 32 && own[n] >> (op - base[n]) & 1;
            struct message m = {.w = {1, 1, 1, 1}};
            bool logs = op >= OP_LOG_ACK && op <= OP_LOG_WALK;
            if (mine || (n == 2 && logs)) continue;
            EXPECT_IS(sys_invoke(startup_cap(names[n]), op, 4, &m), ERR_CAP_TYPE);
        }
    }
}

/* The cursor walks, and controls nothing: not the tails, not the mode. */
static void cursor_only_reads(void)
{
    static const uint32_t control[] = {OP_LOG_ACK, OP_LOG_BIND, OP_LOG_MODE};
    cap_t notification = test_notification(1);

    for (uint32_t i = 0; i < TEST_COUNT(control); i++) {
        struct message m = {.w = {notification}};
        EXPECT_IS(sys_invoke(startup_cap("cursor"), control[i], 4, &m), ERR_RIGHTS);
    }
    struct message m = {.w = {1}};
    EXPECT_IS(sys_invoke(startup_cap("cursor"), OP_LOG_WALK, 1, &m), OK);
    EXPECT(m.w[0] > 0 && m.w[1] > 0);
}

/* Resource capabilities travel like others: narrowed, never widened. */
static int child_uses_ports(void)
{
    struct message m = {.info = msg_info(0, 0, 0, 1)};
    cap_t slot = slot_alloc();

    if (sys_recv(startup_cap("peer"), 0, slot, &m) != OK) return 1;
    if (port(slot, OP_PORT_OUT, FIRST, 1) != ERR_RIGHTS) return 2;
    return port(slot, OP_PORT_IN, FIRST, 1) == OK ? 0 : 3;
}

static void ports_travel(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap cap = {.name = "peer", .source = endpoint, .rights = RIGHT_READ};
    struct test_child_args args = {.name = "uses_ports", .caps = &cap, .cap_count = 1};
    struct message m = {.info = msg_info(LABEL, 0, 1, 0)};
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    ipc_buffer()->caps[0] =
        (struct msg_cap){.slot = startup_cap("ports"), .rights = RIGHT_READ, .badge = 0};
    EXPECT_IS(sys_send(endpoint, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
    m = (struct message){.info = msg_info(LABEL, 0, 1, 0)};
    ipc_buffer()->caps[0].badge = 1; /* ports have none */
    EXPECT(sys_nb_send(endpoint, &m) != OK);
}

/* Addresses, and a device of one's own, are for drivers: what the description marks `dma`. */
static void no_driver(void)
{
    const uint64_t place = STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE;
    const struct self_memory_create_in make = {.address = place, .pages = 2};
    struct self_memory_create_out made = {.memory.slot = test_slot()};
    const struct self_memory_physical_in where = {.address = place};
    struct self_memory_physical_out pages;
    const struct self_dma_proof_in proof = {.slot = test_slot()};
    struct self_window_map_out mapped;

    EXPECT_IS(self_memory_create(CAP_SLOT_SELF, &make, &made), OK);
    EXPECT_IS(self_memory_physical(CAP_SLOT_SELF, &where, &pages), SELF_NOT_YOURS);
    EXPECT_IS(self_dma_proof(CAP_SLOT_SELF, &proof), SELF_NOT_YOURS);
    const cap_t none[] = {made.memory.slot, startup_cap("observe"), test_endpoint()};
    for (uint32_t i = 0; i < TEST_COUNT(none); i++) {
        const struct self_window_map_in map = {.window = {.slot = none[i], .rights = RIGHTS_ALL},
                                               .address = place + 16 * (uint64_t)MEMORY_PAGE};
        EXPECT_IS(self_window_map(CAP_SLOT_SELF, &map, &mapped), SELF_NOT_YOURS);
    }
    const struct self_memory_detach_in detach = {.address = place};
    EXPECT_IS(self_memory_detach(CAP_SLOT_SELF, &detach), OK);
}

static const struct test tests[] = {
    {"DEV0001", "ports are read and written through their capability", ports_in_range},
    {"DEV0002", "a port outside of the capability is ERR_RANGE", ports_out_of_range},
    {"DEV0003", "a width other than 1, 2 and 4 is ERR_RANGE", port_widths},
    {"DEV0004", "reading needs READ, writing WRITE", port_rights},
    {"DEV0005", "a line is acknowledged with WRITE, bound with GRANT", line_rights},
    {"DEV0006", "ports, lines and the cursor have no operation of others", other_operations},
    {"DEV0007", "the log's cursor reads, and controls nothing", cursor_only_reads},
    {"DEV0008", "ports travel in a message, narrowed", ports_travel},
    {"DEV0009", "who is no driver learns no address and has no device", no_driver},
};
static const struct child children[] = {{"uses_ports", child_uses_ports}};
const struct group device_group = TEST_GROUP(tests, children);
