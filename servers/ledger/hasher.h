/* hasher.h - hashes each commit into the chain: a thread of its own, at lower priority. */
#pragma once
#include "logmem.h"
#include "syscall.h"

enum { HASHER_PRIORITY = 120 };

/* Waits on `wake`, which axiom signals when records came; signals `told` when there are hashes. */
void hasher_start(const struct logmem *log, cap_t wake, cap_t told);
