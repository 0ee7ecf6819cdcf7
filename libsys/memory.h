/*
 * memory.h - pages of the program itself. Free addresses for them: window.h; blocks: heap.h.
 */
#pragma once
#include "syscall.h"

enum { MEMORY_PAGE = 4096 };

/* New zeroed pages. Result: 0, the kernel's error or axiom's (enum self_error). */
MUST_USE int memory_map(uint64_t address, uint64_t pages, uint32_t rights);
MUST_USE int memory_unmap(uint64_t address, uint64_t pages);
