/*
 * bus.h - what is on the bus: found once, at start, through configuration space alone. No system
 * calls: configuration space is reached by callbacks, so the tests put a simulated machine there.
 *
 * Numbers of registers: PCI Local Bus Specification 3.0 chapter 6, PCI-to-PCI Bridge Architecture
 * 1.2 chapter 3, PCI Express Base 3.0 chapter 7. Nothing that a device says is believed without a
 * look: lists end, sizes are powers of two, tables lie inside the registers that they name.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { FUNCTIONS_MAX = 64, BARS_MAX = 6, BUSES_MAX = 256, BRIDGES_DEEP = 8, NO_FUNCTION = 0xff };

struct config_port {
    void *state;
    uint32_t (*read)(void *state, uint16_t address, uint16_t offset, uint32_t bytes);
    void (*write)(void *state, uint16_t address, uint16_t offset, uint32_t bytes, uint32_t value);
};

enum config_register {
    CONFIG_VENDOR = 0,
    CONFIG_DEVICE = 2,
    CONFIG_COMMAND = 4,
    CONFIG_STATUS = 6,
    CONFIG_REVISION = 8,
    CONFIG_CLASS = 9, /* 3 bytes */
    CONFIG_HEADER = 0xe,
    CONFIG_BAR = 0x10,
    CONFIG_BUSES = 0x18, /* bridges: primary, secondary, subordinate */
    CONFIG_MEMORY_BASE = 0x20,
    CONFIG_MEMORY_LIMIT = 0x22,
    CONFIG_SUBSYSTEM_VENDOR = 0x2c,
    CONFIG_SUBSYSTEM = 0x2e,
    CONFIG_CAPABILITIES = 0x34,
};
enum { COMMAND_PORTS = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4, COMMAND_NO_PIN = 0x400 };
enum { STATUS_CAPABILITIES = 0x10, HEADER_SEVERAL = 0x80, HEADER_TYPE = 0x7f, HEADER_BRIDGE = 1 };
enum { CAPABILITY_POWER = 1, CAPABILITY_VENDOR = 9, CAPABILITY_EXPRESS = 0x10 };
enum { CAPABILITY_MSIX = 0x11, CAPABILITY_ADVANCED = 0x13 };

enum bar_kind { BAR_NONE, BAR_PORTS, BAR_MEMORY32, BAR_MEMORY64 };

struct bar {
    uint64_t base, bytes;
    uint8_t kind; /* enum bar_kind; a 64-bit one takes two indices, the second is BAR_NONE */
};

enum reset_kind { RESET_NONE, RESET_FUNCTION, RESET_VIRTIO, RESET_POWER };

struct function {
    uint16_t address; /* bus << 8 | device << 3 | function */
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code;
    uint8_t revision, header;
    uint8_t reset;       /* enum reset_kind */
    uint8_t reset_at;    /* the capability that it goes by */
    uint8_t msix;        /* capability, 0 none */
    uint16_t vectors;    /* messages of its table */
    uint8_t table_bar;   /* where that is, */
    uint32_t table;      /* and at which offset */
    uint8_t bridge;      /* index of the bridge above it, NO_FUNCTION: none */
    uint8_t secondary;   /* of a bridge: the bus below */
    bool was_mastering;  /* when it was found; a bridge does not count */
    uint32_t status_bar; /* RESET_VIRTIO: where its device status is */
    uint32_t status;
    struct bar bars[BARS_MAX];
};

struct bus {
    struct config_port port;
    uint32_t count;
    uint8_t last_bus;
    bool cut; /* more functions, or deeper bridges, than there is room for */
    struct function list[FUNCTIONS_MAX];
};

/* Finds what is there. Bus mastering is off afterwards, but for bridges. */
void bus_scan(struct bus *b);

/* capabilities.c: the next capability with that id behind `after` (0: from the start), or 0. Ends
 * on every list. */
uint8_t capability_next(const struct bus *b, uint16_t address, uint8_t id, uint8_t after);
/* What the capabilities of `f`, whose bars are known, say of messages and resets. */
void capabilities_read(const struct bus *b, struct function *f);

static inline uint32_t config_read(const struct bus *b, uint16_t address, uint16_t offset,
                                   uint32_t bytes)
{
    return b->port.read(b->port.state, address, offset, bytes);
}
static inline void config_write(const struct bus *b, uint16_t address, uint16_t offset,
                                uint32_t bytes, uint32_t value)
{
    b->port.write(b->port.state, address, offset, bytes, value);
}
