/* slots.c - see slots.h. */
#include "slots.h"

#include "panic.h"

static struct slots own_slots;

static uint64_t run_mask(uint32_t count)
{
    return (1ull << count) - 1;
}

void slots_init(struct slots *slots, uint32_t first, uint32_t limit)
{
    slots->limit = limit < SLOTS_MAX ? limit : SLOTS_MAX;
    for (uint32_t i = 0; i < SLOTS_MAX / 64; i++) {
        slots->used[i] = 0;
    }
    for (uint32_t i = 0; i < SLOTS_MAX; i++) {
        if (i < first || i >= slots->limit) slots->used[i / 64] |= 1ull << i % 64;
    }
}

/* Bits at which a run of `count` free ones begins. */
static uint64_t run_starts(uint64_t used, uint32_t count)
{
    uint64_t starts = ~used;
    for (uint32_t i = 1; i < count; i++) {
        starts &= ~used >> i;
    }
    return starts;
}

cap_t slots_take(struct slots *slots, uint32_t count)
{
    CHECK(count > 0 && count <= SLOTS_RUN_MAX);
    for (uint32_t i = 0; i * 64 < slots->limit; i++) {
        uint64_t used = __atomic_load_n(&slots->used[i], __ATOMIC_RELAXED);
        uint64_t starts = run_starts(used, count);
        while (starts != 0) {
            uint32_t bit = (uint32_t)__builtin_ctzll(starts);
            uint64_t taken = used | run_mask(count) << bit;
            if (__atomic_compare_exchange_n(&slots->used[i], &used, taken, 0, __ATOMIC_ACQUIRE,
                                            __ATOMIC_RELAXED)) {
                return i * 64 + bit;
            }
            starts = run_starts(used, count); /* another thread was faster: `used` is new */
        }
    }
    return 0;
}

void slots_give(struct slots *slots, cap_t first, uint32_t count)
{
    CHECK(count > 0 && count <= SLOTS_RUN_MAX && first % 64 + count <= 64);
    CHECK(first != 0 && first + count <= slots->limit);
    uint64_t mask = run_mask(count) << first % 64;
    uint64_t before = __atomic_fetch_and(&slots->used[first / 64], ~mask, __ATOMIC_RELEASE);
    CHECK((before & mask) == mask); /* a slot is given back once */
}

void slot_setup(uint32_t first, uint32_t limit)
{
    slots_init(&own_slots, first, limit);
}

cap_t slot_alloc(void)
{
    return slots_take(&own_slots, 1);
}

cap_t slot_alloc_run(uint32_t count)
{
    return slots_take(&own_slots, count);
}

void slot_release(cap_t slot)
{
    slots_give(&own_slots, slot, 1);
}

void slot_release_run(cap_t first, uint32_t count)
{
    slots_give(&own_slots, first, count);
}

void slot_discard(cap_t slot)
{
    if (slot == 0) return;
    (void)sys_drop(slot); /* ERR_CAP_EMPTY: nothing to drop, which is what is wanted */
    slot_release(slot);
}
