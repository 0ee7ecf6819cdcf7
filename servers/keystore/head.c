/* head.c - the head of the journal: found, written, and the journal's key in it. See journal.h. */
#include <sodium.h>
#include <string.h>

#include "inside.h"

#define MAGIC 0x317965774b6c5757ull /* "WWlKwey1" */
enum { VERSION = 2, EMPTY_SECTORS = 64, BOUND = offsetof(struct journal_head, generation) };

static uint64_t slot_at(uint32_t slot)
{
    return (uint64_t)slot * JOURNAL_UNIT_MAX;
}

static void sum_of(const struct journal_head *h, uint8_t out[32])
{
    (void)crypto_generichash(out, 32, (const uint8_t *)h, offsetof(struct journal_head, sum), NULL,
                             0);
}

static bool head_is_sound(const struct journal *j, const struct journal_head *h)
{
    uint8_t sum[32];
    sum_of(h, sum);
    bool unit = h->unit != 0 && JOURNAL_UNIT_MAX % h->unit == 0;
    if (memcmp(sum, h->sum, sizeof(sum)) != 0 || !unit) return false;
    uint64_t most = (j->sectors - JOURNAL_AREAS_AT) / 2;
    return j->sectors > JOURNAL_AREAS_AT && h->area < 2 && h->area_sectors <= most &&
           h->area_sectors >= JOURNAL_AREA_LEAST && h->area_sectors % h->unit == 0;
}

static enum journal_error look_at_nothing(struct journal *j)
{
    uint32_t count = j->sectors < EMPTY_SECTORS ? (uint32_t)j->sectors : EMPTY_SECTORS;
    if (!j->io.read(j->io.state, 0, count, j->window)) return JOURNAL_IO;
    j->window_at = UINT64_MAX;
    if (!sodium_is_zero(j->window, (size_t)count * JOURNAL_SECTOR)) return JOURNAL_FOREIGN;
    return j->sectors < JOURNAL_AREAS_AT + 2 * JOURNAL_AREA_LEAST ? JOURNAL_SMALL : JOURNAL_EMPTY;
}

enum journal_error journal_look(struct journal *j)
{
    struct journal_head h[2];
    bool ours = false, known = false, found = false;
    j->window_at = UINT64_MAX;
    j->open = j->unsure = false;
    if (j->sectors < 2 * JOURNAL_UNIT_MAX) return JOURNAL_SMALL;
    for (uint32_t i = 0; i < 2; i++) {
        if (!j->io.read(j->io.state, slot_at(i), 1, &h[i])) return JOURNAL_IO;
        ours = ours || h[i].magic == MAGIC;
        if (h[i].magic != MAGIC || h[i].version != VERSION) continue;
        known = true;
        if (!head_is_sound(j, &h[i])) continue;
        j->alone = !found;
        if (found && h[i].generation <= j->head.generation) continue;
        j->head = h[i];
        j->head_slot = i;
        found = true;
    }
    if (found) return JOURNAL_OK;
    if (!ours) return look_at_nothing(j);
    j->damaged_at = 0;
    return known ? JOURNAL_DAMAGED : JOURNAL_VERSION;
}

/* Into the place of the older one: one of the two is always whole. Of a write that failed nobody
 * knows which head counts: nothing is added until one was written again. */
enum journal_error journal_head_write(struct journal *j)
{
    uint8_t unit[JOURNAL_UNIT_MAX * JOURNAL_SECTOR] = {0};
    struct journal_head next = j->head;
    next.generation++;
    sum_of(&next, next.sum);
    memcpy(unit, &next, sizeof(next));
    uint32_t slot = 1 - j->head_slot;
    j->unsure = true;
    bool done =
        j->io.write(j->io.state, slot_at(slot), next.unit, unit) && j->io.flush(j->io.state);
    sodium_memzero(unit, sizeof(unit));
    if (!done) return JOURNAL_IO;
    j->head = next;
    j->head_slot = slot;
    j->unsure = false;
    return JOURNAL_OK;
}

/* `next`, in both places: what the older one could be opened with is gone from the disk. */
static enum journal_error head_replace(struct journal *j, const struct journal_head *next)
{
    struct journal_head before = j->head;
    j->head = *next;
    enum journal_error e = journal_head_write(j);
    if (e != JOURNAL_OK) j->head = before;
    return e == JOURNAL_OK ? journal_head_write(j) : e;
}

/* What a wrapped key belongs to. */
static struct crypto_bytes bound_to(const struct journal_head *h, uint8_t out[BOUND + 16])
{
    memcpy(out, h, BOUND);
    memcpy(out + BOUND, h->id, sizeof(h->id));
    return crypto_bytes(out, BOUND + sizeof(h->id));
}

