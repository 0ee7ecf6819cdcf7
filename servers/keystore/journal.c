/* journal.c - frames: written, read back, and found damaged. See journal.h. */
#include "journal.h"

#include <sodium.h>
#include <string.h>

#include "inside.h"

#define FRAME_MAGIC 0x72664b57u /* "WKfr" */

struct frame {
    uint32_t magic, bytes; /* bytes: behind the frame's head, the tag included */
    uint64_t epoch, seq;
    uint8_t before[JOURNAL_TAG_BYTES];
    uint8_t nonce[JOURNAL_NONCE_BYTES];
};
_Static_assert(sizeof(struct frame) == 64, "as on the disk");
_Static_assert(sizeof(struct frame) + JOURNAL_PLAIN_MAX + JOURNAL_TAG_BYTES <=
                   JOURNAL_UNIT_MAX * JOURNAL_SECTOR,
               "a frame is eight sectors at most");

struct journal_cursor journal_area(const struct journal *j, uint32_t area, uint64_t epoch)
{
    return (struct journal_cursor){.base = JOURNAL_AREAS_AT + area * j->head.area_sectors,
                                   .sectors = j->head.area_sectors,
                                   .epoch = epoch};
}

static uint32_t frame_sectors(const struct journal *j, uint32_t bytes)
{
    uint32_t unit = j->head.unit;
    uint32_t sectors =
        ((uint32_t)sizeof(struct frame) + bytes + JOURNAL_SECTOR - 1) / JOURNAL_SECTOR;
    return (sectors + unit - 1) / unit * unit;
}

/* What is authenticated and not hidden: the frame's head, and whose journal it is. */
static struct crypto_bytes more_of(const struct journal *j, const struct frame *f, uint8_t out[80])
{
    memcpy(out, f, sizeof(*f));
    memcpy(out + sizeof(*f), j->head.id, sizeof(j->head.id));
    return crypto_bytes(out, sizeof(*f) + sizeof(j->head.id));
}

/* Written, not flushed. The cursor has not moved. */
static enum journal_error frame_write(struct journal *j, const struct journal_cursor *c,
                                      const uint8_t *plain, uint32_t bytes)
{
    struct frame f = {
        .magic = FRAME_MAGIC, .bytes = bytes + JOURNAL_TAG_BYTES, .epoch = c->epoch, .seq = c->seq};
    uint8_t more[80];
    uint32_t sectors = frame_sectors(j, f.bytes);
    if (bytes == 0 || bytes > JOURNAL_PLAIN_MAX || sectors > c->sectors - c->at)
        return JOURNAL_FULL;
    memcpy(f.before, c->before, sizeof(f.before));
    if (!j->io.random(j->io.state, f.nonce, sizeof(f.nonce))) return JOURNAL_RANDOM;
    struct crypto_bytes shown = more_of(j, &f, more);
    memset(j->frame, 0, sizeof(j->frame));
    memcpy(j->frame, &f, sizeof(f));
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(j->frame + sizeof(f), NULL, plain, bytes,
                                                     shown.at, shown.len, NULL, f.nonce, j->key);
    bool done = j->io.write(j->io.state, c->base + c->at, sectors, j->frame);
    return done ? JOURNAL_OK : JOURNAL_IO;
}

static void cursor_move(const struct journal *j, struct journal_cursor *c, const uint8_t *frame,
                        uint32_t bytes)
{
    c->at += frame_sectors(j, bytes);
    c->seq++;
    memcpy(c->before, frame + sizeof(struct frame) + bytes - JOURNAL_TAG_BYTES, JOURNAL_TAG_BYTES);
}

bool journal_fits(const struct journal *j, uint32_t bytes, uint32_t spare)
{
    return frame_sectors(j, bytes + JOURNAL_TAG_BYTES) + spare <= j->end.sectors - j->end.at;
}

enum journal_error journal_add(struct journal *j, const uint8_t *plain, uint32_t bytes)
{
    enum journal_error e = j->unsure ? journal_head_write(j) : JOURNAL_OK;
    if (e == JOURNAL_OK) e = frame_write(j, &j->end, plain, bytes);
    if (e == JOURNAL_OK && !j->io.flush(j->io.state)) e = JOURNAL_IO;
    /* One that failed may stand there or not: the next one is written in its place. */
    if (e == JOURNAL_OK) cursor_move(j, &j->end, j->frame, bytes + JOURNAL_TAG_BYTES);
    return e;
}

enum journal_error journal_begin(struct journal *j)
{
    uint64_t epoch;
    /* The head that may be on the disk may point to what is written over now. */
    enum journal_error e = j->unsure ? journal_head_write(j) : JOURNAL_OK;
    if (e != JOURNAL_OK) return e;
    if (!j->io.random(j->io.state, &epoch, sizeof(epoch))) return JOURNAL_RANDOM;
    j->other = journal_area(j, 1 - j->head.area, epoch);
    return JOURNAL_OK;
}

