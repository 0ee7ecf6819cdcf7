/* server.h - a Sample server that keeps what it got and answers what it is told. */
#pragma once
#include "idl/sample.h"

struct server {
    uint32_t calls; /* of any handler */
    int result;     /* of every handler */
    struct sample_scalars_in scalars_in;
    struct sample_scalars_out scalars_out;
    struct sample_ranges_in ranges_in;
    struct sample_wide_in wide_in;
    struct sample_wide_out wide_out;
    struct sample_bytes_in bytes_in;
    char text[128];
    uint8_t data[4096];
    struct sample_bytes_out bytes_out;
    struct sample_lists_in lists_in;
    uint64_t numbers[64];
    char names[4][32];
    uint64_t tags[4][4];
    struct sample_lists_out lists_out;
    struct sample_caps_in caps_in;
    struct sample_caps_out caps_out;
    struct sample_fill_out fill_out;
    uint32_t fill_len;
};

extern struct server server;
int server_dispatch(struct request *rq);
int server_dispatch_empty(struct request *rq); /* all handlers are NULL */
