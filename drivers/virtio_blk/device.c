/* device.c - see driver.h. */
#include "bytes.h"
#include "driver.h"
#include "idl/axiom.h"
#include "idl/pci.h"
#include "slots.h"
#include "startup.h"
#include "text.h"
#include "window.h"

enum { VIRTIO_VENDOR = 0x1af4, VIRTIO_BLOCK = 0x1042, KIND_BLOCK = 2, PAGE = 4096 };
enum {
    PAGE_DESCRIPTORS,
    PAGE_AVAILABLE,
    PAGE_USED,
    PAGE_SLOTS,
    PAGE_SERIAL = PAGE_SLOTS + DISK_SLOT_PAGES,
    PAGES
};
enum { /* struct virtio_blk_config, Virtio 1.1, 5.2.4 */
       CONFIG_CAPACITY = 0,
       CONFIG_SIZE_MAX = 8,
       CONFIG_SEG_MAX = 12,
       CONFIG_BLOCK_SIZE = 20,
       CONFIG_DISCARD_SECTORS = 36,
       CONFIG_ZEROES_SECTORS = 48,
};
enum { DATA_PIECES_LEFT = 3, QUEUE_LEAST = 4, TRIES = 1 << 20 };
enum { WAIT_SECONDS = 5, LOOKS_MAX = 2 * FIND_MAX };
_Static_assert(PAGES <= sizeof(driver.physical) / sizeof(driver.physical[0]), "an address each");

/* Pages that the device may know. They are ours as long as they are mapped. */
static bool memory_make(struct driver *d)
{
    struct self_memory_create_in in = {.address = window_alloc(PAGES), .pages = PAGES};
    struct self_memory_create_out out = {.memory.slot = slot_alloc()};
    if (d->memory != NULL) { /* from a device that was not ours, and forgot it in its reset */
        memset(d->memory, 0, (size_t)PAGES * PAGE);
        return true;
    }
    if (in.address == 0 || self_memory_create(CAP_SLOT_SELF, &in, &out) != OK) return false;
    slot_discard(out.memory.slot);
    d->memory = (uint8_t *)in.address;
    return transport_memory(in.address, PAGES, d->physical);
}

static bool has(const struct driver *d, enum disk_feature f)
{
    return d->transport.features & FEATURE(f);
}

static uint32_t config(const struct driver *d, uint32_t offset)
{
    return (uint32_t)transport_config(&d->transport, offset, 4);
}

static void limits_read(struct driver *d, uint16_t queue)
{
    struct disk_limits *l = &d->disk.limits;
    uint32_t room = queue - DATA_PIECES_LEFT;
    *l = (struct disk_limits){.sectors = transport_config(&d->transport, CONFIG_CAPACITY, 8),
                              .segments = room < DISK_SEGMENTS_MAX ? room : DISK_SEGMENTS_MAX,
                              .segment_bytes = 1u << 22,
                              .block_bytes = SECTOR_BYTES,
                              .read_only = has(d, DISK_READ_ONLY),
                              .flush = has(d, DISK_FLUSH)};
    uint32_t segments = has(d, DISK_SEG_MAX) ? config(d, CONFIG_SEG_MAX) : 1;
    if (segments < l->segments) l->segments = segments;
    if (has(d, DISK_SIZE_MAX)) l->segment_bytes = config(d, CONFIG_SIZE_MAX);
    if (has(d, DISK_BLOCK_SIZE)) l->block_bytes = config(d, CONFIG_BLOCK_SIZE);
    if (has(d, DISK_DISCARD)) l->drop_sectors = config(d, CONFIG_DISCARD_SECTORS);
    if (has(d, DISK_ZEROES)) l->zero_sectors = config(d, CONFIG_ZEROES_SECTORS);
}

static uint64_t features_known(void)
{
    return FEATURE(FEATURE_VERSION_1) | FEATURE(DISK_SIZE_MAX) | FEATURE(DISK_SEG_MAX) |
           FEATURE(DISK_READ_ONLY) | FEATURE(DISK_BLOCK_SIZE) | FEATURE(DISK_FLUSH) |
           FEATURE(DISK_DISCARD) | FEATURE(DISK_ZEROES);
}

static uint16_t queue_size(const struct transport *t)
{
    uint16_t offered = transport_queue_size(t), size = QUEUE_MAX;
    while (size > offered) {
        size /= 2;
    }
    return size;
}

/* The first request, waited for by looking: it also shows that the device works. */
static const char *serial_read(struct driver *d)
{
    const struct vq_piece piece = {d->physical[PAGE_SERIAL], DISK_SERIAL_BYTES};
    const struct disk_request r = {.type = DISK_SERIAL, .pieces = &piece, .piece_count = 1};
    enum disk_error result;
    uint64_t cookie;
    if (disk_submit(&d->disk, &r) != DISK_OK) return "it takes no request";
    if (vq_publish(&d->disk.queue)) transport_notify(&d->transport);
    for (uint32_t i = 0; i < TRIES; i++) {
        if (disk_take(&d->disk, &cookie, &result)) {
            if (result == DISK_OK)
                memcpy(d->serial, d->memory + PAGE_SERIAL * PAGE, DISK_SERIAL_BYTES);
            return NULL; /* it need not know this request */
        }
        sys_yield();
    }
    return "it does not answer";
}

