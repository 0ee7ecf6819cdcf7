/*
 * memory.h - pages and address space of the program itself.
 *
 * The heap is in heap.h. A window is a range of free addresses for pages that come from elsewhere
 * (a child's, shared memory): taken here, mapped by whoever has the pages.
 */
#pragma once
#include "syscall.h"

enum { MEMORY_PAGE = 4096, MEMORY_WINDOW_PAGES_MAX = 512 };

/* New zeroed pages. Result: 0, the kernel's error or axiom's (enum self_error). */
MUST_USE int memory_map(uint64_t address, uint64_t pages, uint32_t rights);
MUST_USE int memory_unmap(uint64_t address, uint64_t pages);

/* Address of `pages` free pages, at most MEMORY_WINDOW_PAGES_MAX; 0: all are in use. */
uint64_t window_alloc(uint32_t pages);
void window_release(uint64_t address, uint32_t pages); /* nothing is mapped there any more */
