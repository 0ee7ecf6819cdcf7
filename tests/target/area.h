/* area.h - what the tests of Memory share: its calls, and a peer that maps one. */
#pragma once
#include "memory.h"
#include "test.h"

enum { AREA_PAGES = 3, AREA_CHUNK = 16 };
enum { VECTOR_PAGE = 14, PRESENT = 1, WRITE = 2, USER = 4, KNOWN = 77, ANSWER = 78 };
/* Here and at the peer. */
#define PLACE (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)
#define PEERS (STARTUP_WINDOWS_END - 32 * (uint64_t)MEMORY_PAGE)
#define LAST (PLACE + (AREA_PAGES - 1) * (uint64_t)MEMORY_PAGE)

static inline volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

int area_create(uint64_t address, uint32_t pages, cap_t slot);
/* Expects AREA_PAGES of them. */
int area_attach(cap_t memory, uint64_t address, bool write, cap_t gone);
int area_detach(uint64_t address);
int area_revoke(cap_t memory);
struct memory_info_out area_info(cap_t memory);
uint32_t area_own_pages(void);
/* One at PLACE that begins with KNOWN; it goes when its only map, this one, goes. */
cap_t area_new(void);
void area_end(cap_t memory);

struct peer {
    cap_t ready, go;
    struct test_child child;
};

/* Maps the Memory at PEERS; `what` it does then: w, x write; d unmaps; v revokes; e tells what it
 * saw first. `pages`: its quota. */
bool peer_start(struct peer *p, cap_t memory, const char *what, uint32_t pages);
/* Until it has mapped it. */
bool peer_ready(struct peer *p, cap_t memory, const char *what);
int peer_result(struct peer *p);
void peer_faults(struct peer *p, uint64_t code);
int child_area_maps(void);
