/*
 * device.h - a virtio block device for tests: it reads its queue from simulated physical memory, as
 * a device does, and answers in any order. Each kind of malice is one wrong answer.
 */
#pragma once
#include "disk.h"

enum { MEMORY_PAGES = 64, PAGE = 4096, DISK_SECTORS = 256 };

enum malice {
    HONEST,
    UNKNOWN_ID, /* names a descriptor that heads no chain */
    HUGE_ID,    /* names none at all */
    TWICE,      /* the same chain a second time */
    TOO_LONG,   /* wrote more than there was room for */
    RUNS_AHEAD, /* more answers than requests */
    SCRIBBLES,  /* over descriptors and available ring, before it answers */
    SHORT,      /* says well done, but wrote less */
    NO_STATUS,  /* leaves the status as it was */
    STRANGE_STATUS,
};

struct device {
    uint8_t memory[MEMORY_PAGES * PAGE] __attribute__((aligned(4096)));
    uint8_t sectors[DISK_SECTORS * SECTOR_BYTES];
    uint64_t descriptors, available, used; /* physical */
    uint16_t size, seen, answered;
    uint16_t waiting[QUEUE_MAX]; /* heads of chains not yet answered */
    uint32_t waiting_count;
    uint32_t flushes, drops, zeroes, interrupts;
    uint32_t last_head;
    uint64_t seed;
};
extern struct device device;

/* Physical memory begins here, so that no address is 0. */
#define PHYSICAL_BASE 0x100000ull
static inline uint8_t *at_physical(uint64_t address)
{
    return device.memory + (address - PHYSICAL_BASE);
}

uint32_t device_random(void);
void device_reset(uint16_t size);
void device_fetch(void);             /* what was made available */
bool device_answer(enum malice how); /* one request that waits, any of them */
