/*
 * service_world.h - what the tests of a service play: the kernel, by a script of what arrives and a
 * record of what is answered, and a server that counts.
 */
#pragma once
#include <setjmp.h>

#include "service.h"

enum { ENDPOINT = 9, FIRST_REPLY = 100 };

extern jmp_buf panicked;

/* The kernel: what it says next, and what it was told. */
struct kernel {
    enum err results[4]; /* of the next receives, first to last */
    struct message next; /* what arrives when a result is OK */
    uint32_t receives, log_full;
    uint64_t answered_reply; /* low half of aux at the last receive or reply */
    struct message answer;   /* what was given with it */
    uint32_t replies_given, drops;
    uint64_t last_drop, receive_first;
    uint32_t receive_count;
};
extern struct kernel kernel;

/* The server: a counter. Its records add to it. */
enum { ADD = 1, FAIL = 2, LATER = 3, KEEP = 4, ANSWER_AND_LATER = 5, READ = 6, TWICE = 7 };
struct server {
    uint64_t sum, seen_in_decide, bits;
    uint64_t token;
    uint64_t words[MSG_WORDS_MAX];
    struct cap_arg caps[MSG_CAPS_MAX];
    cap_t kept;
    uint32_t faults;
    bool tries_to_change;
};
extern struct server server;
extern struct service service;

int service_setup(void **state);
/* A turn with that message; a word, badge 5. */
bool arrives(uint32_t label, uint64_t flags);
