/*
 * authority.h - all capabilities of the system, as the log's cursor shows them, and which of them
 * are made of one process's memory or lie in it.
 */
#pragma once
#include "abi/log.h"
#include "test.h"

enum { AUTHORITY_MAX = 16384 };

struct authority {
    struct walk_item items[AUTHORITY_MAX];
    uint32_t parent[AUTHORITY_MAX]; /* its index + 1, 0 for a root */
    bool owned[AUTHORITY_MAX];      /* see authority_own */
    uint32_t count;
    uint64_t commits; /* at which all of it was read */
};

/* Memory for one; NULL fails the test. It stays until the program ends. */
struct authority *authority_new(void);
/* All in one state: read again until no commit fell into it. */
bool authority_read(struct authority *out);
/* Exactly equal, but for what is owned in either. Failed: says the first difference. */
bool authority_same(const struct authority *a, const struct authority *b);
/* Marks what is made of, or lies in, memory of the process with this CNode. */
void authority_own(struct authority *a, uint64_t cnode, uint32_t slots);
/* What is owned, without the addresses that differ from one run to the next. */
uint64_t authority_digest(const struct authority *a);
