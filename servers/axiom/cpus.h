/*
 * cpus.h - which CPUs there are, and whose turn it is to get a process.
 */
#pragma once
#include <stdint.h>

/* Asks the other CPUs to come up; each tells so by the event of its first tick. */
void cpus_start(void);
void cpus_seen(uint32_t index); /* an event of this CPU */
uint32_t cpus_up(void);
/* For a process that `maker` makes. A service of init's stays on the first CPU, where those are
 * that it talks with, unless it is placed; others take turns. */
uint8_t cpus_turn(uint32_t maker);
