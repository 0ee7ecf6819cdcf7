/* transport.c - see transport.h. */
#include "transport.h"

#include "bytes.h"
#include "idl/axiom.h"
#include "idl/pci.h"
#include "memory.h"
#include "slots.h"
#include "startup.h"
#include "window.h"

enum { CAPABILITY_VENDOR = 9, CAPABILITIES_MAX = 48, PAGE = 4096, BAR_PAGES_MAX = 64 };
enum { TYPE = 3, BAR = 4, OFFSET = 8, LENGTH = 12, MULTIPLIER = 16 };
enum { TYPE_COMMON = 1, TYPE_NOTIFY = 2, TYPE_DEVICE = 4 };
enum { /* struct virtio_pci_common_cfg, Virtio 1.1, 4.1.4.3 */
       COMMON_DEVICE_SELECT = 0,
       COMMON_DEVICE_FEATURES = 4,
       COMMON_DRIVER_SELECT = 8,
       COMMON_DRIVER_FEATURES = 12,
       COMMON_CONFIG_VECTOR = 16,
       COMMON_QUEUES = 18,
       COMMON_STATUS = 20,
       COMMON_GENERATION = 21,
       COMMON_QUEUE_SELECT = 22,
       COMMON_QUEUE_SIZE = 24,
       COMMON_QUEUE_VECTOR = 26,
       COMMON_QUEUE_ENABLE = 28,
       COMMON_NOTIFY_OFFSET = 30,
       COMMON_DESCRIPTORS = 32,
       COMMON_AVAILABLE = 40,
       COMMON_USED = 48,
       COMMON_BYTES = 56,
};
enum { STATUS_SEEN = 1, STATUS_DRIVER = 2, STATUS_RUNS = 4, STATUS_AGREED = 8 };
enum { STATUS_NEEDS_RESET = 64, RESET_TRIES = 1 << 20, GENERATIONS = 64 };

enum { VIRTIO_VENDOR = 0x1af4, VIRTIO_DEVICES = 0x1040 };

int transport_function(uint16_t kind, uint32_t number, cap_t *out_function)
{
    struct self_dma_proof_in proof = {.slot = slot_alloc()};
    int err = self_dma_proof(CAP_SLOT_SELF, &proof);
    if (err != OK) return err;
    struct pci_open_in in = {.vendor = VIRTIO_VENDOR,
                             .device = (uint16_t)(VIRTIO_DEVICES + kind),
                             .number = number,
                             .driver = {.slot = proof.slot, .rights = RIGHTS_ALL}};
    struct pci_open_out out = {.function.slot = slot_alloc()};
    err = pci_open(startup_cap("pci"), &in, &out);
    slot_discard(proof.slot);
    if (err != OK) slot_release(out.function.slot);
    *out_function = err == OK ? out.function.slot : 0;
    return err;
}

bool transport_memory(uint64_t address, uint32_t pages, uint64_t *out_physical)
{
    struct self_memory_physical_in in = {.address = address};
    struct self_memory_physical_out out;
    while (in.first < pages) {
        if (self_memory_physical(CAP_SLOT_SELF, &in, &out) != OK || out.pages.count == 0)
            return false;
        uint32_t left = pages - in.first, count = out.pages.count;
        if (count > left) count = left;
        memcpy(out_physical + in.first, out.pages.at, count * sizeof(uint64_t));
        in.first += count;
    }
    return true;
}

static volatile uint16_t *reg16(const struct transport *t, uint32_t at)
{
    return (volatile uint16_t *)(t->common + at);
}
static volatile uint32_t *reg32(const struct transport *t, uint32_t at)
{
    return (volatile uint32_t *)(t->common + at);
}

static void address_set(const struct transport *t, uint32_t at, uint64_t physical)
{
    *reg32(t, at) = (uint32_t)physical;
    *reg32(t, at + 4) = (uint32_t)(physical >> 32);
}

static uint32_t config(const struct transport *t, uint32_t offset, uint8_t bytes)
{
    struct function_config_read_in in = {.offset = (uint16_t)offset, .bytes = bytes};
    struct function_config_read_out out = {0};
    return function_config_read(t->function, &in, &out) == OK ? out.value : 0;
}

