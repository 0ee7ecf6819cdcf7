/* bulk_test.h - what the server of the tests of rings does, and how it is started. */
#pragma once
#include "bulk.h"
#include "test.h"

enum bulk_test_op {
    OP_ECHO = 1, /* value: sector + 1 */
    OP_HOLD,     /* completed by OP_RELEASE, all at once, or cancelled */
    OP_RELEASE,
    OP_SUM,     /* of `count` words of data */
    OP_DIE,     /* the server ends at once */
    OP_SIGNALS, /* value: signals that it has got */
    OP_ALIVE,   /* value: clients that it has memory with */
};

struct bulk_peer {
    cap_t endpoint;
    struct test_child child;
};
/* `how`: "" an honest one; "s" memory of a wrong size, "m" none, "l" a completion of nothing. */
bool bulk_peer_start(struct bulk_peer *p, const char *how, uint32_t pages);
/* Another server on the same endpoint. */
bool bulk_peer_again(struct bulk_peer *p);
/* A Bulk of that server; each badge once. */
cap_t bulk_of(const struct bulk_peer *p, uint64_t badge);
int bulk_new(struct bulk_client *b, cap_t bulk, uint32_t entries, uint32_t data_pages);
/* Submits one and waits for a completion; its result, or what went wrong. */
int bulk_do(struct bulk_client *b, uint16_t op, uint64_t sector, uint64_t *out_value);
int child_bulk_serves(void);
