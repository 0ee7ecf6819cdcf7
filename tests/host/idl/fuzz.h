/*
 * fuzz.h - what the fuzzers and their generated handlers (fuzz_code.py) share.
 *
 * A message given to a fuzzer: interface (or number of the method, for answers), 2 bytes ordinal or
 * result, count of capabilities, 4 types of capabilities (0: one to the server itself), words.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"

enum { FUZZ_HEAD = 8 };

#define REQUIRE(fact)                                                                              \
    do {                                                                                           \
        if (!(fact)) fuzz_fail(#fact, __func__);                                                   \
    } while (0)
_Noreturn void fuzz_fail(const char *fact, const char *where);

struct fuzz_interface {
    const char *name;
    int (*dispatch)(struct request *rq);
    uint32_t method_count, first_method;
};

/* Generated. */
extern const struct fuzz_interface fuzz_interfaces[];
extern const uint32_t fuzz_interface_count;
extern int (*const fuzz_calls[])(void);
extern const uint32_t fuzz_method_count;

/* Where all that a message points at must lie. */
extern const void *fuzz_low, *fuzz_high;
extern uint32_t fuzz_handled; /* handlers called in all */
extern uint32_t fuzz_last;    /* number of the last one's method */
int fuzz_reached(struct request *rq, uint32_t method);

void touch(const void *bytes, size_t len);
void check_bool(const bool *value);
void check_bytes(const void *at, uint32_t len, uint32_t max, bool is_text);
void check_words(const uint64_t *words, uint32_t count, unsigned bits);
void check_cap(const struct cap_arg *cap, bool needs_endpoint, bool may_lack);

/* One request: the dispatch's result. */
int fuzz_request(const uint8_t *data, size_t size);