/* The registers of that index, mapped whole, up to BAR_PAGES_MAX; 0: they cannot be had. */
static uint64_t bar_map(struct transport *t, uint32_t bar, uint64_t bytes)
{
    uint32_t pages = (uint32_t)((bytes + PAGE - 1) / PAGE);
    if (pages == 0 || pages > BAR_PAGES_MAX) return 0;
    struct function_window_in in = {.bar = (uint8_t)bar, .pages = pages};
    struct function_window_out out = {.window.slot = slot_alloc()};
    uint64_t address = window_alloc(pages);
    if (address == 0 || function_window(t->function, &in, &out) != OK) return 0;
    struct self_window_map_in map = {.window = {.slot = out.window.slot, .rights = RIGHTS_ALL},
                                     .address = address};
    struct self_window_map_out mapped;
    int err = self_window_map(CAP_SLOT_SELF, &map, &mapped);
    slot_discard(out.window.slot);
    if (err != OK) return 0;
    t->bar_pages[bar] = pages;
    return address;
}

static uint64_t bar_bytes(const struct pci_function_info *f, uint32_t bar)
{
    for (uint32_t i = 0; i < f->bars.count; i++) {
        const struct pci_function_info_bar *b = &f->bars.at[i];
        bool memory = b->kind != PCI_FUNCTION_INFO_BAR_KIND_PORTS;
        if (b->index == bar && memory) return b->bytes;
    }
    return 0;
}

/* One structure's registers; NULL: the capability makes no sense, or they cannot be mapped. */
static volatile uint8_t *structure_map(struct transport *t, const struct pci_function_info *f,
                                       uint32_t at, uint32_t *out_bytes)
{
    uint32_t bar = config(t, at + BAR, 1), offset = config(t, at + OFFSET, 4);
    uint32_t length = config(t, at + LENGTH, 4);
    if (bar >= TRANSPORT_BARS) return NULL;
    uint64_t bytes = bar_bytes(f, bar);
    if (offset > bytes || length > bytes - offset) return NULL;
    if (t->bars[bar] == 0) t->bars[bar] = bar_map(t, bar, bytes);
    *out_bytes = length;
    return t->bars[bar] != 0 ? (volatile uint8_t *)(t->bars[bar] + offset) : NULL;
}

/* The first of each type that can be used counts: Virtio 1.1, 4.1.4.1. */
static void structures_find(struct transport *t, const struct pci_function_info *f)
{
    struct function_capability_in in = {.id = CAPABILITY_VENDOR};
    struct function_capability_out out;
    for (uint32_t i = 0; i < CAPABILITIES_MAX; i++) {
        if (function_capability(t->function, &in, &out) != OK || out.offset == 0) return;
        uint32_t at = in.after = out.offset, type = config(t, at + TYPE, 1), bytes = 0;
        if (type != TYPE_COMMON && type != TYPE_NOTIFY && type != TYPE_DEVICE) continue;
        volatile uint8_t *map = structure_map(t, f, at, &bytes);
        if (type == TYPE_COMMON && t->common == NULL && bytes >= COMMON_BYTES) t->common = map;
        if (type == TYPE_DEVICE && t->device == NULL) {
            t->device = map;
            t->device_bytes = bytes;
        }
        if (type == TYPE_NOTIFY && t->notify == NULL) {
            t->notify = map;
            t->notify_bytes = bytes;
            t->notify_multiplier = config(t, at + MULTIPLIER, 4);
        }
    }
}

static bool reset(const struct transport *t)
{
    uint32_t tries = 0;
    t->common[COMMON_STATUS] = 0;
    while (t->common[COMMON_STATUS] != 0 && tries++ < RESET_TRIES) {
        sys_yield();
    }
    return t->common[COMMON_STATUS] == 0;
}

const char *transport_open(struct transport *t, cap_t function)
{
    struct function_info_out info;
    *t = (struct transport){.function = function};
    if (function_info(function, &info) != OK) return "the function is gone";
    structures_find(t, &info.function);
    if (t->common == NULL || t->notify == NULL) return "no registers";
    if (!reset(t)) return "it does not reset";
    t->common[COMMON_STATUS] = STATUS_SEEN;
    t->common[COMMON_STATUS] = STATUS_SEEN | STATUS_DRIVER;
    return NULL;
}

