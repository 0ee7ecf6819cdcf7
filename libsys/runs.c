/* runs.c - see runs.h. */
#include "runs.h"

#include "panic.h"

static uint64_t run_mask(uint32_t count)
{
    return ~0ull >> (64 - count);
}

/* The bits of the word that stand for numbers below that one. */
static uint64_t below(uint32_t number, uint32_t word)
{
    if (number <= word * 64) return 0;
    uint32_t bits = number - word * 64;
    return run_mask(bits < 64 ? bits : 64);
}

void runs_init(struct runs *runs, uint32_t first, uint32_t limit)
{
    runs->limit = limit < RUNS_MAX ? limit : RUNS_MAX;
    for (uint32_t word = 0; word < RUNS_MAX / 64; word++) {
        runs->used[word] = below(first, word) | ~below(runs->limit, word);
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

/* The first bit of a run that is now taken in this word, or 64. */
static uint32_t take_in(uint64_t *word, uint32_t count)
{
    uint64_t used = __atomic_load_n(word, __ATOMIC_RELAXED);
    for (;;) {
        uint64_t starts = run_starts(used, count);
        if (starts == 0) return 64;
        uint32_t bit = (uint32_t)__builtin_ctzll(starts);
        uint64_t taken = used | run_mask(count) << bit;
        /* If another thread was faster, `used` is what it left. */
        if (__atomic_compare_exchange_n(word, &used, taken, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return bit;
    }
}

uint32_t runs_take(struct runs *runs, uint32_t count)
{
    CHECK(count > 0 && count <= RUNS_LENGTH_MAX);
    for (uint32_t word = 0; word * 64 < runs->limit; word++) {
        uint32_t bit = take_in(&runs->used[word], count);
        if (bit < 64) return word * 64 + bit;
    }
    return UINT32_MAX;
}

void runs_give(struct runs *runs, uint32_t first, uint32_t count)
{
    CHECK(count > 0 && first % 64 + count <= 64 && first + count <= runs->limit);
    uint64_t mask = run_mask(count) << first % 64;
    uint64_t before = __atomic_fetch_and(&runs->used[first / 64], ~mask, __ATOMIC_RELEASE);
    CHECK((before & mask) == mask); /* a number is given back once */
}
