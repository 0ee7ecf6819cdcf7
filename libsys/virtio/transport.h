/*
 * transport.h - a virtio device behind the bus server: where its registers are, features, one
 * queue, and its interrupt. Virtio 1.1, chapters 3 and 4.1.
 */
#pragma once
#include "syscall.h"
#include "virtqueue.h"

enum { TRANSPORT_BARS = 6, QUEUE_PAGES = 3 };
#define FEATURE(bit) (1ull << (bit))
enum { FEATURE_VERSION_1 = 32 };

struct transport {
    cap_t function, handler;            /* of the bus server; of the interrupt */
    uint64_t bars[TRANSPORT_BARS];      /* where they are mapped, 0 not, */
    uint32_t bar_pages[TRANSPORT_BARS]; /* in so many pages */
    volatile uint8_t *common, *device;
    uint32_t device_bytes;
    volatile uint8_t *notify;
    uint32_t notify_bytes, notify_multiplier;
    volatile uint16_t *doorbell; /* of the queue */
    uint64_t features;           /* agreed on */
};

/* The device of that kind (Virtio 1.1, chapter 5), counted from 0; the bus server's error. */
int transport_function(uint16_t kind, uint32_t number, cap_t *out_function);
/* Where `pages` pages of the Memory that is mapped at `address` are. */
bool transport_memory(uint64_t address, uint32_t pages, uint64_t *out_physical);
/* The registers are found and the device is reset. NULL, or what is wrong. */
const char *transport_open(struct transport *t, cap_t function);
/* The device is reset and nobody's; what `t` held is let go. */
void transport_close(struct transport *t);
/* Agrees on what both know. False: the device does not accept it. */
bool transport_agree(struct transport *t, uint64_t known);
/* Queue 0 of at most `size`, its tables in three pages of these addresses, interrupts to
 * `notification`; then the device works. NULL, or what is wrong. */
const char *transport_start(struct transport *t, uint16_t size, const uint64_t *physical,
                            cap_t notification);
uint16_t transport_queue_size(const struct transport *t);
void transport_notify(const struct transport *t);
/* From the device's own configuration, read so that it fits together; 0 beyond its end. */
uint64_t transport_config(const struct transport *t, uint32_t offset, uint32_t bytes);
/* The device says that it cannot go on. */
bool transport_needs_reset(const struct transport *t);
