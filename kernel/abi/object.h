/*
 * object.h - object types, rights and sizes that user space names in retype and copy.
 */
#pragma once
#include <stdint.h>

/* REVOKED: emptied by another's revoke; only `drop` changes it. */
/* clang-format off */
enum cap_type {
    CAP_EMPTY, CAP_REVOKED, CAP_UNTYPED, CAP_CNODE, CAP_THREAD, CAP_SCHED, CAP_ENDPOINT,
    CAP_NOTIFICATION, CAP_REPLY, CAP_ASPACE, CAP_PTABLE, CAP_FRAME, CAP_IRQ_CONTROL, CAP_IRQ,
    CAP_PORT_CONTROL, CAP_PORTS, CAP_LOG
};
/* clang-format on */
enum { CAP_TYPE_COUNT = CAP_LOG + 1 };

/* Rights. Endpoint: WRITE sends, READ receives, GRANT passes capabilities in messages.
 * Notification: WRITE signals, READ waits. Frame: READ and WRITE bound a mapping. CNode, Thread and
 * the other authority types: WRITE operates. Log: READ walks and WRITE controls. */
enum { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_GRANT = 4, RIGHTS_ALL = 7 };

/* Flags of a capability. BOUND: moved or copied by nobody but a holder of CNode capabilities. */
enum { CAP_FLAG_BOUND = 1, CAP_FLAG_DEVICE = 2 /* untyped and frames: memory is never cleared */ };

/* Badges: 64 bits, 0 is 'unbadged'. Bit 63 can be set through a CNode capability only. */
#define BADGE_TRUSTED (1ull << 63)

/* Object sizes as powers of two. CNode: 2^bits bytes hold 2^(bits-6) slots, slot 0 is its header.
 * TABLE: AddressSpace and PageTable. PAGE, LARGE_PAGE: frames. */
/* clang-format off */
enum {
    SLOT_BITS = 6, CNODE_BITS_MIN = 8, CNODE_BITS_MAX = 24, THREAD_BITS = 11, SCHED_BITS = 6,
    ENDPOINT_BITS = 6, NOTIFICATION_BITS = 6, REPLY_BITS = 6, TABLE_BITS = 12, PAGE_BITS = 12,
    LARGE_PAGE_BITS = 21, UNTYPED_BITS_MIN = 12, UNTYPED_BITS_MAX = 46
};
/* clang-format on */

/* Slots of a Thread: it is a small CNode, configured by copying capabilities into it. CSPACE:
 * CNode. ASPACE: AddressSpace. BUFFER: Frame of 4 KiB, struct ipc_buffer. FAULT: Endpoint with
 * WRITE, whose badge arrives with fault messages. SCHED: SchedContext, the home context. NOTIFY:
 * Notification with READ, which `recv` delivers too. */
enum thread_slot { TS_CSPACE = 1, TS_ASPACE, TS_BUFFER, TS_FAULT, TS_SCHED, TS_NOTIFY, TS_COUNT };

/* Flags of a thread. DRAIN, full rings do not stop it, is axiom's alone, from genesis. */
enum { THREAD_FPU = 1, THREAD_DRAIN = 2 };

/* Interrupt lines: the pins of the I/O APIC, then those that devices raise by messages (MSI), of
 * vector IRQ_VECTOR + line, to the CPU that boots. */
enum { IRQ_PINS = 24, IRQ_LINES = 48, IRQ_VECTOR = 32 };

/* Flags of a mapping, beside RIGHT_READ and RIGHT_WRITE. EXEC and WRITE exclude each other. */
enum { MAP_EXEC = 8, MAP_UNCACHED = 16 };

/* User addresses: [USER_MIN, USER_MAX). The page below the hole stays free (sysret, SDM vol 2). */
#define USER_MIN 0x1000ull
#define USER_MAX 0x7ffffffff000ull
