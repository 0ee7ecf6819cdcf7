/* device.c - see device.h. */
#include "device.h"

#include <assert.h>
#include <string.h>

struct device device;

enum { FLAG_NEXT = 1, FLAG_WRITE = 2, NO_INTERRUPT = 1, CHAIN_MAX = QUEUE_MAX };

struct piece {
    uint8_t *at;
    uint32_t bytes;
    bool writes;
};

uint32_t device_random(void)
{
    device.seed = device.seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(device.seed >> 33);
}

void device_reset(uint16_t size)
{
    memset(&device, 0, sizeof(device));
    device.size = size;
    device.descriptors = PHYSICAL_BASE;
    device.available = PHYSICAL_BASE + PAGE;
    device.used = PHYSICAL_BASE + 2 * PAGE;
    device.seed = 1;
}

static volatile struct vq_used *used(void)
{
    return (volatile struct vq_used *)at_physical(device.used);
}

void device_fetch(void)
{
    const struct vq_available *a = (const struct vq_available *)at_physical(device.available);
    while (device.seen != a->index) {
        uint16_t head = a->ring[device.seen++ % device.size];
        assert(head < device.size && device.waiting_count < QUEUE_MAX);
        device.waiting[device.waiting_count++] = head;
    }
}

/* All that a driver may not do is an assertion here. */
static uint32_t chain_read(uint16_t head, struct piece *out)
{
    const struct vq_descriptor *d = (const struct vq_descriptor *)at_physical(device.descriptors);
    uint32_t count = 0;
    bool writes = false;
    for (uint32_t at = head;; at = d[at].next) {
        assert(at < device.size && count < device.size);
        uint64_t offset = d[at].address - PHYSICAL_BASE;
        assert(offset >= 3 * PAGE && offset + d[at].bytes <= sizeof(device.memory));
        assert(d[at].bytes > 0);
        assert(!writes || d[at].flags & FLAG_WRITE); /* first what is read, then what is written */
        writes = d[at].flags & FLAG_WRITE;
        out[count++] = (struct piece){device.memory + offset, d[at].bytes, writes};
        if (!(d[at].flags & FLAG_NEXT)) return count;
    }
}

struct head {
    uint32_t type, reserved;
    uint64_t sector;
};
struct span {
    uint64_t sector;
    uint32_t count, flags;
};

/* Does it; says how many bytes were written, the status apart. */
static uint32_t perform(const struct head *h, const struct piece *p, uint32_t count)
{
    uint8_t *at = device.sectors + h->sector * SECTOR_BYTES;
    uint32_t written = 0;
    device.flushes += h->type == DISK_SYNC;
    device.drops += h->type == DISK_DROP;
    device.zeroes += h->type == DISK_ZERO;
    if (h->type == DISK_ZERO) {
        const struct span *s = (const struct span *)p[1].at;
        memset(device.sectors + s->sector * SECTOR_BYTES, 0, s->count * SECTOR_BYTES);
    }
    for (uint32_t i = 1; i + 1 < count; i++) {
        if (h->type == DISK_WRITE) memcpy(at, p[i].at, p[i].bytes);
        if (h->type == DISK_READ) memcpy(p[i].at, at, p[i].bytes);
        if (h->type == DISK_SERIAL) memcpy(p[i].at, "a serial number of 20", p[i].bytes);
        if (p[i].writes) written += p[i].bytes;
        at += p[i].bytes;
    }
    return written;
}

static void answer(uint32_t id, uint32_t written)
{
    volatile struct vq_used_entry *e = &used()->ring[device.answered % device.size];
    e->id = id;
    e->written = written;
    used()->index = ++device.answered;
    const volatile struct vq_available *a =
        (const volatile struct vq_available *)at_physical(device.available);
    if (!(a->flags & NO_INTERRUPT)) device.interrupts++;
}

bool device_answer(enum malice how)
{
    static struct piece pieces[CHAIN_MAX];
    if (how == TWICE && device.answered > 0) {
        answer(device.last_head, 1);
        return true;
    }
    if (device.waiting_count == 0) return false;
    uint32_t which = device_random() % device.waiting_count;
    uint16_t head = device.waiting[which];
    device.waiting[which] = device.waiting[--device.waiting_count];
    uint32_t count = chain_read(head, pieces);
    const struct head *h = (const struct head *)pieces[0].at;
    uint32_t written = perform(h, pieces, count);
    if (how != NO_STATUS) *pieces[count - 1].at = how == STRANGE_STATUS ? 77 : 0;
    if (how == SCRIBBLES) {
        for (uint32_t i = 0; i < 2 * PAGE; i++) {
            device.memory[i] = (uint8_t)device_random();
        }
    }
    device.last_head = head;
    uint32_t id = how == UNKNOWN_ID ? (head + 1u) % device.size
                  : how == HUGE_ID  ? 0x10000u + head
                                    : head;
    answer(id, how == SHORT ? written / 2 : written + (how == TOO_LONG ? 100000 : 1));
    if (how == RUNS_AHEAD) used()->index = (uint16_t)(device.answered + 300);
    return true;
}
