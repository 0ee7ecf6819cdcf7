/*
 * provenance.h - how a capability came to be: from the commit that filled its slot to the one that
 * had filled the slot it was derived from, and so on to genesis. Pure; for audit and the host.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/log.h"

/* Whether that operation puts something into the slot `dst`. */
bool provenance_fills(uint8_t op);
/* The last commit before `seq` that put something into that slot; `seq` itself: there is none. */
uint64_t provenance_before(const struct commit *list, uint64_t slot, uint64_t seq);
/* The commit from which the one at `seq` derives; `seq` itself at the root. */
uint64_t provenance_step(const struct commit *list, uint64_t seq);
