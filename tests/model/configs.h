/* configs.h - the configurations. Each makes its world and lists its operations. */
#pragma once
#include "explore.h"

typedef void config_fn(void);
config_fn config_ipc, config_transfer, config_notify; /* config_ipc.c, config_transfer.c */
config_fn config_caps, config_retype, config_vspace;  /* config_caps.c */
config_fn config_budget, config_order, config_log, config_cpus; /* config_sched.c */
config_fn config_revoke, config_end;                            /* config_steps.c */
