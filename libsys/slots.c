/* slots.c - see slots.h. */
#include "slots.h"

#include "panic.h"
#include "runs.h"

static struct runs own_slots;

void slot_setup(uint32_t first, uint32_t limit)
{
    CHECK(first > 0);
    runs_init(&own_slots, first, limit);
}

cap_t slot_alloc(void)
{
    return slot_alloc_run(1);
}

cap_t slot_alloc_run(uint32_t count)
{
    uint32_t first = runs_take(&own_slots, count);
    return first == UINT32_MAX ? 0 : first;
}

void slot_release(cap_t slot)
{
    slot_release_run(slot, 1);
}

void slot_release_run(cap_t first, uint32_t count)
{
    CHECK(first != 0);
    runs_give(&own_slots, first, count);
}
