/* capabilities.c - see bus.h. */
#include "bus.h"

enum {
    LIST_FIRST = 0x40,
    LIST_MAX = (256 - LIST_FIRST) / 4, /* each takes a word at least: more hops are a loop */
    POINTER_MASK = 0xfc,
    CONFIG_BYTES = 256,
};
enum { MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_BYTES = 12, MSIX_COUNT = 0x7ff, MSIX_ENTRY = 16 };
enum { EXPRESS_DEVICE = 4, EXPRESS_BYTES = 12, EXPRESS_FLR = 1 << 28 };
enum { ADVANCED_ABLE = 3, ADVANCED_BYTES = 6, ADVANCED_FLR = 2 };
enum { POWER_CONTROL = 4, POWER_BYTES = 8, POWER_KEEPS = 8 /* No_Soft_Reset */ };
/* Virtio 1.1, 4.1.4: struct virtio_pci_cap */
enum { VIRTIO_TYPE = 3, VIRTIO_BAR = 4, VIRTIO_OFFSET = 8, VIRTIO_LENGTH = 12, VIRTIO_BYTES = 16 };
enum { VIRTIO_VENDOR = 0x1af4, VIRTIO_FIRST = 0x1040, VIRTIO_LAST = 0x107f, VIRTIO_COMMON = 1 };
enum { COMMON_STATUS = 20, COMMON_BYTES = 56 };

uint8_t capability_next(const struct bus *b, uint16_t address, uint8_t id, uint8_t after)
{
    uint16_t at = CONFIG_CAPABILITIES;
    bool behind = after == 0;
    if (!(config_read(b, address, CONFIG_STATUS, 2) & STATUS_CAPABILITIES)) return 0;
    for (uint32_t hops = 0; hops < LIST_MAX; hops++) {
        uint16_t next = config_read(b, address, at, 1) & POINTER_MASK;
        if (next < LIST_FIRST) return 0;
        if (behind && config_read(b, address, next, 1) == id) return (uint8_t)next;
        if (next == after) behind = true;
        at = next + 1;
    }
    return 0;
}

/* One whose structure of `bytes` ends inside configuration space; 0: there is none. */
static uint8_t whole_capability(const struct bus *b, uint16_t address, uint8_t id, uint32_t bytes)
{
    uint8_t at = capability_next(b, address, id, 0);
    return at != 0 && at + bytes <= CONFIG_BYTES ? at : 0;
}

static bool inside(const struct function *f, uint32_t bar, uint64_t offset, uint64_t bytes)
{
    if (bar >= BARS_MAX || f->bars[bar].kind < BAR_MEMORY32) return false;
    return offset <= f->bars[bar].bytes && bytes <= f->bars[bar].bytes - offset;
}

static void msix_read(const struct bus *b, struct function *f)
{
    uint8_t at = whole_capability(b, f->address, CAPABILITY_MSIX, MSIX_BYTES);
    if (at == 0) return;
    uint32_t count = (config_read(b, f->address, at + MSIX_CONTROL, 2) & MSIX_COUNT) + 1;
    uint32_t table = config_read(b, f->address, at + MSIX_TABLE, 4);
    if (!inside(f, table & 7, table & ~7u, (uint64_t)count * MSIX_ENTRY)) return;
    f->msix = at;
    f->vectors = (uint16_t)count;
    f->table_bar = table & 7;
    f->table = table & ~7u;
}

/* The common configuration of a virtio device: writing 0 to its status resets it. */
static bool virtio_read(const struct bus *b, struct function *f)
{
    bool modern = f->device >= VIRTIO_FIRST && f->device <= VIRTIO_LAST;
    if (f->vendor != VIRTIO_VENDOR || !modern) return false;
    uint8_t at = capability_next(b, f->address, CAPABILITY_VENDOR, 0), before = 0;
    for (uint32_t hops = 0; at != 0 && at != before && hops < LIST_MAX; hops++) {
        bool whole = at + VIRTIO_BYTES <= CONFIG_BYTES;
        uint32_t type = whole ? config_read(b, f->address, at + VIRTIO_TYPE, 1) : 0;
        uint32_t bar = whole ? config_read(b, f->address, at + VIRTIO_BAR, 1) : BARS_MAX;
        uint32_t offset = whole ? config_read(b, f->address, at + VIRTIO_OFFSET, 4) : 0;
        uint32_t length = whole ? config_read(b, f->address, at + VIRTIO_LENGTH, 4) : 0;
        if (type == VIRTIO_COMMON && length >= COMMON_BYTES && inside(f, bar, offset, length)) {
            f->status_bar = bar;
            f->status = offset + COMMON_STATUS;
            return true;
        }
        before = at;
        at = capability_next(b, f->address, CAPABILITY_VENDOR, at);
    }
    return false;
}

static bool reset_by(struct function *f, enum reset_kind kind, uint8_t at)
{
    f->reset = (uint8_t)kind;
    f->reset_at = at;
    return true;
}

static bool reset_find(const struct bus *b, struct function *f)
{
    uint16_t a = f->address;
    uint8_t at = whole_capability(b, a, CAPABILITY_EXPRESS, EXPRESS_BYTES);
    if (at != 0 && config_read(b, a, at + EXPRESS_DEVICE, 4) & EXPRESS_FLR)
        return reset_by(f, RESET_FUNCTION, at);
    at = whole_capability(b, a, CAPABILITY_ADVANCED, ADVANCED_BYTES);
    if (at != 0 && config_read(b, a, at + ADVANCED_ABLE, 1) & ADVANCED_FLR)
        return reset_by(f, RESET_FUNCTION, at);
    if (virtio_read(b, f)) return reset_by(f, RESET_VIRTIO, 0);
    at = whole_capability(b, a, CAPABILITY_POWER, POWER_BYTES);
    if (at != 0 && !(config_read(b, a, at + POWER_CONTROL, 2) & POWER_KEEPS))
        return reset_by(f, RESET_POWER, at);
    return false;
}

void capabilities_read(const struct bus *b, struct function *f)
{
    if ((f->header & HEADER_TYPE) != 0) return;
    msix_read(b, f);
    (void)reset_find(b, f);
}
