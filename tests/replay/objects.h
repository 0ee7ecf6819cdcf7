/*
 * objects.h - everything alive in the executed state, by way of the derivation tree.
 */
#pragma once
#include "thread.h"

/* Calls `visit` with the first capability of each object of this type, in the order of the tree.
 * Capabilities to one object stand together. */
typedef void visit_fn(const struct slot *first, void *context);
void objects_each(enum cap_type type, visit_fn *visit, void *context);
const struct thread *objects_thread(uint32_t id); /* NULL: no such thread lives */
