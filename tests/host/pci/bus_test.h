/* bus_test.h - the bus and the room that the tests look at. */
#pragma once
#include "room.h"

#define SPACE_BASE 0xc0000000ull
#define SPACE_BYTES 0x3ec00000ull

extern struct bus bus;
extern struct room room;

void setup(void);            /* finds what the simulated bus has */
void place_all(bool wanted); /* gives all of it a place; `wanted`: there is room for all */
void places_are_apart(void **state);
