/* bus_test.c - what the bus server finds on simulated buses, friendly and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus_test.h"
#include "sim.h"

#define TEST(name) cmocka_unit_test(name)

struct bus bus;
struct room room;

static void scan(void)
{
    bus.port = sim_port();
    bus_scan(&bus);
    assert_int_equal(sim.answers_while_sized, 0);
}

void setup(void)
{
    scan();
    room_setup(&room, &bus, (struct range){SPACE_BASE, SPACE_BYTES});
}

static void finds_functions(void **state)
{
    (void)state;
    sim_reset();
    struct sim_function *host = sim_add(-1, 0, 0x29c08086),
                        *several = sim_add(-1, 0x18, 0x12345678);
    struct sim_function *second = sim_add(-1, 0x1a, 0x10001af4);
    sim_put(host, CONFIG_REVISION, 4, 0x06000002);
    several->bytes[CONFIG_HEADER] = HEADER_SEVERAL;
    sim_put(second, CONFIG_SUBSYSTEM_VENDOR, 4, 0xbbbbaaaa);
    sim_add(-1, 0x21, 0xdeadbeef); /* nothing at function 0: the others are not looked for */
    sim_put(several, CONFIG_COMMAND, 2, COMMAND_MASTER | COMMAND_MEMORY);
    scan();
    assert_int_equal(bus.count, 3);
    assert_int_equal(bus.list[0].class_code, 0x060000);
    assert_int_equal(bus.list[0].revision, 2);
    assert_int_equal(bus.list[1].vendor, 0x5678);
    assert_true(bus.list[1].was_mastering);
    assert_int_equal(sim_get(several, CONFIG_COMMAND, 2), COMMAND_MEMORY);
    assert_int_equal(bus.list[2].address, 0x1a);
    assert_int_equal(bus.list[2].subsystem_vendor, 0xaaaa);
    assert_int_equal(bus.list[2].subsystem, 0xbbbb);
    assert_false(bus.cut);
}

static void sizes_registers(void **state)
{
    (void)state;
    sim_reset();
    struct sim_function *f = sim_add(-1, 8, 0x10421af4);
    sim_bar(f, 0, BAR_PORTS, 6, 0xc040);
    sim_allow(f, CONFIG_BAR, 4, 0xffc0); /* 16 bits of address are enough */
    sim_bar(f, 1, BAR_MEMORY32, 12, 0xfebd1000);
    sim_bar(f, 2, BAR_MEMORY64, 34, 0x8000000000);
    sim_bar(f, 5, BAR_MEMORY64, 14, 0); /* has no second half */
    sim_put(f, CONFIG_COMMAND, 2, COMMAND_PORTS | COMMAND_MEMORY);
    scan();
    const struct bar *b = bus.list[0].bars;
    assert_int_equal(b[0].kind, BAR_PORTS);
    assert_int_equal(b[0].base, 0xc040);
    assert_int_equal(b[0].bytes, 64);
    assert_int_equal(b[1].kind, BAR_MEMORY32);
    assert_int_equal(b[1].base, 0xfebd1000);
    assert_int_equal(b[1].bytes, 4096);
    assert_int_equal(b[2].kind, BAR_MEMORY64);
    assert_int_equal(b[2].base, 0x8000000000);
    assert_int_equal(b[2].bytes, 1ull << 34);
    assert_int_equal(b[3].kind, BAR_NONE);
    assert_int_equal(b[5].kind, BAR_NONE);
    assert_int_equal(sim_get(f, CONFIG_BAR + 4, 4), 0xfebd1000); /* as they were */
    assert_int_equal(sim_get(f, CONFIG_BAR + 12, 4), 0x80);
    assert_int_equal(sim_get(f, CONFIG_COMMAND, 2), COMMAND_PORTS | COMMAND_MEMORY);
    sim_allow(f, CONFIG_BAR + 4, 4, 0xff0ff000); /* a size that is none */
    scan();
    assert_int_equal(bus.list[0].bars[1].kind, BAR_NONE);
}

static struct sim_function *virtio(void)
{
    sim_reset();
    struct sim_function *f = sim_add(-1, 8, 0x10421af4);
    sim_bar(f, 1, BAR_MEMORY32, 12, 0xfebd1000);
    sim_bar(f, 4, BAR_MEMORY64, 14, 0xfe000000);
    return f;
}

