/* random_test.c - random functions get places that are apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus_test.h"
#include "sim.h"

static void random_machine(uint64_t seed)
{
    sim_reset();
    sim.seed = seed;
    uint32_t count = 1 + sim_random() % 20;
    sim_bridge(-1, 0xf8);
    for (uint32_t i = 0; i < count; i++) {
        int parent = sim_random() % 3 == 0 ? 0 : -1;
        struct sim_function *f = sim_add(parent, (uint8_t)(8 * i), 0x12345678);
        uint32_t bits = 4 + sim_random() % (parent < 0 ? 22 : 14);
        uint64_t base = sim_random() % 2 == 0 ? 0 : sim_random() & ~((1ull << bits) - 1);
        sim_bar(f, sim_random() % 5, 2 + (int)(sim_random() % 2), bits, base);
    }
}

static const struct bar *bar_at(uint32_t i)
{
    const struct bar *b = &bus.list[i / BARS_MAX].bars[i % BARS_MAX];
    return b->kind == BAR_NONE ? NULL : b;
}

static void check_place(uint32_t i)
{
    const struct bar *a = bar_at(i);
    if (a == NULL) return;
    assert_true(a->base >= SPACE_BASE && a->base + a->bytes <= SPACE_BASE + SPACE_BYTES);
    assert_int_equal(a->base % (a->bytes < ROOM_PAGE ? ROOM_PAGE : a->bytes), 0);
    for (uint32_t k = 0; k < i; k++) {
        const struct bar *b = bar_at(k);
        if (b == NULL) continue;
        assert_true(a->base + a->bytes <= (b->base & ~0xfffull) ||
                    b->base + b->bytes <= (a->base & ~0xfffull));
    }
}

/* Where random functions end up: inside the space, on pages of their own. */
void places_are_apart(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        random_machine(seed);
        setup();
        place_all(true);
        for (uint32_t i = 0; i < BARS_MAX * bus.count; i++) {
            check_place(i);
        }
    }
}
