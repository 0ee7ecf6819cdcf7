/*
 * disk.h - streams and the kernel's commits in the log store on a disk. No system calls: the caller
 * does the requests that disk_next() gives out and tells disk_done(); so it runs in the tests, too.
 *
 * Nothing here waits. What has to be read is asked for under a token, and given by disk_answer()
 * when it is there. What is appended is durable later: disk_moved() says of which streams.
 */
#pragma once
#include "idl/stream.h"
#include "logmem.h"
#include "store/reader.h"

enum {
    DISK_STREAMS = 24,
    DISK_WAITING = 16,
    DISK_PLACES = 32,
    DISK_GROUPS = 8,          /* buffers to write */
    DISK_READ_BLOCKS = 128,   /* what is read ahead */
    DISK_READER = 0x7fffffff, /* id of the reader's request */
    DISK_READ_MAX = 4072,     /* bytes of one answer */
    DISK_RECORDS = 1,         /* type of a record in the store: those of one request */
    DISK_RECORDS_VERSION = 1,
    DISK_FEED = 256, /* commits at once */
};

struct disk_place { /* the stream is durable below `next` when the log is up to `position` */
    uint64_t next, position;
};
struct disk_stream {
    uint32_t number; /* 0: free */
    bool moved;
    uint64_t durable;
    uint32_t places; /* in order; of many not each has one */
    struct disk_place place[DISK_PLACES];
};

/* COMMITS, BOOTS: of stream 0 and of the notes, without lengths; for who may read history. */
enum disk_kind { DISK_READ, DISK_LOAD, DISK_SYNC, DISK_COMMITS, DISK_BOOTS };
struct disk_waiting {
    uint64_t token, number; /* of record, part or boot; SYNC: commits that shall be durable */
    uint64_t position;      /* SYNC: where the log was when it had those; 0: it has not */
    uint32_t stream;
    enum disk_kind kind;
};
struct disk_answer {
    uint64_t token, next, at;
    enum disk_kind kind;
    int err;
    uint32_t parts, length;
    uint8_t bytes[DISK_READ_MAX];
};

struct disk {
    struct store store;
    struct store_reader reader;
    struct store_config config;
    const struct logmem *log;
    void *read_memory;
    uint64_t read_bytes;
    struct disk_stream streams[DISK_STREAMS];
    uint64_t last, hurried; /* positions: of the last record, and that of the last hurry */
    uint32_t waiting_count;
    struct disk_waiting waiting[DISK_WAITING]; /* the first one is being served */
    struct disk_answer answer;                 /* and this much of it is there */
    bool open, reading, flying, have_item, full;
    bool failed;     /* the device, when the reader asked: until disk_retry() */
    bool read_fails; /* whoever waits for the reader now */
    bool given_up;
    struct store_item item;
    enum disk_kind read_kind; /* where the reader stands, while `reading` */
    uint32_t read_stream, read_parts;
    uint64_t read_next, read_at;
};

struct disk_config {
    void *memory; /* all that the device reads and writes lies in there; disk_memory() bytes */
    uint64_t blocks;
    const struct logmem *log;
    struct store_boot boot;
    uint64_t opening;
};
uint64_t disk_memory(void);
void disk_open(struct disk *d, const struct disk_config *config);
/* STORE_WAIT while it is opened. OK and DAMAGED: what is there can be read. */
enum store_result disk_status(const struct disk *d);
bool disk_next(struct disk *d, struct store_io *out);
void disk_done(struct disk *d, uint32_t id, enum store_io_result result);
/* Hands hashed commits on, a bounded number. True: there are more. */
bool disk_feed(struct disk *d);

void disk_info(struct disk *d, uint32_t stream, struct stream_info_out *out);
/* ERR_BUSY: no buffer is free; later again. */
int disk_append(struct disk *d, uint32_t stream, const struct stream_append_in *in);
int disk_checkpoint(struct disk *d, uint32_t stream, const struct stream_checkpoint_in *in);
void disk_hurry(struct disk *d);
/* The device failed: true. Once no request is under way any more, all is tried again. */
bool disk_failed(const struct disk *d);
void disk_retry(struct disk *d);
/* What is asked for cannot be read. */
void disk_read_fails(struct disk *d);
/* It fails for good: what was not durable is lost, and nothing more is taken. What is durable can
 * be read if the device can. */
void disk_give_up(struct disk *d);
/* REPLY_LATER, or ERR_BUSY: too many wait already. */
int disk_ask(struct disk *d, const struct disk_waiting *what);
/* Goes on with what was asked for. True: `d->answer` is to be given now. */
bool disk_step(struct disk *d);
/* A stream whose durable end has moved since it was told last; 0: none. */
uint32_t disk_moved(struct disk *d);
bool disk_takes_more(const struct disk *d);
/* Commits of this boot that are durable; 0: none, or it cannot be known just now. */
uint64_t disk_durable_commits(const struct disk *d);
