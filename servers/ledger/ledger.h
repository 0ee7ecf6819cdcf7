/* ledger.h - what the files of the ledger share. */
#pragma once
#include "device.h"
#include "disk.h"
#include "memory.h"
#include "service.h"

enum { SIGNAL_DONE = 1, SIGNAL_GONE = 2, SIGNAL_MORE = 4 }; /* bits of the notification */

/* Why nothing is kept on a disk; from KEEP_STORE up: KEEP_STORE + enum store_result. */
enum keep_reason { KEEP_OK, KEEP_NO_DISK, KEEP_READ_ONLY, KEEP_FAILS, KEEP_STORE };
const char *keep_text(uint32_t reason);

struct watch {
    uint32_t stream; /* 0: free */
    cap_t signal;
    bool busy; /* it was refused for want of a buffer */
};

struct ledger {
    struct service service;
    const struct logmem *log;
    bool on_disk;    /* the streams; else in memory */
    uint32_t reason; /* not on a disk: enum keep_reason. On one: what is wrong with it */
    struct memory memory;
    struct disk disk;
    struct device device;
    struct device_caps caps;
    cap_t more;      /* signals SIGNAL_MORE: there are hashes, or what drive() left */
    bool reopen;     /* the driver was started again */
    uint32_t errors; /* of the device, since the log was last seen to become durable */
    uint64_t durable;
    uint32_t read_errors; /* of the reader, one after the other */
    bool asked;           /* `io` is given out and not taken */
    struct store_io io;
    struct watch watches[DISK_STREAMS];
    cap_t history_watch; /* 0: nobody */
};
extern struct ledger ledger;

/* keep.c: where the streams are, for this boot. Waits until they can be read. */
void keep_open(void);
/* drive.c: does what there is to do with the disk; never waits. */
void drive(void);
void drive_watch(uint32_t stream, cap_t signal);
/* The stream is told when it may try again. */
void drive_busy(uint32_t stream);
/* streams.c */
int streams_dispatch(struct service *svc, struct request *rq);
void streams_answer(const struct disk_answer *a);
/* history.c */
extern const struct history_ops history_ops;
void history_answer(const struct disk_answer *a);
