/*
 * state.h - a hash of all that a refused step must leave alone: authority, and who waits for what.
 *
 * Not in it: event ring, time and budgets, the order of those ready, and the registers of those who
 * can run, since a refusal is told in its caller's.
 */
#pragma once
#include <stdint.h>

uint64_t state_digest(void);
