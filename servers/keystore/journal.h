/*
 * journal.h - changes on a disk of their own: encrypted, crash safe, found damaged if damaged.
 *
 *   sectors 0, 8     the head, twice: which of two areas is in use; the journal's key, wrapped
 *   area 0, area 1   frames, from the start of the area in use on
 *
 * A frame is one change under XChaCha20-Poly1305; its head names its number and the tag of the
 * frame before it, and is authenticated too. Frames begin on units, so that none shares a unit with
 * one that was answered for; each is flushed before it counts. Hence a loss of power can cut off
 * the last one only. When an area is full the state is written to the other one, flushed, and then
 * the head points there. Numbers of areas are random: what stands there from earlier is not theirs.
 *
 * No system calls: device and random bytes are reached by callbacks, which the tests replace.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

enum {
    JOURNAL_SECTOR = 512,
    JOURNAL_UNIT_MAX = 8, /* sectors that the device writes at once */
    JOURNAL_NONCE_BYTES = 24,
    JOURNAL_TAG_BYTES = 16,
    JOURNAL_PLAIN_MAX = 3200, /* bytes of one change */
    JOURNAL_WINDOW = 128,     /* sectors read at once */
    JOURNAL_AREA_LEAST = 64,
    JOURNAL_AREA_MOST = 32768,
};

enum journal_error {
    JOURNAL_OK,
    JOURNAL_EMPTY,   /* nothing is on the disk */
    JOURNAL_FOREIGN, /* something else is */
    JOURNAL_VERSION,
    JOURNAL_SMALL,
    JOURNAL_DAMAGED, /* `damaged_at` says where */
    JOURNAL_WRONG,   /* the key does not open it */
    JOURNAL_FULL,
    JOURNAL_IO,
    JOURNAL_RANDOM, /* there are no random bytes */
};

struct journal_io {
    void *state;
    bool (*read)(void *state, uint64_t sector, uint32_t sectors, void *out);
    bool (*write)(void *state, uint64_t sector, uint32_t sectors, const void *from);
    bool (*flush)(void *state);
    bool (*random)(void *state, void *out, uint32_t bytes);
};

struct journal_wrap { /* the journal's key under another one */
    uint8_t nonce[JOURNAL_NONCE_BYTES], sealed[CRYPTO_KEY_BYTES + JOURNAL_TAG_BYTES];
};

struct journal_head { /* as on the disk, little-endian */
    uint64_t magic;
    uint32_t version, unit; /* sectors */
    uint64_t generation;    /* the higher one counts */
    uint64_t epoch;         /* of the area in use */
    uint64_t area_sectors;
    uint32_t area; /* 0 or 1 */
    uint32_t unattended;
    uint8_t id[16];
    struct crypto_cost cost;
    uint8_t salt[CRYPTO_SALT_BYTES];
    struct journal_wrap by_passphrase;
    /* unattended: what unwraps it stands beside it, else both are zero */
    uint8_t device_key[CRYPTO_KEY_BYTES];
    struct journal_wrap by_device;
    uint8_t zero[216];
    uint8_t sum[32]; /* BLAKE2b of all before */
};
_Static_assert(sizeof(struct journal_head) == JOURNAL_SECTOR, "a sector is written as one");

struct journal_cursor {     /* where frames go */
    uint64_t base, sectors; /* of the area */
    uint64_t at;            /* in it */
    uint64_t epoch, seq;
    uint8_t before[JOURNAL_TAG_BYTES]; /* tag of the last one */
};

struct journal {
    struct journal_io io;
    uint64_t sectors;
    struct journal_head head;
    uint32_t head_slot; /* where it was found */
    bool open;
    bool unsure; /* a head was written, and nobody knows whether */
    bool alone;  /* of the two heads one is sound, when it was looked at */
    uint8_t key[CRYPTO_KEY_BYTES];
    struct journal_cursor end, other; /* other: a snapshot on its way */
    bool torn;                        /* the last frame was cut off */
    uint64_t damaged_at;              /* sector */
    uint64_t window_at;               /* what `window` shows; UINT64_MAX: nothing */
    uint32_t window_sectors;
    uint8_t window[JOURNAL_WINDOW * JOURNAL_SECTOR];
    uint8_t frame[JOURNAL_UNIT_MAX * JOURNAL_SECTOR];
    uint8_t plain[JOURNAL_PLAIN_MAX];
};

/* What is on the disk: OK means a journal. `unit`: sectors that the device writes at once. */
enum journal_error journal_look(struct journal *j);
/* Makes one on an empty disk, and opens it. `unlock`: what the passphrase gives with salt and cost
 * in `head`, which the caller has filled. */
enum journal_error journal_make(struct journal *j, uint32_t unit,
                                const uint8_t unlock[CRYPTO_KEY_BYTES]);
/* `device`: by the key on the disk. Then journal_read() until all is read. */
enum journal_error journal_unwrap(struct journal *j, const uint8_t unlock[CRYPTO_KEY_BYTES],
                                  bool device);
/* Whether that is what the passphrase gives; the journal is open already. */
bool journal_opens(const struct journal *j, const uint8_t unlock[CRYPTO_KEY_BYTES]);
/* The next change, in `plain`; *out_bytes 0: that was all, and changes can be added. */
enum journal_error journal_read(struct journal *j, uint32_t *out_bytes);
/* Whether so many bytes, and `spare` sectors behind them, fit in the area in use. If not:
 * journal_begin(). */
bool journal_fits(const struct journal *j, uint32_t bytes, uint32_t spare);
/* Durable when it answers OK. */
enum journal_error journal_add(struct journal *j, const uint8_t *plain, uint32_t bytes);
/* The state anew in the other area: all changes by journal_put(), then it is the one in use. Only
 * journal_end() changes what is true. */
enum journal_error journal_begin(struct journal *j);
enum journal_error journal_put(struct journal *j, const uint8_t *plain, uint32_t bytes);
enum journal_error journal_end(struct journal *j);
/* Another passphrase. `changed`: the head with its salt and cost. The former one opens nothing any
 * more. */
enum journal_error journal_rewrap(struct journal *j, const struct journal_head *changed,
                                  const uint8_t unlock[CRYPTO_KEY_BYTES]);
enum journal_error journal_unattended(struct journal *j, bool on);
/* Wipes its key and all that was read. */
void journal_close(struct journal *j);
