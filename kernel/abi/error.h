/*
 * error.h - results of system calls, one list for the kernel, user space and the tools.
 * Checks run in a fixed order (name, type, rights, range, memory and state, occupancy, log), so
 * that a request has exactly one right answer. Interfaces number theirs from ERR_INTERFACE up.
 *
 *  1 SYSCALL      no such system call
 *  2 CAP_EMPTY    the named slot is empty, or the name lies outside the CNode
 *  3 CAP_TYPE     the capability is of another type, or this type lacks the operation
 *  4 RIGHTS       the capability lacks the right, or it is bound to its holder
 *  5 RANGE        a number is outside its range or misaligned
 *  6 SLOT_USED    the destination slot is not empty
 *  7 NO_MEMORY    the untyped has no room
 *  8 LOG_QUOTA    the CNode's commit credits are used up
 *  9 LOG_FULL     no room for the operation's records
 * 10 REVOKED      the slot was emptied by a revoke; drop it before it is used again
 * 11 PEER_DIED    the other side, or the object waited on, was destroyed
 * 12 CANCELLED    the capability through which somebody waited was deleted, moved or revoked
 * 13 CAP_LOST     the reply's words arrived, its capabilities did not: ask again
 * 14 WOULD_BLOCK  non-blocking form, and nobody is there
 * 15 BUSY         in use: table not empty, Reply already waiting, object being revoked
 * 16 DEPTH        derivation is 255 deep
 * 17 NO_TABLE     the page table for this address is missing
 * 18 MAPPED       the address or the frame is mapped already
 * 19 NOT_MAPPED   the frame or table is not mapped
 * 20 PARTIAL      part of the work is done and logged: call again
 * 21 MESSAGE      malformed message: length, receive slots or capability count
 */
#pragma once

/* clang-format off */
enum err {
    OK = 0, ERR_SYSCALL, ERR_CAP_EMPTY, ERR_CAP_TYPE, ERR_RIGHTS, ERR_RANGE, ERR_SLOT_USED,
    ERR_NO_MEMORY, ERR_LOG_QUOTA, ERR_LOG_FULL, ERR_REVOKED, ERR_PEER_DIED, ERR_CANCELLED,
    ERR_CAP_LOST, ERR_WOULD_BLOCK, ERR_BUSY, ERR_DEPTH, ERR_NO_TABLE, ERR_MAPPED, ERR_NOT_MAPPED,
    ERR_PARTIAL, ERR_MESSAGE, ERR_INTERFACE = 64
};
/* clang-format on */

#define MUST_USE __attribute__((warn_unused_result))
