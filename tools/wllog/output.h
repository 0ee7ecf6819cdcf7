/*
 * output.h - a new disk image while it is written: a file named PATH.unfinished, which gets its own
 * name when all of it is durable, and only if nobody has that name. What goes wrong is printed.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "device.h"

struct output {
    const char *path;
    char *unfinished;
    FILE *file;
    uint64_t blocks;
    int error; /* errno of the first request that failed */
};

/* False: the name is taken, or the file cannot be made. */
bool output_open(struct output *o, const char *path, uint64_t blocks);
/* A flush does nothing: nobody relies on a part of the file. */
enum store_io_result output_do(struct output *o, const struct store_io *io);
/* Durable, and named. False: the file is gone. */
bool output_finish(struct output *o);
void output_drop(struct output *o);
