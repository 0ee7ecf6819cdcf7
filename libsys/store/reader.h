/*
 * reader.h - reads a stream, or all, from any record on: archived segments and new ones alike. Only
 * what is durable. Sans I/O like the store; a reader has at most one request under way.
 *
 *     while ((r = store_read(&reader, &item)) == STORE_WAIT) {
 *         if (store_read_next(&reader, &io)) store_read_done(&reader, do_it(&io));
 *     }
 *
 * Finding a record takes one read for each halving of the segments: each begins with a table of the
 * numbers that the streams had reached there. Each group of which something is read is checked
 * against its hash, and that it follows the one before if that was read, too. Groups without a
 * record of the stream are passed by at a glance: numbers have no gaps, so if one of them should
 * have been read that shows, and then all groups are checked, from the place where it began. After
 * STORE_END more may come, when more is durable.
 */
#pragma once
#include "store.h"

#define STORE_ALL 0xfffffffeu /* every record, the store's notes, too; `from` counts records */

struct store_item {
    uint32_t stream, length;
    uint16_t type, version;
    uint32_t boot;
    uint64_t seq;
    uint64_t record; /* number in the log */
    uint64_t group, block;
    const void *payload; /* stands until the next call */
};

enum store_read_step { READ_SEEK, READ_GROUP, READ_RECORDS, READ_ENDED };

struct store_reader { /* the insides */
    const struct store *store;
    struct store_window window;
    enum store_read_step step;
    enum store_result failed;
    uint32_t stream, index; /* of the next record in its group */
    uint64_t from;          /* the next to give */
    bool boots;             /* of the notes only BOOT, and `from` is the boot's number */
    uint64_t low, high;     /* segments: the record is in one of [low, high) */
    uint64_t place;
    const struct store_group *group;
    uint32_t offset;
    bool passed;  /* something since the last record, without a check */
    bool careful; /* nothing is */
    bool follows; /* `before` is the hash of the group before `place` */
    uint8_t before[HASH_BYTES];
    struct store_where where;
    enum store_fault fault;
};

/* `memory`, aligned to 8: at least one group, store_reader_memory(); more reads ahead. The store
 * has to be open, or damaged. */
uint64_t store_reader_memory(const struct store *s);
void store_read_begin(struct store_reader *r, const struct store *s, void *memory, uint64_t bytes);
/* May be called again at any time when no request is under way. */
void store_read_from(struct store_reader *r, uint32_t stream, uint64_t from);
/* The BOOT notes from that of boot `from` on: as store_read_from(), by the boot's number. */
void store_read_boots(struct store_reader *r, uint32_t from);
/* The newest whole checkpoint of the stream, `age` 0, or the one before, 1: the next records are
 * its parts, in order, with payload struct store_part and bytes. STORE_NONE: there is none. */
enum store_result store_read_checkpoint(struct store_reader *r, uint32_t stream, uint32_t age,
                                        uint64_t *out_at);
/* OK, WAIT, END, or an error that stays: DEVICE, SHORT, DAMAGED (store_read_damage()). */
enum store_result store_read(struct store_reader *r, struct store_item *out);
bool store_read_next(struct store_reader *r, struct store_io *out);
void store_read_done(struct store_reader *r, enum store_io_result result);
enum store_fault store_read_damage(const struct store_reader *r, struct store_where *out);