enum journal_error journal_put(struct journal *j, const uint8_t *plain, uint32_t bytes)
{
    enum journal_error e = frame_write(j, &j->other, plain, bytes);
    if (e == JOURNAL_OK) cursor_move(j, &j->other, j->frame, bytes + JOURNAL_TAG_BYTES);
    return e;
}

enum journal_error journal_end(struct journal *j)
{
    if (!j->io.flush(j->io.state)) return JOURNAL_IO;
    enum journal_error e = journal_switch(j);
    if (e != JOURNAL_OK) return e;
    j->end = j->other;
    /* Both of them: the older one, if the newer were damaged, would show the state from before. */
    (void)journal_head_write(j);
    return JOURNAL_OK;
}

/* Reading back. */

/* Sectors of the area in use, out of the window; NULL: the device fails. */
static const uint8_t *see(struct journal *j, uint64_t at, uint32_t sectors)
{
    uint64_t left = j->end.sectors - at;
    bool there = j->window_at != UINT64_MAX && at >= j->window_at &&
                 at + sectors <= j->window_at + j->window_sectors;
    if (!there) {
        j->window_sectors = left < JOURNAL_WINDOW ? (uint32_t)left : JOURNAL_WINDOW;
        j->window_at = at;
        if (!j->io.read(j->io.state, j->end.base + at, j->window_sectors, j->window)) {
            j->window_at = UINT64_MAX;
            return NULL;
        }
    }
    return j->window + (at - j->window_at) * JOURNAL_SECTOR;
}

/* Whether a frame of this area begins there, and has the number `seq` or a later one. */
static bool frame_is_ours(const struct journal *j, const struct frame *f, uint64_t seq)
{
    return f->magic == FRAME_MAGIC && f->epoch == j->end.epoch && f->seq >= seq;
}

/* Frames behind the end that this one does not belong to: then it was more than cut off. */
static enum journal_error look_behind(struct journal *j)
{
    struct frame f;
    const struct journal_cursor *c = &j->end;
    for (uint64_t at = c->at + j->head.unit; at < c->sectors; at += j->head.unit) {
        const uint8_t *sector = see(j, at, 1);
        if (sector == NULL) return JOURNAL_IO;
        memcpy(&f, sector, sizeof(f));
        if (!frame_is_ours(j, &f, c->seq)) continue;
        j->damaged_at = c->base + c->at;
        return JOURNAL_DAMAGED;
    }
    return JOURNAL_OK;
}

static enum journal_error damaged(struct journal *j)
{
    j->damaged_at = j->end.base + j->end.at;
    return JOURNAL_DAMAGED;
}

static enum journal_error read_ends(struct journal *j, uint32_t *out_bytes, bool torn)
{
    enum journal_error e = look_behind(j);
    /* What a former process wrote and did not flush is read, too: it shall not go any more. */
    if (e == JOURNAL_OK && !j->io.flush(j->io.state)) e = JOURNAL_IO;
    /* The next bit that flips may be the only head's. */
    if (e == JOURNAL_OK && j->alone) e = journal_head_write(j);
    if (e == JOURNAL_OK) j->alone = false;
    *out_bytes = 0;
    j->torn = torn;
    j->open = e == JOURNAL_OK;
    return e;
}

enum journal_error journal_read(struct journal *j, uint32_t *out_bytes)
{
    struct journal_cursor *c = &j->end;
    struct frame f;
    uint8_t more[80];
    if (c->at == c->sectors) return read_ends(j, out_bytes, false);
    const uint8_t *at = see(j, c->at, 1);
    if (at == NULL) return JOURNAL_IO;
    memcpy(&f, at, sizeof(f));
    if (!frame_is_ours(j, &f, 0)) return read_ends(j, out_bytes, false);
    /* The head is in one sector: it is as it was written, or not there. */
    uint32_t sectors = frame_sectors(j, f.bytes);
    bool good = f.seq == c->seq && memcmp(f.before, c->before, sizeof(f.before)) == 0 &&
                f.bytes > JOURNAL_TAG_BYTES && f.bytes <= JOURNAL_PLAIN_MAX + JOURNAL_TAG_BYTES;
    if (!good || sectors > c->sectors - c->at) return damaged(j);
    at = see(j, c->at, sectors);
    if (at == NULL) return JOURNAL_IO;
    struct crypto_bytes shown = more_of(j, &f, more);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(j->plain, NULL, NULL, at + sizeof(f), f.bytes,
                                                   shown.at, shown.len, f.nonce, j->key) != 0)
        return sectors > j->head.unit ? read_ends(j, out_bytes, true) : damaged(j);
    cursor_move(j, c, at, f.bytes);
    *out_bytes = f.bytes - JOURNAL_TAG_BYTES;
    return JOURNAL_OK;
}
