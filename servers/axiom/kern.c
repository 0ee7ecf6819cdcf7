/* kern.c - see kern.h. */
#include "kern.h"

#include "logs.h"

static kern_drain_fn *drain_rings;
static uint64_t own_used[OWN_SLOTS / 64];
static uint32_t own_next; /* where the search for a free slot starts */

void kern_setup(uint32_t first_free, kern_drain_fn *drain)
{
    drain_rings = drain;
    for (uint32_t i = 0; i < first_free; i++) {
        own_used[i / 64] |= 1ull << (i % 64);
    }
    own_next = first_free;
}

static int own_is_free(uint32_t slot)
{
    return (own_used[slot / 64] >> (slot % 64) & 1) == 0;
}

cap_t own_alloc(uint32_t count)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < 2 * OWN_SLOTS; i++) {
        uint32_t slot = (own_next + i) % OWN_SLOTS;
        run = slot != 0 && own_is_free(slot) ? run + 1 : 0;
        if (run < count) continue;
        uint32_t first = slot + 1 - count;
        for (uint32_t j = first; j <= slot; j++) {
            own_used[j / 64] |= 1ull << (j % 64);
        }
        own_next = slot + 1;
        return first;
    }
    return 0;
}

void own_free(cap_t slot)
{
    if (slot == 0) return;
    own_used[slot / 64] &= ~(1ull << (slot % 64));
    if (slot < own_next) own_next = slot;
}

enum err kern_invoke(uint64_t name, enum operation op, uint32_t words, struct message *m)
{
    const struct message asked = *m;
    for (;;) {
        *m = asked;
        enum err err = sys_invoke(name, op, words, m);
        if (err == ERR_PARTIAL) {
            (void)drain_rings();
            continue;
        }
        if (err != ERR_LOG_FULL || !drain_rings()) return err;
    }
}

enum err kern_retype(uint64_t untyped, uint32_t type, uint32_t bits, uint32_t count, uint64_t first)
{
    struct message m = {.w = {type, bits, count, first}};
    return kern_invoke(untyped, OP_RETYPE, 4, &m);
}

enum err kern_copy(uint64_t to, uint64_t from, uint32_t rights)
{
    struct message m = {.w = {from, rights}};
    return kern_invoke(to, OP_COPY, 2, &m);
}

enum err kern_mint(uint64_t to, uint64_t from, uint32_t rights, uint64_t badge, uint32_t flags)
{
    struct message m = {.w = {from, rights, badge, flags}};
    return kern_invoke(to, OP_MINT, 4, &m);
}

enum err kern_map(uint64_t frame, uint64_t aspace, uint64_t address, uint32_t rights)
{
    struct message m = {.w = {aspace, address, rights}};
    return kern_invoke(frame, OP_MAP, 3, &m);
}

bool kern_gone(enum err err)
{
    CHECK(err == OK || err == ERR_LOG_FULL);
    return err == OK;
}

enum err kern_delete(uint64_t name)
{
    struct message m = {0};
    enum err err = kern_invoke(name, OP_DELETE, 0, &m);
    return err == ERR_CAP_EMPTY ? OK : err;
}

enum err kern_revoke(uint64_t name)
{
    struct message m = {0};
    return kern_invoke(name, OP_REVOKE, 0, &m);
}
