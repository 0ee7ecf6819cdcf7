/* room.c - see room.h. */
#include "room.h"

enum { BRIDGE_UNIT = 1 << 20, BRIDGE_BYTES = 16 << 20, BRIDGE_BYTES_DEEP = 2 << 20 };
/* Intel's "MCH" of Q35 (document 316966), 5.1.17: where configuration space is in memory */
enum { Q35_ID = 0x29c08086, Q35_PCIEXBAR = 0x60, PCIEXBAR_ON = 1 };
#define PCIEXBAR_MOST (256ull << 20)

static uint64_t end_of(struct range r)
{
    return r.base + r.bytes;
}

static bool touches(struct range a, struct range b)
{
    return a.base < end_of(b) && b.base < end_of(a);
}

static struct range pages_of(const struct bar *bar)
{
    uint64_t base = bar->base & ~(uint64_t)(ROOM_PAGE - 1);
    uint64_t bytes = (bar->base - base + bar->bytes + ROOM_PAGE - 1) & ~(uint64_t)(ROOM_PAGE - 1);
    return (struct range){base, bytes};
}

/* What the bridge passes on; 0 bytes: nothing. */
static struct range passed_on(const struct bus *b, const struct function *bridge)
{
    uint64_t base = config_read(b, bridge->address, CONFIG_MEMORY_BASE, 2) & 0xfff0;
    uint64_t limit = config_read(b, bridge->address, CONFIG_MEMORY_LIMIT, 2) & 0xfff0;
    if (limit < base || base == 0) return (struct range){0};
    return (struct range){base << 16, (limit - base + 0x10) << 16};
}

static bool is_bridge(const struct function *f)
{
    return (f->header & HEADER_TYPE) == HEADER_BRIDGE;
}

/* Where something is looked for: among the functions below a bridge, but for `own`. */
struct look {
    const struct bus *bus;
    const struct room *room;
    const struct bar *own;
    uint8_t bridge; /* its index, or NO_FUNCTION */
};

/* Anything of that function in the range; its end in *out_end. */
static bool taken_by(const struct look *l, const struct function *f, struct range wish,
                     uint64_t *out_end)
{
    for (uint32_t k = 0; k < BARS_MAX; k++) {
        const struct bar *bar = &f->bars[k];
        if (bar == l->own || bar->kind < BAR_MEMORY32 || bar->base == 0) continue;
        *out_end = end_of(pages_of(bar));
        if (touches(wish, pages_of(bar))) return true;
    }
    struct range passed = is_bridge(f) ? passed_on(l->bus, f) : (struct range){0};
    *out_end = end_of(passed);
    return passed.bytes != 0 && touches(wish, passed);
}

static bool taken(const struct look *l, struct range wish, uint64_t *out_end)
{
    for (uint32_t i = 0; i < l->room->reserved_count; i++) {
        *out_end = end_of(l->room->reserved[i]);
        if (touches(wish, l->room->reserved[i])) return true;
    }
    for (uint32_t i = 0; i < l->bus->count; i++) {
        const struct function *f = &l->bus->list[i];
        if (f->bridge == l->bridge && taken_by(l, f, wish, out_end)) return true;
    }
    return false;
}

/* The first free place of that size, aligned to it, inside `space`; 0: none. */
static uint64_t find(const struct look *l, struct range space, uint64_t bytes)
{
    uint64_t at = (space.base + bytes - 1) & ~(bytes - 1), end;
    while (at >= space.base && at < end_of(space) && bytes <= end_of(space) - at) {
        if (!taken(l, (struct range){at, bytes}, &end)) return at;
        at = (end + bytes - 1) & ~(bytes - 1);
    }
    return 0;
}

static void reserve(struct room *r, struct range range)
{
    r->config = range;
    r->reserved[r->reserved_count++] = range;
}

void room_setup(struct room *r, const struct bus *b, struct range space)
{
    *r = (struct room){.space = space};
    if (config_read(b, 0, CONFIG_VENDOR, 4) != Q35_ID) return;
    uint32_t low = config_read(b, 0, Q35_PCIEXBAR, 4), size = low >> 1 & 3;
    bool high = config_read(b, 0, Q35_PCIEXBAR + 4, 4) != 0;
    if (!(low & PCIEXBAR_ON) || size == 3) return;
    uint64_t bytes = PCIEXBAR_MOST >> size, base = low & ~(bytes - 1) & 0xffffffff;
    struct range now = {base, bytes};
    if (!high && base >= space.base && end_of(now) <= end_of(space)) return reserve(r, now);
    const struct look l = {.bus = b, .room = r, .bridge = NO_FUNCTION};
    uint64_t at = find(&l, space, PCIEXBAR_MOST);
    if (at == 0) return;
    /* Off meanwhile: half an address would be anywhere. Whole: of less QEMU ignores some bits. */
    config_write(b, 0, Q35_PCIEXBAR, 4, low & ~(uint32_t)PCIEXBAR_ON);
    config_write(b, 0, Q35_PCIEXBAR + 4, 4, 0);
    config_write(b, 0, Q35_PCIEXBAR, 4, (uint32_t)at | PCIEXBAR_ON);
    reserve(r, (struct range){at, PCIEXBAR_MOST});
}

