/* scan.c - see bus.h. */
#include "bus.h"

#include <stddef.h>

enum { DEVICES = 32, PER_DEVICE = 8, NOBODY = 0xffff, CLASS_HOST_BRIDGE = 0x0600 };
enum { BAR_IS_PORTS = 1, BAR_TYPE = 6, BAR_TYPE_64 = 4, BAR_PORTS_MASK = 3, BAR_MEMORY_MASK = 15 };

struct place {                 /* where the search stands on one bus */
    uint8_t bus, bridge, last; /* last: of the buses behind the bridge, if the firmware said */
    uint16_t next;             /* device << 3 | function */
    bool numbered;             /* by us: its last bus is known when all behind it are */
};

/* What the register keeps of all ones is the size, inverted. */
static uint32_t register_mask(const struct bus *b, uint16_t address, uint16_t at)
{
    uint32_t before = config_read(b, address, at, 4);
    config_write(b, address, at, 4, ~0u);
    uint32_t mask = config_read(b, address, at, 4);
    config_write(b, address, at, 4, before);
    return mask;
}

/* Size of an address field of `mask`: its lowest settable bit. 0: none that makes sense. */
static uint64_t size_of(uint64_t mask)
{
    uint64_t size = mask & -mask;
    return (mask | (size - 1)) == ~0ull ? size : 0; /* all above it are settable too */
}

/* Says how many registers it took. */
static uint32_t bar_read(const struct bus *b, const struct function *f, uint32_t index,
                         uint32_t count, struct bar *out)
{
    uint16_t at = (uint16_t)(CONFIG_BAR + 4 * index);
    uint32_t value = config_read(b, f->address, at, 4), mask = register_mask(b, f->address, at);
    uint64_t high = mask != 0 ? 0xffffffff00000000ull : 0, base_high = 0;
    bool ports = value & BAR_IS_PORTS, wide = !ports && (value & BAR_TYPE) == BAR_TYPE_64;

    *out = (struct bar){0};
    if (wide && index + 1 == count) return 1;
    if (wide) {
        high = (uint64_t)register_mask(b, f->address, at + 4) << 32;
        base_high = (uint64_t)config_read(b, f->address, at + 4, 4) << 32;
    }
    uint32_t low = ports ? BAR_PORTS_MASK : BAR_MEMORY_MASK;
    if (ports) mask |= 0xffff0000; /* devices for 16 bits of them need not have more */
    uint64_t size = size_of(high | (mask & ~low));
    if (size != 0) {
        *out = (struct bar){.base = base_high | (value & ~low), .bytes = size};
        out->kind = ports ? BAR_PORTS : wide ? BAR_MEMORY64 : BAR_MEMORY32;
    }
    return wide ? 2 : 1;
}

/* While a register has all ones its function answers at odd places: it answers nowhere meanwhile,
 * and masters nothing ever after, until its driver asks for it. */
static void bars_read(const struct bus *b, struct function *f)
{
    bool is_bridge = (f->header & HEADER_TYPE) == HEADER_BRIDGE;
    uint32_t count = (f->header & HEADER_TYPE) == 0 ? BARS_MAX : is_bridge ? 2 : 0;
    uint32_t command = config_read(b, f->address, CONFIG_COMMAND, 2);

    if (f->class_code >> 8 == CLASS_HOST_BRIDGE) return;
    f->was_mastering = !is_bridge && command & COMMAND_MASTER;
    if (!is_bridge) command &= ~(uint32_t)COMMAND_MASTER;
    config_write(b, f->address, CONFIG_COMMAND, 2,
                 command & ~(uint32_t)(COMMAND_PORTS | COMMAND_MEMORY));
    for (uint32_t i = 0; i < count;) {
        i += bar_read(b, f, i, count, &f->bars[i]);
    }
    config_write(b, f->address, CONFIG_COMMAND, 2, command);
}

