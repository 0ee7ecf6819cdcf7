/* device.c - see device.h. */
#include "device.h"

#include "bytes.h"
#include "idl/axiom.h"
#include "idl/pci.h"
#include "panic.h"
#include "slots.h"
#include "window.h"

enum { KIND_ENTROPY = 4, PAGE = 4096, QUEUE_LEAST = 1, QUEUE_WANTED = 4, TRIES = 1 << 20 };
enum { PAGE_DESCRIPTORS, PAGE_AVAILABLE, PAGE_USED, PAGE_NOISE };

static uint8_t *noise(const struct device *d)
{
    return d->memory + PAGE_NOISE * PAGE;
}

static bool memory_make(struct device *d)
{
    struct self_memory_create_in in = {.address = window_alloc(DEVICE_PAGES),
                                       .pages = DEVICE_PAGES};
    struct self_memory_create_out out = {.memory.slot = slot_alloc()};

    if (in.address == 0 || self_memory_create(CAP_SLOT_SELF, &in, &out) != OK) return false;
    slot_discard(out.memory.slot);
    d->memory = (uint8_t *)in.address;
    return transport_memory(in.address, DEVICE_PAGES, d->physical);
}

/* The whole buffer is the device's until it says how much it wrote. */
static void ask(struct device *d)
{
    const struct vq_piece piece = {d->physical[PAGE_NOISE], NOISE_BYTES};
    const struct vq_request r = {.pieces = &piece, .writes = 1};

    d->asked = vq_add(&d->queue, &r);
    if (d->asked && vq_publish(&d->queue)) transport_notify(&d->transport);
}

static void answer_take(struct device *d)
{
    uint64_t cookie;
    uint32_t written;

    if (d->asked && vq_take(&d->queue, &cookie, &written)) {
        d->asked = false;
        d->at = 0;
        d->len = written; /* at most what it was given: the queue has looked */
    }
    if (d->queue.broken || transport_needs_reset(&d->transport)) d->state = DEVICE_BROKEN;
}

void device_turn(struct device *d)
{
    if (d->state != DEVICE_WORKS) return;
    answer_take(d);
    if (d->state == DEVICE_WORKS && !d->asked && d->at == d->len) ask(d);
}

uint32_t device_take(struct device *d, uint8_t *out_bytes, uint32_t count)
{
    device_turn(d);
    uint32_t left = d->len - d->at;
    if (d->asked || d->state != DEVICE_WORKS) return 0;
    if (count > left) count = left;
    memcpy(out_bytes, noise(d) + d->at, count);
    memset(noise(d) + d->at, 0, count);
    d->at += count;
    device_turn(d); /* the next ones come meanwhile */
    return count;
}

static const char *bring_up(struct device *d, cap_t function, cap_t interrupt)
{
    const char *wrong = transport_open(&d->transport, function);
    if (wrong != NULL) return wrong;
    if (!transport_agree(&d->transport, FEATURE(FEATURE_VERSION_1)))
        return "it is no virtio 1 device";
    uint16_t offered = transport_queue_size(&d->transport);
    uint16_t size = offered < QUEUE_WANTED ? QUEUE_LEAST : QUEUE_WANTED;
    if (offered < QUEUE_LEAST) return "it has no queue";
    if (!memory_make(d)) return "no memory";
    vq_init(&d->queue, size, d->memory + PAGE_DESCRIPTORS * PAGE, d->memory + PAGE_AVAILABLE * PAGE,
            d->memory + PAGE_USED * PAGE);
    return transport_start(&d->transport, size, d->physical, interrupt);
}

const char *device_open(struct device *d, cap_t interrupt)
{
    cap_t function;
    int err = transport_function(KIND_ENTROPY, 0, &function);

    if (err == PCI_NO_FUNCTION) return "";
    if (err != OK) return "the bus server refuses it";
    const char *wrong = bring_up(d, function, interrupt);
    if (wrong != NULL) return wrong;
    d->state = DEVICE_WORKS;
    ask(d);
    /* The first answer is waited for by looking: then there is noise when the first one asks. */
    for (uint32_t i = 0; i < TRIES && d->asked && d->state == DEVICE_WORKS; i++) {
        answer_take(d);
        if (d->asked) sys_yield();
    }
    return d->asked ? "it does not answer" : NULL;
}

void device_irq_ack(const struct device *d)
{
    struct message m = {0};

    if (sys_invoke(d->transport.handler, OP_IRQ_ACK, 0, &m) != OK) PANIC("the interrupt is gone");
}
