/*
 * driver.h - the device as this process has it: opened, identified, and in use.
 */
#pragma once
#include "bulk.h"
#include "disk.h"
#include "find.h"
#include "service.h"
#include "transport.h"

enum { SIGNAL_IRQ = 1, SIGNAL_CLIENT = 2, CLIENTS_MAX = 4, KIND_BULK = 1 };

struct client {
    struct bulk_server bulk; /* first: a pointer to it is one to the client */
    uint64_t badge;          /* of its Bulk; 0: free */
    uint32_t generation;
    bool ending;            /* its Bulk is gone; requests may be in flight */
    uint64_t physical[512]; /* where the pages of the rings are */
};

struct driver {
    struct service service;
    struct client clients[CLIENTS_MAX];
    uint64_t open[CLIENTS_MAX]; /* tokens of who waits to be one */
    uint32_t opens;
    cap_t signal;    /* what clients get */
    cap_t interrupt; /* what the device signals */
    struct transport transport;
    struct disk disk;
    bool there;           /* there is a device, and it works */
    uint8_t *memory;      /* pages that it knows, */
    uint64_t physical[8]; /* and where they are */
    char serial[DISK_SERIAL_BYTES + 1];
};
extern struct driver driver;

/* Opens our disk, and learns what it is. NULL; "" there is none; or what is wrong with it. */
const char *device_open(struct driver *d, const struct wanted *w);

/* clients.c */
struct block_open_out;
int client_open(struct request *rq, struct block_open_out *out);
struct client *client_of(struct driver *d, uint64_t badge); /* NULL: it is none of ours */
void client_gone(struct driver *d, uint64_t badge);
int client_attach(struct request *rq, const struct bulk_attach_in *in, struct bulk_attach_out *out);
/* What the device has done goes to the clients, what they want to the device. */
void clients_turn(struct driver *d, bool interrupted);
