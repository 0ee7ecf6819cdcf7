/* access.c - configuration space by ports, registers by windows, and waiting. See server.h. */
#include "memory.h"
#include "panic.h"
#include "server.h"
#include "slots.h"
#include "window.h"

/* "Configuration mechanism #1", PCI Local Bus Specification 3.0, 3.2.2.3.2. */
enum { PORT_ADDRESS = 0xcf8, PORT_DATA = 0xcfc };
#define ADDRESS_ON 0x80000000u

static void address_set(uint16_t address, uint16_t offset)
{
    struct message m = {
        .w = {PORT_ADDRESS, 4, ADDRESS_ON | (uint32_t)address << 8 | (offset & 0xfcu)}};
    if (sys_invoke(server.address_port, OP_PORT_OUT, 3, &m) != OK) PANIC("the ports are gone");
}

static uint32_t read(void *state, uint16_t address, uint16_t offset, uint32_t bytes)
{
    struct message m = {.w = {PORT_DATA + (offset & 3u), bytes}};
    (void)state;
    address_set(address, offset);
    if (sys_invoke(server.data_port, OP_PORT_IN, 2, &m) != OK) PANIC("the ports are gone");
    return (uint32_t)m.w[0];
}

static void write(void *state, uint16_t address, uint16_t offset, uint32_t bytes, uint32_t value)
{
    struct message m = {.w = {PORT_DATA + (offset & 3u), bytes, value}};
    (void)state;
    address_set(address, offset);
    if (sys_invoke(server.data_port, OP_PORT_OUT, 3, &m) != OK) PANIC("the ports are gone");
}

struct config_port config_ports(void)
{
    return (struct config_port){.read = read, .write = write};
}

int window_make(uint64_t base, uint32_t pages, cap_t *out_slot)
{
    struct devices_window_in in = {.base = base, .pages = pages, .slot = slot_alloc()};
    if (in.slot == 0) return ERR_SLOT_USED;
    int err = devices_window(server.devices, &in);
    if (err == OK) *out_slot = in.slot;
    if (err != OK) slot_release(in.slot);
    return err;
}

int window_look(uint64_t base, uint32_t pages, uint64_t *out_address)
{
    cap_t slot;
    struct self_window_map_out out;
    int err = window_make(base, pages, &slot);
    if (err != OK) return err;
    struct self_window_map_in in = {.window = {.slot = slot, .rights = RIGHTS_ALL},
                                    .address = window_alloc(pages)};
    err = in.address != 0 ? self_window_map(CAP_SLOT_SELF, &in, &out) : ERR_NO_MEMORY;
    if (err != OK && in.address != 0) window_release(in.address, pages);
    slot_discard(slot);
    *out_address = in.address;
    return err;
}

void window_leave(uint64_t address, uint32_t pages)
{
    if (memory_unmap(address, pages) == OK) window_release(address, pages);
}

uint32_t config_look_at(uint64_t config, uint16_t offset, uint32_t bytes)
{
    uint64_t at = config + offset;
    if (bytes == 1) return *(const volatile uint8_t *)at;
    return bytes == 2 ? *(const volatile uint16_t *)at : *(const volatile uint32_t *)at;
}

uint64_t config_look(const struct function *f)
{
    uint64_t at = (uint64_t)f->address * ROOM_PAGE, address;
    if (at >= server.room.config.bytes) return 0;
    if (window_look(server.room.config.base + at, 1, &address) != OK) return 0;
    /* It is where the chip set says only if both ways lead to the same function. */
    uint32_t ids = (uint32_t)f->device << 16 | f->vendor;
    if (config_look_at(address, CONFIG_VENDOR, 4) == ids) return address;
    window_leave(address, 1);
    return 0;
}

void wait_ms(uint32_t ms)
{
    uint64_t until = ticks_now() + startup_page()->tick_hz / 1000 * ms;
    while (ticks_now() < until) {
        sys_yield();
    }
}
