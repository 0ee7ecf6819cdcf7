/*
 * driver.h - the device as this process has it: opened, identified, and in use.
 */
#pragma once
#include "disk.h"
#include "service.h"
#include "transport.h"

enum { SIGNAL_IRQ = 1 };

struct driver {
    struct service service;
    struct transport transport;
    struct disk disk;
    bool there;           /* there is a device, and it works */
    uint8_t *memory;      /* pages that it knows, */
    uint64_t physical[8]; /* and where they are */
    char serial[DISK_SERIAL_BYTES + 1];
};
extern struct driver driver;

/* Opens the device `number` of its kind, and learns what it is. NULL; "" there is none; or what is
 * wrong with it. */
const char *device_open(struct driver *d, uint32_t number, cap_t interrupt);
