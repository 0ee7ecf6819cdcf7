/* sim.c - see sim.h. */
#include "sim.h"

#include <string.h>

struct sim sim;

void sim_reset(void)
{
    memset(&sim, 0, sizeof(sim));
    sim.seed = 1;
}

uint32_t sim_random(void)
{
    sim.seed = sim.seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(sim.seed >> 32);
}

static bool reaches(const struct sim_function *f, uint8_t bus)
{
    if (f->parent >= 0 && bus == 0) return false; /* no bridge passes that on */
    for (int at = f->parent; at >= 0; at = sim.list[at].parent) {
        const struct sim_function *bridge = &sim.list[at];
        if (bus < bridge->bytes[CONFIG_BUSES + 1] || bus > bridge->bytes[CONFIG_BUSES + 2])
            return false;
    }
    return (f->parent < 0 ? 0 : sim.list[f->parent].bytes[CONFIG_BUSES + 1]) == bus;
}

static struct sim_function *sim_find(uint16_t address)
{
    for (int i = 0; i < sim.count; i++) {
        if (sim.list[i].place == (address & 0xff) && reaches(&sim.list[i], address >> 8))
            return &sim.list[i];
    }
    return NULL;
}

static uint32_t read(void *state, uint16_t address, uint16_t offset, uint32_t bytes)
{
    (void)state;
    sim.reads++;
    if (sim.wild) return sim_random() >> (sim_random() % 32);
    const struct sim_function *f = sim_find(address);
    if (f == NULL || offset + bytes > SIM_BYTES) return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
    return sim_get(f, offset, bytes);
}

static void write(void *state, uint16_t address, uint16_t offset, uint32_t bytes, uint32_t value)
{
    (void)state;
    struct sim_function *f = sim.wild ? NULL : sim_find(address);
    if (f == NULL || offset + bytes > SIM_BYTES) return;
    bool is_bar = offset >= CONFIG_BAR && offset < CONFIG_BAR + 4 * BARS_MAX;
    if (is_bar && value == ~0u && f->bytes[CONFIG_COMMAND] & (COMMAND_PORTS | COMMAND_MEMORY))
        sim.answers_while_sized++;
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t mask = f->mask[offset + i], byte = (uint8_t)(value >> 8 * i);
        f->bytes[offset + i] = (uint8_t)((f->bytes[offset + i] & ~mask) | (byte & mask));
    }
}

struct config_port sim_port(void)
{
    return (struct config_port){.read = read, .write = write};
}

void sim_put(struct sim_function *f, uint32_t at, uint32_t bytes, uint32_t value)
{
    for (uint32_t i = 0; i < bytes && at + i < SIM_BYTES; i++) {
        f->bytes[at + i] = (uint8_t)(value >> 8 * i);
    }
}

uint32_t sim_get(const struct sim_function *f, uint32_t at, uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        value |= (uint32_t)f->bytes[at + i] << 8 * i;
    }
    return value;
}

void sim_allow(struct sim_function *f, uint32_t at, uint32_t bytes, uint32_t mask)
{
    for (uint32_t i = 0; i < bytes; i++) {
        f->mask[at + i] = (uint8_t)(mask >> 8 * i);
    }
}

struct sim_function *sim_add(int parent, uint8_t place, uint32_t ids)
{
    struct sim_function *f = &sim.list[sim.count++];
    f->parent = parent;
    f->place = place;
    sim_put(f, CONFIG_VENDOR, 4, ids);
    sim_allow(f, CONFIG_COMMAND, 2, 0x7ff);
    return f;
}

struct sim_function *sim_bridge(int parent, uint8_t place)
{
    struct sim_function *f = sim_add(parent, place, 0x000c1b36);
    f->bytes[CONFIG_HEADER] = HEADER_BRIDGE;
    sim_put(f, CONFIG_REVISION, 4, 0x06040000);
    sim_allow(f, CONFIG_BUSES, 4, 0x00ffffff);
    sim_allow(f, CONFIG_MEMORY_BASE, 4, 0xfff0fff0);
    return f;
}

void sim_bar(struct sim_function *f, uint32_t index, int kind, uint32_t bits, uint64_t base)
{
    uint32_t at = CONFIG_BAR + 4 * index;
    uint64_t mask = ~((1ull << bits) - 1);
    sim_put(f, at, 4, (uint32_t)base | (kind == BAR_PORTS ? 1 : kind == BAR_MEMORY64 ? 4 : 0));
    sim_allow(f, at, 4, (uint32_t)mask);
    if (kind != BAR_MEMORY64) return;
    sim_put(f, at + 4, 4, (uint32_t)(base >> 32));
    sim_allow(f, at + 4, 4, (uint32_t)(mask >> 32));
}

void sim_capability(struct sim_function *f, uint8_t at, uint8_t id)
{
    f->bytes[at] = id;
    f->bytes[at + 1] = f->bytes[CONFIG_CAPABILITIES];
    f->bytes[CONFIG_CAPABILITIES] = at;
    f->bytes[CONFIG_STATUS] |= STATUS_CAPABILITIES;
}
