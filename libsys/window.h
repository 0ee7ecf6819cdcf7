/*
 * window.h - ranges of free addresses for pages that come from elsewhere: a child's, shared memory.
 *
 * Taken here, mapped by whoever has the pages. Safe with several threads.
 */
#pragma once
#include <stdint.h>

enum { WINDOW_PAGES_MAX = 512 };

/* Address of `pages` free pages, at most WINDOW_PAGES_MAX; 0: all are in use. */
uint64_t window_alloc(uint32_t pages);
void window_release(uint64_t address, uint32_t pages); /* nothing is mapped there any more */
