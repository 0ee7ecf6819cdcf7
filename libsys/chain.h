/*
 * chain.h - the hash chain over the commits: hash n = BLAKE2b-256(hash n-1 | record n), the first
 * over 32 zeros. Needs libsodium. Compiled for the host, too.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "logmem.h"

struct chain {
    uint64_t count;
    uint8_t head[HASH_BYTES]; /* of record count - 1; zeros before the first */
};

enum chain_fault {
    CHAIN_OK,
    CHAIN_CHANGED,   /* a record is not the one that was hashed */
    CHAIN_DROPPED,   /* records are missing here */
    CHAIN_REPEATED,  /* the record before stands here again */
    CHAIN_SWAPPED,   /* this record and a later one changed places */
    CHAIN_TRUNCATED, /* the log ends before the chain does */
    CHAIN_HASH,      /* the kept hash is wrong, the record is right */
};

/* What is checked: records from number `first` on, `count` with those before; `kept`: the hashes of
 * the same, as far as `hashed` are; NULL: none are kept. */
struct chain_log {
    const struct commit *commits;
    uint64_t first, count;
    const uint8_t *kept;
    uint64_t hashed;
};

void chain_append(struct chain *chain, const struct commit *c);
/* Goes on from where `chain` stands to `until`, at most count. On a fault `chain` stands at the
 * record that it was found at. */
enum chain_fault chain_verify(struct chain *chain, const struct chain_log *log, uint64_t until);
const char *chain_text(enum chain_fault fault);
