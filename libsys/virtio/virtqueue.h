/*
 * virtqueue.h - a split virtqueue, the driver's side. Virtio 1.1, 2.6. No system calls.
 *
 * The device shares three tables with us and can write to all of them, so nothing is ever read back
 * from them but the used ring, once, into private memory: which descriptors are free and which
 * chain is whose stands in `chains`. An entry of the used ring that names no chain in flight, or an
 * index that runs ahead of what was given, breaks the queue: only a reset helps then.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { QUEUE_MAX = 256, QUEUE_NONE = 0xffff };

struct vq_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
};
_Static_assert(sizeof(struct vq_descriptor) == 16, "Virtio 1.1, 2.6.5");
struct vq_available {
    uint16_t flags, index, ring[];
};
struct vq_used_entry {
    uint32_t id, written;
};
struct vq_used {
    uint16_t flags, index;
    struct vq_used_entry ring[];
};

struct vq_piece { /* of physical memory */
    uint64_t address;
    uint32_t bytes;
};

struct vq_chain { /* by its first descriptor */
    uint64_t cookie;
    uint16_t next; /* of any descriptor: the next of its chain, or the next free one */
    uint16_t last;
    uint32_t room; /* bytes that the device may write */
    bool in_flight;
};

struct virtqueue {
    volatile struct vq_descriptor *descriptors;
    volatile struct vq_available *available;
    volatile struct vq_used *used;
    uint16_t size; /* a power of two, up to QUEUE_MAX */
    uint16_t free, free_count;
    uint16_t given; /* chains made available, modulo 2^16; the device sees it by vq_publish() */
    uint16_t taken; /* chains taken back */
    bool broken;
    struct vq_chain chains[QUEUE_MAX];
};

/* The tables are zero. */
void vq_init(struct virtqueue *q, uint16_t size, void *descriptors, void *available, void *used);
struct vq_request {
    const struct vq_piece *pieces; /* first those that the device reads, */
    uint32_t reads, writes;        /* then those that it writes */
    uint64_t cookie;
};
/* False: there are too few free descriptors. */
bool vq_add(struct virtqueue *q, const struct vq_request *r);
/* True: the device wants to be told. */
bool vq_publish(struct virtqueue *q);
/* No interrupts, as we look ourselves; the device may send some nevertheless. */
void vq_hush(struct virtqueue *q);
/* An interrupt with the next answer. False: one stands there already, for which none may come. */
bool vq_listen(struct virtqueue *q);
/* A chain that the device has done with. False: there is none, or the queue is broken. */
bool vq_take(struct virtqueue *q, uint64_t *out_cookie, uint32_t *out_written);
