/*
 * tape.h - the commits of any boot, by number: of this boot from the log memory while they are
 * there, all others from the disk, as the ledger reads them.
 */
#pragma once
#include "fetch.h"
#include "idl/audit.h"
#include "logmem.h"

struct tape_boot {
    uint32_t number; /* from 1; of this boot 0, if nothing is kept on a disk */
    bool now;        /* this boot: it goes on */
    uint64_t count;  /* commits; of this boot: until now */
    uint64_t base;   /* number in stream 0 of its first one */
    struct store_boot_note note;
    uint8_t head[HASH_BYTES]; /* of the chain at its end; zeros: it goes on */
};

void tape_open(const struct logmem *log);
/* A request begins: what it may read from the disk is bounded. */
void tape_rewind(void);
/* Something else was read for it, which took as long as so many answers of commits. */
void tape_spend(uint32_t answers);
/* It has read so much that it should end with AUDIT_BEHIND, if it can go on with the next one. */
bool tape_tired(void);
/* Of boot `number`; 0: this one. AUDIT_NO_BOOT, or as fetch.h. */
int tape_boot(uint32_t number, struct tape_boot *out);
/* What is kept of commit `seq` after it, `*out_kept` bytes of hash: all, the first 8, none. */
struct tape_hash {
    uint32_t kept;
    uint8_t bytes[HASH_BYTES];
};
/* `hash` may be NULL. AUDIT_NO_RECORD: it has not happened. */
int tape_get(const struct tape_boot *b, uint64_t seq, struct commit *out, struct tape_hash *hash);
/* The first commit of this boot that is surely still in the log memory. */
uint64_t tape_oldest(void);
