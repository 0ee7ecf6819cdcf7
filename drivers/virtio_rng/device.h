/*
 * device.h - a virtio entropy device (Virtio 1.1, 5.4): a buffer that it fills, asked for again
 * when it has been used up.
 */
#pragma once
#include "transport.h"

enum { NOISE_BYTES = 1024, DEVICE_PAGES = QUEUE_PAGES + 1 };
enum device_state { DEVICE_NONE, DEVICE_WORKS, DEVICE_BROKEN };

struct device {
    enum device_state state;
    struct transport transport;
    struct virtqueue queue;
    uint8_t *memory; /* the queue's tables, and the buffer */
    uint64_t physical[DEVICE_PAGES];
    uint32_t at, len; /* what is there of the buffer */
    bool asked;       /* the device has the buffer */
};

/* NULL; "" there is none; or what is wrong with it. `interrupt`: what it signals. */
const char *device_open(struct device *d, cap_t interrupt);
void device_irq_ack(const struct device *d);
/* What the device has done, and on. */
void device_turn(struct device *d);
/* Up to `count` bytes, which are wiped here. */
uint32_t device_take(struct device *d, uint8_t *out_bytes, uint32_t count);
