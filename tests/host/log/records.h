/*
 * records.h - hand-made logs: each function appends one commit with the next number.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reduce.h"

enum { RECORDS_MAX = 4096, NODES = 256 };

struct records {
    struct commit list[RECORDS_MAX];
    uint64_t count;
};

static inline struct commit *record_add(struct records *r, enum commit_op op, uint64_t dst)
{
    struct commit *c = &r->list[r->count];
    *c = (struct commit){.seq = r->count, .op = (uint8_t)op, .dst = dst, .actor = 1};
    r->count++;
    return c;
}

/* A small world: a CNode, an untyped of 1 MiB at 0x100000, and below it an endpoint. */
#define CNODE 0x10000ull
#define SLOT(n) (CNODE + 64ull * (n))
#define UNTYPED_BASE 0x100000ull
enum { S_CNODE = 1, S_UNTYPED = 2, S_ENDPOINT = 3, S_LOG = 4, S_FREE = 8 };

static inline void record_genesis(struct records *r, uint32_t slot, uint8_t type, uint64_t obj,
                                  uint8_t bits)
{
    struct commit *c = record_add(r, COMMIT_GENESIS, SLOT(slot));
    c->type = type;
    c->rights = RIGHTS_ALL;
    c->obj = obj;
    c->bits = bits;
    c->depth = 1;
}

static inline struct commit *record_retype(struct records *r, uint32_t slot, uint8_t type,
                                           uint64_t offset, uint8_t bits)
{
    struct commit *c = record_add(r, COMMIT_RETYPE, SLOT(slot));
    c->type = type;
    c->rights = RIGHTS_ALL;
    c->src = SLOT(S_UNTYPED);
    c->obj = UNTYPED_BASE + offset;
    c->bits = bits;
    c->depth = 2;
    c->arg0 = offset + (1ull << bits);
    return c;
}

static inline struct commit *record_copy(struct records *r, uint32_t from, uint32_t to,
                                         const struct commit *like)
{
    struct commit *c = record_add(r, COMMIT_COPY, SLOT(to));
    c->type = like->type;
    c->rights = like->rights;
    c->src = SLOT(from);
    c->obj = like->obj;
    c->bits = like->bits;
    c->badge = like->badge;
    c->depth = (uint8_t)(like->depth + 1);
    return c;
}

static inline struct commit *record_delete(struct records *r, uint32_t slot,
                                           const struct commit *what)
{
    struct commit *c = record_add(r, COMMIT_DELETE, SLOT(slot));
    c->type = what->type;
    c->obj = what->obj;
    c->badge = what->badge;
    return c;
}

static inline void record_world(struct records *r)
{
    struct commit *boot = record_add(r, COMMIT_BOOT, 0);
    boot->actor = 0;
    record_genesis(r, S_CNODE, CAP_CNODE, CNODE, 12);
    record_genesis(r, S_UNTYPED, CAP_UNTYPED, UNTYPED_BASE, 20);
    (void)record_retype(r, S_ENDPOINT, CAP_ENDPOINT, 0, ENDPOINT_BITS);
    record_genesis(r, S_LOG, CAP_LOG, 0, 0);
}

static inline enum reduce_result fold_all(struct reduce *fold, const struct records *r)
{
    enum reduce_result result = REDUCE_OK;
    while (fold->count < r->count && result == REDUCE_OK) {
        result = reduce_apply(fold, &r->list[fold->count]);
    }
    return result;
}
