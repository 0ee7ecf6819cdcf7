/*
 * area.h - memory objects: pages that several processes map, each at its own address and account.
 *
 * An area owns its frames, in chunks and a CNode of its own that axiom alone names; all who map it,
 * its maker too, have copies, and none depends on another. It lives while anybody maps it: so a
 * peer's end never takes a page away under who is left. Each who maps it pays for the whole of it,
 * so that it is paid for whoever stays, and nobody can leave another's memory with a third.
 *
 * Where a driver's device knows the pages, and the driver ends or they are taken from it, the area
 * is held until that device has been reset: so no page that a device may write to is ever given to
 * another. Only a driver that lives can say that its device is done with them: it unmaps them.
 */
#pragma once
#include "process.h"

enum {
    AREAS_MAX = 256,
    AREAS_RESERVED = 64, /* for `storage` processes */
    AREA_PAGES_MAX = 512,
    ATTACHED_MAX = 64, /* for each process */
};

/* A Memory's badge: bit 32 says that it may be written, bits 0 to 31 which it is. */
static inline uint64_t area_badge(uint32_t id, bool write)
{
    return badge_of(KIND_MEMORY, write, id);
}
static inline bool badge_writes(uint64_t badge)
{
    return badge_asker(badge) & 1;
}

struct area_info {
    uint32_t pages, maps, maker;
};
bool area_describe(uint32_t id, struct area_info *out); /* false: it is gone */

/* New zeroed pages, mapped in `p` at `address`. ERR_RANGE, ERR_MAPPED, ERR_NO_MEMORY, ERR_BUSY. */
MUST_USE enum err area_make(struct process *p, uint64_t address, uint32_t pages, uint32_t *out_id);
struct attach_plan {
    uint32_t id;
    uint64_t address;
    bool write;
    cap_t gone; /* in a receive slot, 0 none */
};
/* ERR_PEER_DIED: the area is gone. */
MUST_USE enum err area_attach(struct process *p, const struct attach_plan *plan,
                              uint32_t *out_pages);
/* ERR_NOT_MAPPED: none begins there. */
MUST_USE enum err area_detach(struct process *p, uint64_t address);
/* ERR_RIGHTS: another made it. ERR_PEER_DIED: it is gone. */
MUST_USE enum err area_revoke(struct process *p, uint32_t id);
/* Where up to *count pages of what is mapped there are, from page `first` on. ERR_NOT_MAPPED. */
MUST_USE enum err area_physical(struct process *p, uint64_t address, uint32_t first, uint64_t *out,
                                uint32_t *count);
/* No device masters the bus for that process any more; NULL: for nobody. */
void areas_let_go(const struct process *p);
uint64_t areas_held_pages(void); /* that nobody maps */
/* The process ends; its mappings are gone already. */
void areas_end(struct process *p);
