/*
 * policy.h - who may have what: rules as text, one a line, and the decision by them.
 *
 *   allow|deny SUBJECT OBJECT [condition ...]
 *
 *   SUBJECT     any, class:system|service|app, name:NAME
 *   OBJECT      its name, or *
 *   conditions  rights=LETTERS  no more than these of w (use) and g (pass capabilities)
 *               attenuate       fewer rights than the object has
 *               parent=NAME     of the subject that made it
 *               time=HH:MM-HH:MM  of the day, in the zone of the clock; over midnight if need be
 *               session         who asks shows a session of a user
 *               user=NAME       and of this one
 *               for=SECONDS     the grant ends by itself
 *
 * The first rule whose subject and object fit decides: deny, or allow if all its conditions hold.
 * Without such a rule the answer is no. A text with a line that is none of this is no policy.
 */
#pragma once
#include "lines.h"

enum { RULES_MAX = 64, POLICY_BYTES = 3000, FOR_MAX = 31536000, DAY_MINUTES = 1440 };
enum subject_class { CLASS_SYSTEM = 1, CLASS_SERVICE, CLASS_APP };

/* Why not; in the order of Subject.Error, from noRule on, in idl/permission.capnp. */
enum policy_refusal {
    POLICY_OK,
    POLICY_NO_RULE,
    POLICY_RULE,
    POLICY_RIGHTS,
    POLICY_ATTENUATE,
    POLICY_PARENT,
    POLICY_TIME,
    POLICY_SESSION,
    POLICY_USER,
};

struct rule {
    uint32_t line;
    bool allow, attenuate, session, timed;
    uint8_t class;                                   /* 0: any, or by name */
    uint32_t rights;                                 /* 0: no bound */
    uint32_t from, to;                               /* minutes of the day */
    uint32_t seconds;                                /* 0: without an end */
    char name[33], object[33], parent[33], user[33]; /* empty: any */
};

struct policy {
    uint32_t count;
    uint32_t column; /* of the first word that is wrong, from 1; 0 in a policy */
    struct rule rules[RULES_MAX];
};

/* What is known of a request. */
struct facts {
    const char *name, *parent, *object, *user; /* user: NULL without a session */
    uint32_t class, rights, all_rights;        /* asked for; what the object has */
    int32_t minute;                            /* of the day; -1: not known */
};

struct decision {
    enum policy_refusal refusal;
    uint32_t line; /* of the rule; 0: none */
    uint32_t seconds;
};

/* 0, or the first line that is wrong. `out_policy` holds something only after 0. */
uint32_t policy_read(const char *text, uint32_t len, struct policy *out_policy);
/* They say the same, wherever they stand. */
bool rules_same(const struct rule *a, const struct rule *b);
struct decision policy_decide(const struct policy *policy, const struct facts *facts);