static enum journal_error wrap(struct journal *j, const uint8_t by[CRYPTO_KEY_BYTES],
                               struct journal_wrap *out)
{
    uint8_t more[BOUND + 16];
    struct crypto_bytes bound = bound_to(&j->head, more);
    if (!j->io.random(j->io.state, out->nonce, sizeof(out->nonce))) return JOURNAL_RANDOM;
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out->sealed, NULL, j->key, sizeof(j->key),
                                                     bound.at, bound.len, NULL, out->nonce, by);
    return JOURNAL_OK;
}

static bool unwrap(const struct journal_head *h, const struct journal_wrap *w,
                   const uint8_t by[CRYPTO_KEY_BYTES], uint8_t out[CRYPTO_KEY_BYTES])
{
    uint8_t more[BOUND + 16];
    struct crypto_bytes bound = bound_to(h, more);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, w->sealed, sizeof(w->sealed),
                                                      bound.at, bound.len, w->nonce, by) == 0;
}

bool journal_opens(const struct journal *j, const uint8_t unlock[CRYPTO_KEY_BYTES])
{
    uint8_t key[CRYPTO_KEY_BYTES];
    bool good = unwrap(&j->head, &j->head.by_passphrase, unlock, key);
    sodium_memzero(key, sizeof(key));
    return good;
}

enum journal_error journal_unwrap(struct journal *j, const uint8_t unlock[CRYPTO_KEY_BYTES],
                                  bool device)
{
    const struct journal_head *h = &j->head;
    bool good = device ? unwrap(h, &h->by_device, h->device_key, j->key)
                       : unwrap(h, &h->by_passphrase, unlock, j->key);
    if (!good) return JOURNAL_WRONG;
    j->end = journal_area(j, h->area, h->epoch);
    j->torn = false;
    return JOURNAL_OK;
}

enum journal_error journal_make(struct journal *j, uint32_t unit,
                                const uint8_t unlock[CRYPTO_KEY_BYTES])
{
    struct journal_head *h = &j->head;
    uint64_t area = (j->sectors - JOURNAL_AREAS_AT) / 2;
    area = area < JOURNAL_AREA_MOST ? area : JOURNAL_AREA_MOST;
    h->magic = MAGIC;
    h->version = VERSION;
    h->unit = unit;
    h->area_sectors = area - area % unit;
    h->area = h->unattended = 0;
    h->generation = 0;
    bool random = j->io.random(j->io.state, h->id, sizeof(h->id)) &&
                  j->io.random(j->io.state, &h->epoch, sizeof(h->epoch)) &&
                  j->io.random(j->io.state, j->key, sizeof(j->key));
    enum journal_error e = random ? wrap(j, unlock, &h->by_passphrase) : JOURNAL_RANDOM;
    j->head_slot = 1;
    if (e == JOURNAL_OK) e = journal_head_write(j);
    if (e == JOURNAL_OK) e = journal_head_write(j);
    if (e != JOURNAL_OK) return e;
    j->end = journal_area(j, 0, h->epoch);
    j->open = true;
    return JOURNAL_OK;
}

enum journal_error journal_rewrap(struct journal *j, const struct journal_head *changed,
                                  const uint8_t unlock[CRYPTO_KEY_BYTES])
{
    struct journal_head next = *changed;
    enum journal_error e = wrap(j, unlock, &next.by_passphrase);
    return e == JOURNAL_OK ? head_replace(j, &next) : e;
}

enum journal_error journal_unattended(struct journal *j, bool on)
{
    struct journal_head next = j->head;
    enum journal_error e = JOURNAL_OK;
    next.unattended = on;
    memset(next.device_key, 0, sizeof(next.device_key));
    memset(&next.by_device, 0, sizeof(next.by_device));
    if (on && !j->io.random(j->io.state, next.device_key, sizeof(next.device_key)))
        return JOURNAL_RANDOM;
    if (on) e = wrap(j, next.device_key, &next.by_device);
    return e == JOURNAL_OK ? head_replace(j, &next) : e;
}

enum journal_error journal_switch(struct journal *j)
{
    struct journal_head before = j->head;
    j->head.area = 1 - before.area;
    j->head.epoch = j->other.epoch;
    enum journal_error e = journal_head_write(j);
    if (e != JOURNAL_OK) j->head = before;
    return e;
}

void journal_close(struct journal *j)
{
    j->open = false;
    j->window_at = UINT64_MAX;
    sodium_memzero(j->key, sizeof(j->key));
    sodium_memzero(j->plain, sizeof(j->plain));
    sodium_memzero(&j->head, sizeof(j->head));
    sodium_memzero(j->window, sizeof(j->window));
}
