/*
 * wire.h - a client and a server joined by a kernel of a few lines.
 *
 * Client and server have a message page each. The server's copy of the words is exactly as long as
 * the message, so that the address sanitizer sees a read beyond it.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"
#include "idl/sample.h"
#include "trap.h"

struct wire {
    int (*dispatch)(struct request *rq);
    enum err refuse;        /* not OK: what the kernel answers to the call */
    uint8_t cap_type[32];   /* type of the capability in each slot of the client */
    uint64_t own_badge[32]; /* not 0: that slot holds a capability to the server, so badged */
    void (*spoil)(struct request *rq);                                /* before the dispatch */
    void (*spoil_answer)(struct message *m, struct ipc_buffer *page); /* before the client */
    /* what was seen */
    uint64_t sent_info, answer_info;
    uint32_t calls, drops;
    int result; /* of the dispatch */
    uint64_t sent_words[MSG_WORDS_MAX];
};

extern struct wire wire;
void wire_open(int (*dispatch)(struct request *rq));

/* A request made by hand, given to `dispatch`: the result. Words and capabilities are copied. */
struct raw {
    uint32_t ordinal, word_count, cap_count;
    const uint64_t *words;
    struct cap_arg caps[MSG_CAPS_MAX];
};
int wire_raw(int (*dispatch)(struct request *rq), const struct raw *raw);

int roundtrip_tests(void);
int refusal_tests(void);
