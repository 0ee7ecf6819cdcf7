/*
 * book.h - who is behind an address, in this boot or an earlier one; and what a slot held when an
 * event happened.
 */
#pragma once
#include "lives.h"
#include "text.h"
#include "view.h"

enum { PID_INIT = 1, BOOK_BACK_MAX = 1 << 15 };

struct book {
    const struct logmem *log;
    struct view now;  /* this boot, up to now */
    struct view past; /* what was asked about last: an earlier boot, or an earlier state of this */
    struct lives lives, past_lives;
};

extern struct book book;

bool book_open(const struct logmem *log);
/* Who ended meanwhile becomes part of the book. Texts that were given before may be gone. */
void book_look(void);
static inline uint64_t book_commits(void)
{
    return book.log->commit_head;
}
/* Nobody asks, but commits come: they are folded before they leave the log memory. */
void book_follow(void);
/* This boot's fold, up to `count` commits as far as they have happened. Results: view_fold(). */
int book_fold(uint64_t count);
/* A question begins: book_look(), and the state after `count` commits of a boot, 0 this one;
 * UINT64_MAX: after all of them. Until it is called
 * again. AUDIT_NO_RECORD: so many have not happened; or as view_fold(), tape_boot(). */
int book_view(uint32_t boot, uint64_t count, const struct view **out);

/* The process whose CNode had that slot at commit `seq`, and the index; NULL: none. */
const struct log_life *book_holder(const struct view *v, uint64_t slot, uint64_t seq,
                                   uint32_t *out_index);
/* The living process of that name or, in digits, pid; else the last that had it; NULL: none. */
const struct log_life *book_process(const struct view *v, struct text name);
/* The one that lived at commit `seq`. */
const struct log_life *book_process_at(const struct view *v, struct text name, uint64_t seq);
struct text book_name(const struct log_life *life);
/* Of a slot: the process's name, or "axiom" for the containers that only axiom names. */
struct text book_slot_name(const struct view *v, uint64_t slot, uint64_t seq, uint32_t *out_index);
struct text book_thread_name(const struct view *v, uint32_t id, uint64_t seq);
/* Results: tape_get(). `hash`: of the chain after it; may be NULL. */
int book_record(const struct view *v, uint64_t seq, struct audit_record *out,
                struct tape_hash *hash);

/* Of this boot: how many of the folded commits were there when event `number` happened. */
uint64_t book_commits_before(uint64_t number);
struct book_cap {
    uint8_t type;
    uint64_t obj, badge;
};
/* What was in the slot when event `number` happened. False: nothing, or it changed so much since
 * that nobody looks. */
bool book_held(uint64_t slot, uint64_t number, struct book_cap *out);
/* Lives that are known: those of the living, then those that ended, the last one first. */
uint64_t book_lives(const struct view *v);
const struct log_life *book_life(const struct view *v, uint64_t i); /* NULL: none there */
