/*
 * killer.c - ends services wherever they are just then: it runs above them, and its clock, a budget
 * that it uses up, has nothing to do with theirs.
 *
 *   killer KILLS NAME...     one after the other, at random instants
 */
#include "bytes.h"
#include "idl/registry.h"
#include "startup.h"
#include "text.h"

static void restart(const char *name)
{
    struct registry_restart_in in = {.name = text_from(name, strlen(name))};
    (void)registry_restart(CAP_SLOT_REGISTRY, &in);
}

/* Until the next period begins. */
static void rest(uint64_t hz)
{
    uint64_t before = ticks_now(), now = before;
    while (now - before < hz / 100) {
        before = now;
        now = ticks_now();
    }
}

int main(int argc, char **argv)
{
    uint64_t kills = 0, state = ticks_now() | 1;
    if (argc < 3 || !text_parse_u64(argv[1], strlen(argv[1]), &kills)) return 2;
    for (; kills > 0; kills--) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        rest(startup_page()->tick_hz);
        restart(argv[2 + kills % (uint64_t)(argc - 2)]);
        for (uint64_t spin = state >> 48; spin > 0; spin--) {
            __asm__ volatile("" ::: "memory"); /* the next period begins elsewhere in their work */
        }
    }
    return 0;
}