/* The bus behind a bridge; a bridge that the firmware left alone is given the next number. */
static bool bridge_enter(struct bus *b, struct function *f, const struct place *from,
                         struct place *out)
{
    uint32_t buses = config_read(b, f->address, CONFIG_BUSES, 4);
    uint8_t secondary = (uint8_t)(buses >> 8), subordinate = (uint8_t)(buses >> 16);
    bool numbered = secondary <= b->last_bus; /* 0, or one that we have been to */

    if (numbered && b->last_bus == BUSES_MAX - 1) return false;
    if (numbered) {
        secondary = b->last_bus + 1;
        subordinate = BUSES_MAX - 1; /* until it is known */
        config_write(b, f->address, CONFIG_BUSES, 4,
                     (buses & 0xff000000) | (uint32_t)subordinate << 16 | (uint32_t)secondary << 8 |
                         from->bus);
    }
    b->last_bus = secondary;
    f->secondary = secondary;
    *out = (struct place){.bus = secondary, .bridge = (uint8_t)(f - b->list), .numbered = numbered};
    return true;
}

/* All is behind it: the numbers up to the last one are its own. */
static void bridge_leave(const struct bus *b, const struct place *p)
{
    if (p->numbered) config_write(b, b->list[p->bridge].address, CONFIG_BUSES + 2, 1, b->last_bus);
}

static struct function *function_read(struct bus *b, uint16_t address, uint8_t bridge)
{
    if (b->count == FUNCTIONS_MAX) {
        b->cut = true;
        return NULL;
    }
    struct function *f = &b->list[b->count++];
    *f = (struct function){
        .address = address,
        .vendor = (uint16_t)config_read(b, address, CONFIG_VENDOR, 2),
        .device = (uint16_t)config_read(b, address, CONFIG_DEVICE, 2),
        .revision = (uint8_t)config_read(b, address, CONFIG_REVISION, 1),
        .class_code = config_read(b, address, CONFIG_REVISION, 4) >> 8,
        .header = (uint8_t)config_read(b, address, CONFIG_HEADER, 1),
        .bridge = bridge,
    };
    if ((f->header & HEADER_TYPE) == 0) {
        f->subsystem_vendor = (uint16_t)config_read(b, address, CONFIG_SUBSYSTEM_VENDOR, 2);
        f->subsystem = (uint16_t)config_read(b, address, CONFIG_SUBSYSTEM, 2);
    }
    bars_read(b, f);
    capabilities_read(b, f);
    return f;
}

/* The next function of that bus, or NULL; moves on behind it. */
static struct function *place_next(struct bus *b, struct place *p)
{
    while (p->next < DEVICES * PER_DEVICE) {
        uint16_t address = (uint16_t)(p->bus << 8 | p->next), first = address & 0xfff8;
        bool there = config_read(b, address, CONFIG_VENDOR, 2) != NOBODY;
        if (p->next % PER_DEVICE == 0 && !there) {
            p->next += PER_DEVICE;
            continue;
        }
        bool several = config_read(b, first, CONFIG_HEADER, 1) & HEADER_SEVERAL;
        p->next += several ? 1 : PER_DEVICE;
        if (there) return function_read(b, address, p->bridge);
    }
    return NULL;
}

void bus_scan(struct bus *b)
{
    struct place places[BRIDGES_DEEP] = {{.bridge = NO_FUNCTION}};
    uint32_t depth = 1;

    b->count = b->last_bus = 0;
    b->cut = false;
    while (depth > 0 && !b->cut) {
        struct place *p = &places[depth - 1];
        struct function *f = place_next(b, p);
        if (f == NULL) {
            if (depth > 1) bridge_leave(b, p);
            depth--;
            continue;
        }
        if ((f->header & HEADER_TYPE) != HEADER_BRIDGE) continue;
        if (depth == BRIDGES_DEEP) {
            b->cut = true;
        } else if (bridge_enter(b, f, p, &places[depth])) {
            depth++;
        }
    }
    while (depth-- > 1) { /* it was cut short: what was numbered so far stays reachable */
        bridge_leave(b, &places[depth]);
    }
}
