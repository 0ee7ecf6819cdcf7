/*
 * pids.h - numbers of processes. Each is used once in a boot, whoever has ended meanwhile: so no
 * badge or record that has one means another process later. No kernel calls here (host-tested).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PID_MAX = 0xffffff /* badges have 24 bits for who asks; one more would be pid 0 there */ };

/* The first of `entries` numbers from *next on that has a free entry; *next moves behind it. 0:
 * none has, or no number is left. */
uint32_t pid_take(uint32_t *next, uint32_t entries, bool (*is_free)(uint32_t pid));
