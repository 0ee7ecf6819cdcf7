/*
 * walk.h - the log's read-only cursor over all slots. It stands on one slot, and moves on when that
 * slot goes; so it never names a dead one.
 */
#pragma once
#include "cap.h"

void walk_leaves(const struct slot *s); /* `s` is about to leave the tree */
void walk_moves(const struct slot *from, struct slot *to);
