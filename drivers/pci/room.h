/*
 * room.h - where registers of devices stand, and where there is room for those that have no place.
 *
 * A driver's pages must show nothing of another device, so registers in memory start and end on
 * whole pages of their own, inside the space that axiom can map. What the firmware placed so stays;
 * the rest is given a place: behind a bridge inside what the bridge passes on.
 */
#pragma once
#include "bus.h"

enum { ROOM_PAGE = 4096, RESERVED_MAX = 4 };

struct range {
    uint64_t base, bytes;
};

struct room {
    struct range space; /* all that axiom can map */
    struct range reserved[RESERVED_MAX];
    uint32_t reserved_count;
    struct range config; /* configuration space in memory: a page each address; 0 bytes: none */
};

/* What the chip set keeps for itself there, where that can be found out. Configuration space that
 * it shows outside the space is moved into it, if there is room. */
void room_setup(struct room *r, const struct bus *b, struct range space);
/* All registers of the function have a place, and it answers there. False: there is no room. */
/* Writes the registers' places again, after a reset. */
void bars_restore(const struct bus *b, const struct function *f);
bool room_place(const struct room *r, struct bus *b, struct function *f);
