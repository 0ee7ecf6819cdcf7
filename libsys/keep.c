/* keep.c - see keep.h. */
#include "keep.h"

#include "bytes.h"
#include "idl/registry.h"
#include "slots.h"

enum { NUMBERS_MAX = 256 }; /* more than init keeps for one service */

int keep_put(uint64_t number, cap_t source, uint32_t rights, cap_t *out_copy)
{
    const struct registry_keep_in in = {.number = number,
                                        .capability = {.slot = source, .rights = (uint8_t)rights}};
    struct registry_keep_out out = {.kept = {.slot = slot_alloc()}};

    *out_copy = 0;
    if (out.kept.slot == 0) return ERR_NO_MEMORY;
    int err = registry_keep(CAP_SLOT_REGISTRY, &in, &out);
    if (err == OK) {
        *out_copy = out.kept.slot;
    } else {
        slot_release(out.kept.slot);
    }
    return err;
}

cap_t keep_get(uint64_t number)
{
    const struct registry_kept_in in = {.number = number};
    struct registry_kept_out out = {.kept = {.slot = slot_alloc()}};

    if (out.kept.slot == 0) return 0;
    if (registry_kept(CAP_SLOT_REGISTRY, &in, &out) == OK) return out.kept.slot;
    slot_release(out.kept.slot);
    return 0;
}

void keep_end(uint64_t number)
{
    (void)registry_unkeep(CAP_SLOT_REGISTRY, &(struct registry_unkeep_in){.number = number});
}

void keep_each(void (*each)(void *state, uint64_t number), void *state)
{
    static uint64_t numbers[NUMBERS_MAX];
    struct registry_keeping_in in = {0};
    struct registry_keeping_out out;
    uint32_t count = 0;

    do {
        if (registry_keeping(CAP_SLOT_REGISTRY, &in, &out) != OK) break;
        for (uint32_t i = 0; i < out.numbers.count && count < NUMBERS_MAX; i++) {
            numbers[count++] = out.numbers.at[i];
        }
        in.after = out.next;
    } while (in.after != 0);
    for (uint32_t i = 0; i < count; i++) {
        each(state, numbers[i]);
    }
}
