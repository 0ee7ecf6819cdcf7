/* window.c - see window.h. */
#include "window.h"

#include "memory.h"
#include "panic.h"
#include "runs.h"
#include "startup.h"

enum { WINDOW_UNIT_PAGES = 16 };

static struct runs windows = {.limit = RUNS_MAX}; /* numbers are units of WINDOW_UNIT_PAGES */

static uint32_t window_units(uint32_t pages)
{
    CHECK(pages > 0 && pages <= WINDOW_PAGES_MAX);
    return (pages + WINDOW_UNIT_PAGES - 1) / WINDOW_UNIT_PAGES;
}

uint64_t window_alloc(uint32_t pages)
{
    uint32_t unit = runs_take(&windows, window_units(pages));
    if (unit == UINT32_MAX) return 0;
    return STARTUP_WINDOWS + (uint64_t)unit * WINDOW_UNIT_PAGES * MEMORY_PAGE;
}

void window_release(uint64_t address, uint32_t pages)
{
    uint64_t unit = (address - STARTUP_WINDOWS) / ((uint64_t)WINDOW_UNIT_PAGES * MEMORY_PAGE);
    CHECK(address >= STARTUP_WINDOWS && unit < RUNS_MAX);
    runs_give(&windows, (uint32_t)unit, window_units(pages));
}
