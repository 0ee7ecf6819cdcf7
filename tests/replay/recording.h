/*
 * recording.h - what a machine did, as tools/wl/recording.py hands it over: checked, unpacked, in
 * one file of a fixed layout that is mapped as it is.
 */
#pragma once
#include <stdbool.h>

#include "abi/log.h"

#define RECORDING_MAGIC 0x3179616c7065726cull /* "lreplay1" */
enum { RECORDING_ARGS = 72 /* most words that follow an event: the machine, in BOOT */ };

struct recording_header { /* then image, events, commits, each where the one before ends */
    uint64_t magic, image_bytes, record_count, commit_count;
};

struct recording {
    const uint8_t *image;
    uint64_t image_bytes;
    const struct event *records; /* as in the ring: events, their ARGS, GAP */
    uint64_t record_count;
    const struct commit *commits;
    uint64_t commit_count;
    uint64_t event_count;    /* that can be executed: until the first GAP */
    uint64_t dropped;        /* what that GAP says */
    uint64_t *positions;     /* of each event in `records`, and of the end */
    uint64_t *first_commits; /* of each event in `commits`, and of the end */
};
extern struct recording recording;

/* Returns why not, or NULL. */
const char *recording_open(const char *path);
void recording_close(void);
const struct event *recording_event(uint64_t number);
/* The words of its ARGS, zeros where none were recorded. False: damaged. */
bool recording_args(uint64_t number, uint64_t out[RECORDING_ARGS]);
