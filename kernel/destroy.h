/*
 * destroy.h - how capabilities and objects end: delete, revoke, drop.
 *
 * All of it is preemptible between two slots: work is counted down, ERR_PARTIAL says that it is used
 * up, and every stop is between two whole steps, each with its commits (INV-DESTROY-1). A container
 * is emptied, top slot first, before it goes; the first step freezes it, so progress is certain.
 */
#pragma once
#include "cap.h"
#include "thread.h"

/* A process drops a use capability of its own, or clears a REVOKED slot. `name`: short form. */
MUST_USE enum err drop(struct thread *t, uint64_t name);
