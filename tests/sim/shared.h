/* shared.h - shared.c and kept.c for axiom.c. */
#pragma once
#include "idl/axiom.h"
#include "idl/registry.h"

struct process;

void memory_setup(void);
int memory_on_create(struct request *rq, const struct self_memory_create_in *in,
                     struct self_memory_create_out *out);
int memory_on_attach(struct request *rq, const struct self_memory_attach_in *in,
                     struct self_memory_attach_out *out);
int memory_on_detach(struct request *rq, const struct self_memory_detach_in *in);
void memory_ended(struct process *p);

int kept_on_keep(struct request *rq, const struct registry_keep_in *in,
                 struct registry_keep_out *out);
int kept_on_kept(struct request *rq, const struct registry_kept_in *in,
                 struct registry_kept_out *out);
int kept_on_unkeep(struct request *rq, const struct registry_unkeep_in *in);
int kept_on_keeping(struct request *rq, const struct registry_keeping_in *in,
                    struct registry_keeping_out *out);
void kept_power_cut(void);