static void lists_end(void **state)
{
    (void)state;
    struct sim_function *f = virtio();
    sim_capability(f, 0x40, CAPABILITY_VENDOR);
    sim_capability(f, 0x50, CAPABILITY_VENDOR);
    f->bytes[0x41] = 0x50; /* a loop */
    scan();
    assert_int_equal(capability_next(&bus, 8, CAPABILITY_VENDOR, 0), 0x50);
    assert_int_equal(capability_next(&bus, 8, CAPABILITY_VENDOR, 0x50), 0x40);
    assert_int_equal(capability_next(&bus, 8, CAPABILITY_MSIX, 0), 0);
    f->bytes[0x41] = 0x3c; /* into the head */
    assert_int_equal(capability_next(&bus, 8, CAPABILITY_VENDOR, 0x40), 0);
    f->bytes[CONFIG_STATUS] = 0;
    assert_int_equal(capability_next(&bus, 8, CAPABILITY_VENDOR, 0), 0);
}

static void msix(struct sim_function *f, uint8_t at, uint16_t last, uint32_t table)
{
    sim_capability(f, at, CAPABILITY_MSIX);
    sim_put(f, at + 2, 2, last);
    sim_put(f, at + 4, 4, table);
}

static void believes_good_tables_only(void **state)
{
    static const struct {
        uint16_t last;
        uint32_t table;
        bool good;
    } cases[] = {
        {1, 1, true},
        {255, 1, true},
        {256, 1, false},
        {15, 0xf00 | 1, true},
        {16, 0xf00 | 1, false},
        {0, 0, false},
        {0, 2, false},
        {0, 5, false},
        {0, 7, false},
        {1023, 4, true},
        {1024, 4, false},
        {0, 0xfffffff8 | 4, false},
        {0x7ff, 0xfffff000 | 1, false},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim_function *f = virtio();
        msix(f, 0x98, cases[i].last, cases[i].table);
        scan();
        assert_int_equal(bus.list[0].vectors, cases[i].good ? cases[i].last + 1 : 0);
        assert_int_equal(bus.list[0].msix, cases[i].good ? 0x98 : 0);
    }
    msix(virtio(), 0xf8, 0, 1); /* ends behind configuration space */
    scan();
    assert_int_equal(bus.list[0].msix, 0);
}

static void virtio_capability(struct sim_function *f, uint8_t at, uint8_t bar, uint32_t offset,
                              uint32_t length)
{
    sim_capability(f, at, CAPABILITY_VENDOR);
    f->bytes[at + 3] = 1;
    f->bytes[at + 4] = bar;
    sim_put(f, at + 8, 4, offset);
    sim_put(f, at + 12, 4, length);
}

static void finds_a_reset(void **state)
{
    (void)state;
    struct sim_function *f = virtio();
    scan();
    assert_int_equal(bus.list[0].reset, RESET_NONE);
    virtio_capability(f, 0xf4, 4, 0, 0x1000);          /* ends behind configuration space */
    virtio_capability(f, 0xd0, 6, 0, 0x1000);          /* no such registers */
    virtio_capability(f, 0xc0, 4, 0xfffff000, 0x2000); /* outside them */
    virtio_capability(f, 0xb0, 4, 0, 20);              /* too short */
    scan();
    assert_int_equal(bus.list[0].reset, RESET_NONE);
    virtio_capability(f, 0xe0, 4, 0x1000, 0x1000);
    scan();
    assert_int_equal(bus.list[0].reset, RESET_VIRTIO);
    assert_int_equal(bus.list[0].status_bar, 4);
    assert_int_equal(bus.list[0].status, 0x1000 + 20);
    sim_capability(f, 0x60, CAPABILITY_POWER);
    f->bytes[0x64] = 8; /* keeps its state */
    scan();
    assert_int_equal(bus.list[0].reset, RESET_VIRTIO);
    sim_put(f, CONFIG_DEVICE, 2, 0x1001); /* a transitional one */
    scan();
    assert_int_equal(bus.list[0].reset, RESET_NONE);
    f->bytes[0x64] = 0;
    scan();
    assert_int_equal(bus.list[0].reset, RESET_POWER);
    sim_capability(f, 0x70, CAPABILITY_ADVANCED);
    f->bytes[0x73] = 2;
    scan();
    assert_int_equal(bus.list[0].reset, RESET_FUNCTION);
    assert_int_equal(bus.list[0].reset_at, 0x70);
    sim_capability(f, 0x80, CAPABILITY_EXPRESS);
    sim_put(f, 0x84, 4, 1 << 28);
    scan();
    assert_int_equal(bus.list[0].reset_at, 0x80);
}