bool transport_agree(struct transport *t, uint64_t known)
{
    uint64_t offered = 0;
    for (uint32_t half = 0; half < 2; half++) {
        *reg32(t, COMMON_DEVICE_SELECT) = half;
        offered |= (uint64_t)*reg32(t, COMMON_DEVICE_FEATURES) << (32 * half);
    }
    t->features = offered & known;
    for (uint32_t half = 0; half < 2; half++) {
        *reg32(t, COMMON_DRIVER_SELECT) = half;
        *reg32(t, COMMON_DRIVER_FEATURES) = (uint32_t)(t->features >> (32 * half));
    }
    if (!(t->features & FEATURE(FEATURE_VERSION_1))) return false;
    t->common[COMMON_STATUS] = STATUS_SEEN | STATUS_DRIVER | STATUS_AGREED;
    return t->common[COMMON_STATUS] & STATUS_AGREED;
}

uint16_t transport_queue_size(const struct transport *t)
{
    *reg16(t, COMMON_QUEUE_SELECT) = 0;
    return *reg16(t, COMMON_QUEUES) != 0 ? *reg16(t, COMMON_QUEUE_SIZE) : 0;
}

static const char *queue_set(struct transport *t, uint16_t size, const uint64_t *physical)
{
    *reg16(t, COMMON_CONFIG_VECTOR) = 0; /* it says so that it needs a reset */
    *reg16(t, COMMON_QUEUE_SELECT) = 0;
    *reg16(t, COMMON_QUEUE_SIZE) = size;
    *reg16(t, COMMON_QUEUE_VECTOR) = 0;
    if (*reg16(t, COMMON_QUEUE_VECTOR) != 0 || *reg16(t, COMMON_CONFIG_VECTOR) != 0)
        return "it takes no interrupt vector";
    address_set(t, COMMON_DESCRIPTORS, physical[0]);
    address_set(t, COMMON_AVAILABLE, physical[1]);
    address_set(t, COMMON_USED, physical[2]);
    uint64_t at = (uint64_t)*reg16(t, COMMON_NOTIFY_OFFSET) * t->notify_multiplier;
    if (at % sizeof(uint16_t) != 0 || at + sizeof(uint16_t) > t->notify_bytes)
        return "its doorbell is out of reach";
    t->doorbell = (volatile uint16_t *)(t->notify + at);
    *reg16(t, COMMON_QUEUE_ENABLE) = 1;
    return NULL;
}

const char *transport_start(struct transport *t, uint16_t size, const uint64_t *physical,
                            cap_t notification)
{
    struct function_vector_in in = {.notification = {.slot = notification, .rights = RIGHTS_ALL}};
    struct function_vector_out out = {.handler.slot = slot_alloc()};
    if (function_vector(t->function, &in, &out) != OK) return "no interrupt vector";
    t->handler = out.handler.slot;
    const char *wrong = queue_set(t, size, physical);
    if (wrong != NULL) return wrong;
    if (function_master(t->function, &(struct function_master_in){.on = true}) != OK)
        return "it may not master the bus";
    struct message m = {0};
    if (sys_invoke(t->handler, OP_IRQ_ACK, 0, &m) != OK) return "the interrupt is gone";
    t->common[COMMON_STATUS] = STATUS_SEEN | STATUS_DRIVER | STATUS_AGREED | STATUS_RUNS;
    return NULL;
}

void transport_notify(const struct transport *t)
{
    *t->doorbell = 0;
}

void transport_close(struct transport *t)
{
    (void)function_leave(t->function);
    for (uint32_t i = 0; i < TRANSPORT_BARS; i++) {
        if (t->bars[i] == 0 || memory_unmap(t->bars[i], t->bar_pages[i]) != OK) continue;
        window_release(t->bars[i], t->bar_pages[i]);
    }
    slot_discard(t->handler);
    slot_discard(t->function);
    *t = (struct transport){0};
}

static uint64_t config_once(const struct transport *t, uint32_t offset, uint32_t bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes; i += 4) { /* no field is read in parts of less */
        uint32_t part = bytes == 1   ? t->device[offset]
                        : bytes == 2 ? *(volatile uint16_t *)(t->device + offset)
                                     : *(volatile uint32_t *)(t->device + offset + i);
        value |= (uint64_t)part << (8 * i);
    }
    return value;
}

uint64_t transport_config(const struct transport *t, uint32_t offset, uint32_t bytes)
{
    if (offset + bytes > t->device_bytes) return 0;
    for (uint32_t i = 0; i < GENERATIONS; i++) {
        uint8_t before = t->common[COMMON_GENERATION];
        uint64_t value = config_once(t, offset, bytes);
        if (t->common[COMMON_GENERATION] == before) return value;
    }
    return 0;
}

bool transport_needs_reset(const struct transport *t)
{
    return t->common[COMMON_STATUS] & STATUS_NEEDS_RESET;
}
