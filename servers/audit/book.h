/*
 * book.h - the logs as audit reads them: the fold, and who is behind an address.
 */
#pragma once
#include "check.h"
#include "idl/audit.h"
#include "logmem.h"
#include "reduce.h"

enum { PID_INIT = 1 };
enum { BOOK_THREADS_MAX = 1024, BOOK_NODES_START = 4096, BOOK_BACK_MAX = 1 << 15 };

struct book_thread {
    uint32_t id;
    uint64_t obj;   /* of the Thread, 0 when it has ended */
    uint64_t cnode; /* in which it looks up its capabilities, 0 not yet known */
};

struct book {
    const struct logmem *log;
    struct reduce fold;
    void *memory;        /* of the fold */
    struct extent *room; /* for check_state */
    uint32_t nodes;
    enum reduce_result broken; /* why the fold does not go on beyond fold.count */
    struct book_thread threads[BOOK_THREADS_MAX]; /* the living ones, and the last of the others */
    uint32_t thread_next;
};

extern struct book book;

bool book_open(const struct logmem *log);
/* Folds up to `count` commits, as far as they are in the log memory. */
void book_fold(uint64_t count);
static inline uint64_t book_commits(void)
{
    return book.log->commit_head;
}

/* The process whose CNode had that slot at commit `seq`, and the index; NULL: none. */
const struct log_life *book_holder(uint64_t slot, uint64_t seq, uint32_t *out_index);
/* The living process of that name or, in digits, pid; else the last that had it; NULL: none. */
const struct log_life *book_process(struct text name);
/* The one that lived at commit `seq`. */
const struct log_life *book_process_at(struct text name, uint64_t seq);
/* The state after `count` commits, which are folded already. NULL: no memory. Until it is called
 * again. */
const struct reduce *book_past(uint64_t count);
struct text book_name(const struct log_life *life);
/* Of a slot: the process's name, or "axiom" for the containers that only axiom names. */
struct text book_slot_name(uint64_t slot, uint64_t seq, uint32_t *out_index);
struct text book_thread_name(uint32_t id, uint64_t seq);
uint64_t book_thread_cnode(uint32_t id);
void book_record(uint64_t seq, struct audit_record *out);

/* How many of the folded commits were there when event `number` happened. */
uint64_t book_commits_before(uint64_t number);
struct book_cap {
    uint8_t type;
    uint64_t obj, badge;
};
/* What was in the slot when event `number` happened. False: nothing, or it changed so much since
 * that nobody looks. */
bool book_held(uint64_t slot, uint64_t number, struct book_cap *out);
/* Lives that are known: those of the living, then those that ended, the last one first. */
uint64_t book_lives(void);
const struct log_life *book_life(uint64_t i); /* NULL: none there */
