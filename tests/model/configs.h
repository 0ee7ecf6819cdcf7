/* configs.h - the configurations. Each makes its world and lists its operations. */
#pragma once
#include "explore.h"

typedef void config_fn(void);
config_fn config_ipc;
