/*
 * memory.h - streams and their checkpoints without a disk, in the area (area.h).
 *
 * The checkpoints of a stream are a stream of parts beside it, number | MEMORY_PARTS. With the last
 * part a checkpoint is in force, and the one before and the records that it stands for may go.
 * Results are those of idl/stream.capnp.
 */
#pragma once
#include "area.h"
#include "idl/stream.h"

#define MEMORY_PARTS 0x80000000u

struct memory_mark { /* what is known of the checkpoints of one stream */
    uint64_t stream; /* 0: free */
    uint64_t at, first;
    uint32_t parts; /* of the one in force; 0: none */
    uint32_t coming_part, coming_parts;
    uint64_t coming_at, coming_first; /* of the one that is being written */
};

struct memory {
    struct area area;
    struct memory_mark marks[AREA_STREAMS_MAX];
    uint32_t counted, streams; /* how many, when area.made was `counted` */
};

bool memory_open(struct memory *m, void *base, uint64_t bytes);
void memory_info(struct memory *m, uint32_t stream, struct stream_info_out *out);
int memory_append(struct memory *m, uint32_t stream, const struct stream_append_in *in);
/* As many records as fit into `room` bytes at `out`. */
int memory_read(struct memory *m, uint32_t stream, uint64_t sequence, struct stream_read_out *out,
                uint8_t *bytes);
int memory_checkpoint(struct memory *m, uint32_t stream, const struct stream_checkpoint_in *in);
int memory_load(struct memory *m, uint32_t stream, uint32_t part, struct stream_load_out *out);
uint64_t memory_room(struct memory *m);
uint32_t memory_streams(struct memory *m);
