/*
 * guest_self.h - in the place of a machine's memory (guest.h): the fake machine's own, kept before
 * the same events are executed again in it. Addresses are the same, so they need no translation.
 */
#pragma once
#include <stdint.h>

/* The state as it is now, after `events`. */
void guest_keep(uint64_t events, const void *rings);
