/*
 * server.h - the bus server: functions that drivers have opened, and what they may have of them.
 */
#pragma once
#include "idl/axiom.h"
#include "idl/pci.h"
#include "room.h"
#include "service.h"

enum { KIND_FUNCTION = 1 }; /* of badges */

struct opened {     /* by index of the function */
    uint64_t badge; /* of the capability that its driver has; 0: nobody has it */
    uint32_t generation;
    uint32_t pid;
    cap_t proof;          /* whose memory it may master */
    bool mastering;       /* axiom has been told so */
    uint64_t table;       /* where its MSI-X table is mapped, 0: it is not, */
    uint32_t table_pages; /* in so many pages */
    uint64_t config;      /* where its configuration space is mapped; 0: by ports only */
};

struct label { /* what a driver found the device to be; outlives the driver */
    bool known;
    uint8_t len;
    char text[20];
};

struct server {
    struct service service;
    struct bus bus;
    struct room room;
    cap_t address_port, data_port; /* of configuration space */
    cap_t devices;                 /* of axiom */
    cap_t answer;                  /* what the last answer carried: dropped before the next */
    struct opened open[FUNCTIONS_MAX];
    struct label labels[FUNCTIONS_MAX];
};

extern struct server server;

/* access.c */
struct config_port config_ports(void);
/* A capability to pages of the space, in a new slot. */
MUST_USE int window_make(uint64_t base, uint32_t pages, cap_t *out_slot);
/* Maps them for the server itself. */
MUST_USE int window_look(uint64_t base, uint32_t pages, uint64_t *out_address);
/* All of a function's configuration space, read-only by habit: writes go by the ports. 0: it is not
 * to be had in memory. */
uint64_t config_look(const struct function *f);
uint32_t config_look_at(uint64_t config, uint16_t offset, uint32_t bytes);
void window_leave(uint64_t address, uint32_t pages);
void wait_ms(uint32_t ms);

/* reset.c: the function as after power-on, with its registers where they were, mastering nothing.
 * False: it cannot be reset, or does not end. */
MUST_USE bool function_reset(struct function *f);

/* driver.c */
int pci_serve(struct service *svc, struct request *rq);
int function_serve(struct service *svc, struct request *rq);
void function_close(struct function *f);

static inline struct label *label_of(const struct function *f)
{
    return &server.labels[f - server.bus.list];
}

static inline struct opened *opened_of(const struct function *f)
{
    return &server.open[f - server.bus.list];
}