/* The device works, and `serial` is known; or what is wrong. */
static const char *bring_up(struct driver *d, cap_t function, cap_t interrupt)
{
    memset(d->serial, 0, sizeof(d->serial));
    const char *wrong = transport_open(&d->transport, function);
    if (wrong == NULL && d->transport.device == NULL) wrong = "no registers";
    if (wrong != NULL) return wrong;
    if (!transport_agree(&d->transport, features_known())) return "it is no virtio 1 device";
    uint16_t size = queue_size(&d->transport);
    if (size < QUEUE_LEAST) return "its queue is too small";
    limits_read(d, size);
    if (d->disk.limits.segments == 0 || d->disk.limits.segment_bytes < PAGE)
        return "it takes too little at once";
    if (!memory_make(d)) return "no memory";
    vq_init(&d->disk.queue, size, d->memory + PAGE_DESCRIPTORS * PAGE,
            d->memory + PAGE_AVAILABLE * PAGE, d->memory + PAGE_USED * PAGE);
    disk_init(&d->disk, d->memory + PAGE_SLOTS * PAGE, d->physical + PAGE_SLOTS);
    wrong = transport_start(&d->transport, size, d->physical, interrupt);
    return wrong != NULL ? wrong : serial_read(d);
}

/* Looking for ours. */

struct search {
    struct candidate list[FIND_MAX];
    bool refused[FIND_MAX]; /* the bus server does not open it */
    uint32_t count;
    uint64_t until; /* waited for others no longer */
    const char *wrong;
};

static void candidate_add(struct search *s, const struct pci_function_info *f)
{
    if (f->vendor != VIRTIO_VENDOR || f->device != VIRTIO_BLOCK || s->count == FIND_MAX) return;
    struct candidate *c = &s->list[s->count];
    *c = (struct candidate){.labelled = f->labelled, .taken = f->pid != 0};
    (void)text_copy(c->label, sizeof(c->label), f->label.at, f->label.len);
    if (s->refused[s->count++]) candidate_forget(c);
}

static void disks_list(struct search *s)
{
    static struct pci_list_out out;
    struct pci_list_in in = {0};
    s->count = 0;
    do {
        if (pci_list(startup_cap("pci"), &in, &out) != OK) return;
        for (uint32_t i = 0; i < out.functions.count; i++) {
            candidate_add(s, &out.functions.at[i]);
        }
        in.after += out.functions.count;
    } while (out.more);
    /* Who looks at one and does not end shall not keep the others waiting. */
    for (uint32_t i = 0; i < s->count && ticks_now() > s->until; i++) {
        if (!s->list[i].labelled && s->list[i].taken) candidate_forget(&s->list[i]);
    }
}

/* True: it is ours, whether it works or not. */
static bool look(struct driver *d, const struct wanted *w, struct search *s, uint32_t number)
{
    cap_t function;
    int err = transport_function(KIND_BLOCK, number, &function);
    if (err == PCI_TAKEN && ticks_now() <= s->until) {
        sys_yield();
        return false;
    }
    if (err != OK) {
        s->wrong = err == PCI_TAKEN ? "another driver has it" : "the bus server refuses it";
        s->refused[number] = true;
        return false;
    }
    s->wrong = bring_up(d, function, d->interrupt);
    struct function_label_in label = {.label = text_from(d->serial, strlen(d->serial))};
    struct candidate *c = &s->list[number];
    (void)function_label(function, &label);
    c->labelled = true;
    memcpy(c->label, d->serial, sizeof(c->label));
    uint32_t ours;
    if (find_next(s->list, s->count, w, &ours) == FIND_OPEN && ours == number) return true;
    transport_close(&d->transport);
    s->wrong = NULL;
    return false;
}

const char *device_open(struct driver *d, const struct wanted *w)
{
    static struct search s;
    uint32_t number, looks = 0;
    s.until = ticks_now() + startup_page()->tick_hz * WAIT_SECONDS;
    while (looks < LOOKS_MAX) {
        disks_list(&s);
        enum find next = find_next(s.list, s.count, w, &number);
        if (next == FIND_NONE) return s.wrong != NULL ? s.wrong : "";
        if (next == FIND_WAIT) {
            sys_yield();
            continue;
        }
        if (ticks_now() > s.until) looks++;
        if (!look(d, w, &s, number)) continue;
        d->there = s.wrong == NULL;
        return s.wrong;
    }
    return "the disks are not what was said of them";
}