/* Each bridge's numbers enclose all that is behind it, and nothing else. */
static void numbers_bridges(void **state)
{
    (void)state;
    sim_reset();
    struct sim_function *a = sim_bridge(-1, 0x08), *b = sim_bridge(0, 0x00);
    sim_add(1, 0x08, 0x11111111);
    sim_add(0, 0x10, 0x22222222);
    struct sim_function *c = sim_bridge(-1, 0x10);
    sim_add(4, 0x00, 0x33333333);
    scan();
    assert_int_equal(bus.count, 6);
    assert_int_equal(sim_get(a, CONFIG_BUSES, 3), 0x020100);
    assert_int_equal(sim_get(b, CONFIG_BUSES, 3), 0x020201);
    assert_int_equal(sim_get(c, CONFIG_BUSES, 3), 0x030300);
    assert_int_equal(bus.list[2].address, 0x208);
    assert_int_equal(bus.list[2].bridge, 1);
    assert_int_equal(bus.list[3].bridge, 0);
    sim_put(a, CONFIG_BUSES, 3, 0x171000); /* as a firmware may */
    sim_put(b, CONFIG_BUSES, 3, 0x121110);
    sim_put(c, CONFIG_BUSES, 3, 0x282000);
    scan();
    assert_int_equal(bus.count, 6);
    assert_int_equal(sim_get(a, CONFIG_BUSES, 3), 0x171000);
    assert_int_equal(bus.list[5].address, 0x2000);
    sim_put(c, CONFIG_BUSES, 3, 0x101000); /* the same as another's */
    scan();
    assert_int_equal(bus.count, 6);
}

static void is_cut_short(void **state)
{
    (void)state;
    sim_reset();
    for (int i = 0; i <= BRIDGES_DEEP; i++) {
        sim_bridge(i - 1, 0);
    }
    scan();
    assert_true(bus.cut);
    assert_int_equal(bus.count, BRIDGES_DEEP);
    sim_reset();
    for (int i = 0; i < FUNCTIONS_MAX + 8; i++) {
        sim_add(-1, (uint8_t)i, 0x12345678)->bytes[CONFIG_HEADER] = HEADER_SEVERAL;
    }
    scan();
    assert_true(bus.cut);
    assert_int_equal(bus.count, FUNCTIONS_MAX);
}

void place_all(bool wanted)
{
    for (uint32_t i = 0; i < bus.count; i++) {
        bool placed = room_place(&room, &bus, &bus.list[i]);
        assert_true(placed || !wanted);
    }
}

static void ends_on_anything(void **state)
{
    (void)state;
    sim_reset();
    sim.wild = true;
    for (int i = 0; i < 300; i++) {
        setup();
        place_all(false);
    }
    assert_true(sim.reads > 1000);
}

static void places_registers(void **state)
{
    (void)state;
    struct sim_function *f = virtio(), *small, *other;
    sim_bar(f, 1, BAR_MEMORY32, 12, 0);
    sim_bar(f, 4, BAR_MEMORY64, 14, 0x380000000000);
    small = sim_add(-1, 0x10, 0x1234abcd);
    sim_bar(small, 0, BAR_MEMORY32, 8, 0xfebf0100); /* these two share a page */
    other = sim_add(-1, 0x18, 0x4321abcd);
    sim_bar(other, 0, BAR_MEMORY32, 9, 0xfebf0200);
    setup();
    place_all(true);
    assert_int_equal(bus.list[0].bars[1].base, SPACE_BASE);
    assert_int_equal(sim_get(f, CONFIG_BAR + 4, 4), SPACE_BASE);
    assert_int_equal(bus.list[0].bars[4].base, SPACE_BASE + 0x4000); /* as its size wants it */
    assert_int_equal(sim_get(f, CONFIG_BAR + 16, 4), (SPACE_BASE + 0x4000) | 4);
    assert_int_equal(sim_get(f, CONFIG_BAR + 20, 4), 0);
    assert_int_equal(bus.list[1].bars[0].base % ROOM_PAGE, 0);
    assert_int_equal(bus.list[2].bars[0].base % ROOM_PAGE, 0);
    assert_true(bus.list[1].bars[0].base != bus.list[2].bars[0].base);
    assert_int_equal(sim_get(f, CONFIG_COMMAND, 2), COMMAND_MEMORY | COMMAND_NO_PIN);
    sim_put(f, CONFIG_BAR + 4, 4, 0); /* what a reset does */
    sim_put(f, CONFIG_COMMAND, 2, 0);
    bars_restore(&bus, &bus.list[0]);
    assert_int_equal(sim_get(f, CONFIG_BAR + 4, 4), SPACE_BASE);
    assert_int_equal(sim_get(f, CONFIG_COMMAND, 2), COMMAND_MEMORY | COMMAND_NO_PIN);
}

