/*
 * wllog.h - the commands of wl-log. Each returns the exit status: 0 done, 1 not found or not sound,
 * 2 it was asked wrongly.
 */
#pragma once
#include "log.h"

enum { DONE, NOT_FOUND, WRONG };
#define NO_SPACE UINT64_MAX

struct query {
    const struct log *log;
    const struct boot *boot;
    uint64_t count; /* commits that have happened: `at SEQ` is SEQ + 1 */
    struct reduce fold;
    char **words; /* of the command, without its name */
    int word_count;
};

/* space.c: whose capabilities. A space is a CNode in which a thread looks up its names. */
struct space {
    uint64_t cnode, slots;
};
/* A process's name or pid, `axiom`, `tN` for thread N, or the CNode's address. False and a
 * message: there is none. */
bool space_find(const struct query *q, const char *name, struct space *out);
/* The id of a thread that looks up its names in that CNode; 0: none is known. */
uint32_t space_thread(const struct query *q, uint64_t cnode);
/* The container that a slot lay in after commit `seq`, if the log has names, else lies in: a
 * process's or a space's name, "tN" as a slot of a thread. */
void slot_text(const struct query *q, uint64_t slot, uint64_t seq, char out[64]);
/* Address, or digits with 0x or without, in hexadecimal. */
bool address_parse(const char *text, uint64_t *out);
bool number_parse(const char *text, uint64_t *out);

/* lives.c: NULL: none is known. */
const struct log_life *life_named(const struct query *q, const char *name);
const struct log_life *life_at(const struct query *q, uint64_t slot, uint64_t seq);
int run_lives(struct query *q);

/* answers.c */
int run_log(struct query *q);
int run_show(struct query *q);
int run_caps(struct query *q);
int run_why(struct query *q);
int run_who(struct query *q);
int run_spaces(struct query *q);
void commit_print(const struct query *q, const struct commit *c);
/* verify.c */
int run_verify(const struct log *l);
/* compact.c */
int run_compact(const char *source, int count, char **words);
/* export.c, page.c */
int run_export(struct query *q);
int export_html(struct query *q);
