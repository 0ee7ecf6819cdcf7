/* memhog.c - takes memory page by page until axiom refuses, and says how far its quota went. */
#include "idl/axiom.h"
#include "memory.h"
#include "startup.h"
#include "terminal.h"

enum { PAGES_MAX = 1 << 20 };

int main(void)
{
    uint32_t pages = 0;
    struct self_info_out before, after;
    int err = self_info(CAP_SLOT_SELF, &before);

    while (err == OK && pages < PAGES_MAX) {
        uint64_t address = STARTUP_HEAP + (uint64_t)pages * MEMORY_PAGE;
        err = memory_map(address, 1, RIGHT_READ | RIGHT_WRITE);
        if (err != OK) break;
        *(volatile uint64_t *)address = address;
        pages++;
    }
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t address = STARTUP_HEAP + (uint64_t)i * MEMORY_PAGE;
        if (*(volatile uint64_t *)address != address) {
            terminal_print("memhog: page %u does not hold what was written\n", i);
            return 1;
        }
    }
    if (err != SELF_QUOTA || self_info(CAP_SLOT_SELF, &after) != OK) {
        terminal_print("memhog: ended by error %d, not by the quota\n", err);
        return 1;
    }
    terminal_print("memhog: %u pages taken; uses %u of its quota of %u, then refused\n", pages,
                   after.info.pages, after.info.pages_max);
    return 0;
}