static void leaves_what_is_taken(void **state)
{
    (void)state;
    struct sim_function *f = virtio();
    sim_bar(f, 4, BAR_MEMORY64, 29, 0); /* half a GiB: at the start there is configuration space */
    struct sim_function *host = sim_add(-1, 0, 0x29c08086);
    sim_put(host, 0x60, 4, 0xc0000001 | 2 << 1); /* 64 MiB of it */
    setup();
    assert_int_equal(room.reserved_count, 1);
    assert_int_equal(room.reserved[0].base, 0xc0000000);
    assert_int_equal(room.reserved[0].bytes, 64 << 20);
    assert_false(room_place(&room, &bus, &bus.list[1])); /* [0xe0000000, 0x100000000) is too long */
    sim_put(host, 0x60, 4, 0xc0000000);
    setup();
    assert_int_equal(room.reserved_count, 0);
    assert_true(room_place(&room, &bus, &bus.list[1]));
    assert_int_equal(bus.list[1].bars[4].base, SPACE_BASE);
}

/* Configuration space in memory that axiom cannot map is moved to where it can. */
static void moves_configuration(void **state)
{
    (void)state;
    struct sim_function *f = virtio(), *host = sim_add(-1, 0, 0x29c08086);
    sim_allow(host, 0x60, 4, ~0u);
    sim_allow(host, 0x64, 4, ~0u);
    sim_put(host, 0x60, 4, 0xb0000001 | 2 << 1); /* 64 MiB */
    setup();
    assert_int_equal(sim_get(host, 0x60, 4), SPACE_BASE | 1);
    assert_int_equal(room.config.base, SPACE_BASE);
    assert_int_equal(room.config.bytes, 256 << 20);
    assert_int_equal(room.reserved[0].base, SPACE_BASE);
    sim_put(host, 0x64, 4, 1); /* above 4 GiB; and somebody stands at the begin */
    sim_bar(f, 4, BAR_MEMORY64, 14, SPACE_BASE);
    setup();
    assert_int_equal(sim_get(host, 0x64, 4), 0);
    assert_int_equal(room.config.base, SPACE_BASE + (256 << 20));
    setup(); /* started again: it stays */
    assert_int_equal(room.config.base, SPACE_BASE + (256 << 20));
    assert_int_equal(room.config.bytes, 256 << 20);

    sim_put(host, 0x60, 4, 0xb0000001 | 3 << 1); /* no size that there is */
    setup();
    assert_int_equal(room.config.bytes, 0);
    sim_put(host, 0x60, 4, 0xb0000001);
    sim_bar(f, 4, BAR_MEMORY64, 29, SPACE_BASE);
    sim_bar(f, 2, BAR_MEMORY32, 28, 0xe0000000);
    sim_bar(f, 3, BAR_MEMORY32, 28, 0xf0000000);
    setup();
    assert_int_equal(room.config.bytes, 0);
    assert_int_equal(sim_get(host, 0x60, 4), 0xb0000001);
}

static void opens_bridges(void **state)
{
    (void)state;
    sim_reset();
    struct sim_function *a = sim_bridge(-1, 0x08), *b = sim_bridge(0, 0),
                        *f = sim_add(1, 0, 0x10421af4);
    sim_bar(f, 0, BAR_MEMORY32, 14, 0);
    setup();
    struct function *found = &bus.list[2];
    assert_true(room_place(&room, &bus, found));
    uint64_t a_base = (uint64_t)sim_get(a, CONFIG_MEMORY_BASE, 2) << 16;
    uint64_t a_end = ((uint64_t)sim_get(a, CONFIG_MEMORY_LIMIT, 2) << 16) + (1 << 20);
    uint64_t b_base = (uint64_t)sim_get(b, CONFIG_MEMORY_BASE, 2) << 16;
    uint64_t b_end = ((uint64_t)sim_get(b, CONFIG_MEMORY_LIMIT, 2) << 16) + (1 << 20);
    assert_true(a_base >= SPACE_BASE && a_end <= SPACE_BASE + SPACE_BYTES);
    assert_true(b_base >= a_base && b_end <= a_end && b_base < b_end);
    assert_true(found->bars[0].base >= b_base && found->bars[0].base + 0x4000 <= b_end);
    assert_int_equal(sim_get(a, CONFIG_COMMAND, 2) & 6, COMMAND_MEMORY | COMMAND_MASTER);
    struct sim_function *big = sim_add(1, 8, 0x10421af4);
    sim_bar(big, 0, BAR_MEMORY32, 25, 0); /* more than the bridge passes on */
    setup();
    assert_false(room_place(&room, &bus, &bus.list[3]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_functions),     TEST(sizes_registers),
        TEST(lists_end),           TEST(believes_good_tables_only),
        TEST(finds_a_reset),       TEST(numbers_bridges),
        TEST(is_cut_short),        TEST(ends_on_anything),
        TEST(places_registers),    TEST(leaves_what_is_taken),
        TEST(moves_configuration), TEST(opens_bridges),
        TEST(places_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
