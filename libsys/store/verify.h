/*
 * verify.h - checks the whole log from its first group on: every hash, number, padding byte and
 * rule, and every link of the kernel's chain; says where and how it was tampered with. Sans I/O.
 *
 * A fault is located to the group; in stream 0, and wherever a record's header shows it, to the
 * record. A log that was cut off at its end, behind the newest anchor, is as sound as one after a
 * power cut: give the head that was kept elsewhere to have it found.
 */
#pragma once
#include "store.h"

enum store_tamper {
    TAMPER_NONE,
    TAMPER_CHANGED,   /* it is there, but not as it was written */
    TAMPER_DROPPED,   /* it is missing, what came later is there */
    TAMPER_REPEATED,  /* what came before stands here again */
    TAMPER_SWAPPED,   /* it stands at a later place */
    TAMPER_TRUNCATED, /* it is missing, and all that came later */
};
const char *store_tamper_text(enum store_tamper tamper);

struct store_kept {  /* a head that was kept elsewhere: store_figures() gives it */
    uint64_t groups; /* 0: none is known */
    uint8_t head[HASH_BYTES];
};

enum verify_step { VERIFY_GROUPS, VERIFY_SEARCH, VERIFY_ENDED };

struct store_verify {
    const struct store *store; /* the insides, but for `fold`: how far it is */
    struct store_fold fold;
    struct store_window window;
    struct store_kept kept;
    enum verify_step step;
    enum store_result result;
    uint64_t place, search, search_end;
    bool later; /* a later group was found behind the fault */
    enum store_fault fault;
    enum store_tamper tamper;
    struct store_where where;
};

/* `memory`: as for a reader. The store is open, or damaged; nothing is to be appended meanwhile. */
void store_verify_begin(struct store_verify *v, const struct store *s, void *memory,
                        uint64_t bytes);
void store_verify_expect(struct store_verify *v, const struct store_kept *kept);
/* WAIT; END: all is sound; DAMAGED; DEVICE, SHORT. */
enum store_result store_verify(struct store_verify *v);
bool store_verify_next(struct store_verify *v, struct store_io *out);
void store_verify_done(struct store_verify *v, enum store_io_result result);
/* After DAMAGED. where: the first that is not sound; record UINT32_MAX: the group as a whole. */
enum store_tamper store_verify_damage(const struct store_verify *v, enum store_fault *out_fault,
                                      struct store_where *out_where);
