/*
 * state.h - policy, subjects, grants and history as a state machine: decide refuses or makes a
 * record, apply alone changes. Nothing here knows messages or capabilities.
 *
 * Invariants (permission_is_sound): PERM-1 a grant's subject is there, and its manifest has it;
 * PERM-2 a subject's parent is there or none; PERM-3 the policy can be read;
 * PERM-4 notices are for subjects that are there, and numbered without a gap.
 */
#pragma once
#include <stddef.h>

#include "manifest.h"

enum { SUBJECTS_MAX = 32, GRANTS_MAX = 64, GRANTS_OF_ONE = 8, EVENTS_MAX = 64 };
enum { NOTICES_MAX = 8, NOBODY = 0xffff };

/* What goes to the stream has no byte that nobody set: no padding. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct subject {
    bool used;
    uint8_t zero;
    uint16_t parent; /* NOBODY: the system's */
    uint32_t generation;
    struct manifest manifest;
};

struct grant {
    uint32_t id; /* counts all grants; 0: free */
    uint16_t subject;
    uint8_t rights;
    uint8_t zero;
    uint32_t line; /* of the policy that was in force then */
    uint8_t zero_line[4];
    uint64_t expires;          /* uptime in ms; 0: without an end */
    char object[33], user[33]; /* user: of the session that was shown */
    uint8_t zero_end[6];
};

enum event_kind {
    EVENT_GRANTED = 1,
    EVENT_REFUSED, /* code: enum policy_refusal */
    EVENT_RELEASED,
    EVENT_REVOKED,
    EVENT_EXPIRED,
    EVENT_POLICY,
    EVENT_SUBJECT,
    EVENT_ENDED,      /* the subject */
    EVENT_BAD_POLICY, /* code: column, or enum problem_why above PROBLEM_BIT */
};
#define PROBLEM_BIT (1u << 31)
/* code of EVENT_POLICY: rules that came, that went << 8, that are in force << 16 */
struct event {
    uint64_t number; /* counts all; 0: none */
    uint64_t at;     /* uptime in ms */
    uint32_t kind, code, grant, line;
    uint8_t rights;
    char subject[33], object[33];
    uint8_t zero[5];
};

/* What a subject is to be told: some of its grants were taken back. */
struct notice {
    uint32_t number; /* counts those of the subject */
    uint32_t grant;
    uint8_t why; /* enum permission_notice_why */
    char object[33];
    uint8_t zero[2];
};
struct outbox {
    uint32_t last, count;
    struct notice at[NOTICES_MAX]; /* oldest first */
};

/* Why the file of the policy is not in force. */
enum problem_why { PROBLEM_NONE, PROBLEM_LINE, PROBLEM_LONG, PROBLEM_OWNER, PROBLEM_UNREADABLE };
struct problem {
    uint32_t why, line, column; /* enum problem_why; line and column of PROBLEM_LINE */
};

#pragma clang diagnostic pop

struct permission {
    struct policy policy;
    uint64_t since[RULES_MAX]; /* event by which that rule came */
    struct problem problem;    /* of the file as it is now */
    uint32_t policy_bytes;
    char policy_text[POLICY_BYTES];
    struct subject subjects[SUBJECTS_MAX];
    struct outbox outboxes[SUBJECTS_MAX];
    struct grant grants[GRANTS_MAX];
    struct event events[EVENTS_MAX]; /* the last ones; event n stands at n % EVENTS_MAX */
    uint64_t event_last;
    uint32_t grant_last;
};

enum record_type {
    RECORD_POLICY = 1, /* the text */
    RECORD_SUBJECT,
    RECORD_SUBJECT_END, /* and its grants, and its children's parent */
    RECORD_GRANT,
    RECORD_GRANT_END,
    RECORD_ALL_END, /* a boot began */
    RECORD_EVENT,
    RECORD_COUNTS, /* of a checkpoint */
    RECORD_NOTICE, /* for the subject; its number is given by apply */
    RECORD_SEEN,   /* the subject's notices up to that one */
    RECORD_OUTBOX, /* of a checkpoint */
    RECORD_SINCE,  /* of a checkpoint, behind the policy */
    RECORD_PROBLEM,
};

#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct permission_record {
    uint32_t type, index;
    union {
        struct subject subject;
        struct grant grant;
        struct event event;
        struct notice notice;
        struct outbox outbox;
        uint32_t seen;
        uint64_t since[RULES_MAX];
        struct problem problem;
        struct {
            uint64_t event_last;
            uint32_t grant_last, zero;
        } counts;
        struct {
            uint32_t bytes;
            char text[POLICY_BYTES];
            uint8_t zero[4];
        } policy;
    };
};
#pragma clang diagnostic pop
/* Bytes of a record that say something. */
uint32_t record_bytes(const struct permission_record *r);

void permission_apply(struct permission *s, const struct permission_record *r);
bool permission_snapshot(const struct permission *s, uint32_t *at,
                         struct permission_record *out_record);
const char *permission_is_sound(const struct permission *s);

/* NOBODY: that use of the entry is over. */
uint16_t subject_of(const struct permission *s, uint32_t index, uint32_t generation);
uint16_t grant_of(const struct permission *s, uint32_t id);

/* decide.c's part, in state.c: false: no room. */
bool decide_subject(const struct permission *s, const struct manifest *m, uint16_t parent,
                    struct permission_record *out_record);
bool decide_grant(const struct permission *s, const struct grant *g,
                  struct permission_record *out_record);
/* Rules that come and go with another policy, and how many it has, as the code of its event. */
uint32_t policy_change(const struct policy *from, const struct policy *to);
/* What happened, as the record of the next event. */
void record_event(const struct permission *s, const struct event *e,
                  struct permission_record *out_record);
