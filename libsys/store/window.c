/* window.c - blocks of the device in memory: see fold.h. */
#include <stddef.h>

#include "fold.h"

const void *store_window_get(struct store_window *w, uint64_t at, uint32_t need, uint64_t end)
{
    if (at >= w->at && at + need <= w->at + w->have) {
        return w->memory + (at - w->at) * STORE_BLOCK;
    }
    if (w->asked) return NULL;
    uint64_t most = end > at + need ? end - at : need;
    w->ask_at = at;
    w->ask = most < w->blocks ? (uint32_t)most : w->blocks;
    w->have = 0;
    return NULL;
}

bool store_window_next(struct store_window *w, struct store_io *out)
{
    if (w->ask == 0 || w->asked) return false;
    w->asked = true;
    *out = (struct store_io){
        .op = STORE_READ, .block = w->ask_at, .blocks = w->ask, .data = w->memory};
    return true;
}

void store_window_done(struct store_window *w, bool ok)
{
    w->at = w->ask_at;
    w->have = ok ? w->ask : 0;
    w->asked = false;
    w->ask = 0;
}
