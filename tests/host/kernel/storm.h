/*
 * storm.h - where random steps come from.
 */
#pragma once
#include "harness.h"

uint64_t any(uint64_t n); /* below n */
bool one_in(uint64_t n);

/* Processes with some capabilities in common. */
void storm_world(void);
/* Axiom starts again a process that waits or stands; false: it cannot. */
bool storm_rescue(void);
/* Writes the registers of a random system call; plausible more often than not. */
void storm_registers(struct thread *t);
