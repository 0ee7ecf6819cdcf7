/* tape.c - see tape.h. */
#include "tape.h"

#include "bytes.h"

enum { BLOCKS = 8, FETCHES_MAX = 1024, TAG_BYTES = 8 };

struct block { /* of stream 0: as many as one answer holds */
    uint64_t from;
    uint32_t count; /* 0: empty */
    struct store_commit commits[FETCH_COMMITS];
};

static struct {
    const struct logmem *log;
    struct block blocks[BLOCKS];
    struct store_commit answer[FETCH_COMMITS];
    struct store_boot_note notes[FETCH_BOOTS + 1]; /* those that were looked up last */
    uint32_t note_count, this, fetches;
} tape;

void tape_open(const struct logmem *log)
{
    tape.log = log;
    tape.note_count = tape.this = tape.fetches = 0;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        tape.blocks[i].count = 0;
    }
}

void tape_rewind(void)
{
    tape.fetches = 0;
}

void tape_spend(uint32_t answers)
{
    tape.fetches += answers;
}

bool tape_tired(void)
{
    return tape.fetches >= FETCHES_MAX;
}

static const struct store_boot_note *note_find(uint32_t number)
{
    for (uint32_t i = 0; i < tape.note_count; i++) {
        if (tape.notes[i].boot == number) return &tape.notes[i];
    }
    return NULL;
}

/* The note of a boot, and of the one after it unless it is this one. */
static int notes_fetch(uint32_t number)
{
    bool last = number == tape.this;
    if (note_find(number) != NULL && (last || note_find(number + 1) != NULL)) return OK;
    tape.note_count = 0;
    int err = fetch_boots(number, tape.notes, &tape.note_count, &tape.this);
    if (err == OK && number != tape.this && note_find(number + 1) == NULL) {
        tape.note_count = 1; /* the answer had only this one */
        err = fetch_boots(number + 1, tape.notes + 1, &tape.note_count, &tape.this);
        tape.note_count += err == OK ? 1 : 0;
    }
    if (err != OK) tape.note_count = 0;
    return err == AUDIT_NO_RECORD ? AUDIT_NO_BOOT : err;
}

static void this_boot(struct tape_boot *out)
{
    out->now = true;
    out->count = tape.log->commit_head;
}

int tape_boot(uint32_t number, struct tape_boot *out)
{
    *out = (struct tape_boot){0};
    if (number == 0) {
        this_boot(out);
        return OK;
    }
    int err = notes_fetch(number);
    if (err != OK) return err;
    const struct store_boot_note *note = note_find(number), *next = note_find(number + 1);
    if (note == NULL) return AUDIT_NO_BOOT;
    out->number = number;
    out->note = *note;
    out->base = note->base;
    if (number == tape.this) {
        this_boot(out);
        return OK;
    }
    if (next == NULL) return AUDIT_AWAY;
    out->count = next->last_count;
    memcpy(out->head, next->last_head, HASH_BYTES);
    return OK;
}

uint64_t tape_oldest(void)
{
    uint64_t head = tape.log->commit_head, slots = tape.log->commit_slots;
    return head < slots ? 0 : head - slots + 1;
}

/* False: it has left the log memory, maybe while it was read. */
static bool from_memory(uint64_t seq, struct commit *out, struct tape_hash *hash)
{
    if (seq < tape_oldest()) return false;
    *out = *logmem_commit(tape.log, seq);
    if (hash != NULL && seq < logmem_ledger(tape.log)->hashed) {
        hash->kept = HASH_BYTES;
        memcpy(hash->bytes, logmem_hash(tape.log, seq), HASH_BYTES);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return seq >= tape_oldest();
}

/* Blocks begin at multiples of their size, so that they are found whichever way is read. An answer
 * may have fewer commits than a block: then the rest is asked for when it is needed. */
static int from_disk(uint64_t number, const struct store_commit **out)
{
    uint64_t from = number - number % FETCH_COMMITS;
    struct block *b = &tape.blocks[from / FETCH_COMMITS % BLOCKS];
    if (b->from != from) b->count = 0;
    b->from = from;
    while (number - from >= b->count) {
        uint32_t count;
        tape.fetches++;
        int err = fetch_commits(from + b->count, tape.answer, &count);
        if (err != OK) return err;
        if (count > FETCH_COMMITS - b->count) count = FETCH_COMMITS - b->count;
        memcpy(b->commits + b->count, tape.answer, count * sizeof(tape.answer[0]));
        b->count += count;
    }
    *out = &b->commits[number - from];
    return OK;
}

int tape_get(const struct tape_boot *b, uint64_t seq, struct commit *out, struct tape_hash *hash)
{
    const struct store_commit *kept;
    struct tape_boot whole = *b;
    if (hash != NULL) hash->kept = 0;
    if (seq >= (b->now ? tape.log->commit_head : b->count)) return AUDIT_NO_RECORD;
    if (b->now && from_memory(seq, out, hash)) return OK;
    /* Of this boot what it is called on the disk was not needed before. */
    int err = whole.number == 0 && tape.this == 0 ? notes_fetch(1) : OK;
    if (err == OK && whole.number == 0) err = tape_boot(tape.this, &whole);
    if (err == OK) err = from_disk(whole.base + seq, &kept);
    if (err != OK) return err == AUDIT_NO_RECORD ? AUDIT_AWAY : err;
    if (kept->commit.seq != seq) return AUDIT_AWAY;
    *out = kept->commit;
    if (hash == NULL) return OK;
    hash->kept = TAG_BYTES;
    memcpy(hash->bytes, kept->tag, TAG_BYTES);
    return OK;
}
