/*
 * store.h - the thread that has the chunk store: it hashes, waits for the disk, and knows no files.
 *
 * One job at a time. The main thread fills `job` while none is under way, store_start_job() hands
 * it over, and the signal of store_begin() says that it is done; in between the job is the
 * thread's. So nothing is locked, and whoever asks for what is in memory waits for no disk.
 */
#pragma once
#include "chunks/tree.h"
#include "syscall.h"

enum { JOB_BLOCKS = 64 /* as many as vfs_choose() gives */, JOB_ITEMS = 64 };

enum job_kind {
    JOB_NONE,
    JOB_OPEN,    /* the disk, and the store on it */
    JOB_FETCH,   /* `count` blocks of a tree into pages, from `index` on */
    JOB_STORE,   /* items: blocks into their trees; all of it durable */
    JOB_BEGIN,   /* what is needed: nothing yet */
    JOB_MARK,    /* items: their trees are needed */
    JOB_SWEEP,   /* the rest goes */
    JOB_RELEASE, /* and its place may be used; `count` segments are cleaned at most */
    JOB_CHECK,   /* `count` blocks of a tree, on the disk, from `index` on */
};

struct job_item { /* of JOB_STORE, JOB_MARK: a file */
    struct tree tree;
    uint64_t kept;         /* STORE: bytes of the former tree */
    uint64_t blocks;       /* STORE: of the new one */
    bool trimmed;          /* STORE: the chunk at `kept` has more bytes than that */
    uint32_t first, count; /* STORE: of the job's blocks, ascending */
};

struct job {
    enum job_kind kind;
    enum chunks_result result;
    struct tree tree;
    uint64_t index;
    uint32_t count;
    uint32_t items;
    struct job_item item[JOB_ITEMS];
    uint64_t block[JOB_BLOCKS];             /* STORE: index in its file */
    enum chunks_result results[JOB_BLOCKS]; /* FETCH, CHECK */
    uint8_t (*pages)[CHUNKS_BLOCK];         /* JOB_BLOCKS of them, once it is open */
    struct chunks_figures figures;          /* after each job */
    struct tree_edit edits[JOB_BLOCKS + 1]; /* the thread's own */
};
extern struct job job;

struct store_caps {
    cap_t disk;   /* 0: there is none */
    cap_t random; /* names a new store */
    cap_t done;   /* signalled after each job */
};
/* Starts the thread, if there is a disk; its first job is JOB_OPEN. False: there is no memory or
 * slot for it. */
bool store_begin(const struct store_caps *caps);
bool store_is_there(void);
void store_start_job(void);

/* What store.c asks of the disk. */
struct store_disk {
    struct chunks_device device;
    uint64_t blocks;
};
/* disk.c: false: there is none, it fails, or it is read-only; `*out_why` says so. */
bool disk_open(cap_t block, struct store_disk *out, const char **out_why);
/* Why there is no store; "" if there is one. Valid after JOB_OPEN. */
const char *store_why(void);
