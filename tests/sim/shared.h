/* shared.h - shared.c for axiom.c. */
#pragma once
#include "idl/axiom.h"

struct process;

void memory_setup(void);
int memory_on_create(struct request *rq, const struct self_memory_create_in *in,
                     struct self_memory_create_out *out);
int memory_on_attach(struct request *rq, const struct self_memory_attach_in *in,
                     struct self_memory_attach_out *out);
int memory_on_detach(struct request *rq, const struct self_memory_detach_in *in);
void memory_ended(struct process *p);
