/* cnode.h - the operation on its own capabilities that a process needs no authority for. */
#pragma once
#include "thread.h"

/* Drops a use capability, or clears a REVOKED slot. `name`: short form. ERR_PARTIAL: go on. */
MUST_USE enum err drop(struct thread *t, uint64_t name);
