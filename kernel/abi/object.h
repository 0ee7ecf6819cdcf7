/*
 * object.h - object types, rights and sizes that user space names in retype and copy.
 */
#pragma once
#include <stdint.h>

enum cap_type {
    CAP_EMPTY = 0,
    CAP_REVOKED = 1, /* emptied by another's revoke; only `drop` changes it */
    CAP_UNTYPED = 2,
    CAP_CNODE = 3,
    CAP_THREAD = 4,
    CAP_SCHED = 5,
    CAP_ENDPOINT = 6,
    CAP_NOTIFICATION = 7,
    CAP_REPLY = 8,
    CAP_ASPACE = 9,
    CAP_PTABLE = 10,
    CAP_FRAME = 11,
    CAP_IRQ_CONTROL = 12,
    CAP_IRQ = 13,
    CAP_PORT_CONTROL = 14,
    CAP_PORTS = 15,
    CAP_LOG = 16,
};
enum { CAP_TYPE_COUNT = CAP_LOG + 1 };

/* Rights. Endpoint: WRITE sends, READ receives, GRANT passes capabilities in messages.
 * Notification: WRITE signals, READ waits. Frame: READ and WRITE bound a mapping. CNode, Thread and
 * the other authority types: WRITE operates. Log: READ walks and WRITE controls. */
enum { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_GRANT = 4, RIGHTS_ALL = 7 };

/* Flags of a capability. BOUND: moved or copied by nobody but a holder of CNode capabilities. */
enum { CAP_FLAG_BOUND = 1, CAP_FLAG_DEVICE = 2 /* untyped and frames: memory is never cleared */ };

/* Badges: 64 bits, 0 is 'unbadged'. Bit 63 can be set through a CNode capability only. */
#define BADGE_TRUSTED (1ull << 63)

/* Object sizes as powers of two. CNode: 2^(bits) bytes hold 2^(bits-6) slots, slot 0 is its header. */
enum {
    SLOT_BITS = 6,
    CNODE_BITS_MIN = 8,
    CNODE_BITS_MAX = 24,
    THREAD_BITS = 11,
    SCHED_BITS = 6,
    ENDPOINT_BITS = 6,
    NOTIFICATION_BITS = 6,
    REPLY_BITS = 6,
    TABLE_BITS = 12, /* AddressSpace and PageTable */
    PAGE_BITS = 12,
    LARGE_PAGE_BITS = 21,
    UNTYPED_BITS_MIN = 12,
    UNTYPED_BITS_MAX = 46,
};

/* Slots of a Thread: it is a small CNode, configured by copying capabilities into it. */
enum thread_slot {
    TS_CSPACE = 1, /* CNode */
    TS_ASPACE = 2, /* AddressSpace */
    TS_BUFFER = 3, /* Frame 4 KiB: struct ipc_buffer */
    TS_FAULT = 4,  /* Endpoint, WRITE and GRANT; its badge arrives with the fault message */
    TS_SCHED = 5,  /* SchedContext: the home context */
    TS_NOTIFY = 6, /* Notification delivered by `recv` */
    TS_COUNT = 7,
};

/* Flags of a thread. DRAIN is set through the Log capability only. */
enum { THREAD_FPU = 1, THREAD_DRAIN = 2 };

/* Flags of a mapping, beside RIGHT_READ and RIGHT_WRITE. EXEC and WRITE exclude each other. */
enum { MAP_EXEC = 8, MAP_UNCACHED = 16 };

/* User addresses: [USER_MIN, USER_MAX). The page below the hole stays free (sysret, SDM vol 2). */
#define USER_MIN 0x1000ull
#define USER_MAX 0x7ffffffff000ull
