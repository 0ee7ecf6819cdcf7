/*
 * vspace.h - page tables: four levels of 512 entries; the mapping's record is in its slot.
 *
 * A Frame or PageTable slot carries at most one mapping: `extra` the top table and, in its low
 * bits, the level of the table that has the entry (0 the lowest); `badge` address and rights. A
 * table with live entries never goes (ERR_BUSY), so a mapped slot's tables are always there
 * (INV-VSPACE-1).
 */
#pragma once
#include "cap.h"

bool vspace_is_mapped(const struct slot *s);
/* A page table or address space that cannot go: it has entries. */
bool vspace_is_busy(const struct slot *s);
void vspace_unmap(struct slot *s);
