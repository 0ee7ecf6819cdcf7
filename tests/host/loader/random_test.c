/*
 * random_test.c - damaged kernels whose checksum is right: whatever is accepted can be carried out
 * inside the file and inside memory. Under the sanitizers no look goes beside the file either.
 */
#include <stdlib.h>
#include <string.h>

#include "loader_test.h"

enum { ROUNDS = 200000, INTERESTING = 176 }; /* ELF header and program headers */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void plan_is_sound(const struct plan *plan, const struct range *module)
{
    static const struct memory_entry entries[] = {{0x100000, 0x300000, MEMORY_USABLE, 0}};
    struct memory_map map = {entries, 1};
    assert_true(plan->count > 0 && plan->count <= SEGMENTS_MAX);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct segment *s = &plan->segments[i];
        assert_true(s->from <= KERNEL_BYTES && s->file_size <= KERNEL_BYTES - s->from);
        assert_true(s->file_size <= s->to.size);
        assert_true(s->to.base + s->to.size <= 1ull << 32);
    }
    if (plan_fits(plan, &map, module, 1) != NULL) return;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct range *to = &plan->segments[i].to;
        assert_true(to->base >= 0x100000 && to->base + to->size <= module->base);
    }
}

void random_damage(void **state)
{
    (void)state;
    static const uint64_t values[] = {
        0,        1,          8,          64,         4096,       KERNEL_BYTES, 0x100000,
        0x3ff000, 0x7fffffff, 0xffffffff, 1ull << 32, 1ull << 63, ~0ull};
    const struct range module = {0x300000, 0x100000};
    uint8_t *whole = kernel_make(), *elf = malloc(KERNEL_BYTES);
    uint64_t seed = 0x2545f4914f6cdd1d;
    uint32_t accepted = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        memcpy(elf, whole, KERNEL_BYTES);
        for (uint64_t changes = next(&seed) % 3 + 1; changes > 0; changes--) {
            uint64_t bytes = 1ull << next(&seed) % 4;
            uint64_t at = next(&seed) % (INTERESTING / bytes) * bytes;
            uint64_t value = values[next(&seed) % (sizeof(values) / sizeof(values[0]))];
            value += next(&seed) % 3 - 1;
            memcpy(elf + at, &value, bytes);
        }
        struct plan plan;
        if (kernel_plan(elf, KERNEL_BYTES, &plan) != NULL) continue;
        accepted++;
        plan_is_sound(&plan, &module);
    }
    assert_in_range(accepted, ROUNDS / 100, ROUNDS - ROUNDS / 100);
    free(elf);
    free(whole);
}
