/* place.h - before each source of a program: where its windows and its heap lie. */
#pragma once
#include <stdint.h>

uint64_t sim_place(void);
#define STARTUP_PLACE sim_place()