/* From the outermost bridge inwards, each passes on some of what the one above it does. False:
 * there is no room. */
static bool bridges_open(const struct room *r, const struct bus *b, uint8_t innermost,
                         struct range *out_space)
{
    uint8_t chain[BRIDGES_DEEP];
    uint32_t depth = 0;
    for (uint8_t at = innermost; at != NO_FUNCTION && depth < BRIDGES_DEEP;
         at = b->list[at].bridge) {
        chain[depth++] = at;
    }
    *out_space = r->space;
    for (uint32_t i = depth; i-- > 0;) {
        const struct function *f = &b->list[chain[i]];
        struct range passed = passed_on(b, f);
        if (passed.bytes == 0) {
            uint64_t bytes = i + 1 == depth ? BRIDGE_BYTES : BRIDGE_BYTES_DEEP;
            const struct look l = {.bus = b, .room = r, .bridge = f->bridge};
            uint64_t at = find(&l, *out_space, bytes);
            if (at == 0) return false;
            config_write(b, f->address, CONFIG_MEMORY_BASE, 2, (uint32_t)(at >> 16));
            config_write(b, f->address, CONFIG_MEMORY_LIMIT, 2,
                         (uint32_t)((at + bytes - BRIDGE_UNIT) >> 16));
            passed = (struct range){at, bytes};
        }
        uint32_t command = config_read(b, f->address, CONFIG_COMMAND, 2);
        config_write(b, f->address, CONFIG_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER);
        *out_space = passed;
    }
    return true;
}

/* Inside `space`, and on pages of its own. */
static bool well_placed(const struct look *l, struct range space)
{
    struct range own = pages_of(l->own);
    uint64_t end;
    if (l->own->base == 0 || l->own->base % ROOM_PAGE != 0) return false;
    if (own.base < space.base || end_of(own) > end_of(space)) return false;
    return !taken(l, own, &end);
}

static void bar_write(const struct bus *b, const struct function *f, uint32_t index)
{
    const struct bar *bar = &f->bars[index];
    uint16_t at = (uint16_t)(CONFIG_BAR + 4 * index);
    config_write(b, f->address, at, 4, (uint32_t)bar->base);
    if (bar->kind == BAR_MEMORY64)
        config_write(b, f->address, at + 4, 4, (uint32_t)(bar->base >> 32));
}

/* It answers in memory only, and uses no interrupt pin. */
static void answer(const struct bus *b, const struct function *f)
{
    uint32_t command = config_read(b, f->address, CONFIG_COMMAND, 2);
    config_write(b, f->address, CONFIG_COMMAND, 2,
                 (command & ~(uint32_t)COMMAND_PORTS) | COMMAND_MEMORY | COMMAND_NO_PIN);
}

void bars_restore(const struct bus *b, const struct function *f)
{
    for (uint32_t i = 0; i < BARS_MAX; i++) {
        if (f->bars[i].kind >= BAR_MEMORY32) bar_write(b, f, i);
    }
    answer(b, f);
}

bool room_place(const struct room *r, struct bus *b, struct function *f)
{
    struct range space;
    uint32_t command = config_read(b, f->address, CONFIG_COMMAND, 2);
    if (!bridges_open(r, b, f->bridge, &space)) return false;
    config_write(b, f->address, CONFIG_COMMAND, 2, command & ~(uint32_t)COMMAND_MEMORY);
    for (uint32_t i = 0; i < BARS_MAX; i++) {
        struct bar *bar = &f->bars[i];
        const struct look l = {.bus = b, .room = r, .own = bar, .bridge = f->bridge};
        if (bar->kind < BAR_MEMORY32 || well_placed(&l, space)) continue;
        uint64_t bytes = bar->bytes < ROOM_PAGE ? ROOM_PAGE : bar->bytes;
        bar->base = find(&l, space, bytes);
        if (bar->base == 0) return false;
        bar_write(b, f, i);
    }
    answer(b, f);
    return true;
}
