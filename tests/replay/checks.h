/* checks.h - do all invariants hold in the executed state? */
#pragma once
#include <stdbool.h>

/* False: the engine's message says which does not, and it goes no further. */
bool checks_hold(void);
