/*
 * error.h - results of system calls, one list for the kernel, user space and the tools.
 * Checks run in a fixed order (name, type, rights, range, occupancy, memory, log), so that one
 * request has exactly one right answer. Interfaces number their own errors from ERR_INTERFACE up.
 */
#pragma once

enum err {
    OK = 0,
    ERR_SYSCALL = 1,     /* no such system call, or no such operation on this type */
    ERR_CAP_EMPTY = 2,   /* the named slot is empty, or the name lies outside the CNode */
    ERR_CAP_TYPE = 3,    /* the capability is of another type */
    ERR_RIGHTS = 4,      /* the capability lacks the right, or it is bound to its holder */
    ERR_RANGE = 5,       /* a number is outside its range or misaligned */
    ERR_SLOT_USED = 6,   /* the destination slot is not empty */
    ERR_NO_MEMORY = 7,   /* the untyped has no room */
    ERR_LOG_QUOTA = 8,   /* the CNode's commit credits are used up */
    ERR_LOG_FULL = 9,    /* the log's keeper has no room: only `storage` processes get objects */
    ERR_REVOKED = 10,    /* the slot was emptied by a revoke; drop it before it is used again */
    ERR_PEER_DIED = 11,  /* the other side, or the object waited on, was destroyed */
    ERR_CANCELLED = 12,  /* the capability a blocked send went through was deleted */
    ERR_CAP_LOST = 13,   /* the reply's words arrived, its capabilities did not: ask again */
    ERR_WOULD_BLOCK = 14,/* non-blocking form, and nobody is there */
    ERR_BUSY = 15,       /* in use: table not empty, Reply already waiting, object being revoked */
    ERR_DEPTH = 16,      /* derivation is 255 deep */
    ERR_NO_TABLE = 17,   /* the page table for this address is missing */
    ERR_MAPPED = 18,     /* the address or the frame is mapped already */
    ERR_NOT_MAPPED = 19, /* the frame or table is not mapped */
    ERR_PARTIAL = 20,    /* part of the work is done and logged: call again */
    ERR_MESSAGE = 21,    /* malformed message: length, receive slots or capability count */
    ERR_INTERFACE = 64,  /* first number of an interface's own errors */
};

#define MUST_USE __attribute__((warn_unused_result))
